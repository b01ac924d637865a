"""Reviews are counted alike on both databases."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.rating import Scale
from fedreview.domain.review import ReviewState
from fedreview.domain.work import Work, WorkKind
from fedreview.storage import reviews, statistics
from fedreview.storage.database import Database
from fedreview.storage.reviews import Filter
from tests.databases import Statements
from tests.factories import a_rating, a_review

# In most zones of the world this is another month, and in half of them another year.
NEW_YEAR = datetime(2025, 1, 1, 0, 30, tzinfo=UTC)
NEW_YEARS_EVE = datetime(2024, 12, 31, 23, 30, tzinfo=UTC)
FIVE = Scale.parse(best="5", worst="0", step="0.5")


@pytest.fixture(autouse=True)
def written(database: Database, author: Author, work: Work) -> None:
    """Four reviews, one of them a draft."""
    with database.transaction() as tx:
        for number, (moment, rating) in enumerate(
            (
                (NEW_YEAR, a_rating("4.5", FIVE)),
                (NEW_YEARS_EVE, a_rating("8.5")),
                (NEW_YEARS_EVE, None),
                (NEW_YEARS_EVE, a_rating("1")),
            )
        ):
            review = a_review(
                id=f"r{number}",
                slug=f"r{number}",
                author=author,
                work=work,
                published_at=moment,
                tags=("Noir", f"t{number}"),
                body="x" * (10 - number),
                state=ReviewState.DRAFT if number == 3 else ReviewState.PUBLISHED,
            )
            reviews.save(tx, replace(review, rating=rating))


def test_reviews_that_are_alike_are_counted_together(
    database: Database, statements: Statements
) -> None:
    with statements.recorded() as seen, database.snapshot() as tx:
        found = statistics.heaps(tx, Filter())

    assert len(seen) == 1
    assert sorted((h.year, h.month, h.value or 0, h.best or 0, h.number) for h in found) == [
        (2024, 12, 0, 0, 1),
        (2024, 12, 8_500, 10_000, 1),
        (2025, 1, 4_500, 5_000, 1),
    ]
    assert {(h.kind, h.work_year, h.is_repeat) for h in found} == {(WorkKind.FILM, 2017, True)}


def test_months_are_those_of_utc(database: Database) -> None:
    with database.snapshot() as tx:
        assert statistics.months(tx) == ((2025, 1, 1), (2024, 12, 2))


def test_the_best_on_any_scale_come_first(database: Database) -> None:
    with database.snapshot() as tx:
        assert statistics.list_best(tx, Filter(), limit=5) == ("r0", "r1")
        assert statistics.list_best(tx, Filter(), limit=1) == ("r0",)


def test_the_longest_review_is_found_among_the_published(database: Database) -> None:
    with database.snapshot() as tx:
        assert statistics.find_longest(tx, Filter()) == "r0"
        assert statistics.find_longest(tx, Filter(kind=WorkKind.BOOK)) is None


def test_tags_and_languages_are_those_of_published_reviews(database: Database) -> None:
    with database.snapshot() as tx:
        assert statistics.tags(tx, Filter(), limit=3) == (("Noir", 3), ("t0", 1), ("t1", 1))
        assert statistics.languages(tx) == ("en",)


@pytest.mark.parametrize(("level", "expected"), [(9, ["r0"]), (8, ["r1"]), (1, []), (10, [])])
def test_a_level_is_the_same_on_every_scale(
    database: Database, level: int, expected: list[str]
) -> None:
    with database.snapshot() as tx:
        found = reviews.list_published(tx, Filter(level=level), limit=5)

    assert [review.id for review in found] == expected
