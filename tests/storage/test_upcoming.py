"""What is announced is kept, and private as long as the draft that says so."""

from dataclasses import replace

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.review import Review, ReviewState
from fedreview.domain.upcoming import Upcoming, UpcomingId
from fedreview.domain.work import Work, WorkId
from fedreview.errors import NotFound
from fedreview.storage import reviews, upcoming, works
from fedreview.storage.database import Database
from tests.factories import NOON, a_rating, a_review, minutes, work_facts


@pytest.fixture
def source(database: Database, author: Author, work: Work) -> Review:
    """A published review that may announce something."""
    review = a_review(author=author, work=work, state=ReviewState.PUBLISHED)
    with database.transaction() as tx:
        return reviews.save(tx, review)


def announced(database: Database, author: Author, n: int = 1, **changes: object) -> Upcoming:
    with database.transaction() as tx:
        name = WorkId(f"next{n}")
        facts = work_facts(title=f"Next {n}")
        made = Upcoming(
            id=UpcomingId(f"upcoming{n}"),
            author=author,
            work=works.save(tx, name, facts, slug=name, cover=None),
            announced_at=NOON + minutes(n),
            rating=a_rating("10"),
            note="Soon",
        )
        kept = replace(made, **changes)  # type: ignore[arg-type]  # names of its fields
        upcoming.save(tx, kept)
    return kept


def test_an_announcement_comes_back_as_given(database: Database, author: Author) -> None:
    kept = announced(database, author)

    with database.transaction() as tx:
        assert upcoming.get(tx, kept.id) == kept
        upcoming.save(tx, replace(kept, rating=None, note="Later"))
    with database.snapshot() as tx:
        assert upcoming.get(tx, kept.id) == replace(kept, rating=None, note="Later")
        with pytest.raises(NotFound):
            upcoming.get(tx, "nothing")


def test_open_ones_are_listed_with_the_last_first(database: Database, author: Author) -> None:
    first, second = announced(database, author, 1), announced(database, author, 2)

    with database.snapshot() as tx:
        assert upcoming.list_open(tx, author.id) == (second, first)
        assert upcoming.list_public(tx) == (second, first)
        assert upcoming.list_of_work(tx, first.work.id) == (first,)
        assert works.is_public(tx, first.work.id)
        assert works.find_public(tx, first.work.facts) == first.work.id


def test_what_a_draft_announces_is_nobodys_business(
    database: Database, author: Author, source: Review
) -> None:
    kept = announced(database, author, announced_in=source.id)
    with database.transaction() as tx:
        assert upcoming.list_public(tx) == (kept,)
        reviews.save(tx, replace(source, state=ReviewState.DRAFT))

    with database.snapshot() as tx:
        assert upcoming.list_public(tx) == ()
        assert upcoming.list_of_work(tx, kept.work.id) == ()
        assert upcoming.list_open(tx, author.id) == (kept,)
        assert upcoming.find_announced_in(tx, source.id) == kept
        assert not works.is_public(tx, kept.work.id)
        assert works.find_public(tx, kept.work.facts) is None


def test_what_has_become_a_review_is_open_no_more_and_can_be_again(
    database: Database, author: Author, source: Review
) -> None:
    kept = announced(database, author)

    with database.transaction() as tx:
        upcoming.fulfil(tx, replace(kept, work=source.work), source.id)
        assert upcoming.list_open(tx, author.id) == ()
        assert upcoming.list_become(tx, source.id) == (
            replace(kept, work=source.work, review_id=source.id),
        )
        upcoming.fulfil(tx, kept, None)
    with database.snapshot() as tx:
        assert upcoming.list_become(tx, source.id) == ()
        assert upcoming.list_open(tx, author.id) == (kept,)


def test_a_work_is_needed_by_open_announcements_and_by_reviews(
    database: Database, author: Author, source: Review
) -> None:
    kept = announced(database, author)

    with database.transaction() as tx:
        assert (works.count_uses(tx, kept.work.id), works.count_uses(tx, source.work.id)) == (1, 1)
        upcoming.fulfil(tx, kept, source.id)
        assert works.count_uses(tx, kept.work.id) == 0
        upcoming.drop(tx, kept.id)
        works.drop_unused(tx)
        with pytest.raises(NotFound):
            works.get(tx, kept.work.id)
