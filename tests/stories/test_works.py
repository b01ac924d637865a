"""Several reviews of one work, and drafts that nobody must see."""

from dataclasses import replace

import pytest

from fedreview.domain.rating import Scale
from fedreview.domain.review import Draft
from fedreview.services.drafting import draft_from_fields
from tests.stories.site import Site, said

pytestmark = pytest.mark.anyio

FIELDS = {
    "kind": "film",
    "title": "The Long Corridor",
    "year": "1998",
    "creators": "Ida Storm",
    "publisher": "North Light",
    "body": "Nobody walks it twice.",
}


def written(**fields: str) -> Draft:
    return draft_from_fields({**FIELDS, **fields}, scale=Scale())


async def test_a_second_review_of_a_work_empties_none_of_its_facts(site: Site) -> None:
    author = site.parts.site.accounts.authors()[0]
    publishing, browsing = site.parts.site.publishing, site.parts.site.browsing
    first = publishing.publish(author, written())

    bare = written(creators="", publisher="", length="104 min", review_title="Again, years later")
    second = publishing.publish(author, bare)

    facts = browsing.review(first.slug).review.work.facts
    assert second.work.id == first.work.id
    assert (facts.creators, facts.publisher, facts.length) == (
        ("Ida Storm",),
        "North Light",
        "104 min",
    )
    assert len(browsing.work(first.work.slug).cards) == 2


async def test_a_draft_changes_nothing_on_a_public_page(site: Site) -> None:
    author = site.parts.site.accounts.authors()[0]
    publishing, browsing = site.parts.site.publishing, site.parts.site.browsing
    first = publishing.publish(author, written())

    draft = publishing.save_draft(author, written(publisher="Secret Deal", body="Not yet."))

    assert browsing.review(first.slug).review.work.facts.publisher == "North Light"
    published = publishing.publish(author, written(publisher="Secret Deal"), id=draft.id)
    assert published.work.id == first.work.id
    assert browsing.review(first.slug).review.work.facts.publisher == "Secret Deal"


async def test_mending_a_title_leaves_no_second_work_behind(site: Site) -> None:
    author = site.parts.site.accounts.authors()[0]
    publishing = site.parts.site.publishing
    review = publishing.publish(author, written(title="The Lnog Corridor"))

    mended = publishing.update(author, review.id, replace(written(), body="Mended."))

    assert mended.work.id == review.work.id
    assert mended.work.facts.title == "The Long Corridor"


async def test_a_work_shows_what_belongs_to_it_from_both_sides(site: Site) -> None:
    author, publishing = site.account(), site.parts.site.publishing
    publishing.publish(author, written(relations="based on: The Long Corridor (book, 1990)"))
    publishing.publish(author, written(kind="book", year="1990"))

    film = await site.page("/works/the-long-corridor")
    book = await site.page("/works/the-long-corridor-2")

    assert "Based on The Long Corridor (book, 1990)" in said(film.select_one(".facts"))
    assert "Adapted as The Long Corridor (film, 1998)" in said(book.select_one(".facts"))
    assert film.select_one(".facts a[href='/works/the-long-corridor-2']")
    assert book.select_one(".facts a[href='/works/the-long-corridor']")


async def test_a_work_links_what_catalogues_call_it_once(site: Site) -> None:
    pages = "https://www.imdb.com/title/tt6574146/\nhttps://corridor.example/press"
    site.parts.site.publishing.publish(
        site.account(), written(links=pages, identifiers="wikidata: Q42\nimdb: tt6574146")
    )

    facts = (await site.page("/works/the-long-corridor")).select(".facts a")

    assert [(said(link), link["href"]) for link in facts] == [
        ("Wikidata", "https://www.wikidata.org/wiki/Q42"),
        ("IMDb", "https://www.imdb.com/title/tt6574146/"),
        ("corridor.example", "https://corridor.example/press"),
    ]


async def test_a_work_tells_its_ratings_over_time(site: Site) -> None:
    author, publishing = site.account(), site.parts.site.publishing
    publishing.publish(
        author, written(rating="9", finished_on="2024-04-30", is_repeat="yes", review_title="Again")
    )
    publishing.publish(author, written(rating="7", finished_on="2001-02-03"))

    rows = [said(row) for row in (await site.page("/works/the-long-corridor")).select("tbody tr")]

    assert rows == [
        "3 February 2001 Critic First time Rated 7 out of 10 7/10",
        "30 April 2024 Critic Again Rated 9 out of 10 9/10",
    ]


async def test_one_work_under_two_titles_has_one_page_and_keeps_its_first_title(
    site: Site,
) -> None:
    author, publishing = site.account(), site.parts.site.publishing
    first = publishing.publish(author, written(identifiers="imdb: tt6574146", length=""))

    other = written(title="Der lange Gang", links="https://imdb.com/title/tt6574146/", length="9 h")
    second = publishing.publish(author, other)

    facts = second.work.facts
    assert second.work.id == first.work.id
    assert (facts.title, facts.length) == ("The Long Corridor", "9 h")

    parted = publishing.update(author, second.id, written(title="Der lange Gang"))
    assert parted.work.id != first.work.id
