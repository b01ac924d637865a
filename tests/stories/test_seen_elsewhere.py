"""The preview of each receiver says what publishing then really sends."""

from collections.abc import Mapping

import pytest
from bs4 import BeautifulSoup

from fedreview.content.sanitize import clean_html
from tests.fediverse import Document, PretendActor
from tests.stories.site import REVIEW, Site, follow, soup
from tests.stories.studio_forms import attribute, one
from tests.stories.test_forms import a_photo

pytestmark = pytest.mark.anyio

WRITTEN = {
    **REVIEW,
    "teaser": "A city without end.",
    "verdict": "Worth it.",
    "tags": "anime, Netflix",
    "body": "It is **worth** it. >!He finds the gene.!<\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "cover_alt": "A lone figure",
}
BOOK = {**WRITTEN, "kind": "book", "title": "The Net", "review_title": "Caught"}


async def seen_as(site: Site, receiver: str, fields: Mapping[str, str] = WRITTEN) -> BeautifulSoup:
    """Press the button of a receiver in the form, without JavaScript."""
    sent = {**fields, "do": f"preview-{receiver}"}
    answer = await site.author.post("/studio/write", data=sent, files={"cover": a_photo()})
    assert answer.status_code == 200
    return soup(answer)


async def article_of(
    site: Site, follower: PretendActor, fields: Mapping[str, str] = WRITTEN
) -> Document:
    """Publish, and give what a follower's server gets."""
    await follow(site, follower)
    await site.publish(**fields)
    await site.settle()
    document: Document = follower.server.activities("Create")[-1]["object"]
    return document


def text(html: object) -> str:
    """Give words as they are read."""
    return " ".join(BeautifulSoup(str(html), "html.parser").get_text(" ").split())


async def test_mastodon_shows_title_teaser_link_and_the_card_of_our_page(
    site: Site, alice: PretendActor
) -> None:
    shown = await seen_as(site, "mastodon")

    article = await article_of(site, alice)
    words = [text(part) for part in shown.select(".seen-words > p")]
    assert words == [article["name"], article["summary"], article["url"]]
    assert one(shown, ".seen-words > p > strong").get_text() == article["name"]
    assert "worth it." not in text(one(shown, ".seen-words"))
    head = (await site.page(str(article["url"]).removeprefix(site.base_url))).head
    card = text(one(shown, ".seen-card p"))
    for name in ("site_name", "title", "description"):
        assert attribute(head, f"meta[property='og:{name}']", "content") in card
    assert attribute(shown, ".seen-card img", "alt") == "A lone figure"
    assert text(one(shown, ".seen-tags")) == "#anime #Netflix"


@pytest.mark.parametrize("receiver", ["gotosocial", "pleroma", "bookwyrm"])
async def test_what_is_announced_is_seen_at_the_end_as_it_is_sent(
    site: Site, alice: PretendActor, receiver: str
) -> None:
    announcing = {**BOOK, "next_title": "Noise", "next_rating": "9", "sign_off": "Bye."}

    shown = await seen_as(site, receiver, announcing)

    sent = text((await article_of(site, alice, announcing))["content"])
    assert sent.endswith("Next: Noise (film) – 9/10")
    assert text(one(shown, ".seen-words")).endswith("Next: Noise (film) – 9/10")


async def test_what_tells_the_whole_story_is_blurred_but_not_folded_on_mastodon(
    site: Site, alice: PretendActor
) -> None:
    told = {**WRITTEN, "spoilers": "full"}

    shown = await seen_as(site, "mastodon", told)

    assert (await article_of(site, alice, told))["sensitive"] is True
    assert one(shown, ".seen-card img.blurred")
    assert not shown.select(".seen details")


async def test_gotosocial_and_misskey_fold_the_whole_text_under_the_teaser(
    site: Site, alice: PretendActor
) -> None:
    shown = await seen_as(site, "gotosocial")

    article = await article_of(site, alice)
    assert text(one(shown, ".seen-fold summary bdi")) == article["summary"]
    assert one(shown, ".seen-words").decode_contents() == text_as_kept(article["content"])
    assert article["name"] not in text(one(shown, ".seen"))
    hints = text(one(shown, ".seen-hints"))
    assert "Tables arrive as lists." in hints
    assert "in the open" in hints


def text_as_kept(html: object) -> str:
    """Give HTML as Mastodon's list leaves it, spelled as the page's parser spells it."""
    return BeautifulSoup(clean_html(str(html)), "html.parser").decode_contents()


async def test_pleroma_puts_the_linked_title_before_the_text(
    site: Site, alice: PretendActor
) -> None:
    shown = await seen_as(site, "pleroma")

    article = await article_of(site, alice)
    assert text(one(shown, ".seen-fold summary bdi")) == article["summary"]
    first = one(shown, ".seen-words > p > a")
    assert (first["href"], first.get_text()) == (article["url"], article["name"])


async def test_neodb_gets_a_whole_number_and_says_so(site: Site, alice: PretendActor) -> None:
    shown = await seen_as(site, "neodb")

    parts = {part["type"]: part for part in (await article_of(site, alice))["relatedWith"]}
    score = f"{parts['Rating']['value']}/{parts['Rating']['best']}"
    assert score == "9/10"
    assert text(one(shown, ".seen-score")) == f"{score} · {parts['Status']['status']}"
    assert text(one(shown, ".seen h3")) == parts["Review"]["name"]
    assert "Your 8.5/10 is rounded to 9/10 there." in text(one(shown, "#preview"))
    exact = await seen_as(site, "neodb", {**WRITTEN, "rating": "8"})
    assert "rounded" not in text(one(exact, "#preview"))


async def test_bookwyrm_gets_stars_for_a_book_and_nothing_else(
    site: Site, alice: PretendActor
) -> None:
    shown = await seen_as(site, "bookwyrm", {**BOOK, "spoilers": "full"})

    await article_of(site, alice, {**BOOK, "spoilers": "full"})
    fetched = await site.reader.get(
        alice.server.activities("Create")[-1]["object"]["id"],
        headers={"Accept": "application/activity+json", "User-Agent": "BookWyrm/0.9.2"},
    )
    review = fetched.json()
    assert review["type"] == "Review"
    assert text(one(shown, ".seen-score b")) == f"{review['rating']}/5"
    assert text(one(shown, ".seen h3")) == review["name"]
    assert text(one(shown, ".seen-fold summary bdi")) == review["summary"]
    assert "is 4.25 there" not in text(one(shown, "#preview"))
    least = await seen_as(site, "bookwyrm", {**BOOK, "rating": "0"})
    assert "Your 0/10, or 0 of 5, is 0.5 there" in text(one(least, "#preview"))
    film = await seen_as(site, "bookwyrm")
    assert not film.select(".seen")
    assert "only reviews of books" in text(one(film, "#preview"))


async def test_a_feed_reader_gets_the_text_without_its_spoilers(site: Site) -> None:
    shown = await seen_as(site, "feed")

    words = text(one(shown, ".seen-words"))
    assert "It is worth it. [Spoiler. Read it on the page.]" in words
    assert "gene" not in words


async def test_typing_goes_on_with_the_receiver_that_was_chosen(site: Site) -> None:
    typed = await site.author.post("/studio/preview", data={**WRITTEN, "seen_as": "neodb"})

    shown = soup(typed)
    assert attribute(shown, "[name=seen_as]", "value") == "neodb"
    assert one(shown, "[aria-pressed=true]").get_text() == "NeoDB"
    assert one(shown, ".seen-score")
    nonsense = soup(await site.author.post("/studio/preview", data={"seen_as": "../x"}))
    assert one(nonsense, ".review.preview")


async def test_a_published_review_keeps_its_address_in_the_preview(site: Site) -> None:
    review = await site.publish(**WRITTEN)
    renamed = {**WRITTEN, "review_title": "Another", "of": review.id, "seen_as": "mastodon"}

    shown = soup(await site.author.post("/studio/preview", data=renamed))

    assert text(shown.select(".seen-words a")[-1]) == f"{site.base_url}{review.path}"
    gone = soup(await site.author.post("/studio/preview", data={**renamed, "of": "gone"}))
    assert text(gone.select(".seen-words a")[-1]).endswith("/reviews/another")


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"teaser": "long " * 90}, "The teaser is longer than 300 characters"),
        ({"teaser": "", "verdict": ""}, "There is no teaser and no verdict"),
        ({"cover_alt": ""}, "No alt text"),
        ({"tags": ""}, "There are no tags"),
    ],
)
async def test_mastodon_s_preview_says_what_could_be_better(
    site: Site, fields: dict[str, str], hint: str
) -> None:
    shown = await seen_as(site, "mastodon", {**WRITTEN, **fields})

    assert hint in text(one(shown, ".seen-hints"))
