"""What is announced, and how it becomes a review."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from tests.clock import Clock
from tests.fediverse import PretendActor
from tests.stories.site import REVIEW, Published, Site, follow, said, soup
from tests.stories.studio_forms import press, told

pytestmark = pytest.mark.anyio

NEXT = {
    "next_kind": "anime",
    "next_title": "Violet Evergarden",
    "next_year": "2018",
    "next_rating": "10",
    "next_note": "Bring a handkerchief.",
}
VIOLET = {"kind": "anime", "title": "Violet Evergarden", "year": "2018", "review_title": "Letters"}


def links(page: BeautifulSoup | Tag, selector: str) -> list[tuple[str, str]]:
    return [(said(link), str(link["href"])) for link in page.select(f"{selector} a[href]")]


async def announced(site: Site, **fields: str) -> str:
    """Announce a work at the desk; gives the id."""
    answer = await press(site, "/studio/upcoming", "Announce", **{**NEXT, **fields})
    assert await told(site, answer) == "Announced. It stands on the page Upcoming."
    return site.parts.site.anticipating.own(site.account())[0].upcoming.id


async def statuses(site: Site, *paths: str) -> list[int]:
    return [(await site.reader.get(path)).status_code for path in paths]


async def test_a_review_names_what_comes_next_on_its_page_and_in_its_article(site: Site) -> None:
    review = await site.publish(**NEXT)

    block = said((await site.page(review.path)).select_one(".announced"))
    content = str((await site.document(review.uri))["content"])
    assert "Violet Evergarden (anime, 2018) Rated 10 out of 10" in block
    assert "Bring a handkerchief." in block
    assert content.endswith(
        "<p>Next: <strong>Violet Evergarden</strong> (anime, 2018) – 10/10. "
        "Bring a handkerchief.</p>"
    )
    assert "Violet Evergarden" in said((await site.page("/upcoming")).select_one("main"))


async def test_what_becomes_a_review_is_linked_both_ways(site: Site, alice: PretendActor) -> None:
    await follow(site, alice)
    first = await site.publish(**NEXT)
    before = (await site.reader.get(first.path)).headers["etag"]
    content = (await site.document(first.uri))["content"]

    letters = await site.publish(**VIOLET)
    await site.settle()

    page = await site.page(first.path)
    assert ("Letters", letters.path) in links(page, ".announced")
    assert ("BLAME! A Netflix Original", first.path) in links(
        await site.page(letters.path), "article"
    )
    assert (await site.reader.get(first.path)).headers["etag"] != before
    assert (await site.document(first.uri))["content"] == content
    assert alice.server.activities("Update") == []
    assert "Nothing is announced" in said((await site.page("/upcoming")).select_one("main"))


async def test_the_announced_review_keeps_the_page_of_the_work(site: Site) -> None:
    await announced(site, next_year="")

    review = await site.publish(**VIOLET)

    work = (await site.page(review.path)).select_one(".p-item a")
    assert work is not None
    assert str(work["href"]).endswith("/works/violet-evergarden")


async def test_a_deleted_review_opens_the_announcement_again(site: Site) -> None:
    first = await site.publish(**NEXT)
    letters = await site.publish(**VIOLET)

    await site.delete(letters.id)

    assert "Violet Evergarden" in said((await site.page("/upcoming")).select_one("main"))
    assert ("Letters", letters.path) not in links(await site.page(first.path), ".announced")
    assert await statuses(site, "/works/violet-evergarden") == [200]


async def test_mending_the_title_of_a_review_keeps_what_it_was_announced_by(site: Site) -> None:
    first = await site.publish(**NEXT)
    review = await site.publish(**VIOLET)

    mended = {**REVIEW, **VIOLET, "title": "Violet Evergarden: The Series", "do": "update"}
    await site.author.post(f"/studio/reviews/{review.id}", data=mended)

    assert ("Letters", review.path) in links(await site.page(first.path), ".announced")
    assert site.parts.site.anticipating.upcoming() == ()


@pytest.mark.parametrize(
    "fields",
    [{"kind": "manga"}, {"title": "Violet"}, {"year": "2020"}],
    ids=["kind", "title", "year"],
)
async def test_another_work_does_not_keep_the_announcement(
    site: Site, fields: dict[str, str]
) -> None:
    await announced(site)

    await site.publish(**{**VIOLET, **fields})

    assert len(site.parts.site.anticipating.upcoming()) == 1


async def test_an_older_review_keeps_no_announcement_of_another_one(site: Site, now: Clock) -> None:
    old = await site.publish(**VIOLET)
    now.advance(timedelta(minutes=5))
    await announced(site)

    mended = {**REVIEW, **VIOLET, "body": "Mended.", "do": "update"}
    await site.author.post(f"/studio/reviews/{old.id}", data=mended)

    assert len(site.parts.site.anticipating.upcoming()) == 1
    page = said((await site.page("/works/violet-evergarden")).select_one("#upcoming"))
    assert page == "Announced"


async def test_what_a_draft_announces_is_private_until_the_draft_is_published(site: Site) -> None:
    sent = {**REVIEW, **NEXT, "do": "save"}
    saved = await site.author.post("/studio/write", data=sent)
    review_id = saved.headers["location"].partition("?")[0].rpartition("/")[2]

    desk = said(await site.desk("/studio/upcoming"))
    assert "Violet Evergarden" in desk
    assert "Not public yet" in desk
    assert site.parts.site.anticipating.upcoming() == ()
    assert await statuses(site, "/works/violet-evergarden", "/works/blame") == [404, 404]
    own = site.parts.site.anticipating.own(site.account())[0].upcoming
    assert await statuses(site, f"/ap/works/{own.work.id}") == [404]

    await site.author.post(f"/studio/reviews/{review_id}", data={**sent, "do": "publish"})
    assert await statuses(site, "/works/violet-evergarden", "/works/blame") == [200, 200]


async def test_a_work_that_is_only_announced_has_a_page_and_a_document(site: Site) -> None:
    await announced(site)

    page = await site.page("/works/violet-evergarden")
    answer = await site.reader.get("/works/violet-evergarden", headers={"Accept": ACTIVITY_JSON})
    document = await site.document(answer.headers["location"])
    assert "Critic is going to review it." in said(page.select_one("main"))
    assert "0 reviews" not in said(page)
    assert document["name"] == "Violet Evergarden"


async def test_write_it_now_begins_with_the_work_and_ties_whatever_the_title_becomes(
    site: Site,
) -> None:
    known = await announced(site)

    form = (await site.desk(f"/studio/upcoming/{known}/write")).select_one("form[data-guard]")
    assert form is not None
    begun = {
        str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")
    }
    assert (begun["title"], begun["year"], begun["rating"]) == ("Violet Evergarden", "2018", "10")
    sent = {**begun, "kind": "anime", "title": "ヴァイオレット", "body": "Yes.", "do": "publish"}
    await site.author.post("/studio/write", data=sent)

    assert site.parts.site.anticipating.own(site.account()) == ()


async def test_write_it_now_goes_on_with_the_draft_that_was_begun(site: Site) -> None:
    known = await announced(site)
    sent = {**VIOLET, "body": "Half", "new_id": known, "do": "save"}
    saved = await site.author.post("/studio/write", data=sent)

    again = await site.author.get(f"/studio/upcoming/{known}/write")

    assert saved.headers["location"].startswith(again.headers["location"])
    assert "Go on writing" in said(await site.desk("/studio/upcoming"))


async def test_an_announcement_can_be_changed_and_taken_back(site: Site) -> None:
    known = await announced(site)

    await press(site, f"/studio/upcoming/{known}", "Save", **{**NEXT, "next_title": "Violet"})
    assert await statuses(site, "/works/violet-evergarden") == [200]
    assert "anime 2018 Violet Rated" in said(await site.page("/upcoming"))

    gone = await press(site, "/studio/upcoming", "Take back")
    assert await told(site, gone) == "Taken back."
    assert await statuses(site, "/works/violet-evergarden") == [404]


async def test_a_wrong_announcement_comes_back_as_it_was_typed(site: Site) -> None:
    answer = await press(
        site, "/studio/upcoming", "Announce", next_title="", next_rating="11", next_note="Soon"
    )

    page = soup(answer)
    note = page.select_one("#field-next_note")
    assert answer.status_code == 422
    assert note is not None
    assert note["value"] == "Soon"
    wrong = [str(each["id"]) for each in page.select(".field .problem")]
    assert wrong == ["problem-next_title", "problem-next_rating"]


async def test_nobody_touches_what_another_has_announced(site: Site) -> None:
    other = site.parts.site.accounts.create(
        username="guest", name="Guest", password="a long enough password"
    )
    known = await announced(site)
    paths = [f"/studio/upcoming/{known}", f"/studio/upcoming/{known}/write"]
    token, _ = site.parts.site.accounts.sign_in(
        username=other.username,
        password="a long enough password",
        address="192.0.2.1",
        user_agent="x",
    )

    async with site.browser(token=token) as guest:
        answers = [(await guest.get(path)).status_code for path in paths]
        answers.append((await guest.post(f"/studio/upcoming/{known}/remove")).status_code)

    assert answers == [404, 404, 404]
    assert len(site.parts.site.anticipating.upcoming()) == 1


async def test_two_who_announce_one_work_share_its_page(site: Site, review: Published) -> None:
    del review
    await announced(site)
    await announced(site, next_note="Again!")

    slugs = {each.work_url for each in site.parts.site.anticipating.upcoming()}
    assert slugs == {"/works/violet-evergarden"}
