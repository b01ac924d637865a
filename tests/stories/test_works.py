"""Several reviews of one work, and drafts that nobody must see."""

from dataclasses import replace

import pytest

from fedreview.domain.rating import Scale
from fedreview.domain.review import Draft
from fedreview.services.drafting import draft_from_fields
from tests.stories.site import Site

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
