"""Which works belong together, seen from either side."""

from dataclasses import replace

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.relations import Relation, RelationKind
from fedreview.domain.review import ReviewState
from fedreview.domain.work import Work, WorkFacts, WorkId, WorkKind
from fedreview.storage import relations, reviews, works
from fedreview.storage.database import Database
from tests.factories import a_review

FILM = WorkFacts(
    kind=WorkKind.FILM,
    title="BLAME!",
    year=2017,
    relations=(Relation.parse("based on: ＢＬＡＭＥ! (manga)"), Relation.parse("series: Sidonia")),
)
MANGA = WorkFacts(kind=WorkKind.MANGA, title="Blame!", year=1998)


def reviewed(
    database: Database,
    author: Author,
    facts: WorkFacts,
    state: ReviewState = ReviewState.PUBLISHED,
) -> Work:
    name = f"{facts.kind.value}{facts.year or ''}"
    with database.transaction() as tx:
        work = works.save(tx, WorkId(name), facts, slug=name, cover=None)
        reviews.save(tx, a_review(id=f"of{name}", slug=name, author=author, work=work, state=state))
    return work


def test_a_relation_leads_to_the_work_that_it_names(database: Database, author: Author) -> None:
    film, manga = reviewed(database, author, FILM), reviewed(database, author, MANGA)
    based_on, series = FILM.relations

    with database.snapshot() as tx:
        assert relations.find_named(tx, based_on, of=film.id) == (manga.slug, MANGA)
        assert relations.find_named(tx, series, of=film.id) is None
        assert relations.find_named(tx, replace(based_on, year=1998), of=film.id) is not None
        assert relations.find_named(tx, replace(based_on, year=2000), of=film.id) is None
        itself = replace(based_on, work_kind=WorkKind.FILM)
        assert relations.find_named(tx, itself, of=film.id) is None


def test_the_work_that_is_named_knows_who_names_it(database: Database, author: Author) -> None:
    film, manga = reviewed(database, author, FILM), reviewed(database, author, MANGA)

    with database.snapshot() as tx:
        named_by = relations.list_naming(tx, manga)
        assert named_by == (
            (
                RelationKind.BASED_ON,
                film.slug,
                WorkFacts(kind=WorkKind.FILM, title="BLAME!", year=2017),
            ),
        )
        assert relations.list_naming(tx, film) == ()


@pytest.mark.parametrize(
    ("line", "is_named"),
    [
        ("based on: Blame!", True),
        ("based on: Blame! (1998)", True),
        ("based on: Blame! (1999)", False),
        ("based on: Blame! (book)", False),
        ("based on: ブラム", True),
    ],
)
def test_kind_and_year_count_where_they_are_said(
    database: Database, author: Author, line: str, *, is_named: bool
) -> None:
    reviewed(database, author, replace(FILM, relations=(Relation.parse(line),)))
    manga = reviewed(database, author, replace(MANGA, original_title="ブラム"))

    with database.snapshot() as tx:
        assert bool(relations.list_naming(tx, manga)) is is_named


def test_what_drafts_say_is_nobodys_business(database: Database, author: Author) -> None:
    film = reviewed(database, author, FILM, ReviewState.DRAFT)
    manga = reviewed(database, author, MANGA)

    with database.transaction() as tx:
        assert relations.list_naming(tx, manga) == ()
        reviews.save(tx, a_review(id="ofmanga1998", slug="x", author=author, work=manga))
    with database.snapshot() as tx:
        assert works.is_public(tx, film.id) is False
