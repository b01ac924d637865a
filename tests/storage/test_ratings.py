"""Which scores of others count for a work, on both databases."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fedreview.domain.actor import Author, AuthorId
from fedreview.domain.rating import Rating
from fedreview.domain.review import Review, ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Work, WorkId
from fedreview.storage import ratings, reviews, threads, works
from fedreview.storage.database import Database
from fedreview.storage.threads import StoredNote
from tests.databases import Statements
from tests.factories import NOON, a_note, a_rating, a_review, a_work, minutes

KIM, LEE = "https://social.example/users/kim", "https://social.example/users/lee"


@pytest.fixture
def review(database: Database, author: Author, work: Work) -> Review:
    with database.transaction() as tx:
        return reviews.save(tx, a_review(author=author, work=work))


def a_score(
    n: int, value: str = "7", *, actor: str = KIM, in_thread: bool = False, work: str | None = None
) -> StoredNote:
    note = a_note(n, actor=actor, review_id="review1" if in_thread else None)
    return replace(note, rating=a_rating(value), work_id=WorkId(work) if work else None)


def add(database: Database, *notes: StoredNote) -> None:
    with database.transaction() as tx:
        for note in notes:
            threads.add(tx, note)


def scores(database: Database, work: Work, limit: int = 9) -> list[tuple[str, str]]:
    with database.snapshot() as tx:
        found = ratings.list_of_work(tx, work.id, limit=limit)
    return [(given.actor, given.rating.number) for given in found]


def test_a_score_counts_for_the_work_that_it_names_or_answers(
    database: Database, review: Review, work: Work
) -> None:
    add(database, a_score(1, "8", work=work.id), a_score(2, "6", actor=LEE, in_thread=True))

    assert scores(database, work) == [(LEE, "6"), (KIM, "8")]


def test_a_score_comes_back_exactly_as_it_was_given(
    database: Database, review: Review, work: Work
) -> None:
    given = Rating.given_elsewhere(Decimal("4.333"), best=Decimal(5), worst=Decimal("0.5"))
    add(database, replace(a_score(1, work=work.id), rating=given))

    with database.snapshot() as tx:
        [found] = ratings.list_of_work(tx, work.id, limit=9)

    assert found.rating == given
    assert found.url == "https://social.example/@p1/1"
    assert found.published_at == NOON + minutes(1)


def test_of_one_writer_only_the_newest_score_counts(
    database: Database, review: Review, work: Work
) -> None:
    add(
        database,
        a_score(3, "9", in_thread=True),
        a_score(1, "2", work=work.id),
        a_score(2, "5", work=work.id),
    )

    assert scores(database, work) == [(KIM, "9")]


@pytest.mark.parametrize(
    "note",
    [
        replace(a_score(1, work="work1"), state=NoteState.HIDDEN),
        replace(a_score(1, work="work1"), state=NoteState.DELETED),
        replace(a_score(1, work="work1"), audience="private"),
        replace(a_score(1, work="work1"), rating=None),
        replace(a_score(1, in_thread=True), author_id=AuthorId("author1")),
        a_score(1),
    ],
    ids=["hidden", "deleted", "private", "without", "our own", "of nothing of ours"],
)
def test_what_is_not_shown_or_is_no_score_of_others_does_not_count(
    database: Database, review: Review, work: Work, note: StoredNote
) -> None:
    add(database, note)

    assert scores(database, work) == []


def test_a_hidden_score_lets_the_writers_older_one_count(
    database: Database, review: Review, work: Work
) -> None:
    add(
        database,
        a_score(1, "2", work=work.id),
        replace(a_score(2, "9", work=work.id), state=NoteState.HIDDEN),
    )

    assert scores(database, work) == [(KIM, "2")]


def test_a_reply_that_names_another_work_of_ours_counts_for_that_one(
    database: Database, review: Review, work: Work, author: Author
) -> None:
    with database.transaction() as tx:
        other = works.save(tx, WorkId("work2"), a_work().facts, slug="other", cover=None)
    add(database, a_score(1, in_thread=True, work="work2"))

    assert scores(database, work) == []
    assert scores(database, other) == [(KIM, "7")]


def test_replies_to_a_review_that_is_gone_count_for_nothing(
    database: Database, review: Review, work: Work
) -> None:
    add(database, a_score(1, in_thread=True))

    with database.transaction() as tx:
        reviews.save(tx, replace(review, state=ReviewState.DELETED))

    assert scores(database, work) == []


def test_an_edit_changes_a_score_and_takes_it_away(
    database: Database, review: Review, work: Work
) -> None:
    note = a_score(1, work=work.id)
    add(database, note)

    with database.transaction() as tx:
        threads.change(tx, replace(note, rating=a_rating("3")))
    changed = scores(database, work)
    with database.transaction() as tx:
        threads.change(tx, replace(note, rating=None))

    assert changed == [(KIM, "3")]
    assert scores(database, work) == []


def test_an_account_that_is_gone_takes_its_scores_with_it(
    database: Database, review: Review, work: Work
) -> None:
    add(database, a_score(1, work=work.id))

    with database.transaction() as tx:
        threads.delete_by_actor(tx, KIM, now=NOON)
        note = threads.get(tx, "note0001")

    assert note.rating is None
    assert scores(database, work) == []


def test_however_many_there_are_it_is_one_statement_and_a_bounded_list(
    database: Database, review: Review, work: Work, statements: Statements
) -> None:
    add(database, *(a_score(n, actor=f"{KIM}{n}", work=work.id) for n in range(1, 8)))

    with database.snapshot() as tx, statements.recorded():
        found = ratings.list_of_work(tx, work.id, limit=5)

    assert [given.actor for given in found] == [f"{KIM}{n}" for n in (7, 6, 5, 4, 3)]
    assert len(statements.seen) == 1


def test_a_work_that_is_dropped_is_named_no_more(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        works.save(tx, WorkId("work1"), a_work().facts, slug="blame", cover=None)
    add(database, a_score(1, work="work1"))

    with database.transaction() as tx:
        works.drop_unused(tx)
        assert threads.get(tx, "note0001").work_id is None
