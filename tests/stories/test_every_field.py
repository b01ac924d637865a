"""What an author types comes back from everywhere: database, Article, parser, page, form."""

import pytest
from bs4 import BeautifulSoup

from fedreview.activitypub.parse.reviews import fields_from_article
from fedreview.domain.rating import TEN_WITH_HALVES
from fedreview.services.drafting import FIELDS, draft_from_fields
from tests.fediverse import Document
from tests.stories.site import Site, said, soup

pytestmark = pytest.mark.anyio

TYPED = {
    "kind": "anime",
    "title": "Ghost in the Shell <1995>",
    "original_title": "攻殻機動隊",
    "year": "1995",
    "creators": "Mamoru Oshii, Kazunori Itō",
    "length": "82 min",
    "publisher": "Production I.G",
    "platform": "Disc & stream",
    "links": "https://www.imdb.com/title/tt0113568/\nhttps://anilist.co/anime/43",
    "identifiers": "wikidata: Q210756\nisbn: 9781935429012",
    "relations": "based on: The Ghost in the Shell (manga, 1989)\nsequel: Innocence (2004)",
    "cover_alt": "A woman of wires",
    "review_title": "Shells, “and” what is in them",
    "rating": "9.5",
    "aspects": "Story: 8.5\nLook & sound: 10",
    "finished_on": "2026-11-01",
    "is_repeat": "yes",
    "synopsis": "A major hunts a hacker.\n\nThe hacker waits.",
    "synopsis_source": "The box",
    "synopsis_url": "https://films.example/gits",
    "body": "It *holds* up.\n\n> No.\n> -- The Puppet Master\n\n||She falls|| [^1]\n\n[^1]: So.",
    "verdict": "Older than its future.",
    "sign_off": "*Thanks* for reading.",
    "postscript_1": "I have seen the series, too.",
    "postscript_2": "And the >!other!< film.",
    "postscript_3": "",
    "postscript_4": "",
    "postscript_5": "",
    "next_kind": "series",
    "next_title": "Violet Evergarden",
    "next_year": "2018",
    "next_rating": "10",
    "next_note": "I have begun.",
    "teaser": "A film about bodies.",
    "spoilers": "some",
    "tags": "Anime, SciFi",
    "language": "en",
}


async def test_every_field_survives_the_whole_way(site: Site) -> None:
    assert set(TYPED) == set(FIELDS)
    review = await site.publish(**TYPED)

    document = await site.document(review.uri)
    form = await site.desk(f"/studio/reviews/{review.id}")
    read = fields_from_article(document)

    assert {name: read.get(name, "") for name in FIELDS} == TYPED
    assert draft_from_fields(read, scale=TEN_WITH_HALVES) == draft_from_fields(
        TYPED, scale=TEN_WITH_HALVES
    )
    shown = {}
    for name in FIELDS:
        field = form.select_one(f"[name={name}]")
        if field is None:
            continue
        chosen = field.select_one("option[selected]")
        shown[name] = str(
            chosen["value"] if chosen else field.get("value", "") or field.get_text()
        ).strip()
    scores = {
        str(field["name"]).removeprefix("aspect."): str(field["value"])
        for field in form.select('[name^="aspect."]')
    }
    assert {**TYPED, **shown} == TYPED
    assert scores == {"Story": "8.5", "Look & sound": "10"}


async def test_the_page_shows_every_field(site: Site) -> None:
    review = await site.publish(**TYPED)

    page = soup(await site.reader.get(review.path))

    text = said(page.select_one(".review"))
    for words in (
        "Ghost in the Shell <1995>",
        "攻殻機動隊",
        "Mamoru Oshii",
        "82 min",
        "Production I.G",
        "Disc & stream",
        "imdb.com",
        "Wikidata",
        "ISBN",
        "The Ghost in the Shell (manga, 1989)",
        "Innocence (2004)",
        "It holds up.",
        "— The Puppet Master",
        "She falls",
        "Shells, “and” what is in them",
        "9.5 out of 10",
        "Story",
        "8.5 out of 10",
        "seen again on",
        "1 November 2026",
        "A major hunts a hacker.",
        "The box",
        "Older than its future.",
        "Thanks",
        "I have seen the series, too.",
        "I have seen the series, too.",
        "And the other film.",
        "Violet Evergarden (series, 2018)",
        "10/10",
        "I have begun.",
        "A film about bodies.",
        "Gives some of the plot away.",
        "Anime",
    ):
        assert words in text, words


async def test_a_feed_has_every_field_in_its_order_and_no_spoiler(site: Site) -> None:
    review = await site.publish(**TYPED)

    [entry] = (await site.reader.get("/feed.json")).json()["items"]

    text = said(BeautifulSoup(entry["content_html"], "html.parser"))
    place = 0
    for words in (
        "Ghost in the Shell <1995> (anime, 1995, 82 min)",
        "Rated 9.5 out of 10",
        "攻殻機動隊",
        "Mamoru Oshii",
        "Production I.G",
        "Disc & stream",
        "The Ghost in the Shell (manga, 1989)",
        "Innocence (2004)",
        "Wikidata",
        "imdb.com",
        "A major hunts a hacker.",
        "The box",
        "It holds up.",
        "Older than its future.",
        "Story: 8.5/10",
        "Thanks for reading.",
        "PS",
        "I have seen the series, too.",
        "Next: Violet Evergarden (series, 2018) 10/10",
        "I have begun.",
    ):
        assert words in text[place:], words
        place = text.index(words, place)
    assert "She falls" not in str(entry)
    assert "other film" not in str(entry)
    preview = await site.author.post("/studio/preview", data={**TYPED, "seen_as": "feed"})
    assert "Next: Violet Evergarden" in said(soup(preview))
    assert entry["url"].endswith(review.path)


async def test_nothing_is_read_as_ours_that_is_not(site: Site) -> None:
    review = await site.publish()
    document = await site.document(review.uri)
    del document["schema:additionalProperty"]
    long = {"type": "x", "schema:propertyID": "verdict", "schema:value": "a" * 200_001}
    strange: Document = {
        "schema:additionalProperty": [3, {"schema:propertyID": 4}, long],
        "source": "x",
    }

    assert fields_from_article(document) == {}
    assert fields_from_article(strange) == {}
