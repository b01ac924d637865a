"""Reviews are found by their words, and the same ones on both databases."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from fedreview.content.terms import wanted_from_text
from fedreview.domain.actor import Author
from fedreview.domain.review import Review, ReviewState, Spoilers
from fedreview.domain.work import Work, WorkKind
from fedreview.storage import indexing, reviews, search, works
from fedreview.storage.database import Database
from fedreview.storage.search import MOST_FOUND, Order, Question
from fedreview.storage.search_tables import SearchRow
from tests.factories import NOON, a_rating, a_review, a_work, minutes, work_facts
from tests.growing import more_reviews


@pytest.fixture
def shelf(database: Database, author: Author) -> tuple[Review, ...]:
    """Three reviews of three works."""
    made = [
        a_review(
            id="kiln",
            slug="kiln",
            title="Clay, and who is made of it",
            body="A potter stops talking.\n\n::: spoiler\nThe kiln cracks.\n:::\n\nIt is slow.",
            rating="6",
            tags=("SlowCinema",),
        ),
        a_review(
            id="ghost", slug="ghost", title="Ghost in the Shell", body="攻殻機動隊です", tags=()
        ),
        a_review(id="amelie", slug="amelie", title="Amélie", body="Déjà vu.", rating=None),
    ]
    facts = [
        work_facts(title="The Quiet Kiln", year=2017),
        work_facts(title="Koukaku", kind=WorkKind.ANIME, year=1995),
        work_facts(title="Le Fabuleux Destin", year=2001),
    ]
    saved = []
    with database.transaction() as tx:
        for number, (review, fact) in enumerate(zip(made, facts, strict=True)):
            work = works.save(tx, a_work(id=f"w{number}").id, fact, slug=f"w{number}", cover=None)
            saved.append(
                reviews.save(
                    tx,
                    replace(
                        review,
                        author=author,
                        work=work,
                        spoilers=Spoilers.NONE,
                        verdict="",
                        published_at=NOON + minutes(number),
                    ),
                )
            )
    return tuple(saved)


def found(database: Database, query: str = "", **filters: Any) -> list[str]:
    question = Question(wanted=wanted_from_text(query), **filters)
    with database.snapshot() as tx:
        hits, total = search.find_reviews(tx, question, limit=10, skip=0)
    assert total == len(hits)
    return [hit.id for hit in hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("potter", ["kiln"]),
        ("POTT", ["kiln"]),
        ("pott ", []),
        ("potter ghost", []),
        ("amelie deja", ["amelie"]),
        ("AMÉLIE", ["amelie"]),
        ("攻殻", ["ghost"]),
        ("動隊で", ["ghost"]),
        ("隊", ["ghost"]),
        ("殻攻", []),
        ('"ghost in the shell"', ["ghost"]),
        ('"in ghost"', []),
        ("slowcinema", ["kiln"]),
        ("tsutomu fabuleux", ["amelie"]),
        ("cracks", []),
        ("spoiler", []),
    ],
)
def test_a_review_is_found_by_its_words(
    database: Database, shelf: tuple[Review, ...], query: str, expected: list[str]
) -> None:
    assert found(database, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "'",
        '"',
        "''",
        "a'b",
        "* ^ :",
        "title:x",
        "NEAR(a b)",
        "(a | !b) & <->",
        "\\",
        "-x",
        "a:*b",
        "😀",
    ],
)
def test_nothing_that_is_typed_is_an_error(
    database: Database, shelf: tuple[Review, ...], query: str
) -> None:
    assert set(found(database, query)) <= {"kiln", "ghost", "amelie"}


def test_filters_narrow_what_is_found(database: Database, shelf: tuple[Review, ...]) -> None:
    def only(**filters: Any) -> set[str]:
        return set(found(database, **filters))

    assert only() == {"kiln", "ghost", "amelie"}
    assert only(kind=WorkKind.ANIME) == {"ghost"}
    assert only(year=2017) == {"kiln"}
    assert only(lowest=6_500) == {"ghost"}
    assert only(highest=6_000) == {"kiln"}
    assert only(lowest=6_000, highest=8_500) == {"kiln", "ghost"}
    assert only(tag="slowCINEMA") == {"kiln"}
    assert only(author="ana", language="en") == {"kiln", "ghost", "amelie"}
    assert only(author="bo") == only(language="e") == set()


def test_what_was_found_is_put_in_order(database: Database, shelf: tuple[Review, ...]) -> None:
    assert found(database) == ["amelie", "ghost", "kiln"]
    assert found(database, order=Order.RATING) == ["ghost", "kiln", "amelie"]


def test_what_stands_in_the_title_comes_first(
    database: Database, shelf: tuple[Review, ...]
) -> None:
    with database.transaction() as tx:
        reviews.save(tx, replace(shelf[2], body="A ghost, and a ghost."))

    assert found(database, "ghost") == ["ghost", "amelie"]
    assert found(database, "ghost", order=Order.NEWEST) == ["amelie", "ghost"]


def test_a_page_goes_on_where_the_last_ended(database: Database, shelf: tuple[Review, ...]) -> None:
    with database.snapshot() as tx:
        first, total = search.find_reviews(tx, Question(), limit=2, skip=0)
        second, _ = search.find_reviews(tx, Question(), limit=2, skip=2)
        beyond = search.find_reviews(tx, Question(), limit=2, skip=4)

    assert [hit.id for hit in (*first, *second)] == ["amelie", "ghost", "kiln"]
    assert total == 3
    assert beyond == ((), 3)


def test_of_very_much_what_says_it_in_its_heading_comes_first_however_old(
    database: Database, shelf: tuple[Review, ...]
) -> None:
    oldest = update(SearchRow).where(SearchRow.thing_id == "ghost")
    with database.transaction() as tx:
        more_reviews(tx, "kiln", range(100, MOST_FOUND + 100))
        tx.execute(oldest.values(id=-MOST_FOUND - 100, heading="potter"))

    with database.snapshot() as tx:
        question = Question(wanted=wanted_from_text("potter"))
        hits, total = search.find_reviews(tx, question, limit=10, skip=0)

    assert total == MOST_FOUND + 1
    if database.is_sqlite:
        assert hits[0].id == "ghost"


@pytest.mark.parametrize("state", [ReviewState.DRAFT, ReviewState.TRASHED, ReviewState.DELETED])
def test_what_is_not_published_is_found_no_more(
    database: Database, shelf: tuple[Review, ...], state: ReviewState
) -> None:
    with database.transaction() as tx:
        reviews.save(tx, replace(shelf[0], state=state))

    assert found(database, "potter") == []
    with database.snapshot() as tx:
        assert indexing.count_indexed(tx) == 2


def test_an_edit_of_review_or_work_is_found_at_once(
    database: Database, shelf: tuple[Review, ...]
) -> None:
    work: Work = shelf[0].work
    with database.transaction() as tx:
        reviews.save(tx, replace(shelf[0], body="A weaver sings."))
        works.save(tx, work.id, replace(work.facts, title="Loom"), slug=work.slug, cover=None)

    assert found(database, "weaver loom") == ["kiln"]
    assert found(database, "potter") == found(database, "quiet") == []


def test_what_gives_everything_away_is_not_found_by_its_text(
    database: Database, shelf: tuple[Review, ...]
) -> None:
    with database.transaction() as tx:
        reviews.save(tx, replace(shelf[0], spoilers=Spoilers.FULL))
        reviews.save(tx, replace(shelf[2], spoilers=Spoilers.SOME))

    assert found(database, "potter") == []
    assert found(database, "clay") == ["kiln"]
    question = Question(wanted=wanted_from_text("deja"))
    with database.snapshot() as tx:
        [hit], _ = search.find_reviews(tx, question, limit=5, skip=0)
    assert hit.id == "amelie"
    assert "vu" not in hit.shown


def test_an_index_can_be_made_anew(database: Database, shelf: tuple[Review, ...]) -> None:
    with database.transaction() as tx:
        indexing.clear(tx)
    assert found(database, "potter") == []

    with database.transaction() as tx:
        missing = indexing.list_missing(tx, limit=2)
        assert len(missing) == 2
        indexing.renew(tx, missing)
        indexing.renew(tx, indexing.list_missing(tx, limit=2))
        assert indexing.list_missing(tx, limit=2) == ()

    assert found(database, "potter") == ["kiln"]


def test_a_very_long_text_in_any_script_can_be_kept(
    database: Database, shelf: tuple[Review, ...]
) -> None:
    long = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(120_000))
    with database.transaction() as tx:
        reviews.save(tx, replace(shelf[0], body=long, rating=a_rating("1")))

    assert found(database, long[:6]) == ["kiln"]
