"""Collections are read page by page, and nobody is read twice or missed for a newcomer."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.review import Review, ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Work
from fedreview.storage import actors, members, reactions, reviews, threads
from fedreview.storage.actors import FollowingState
from fedreview.storage.database import Database, Transaction
from fedreview.storage.members import NoteMember, Place
from fedreview.storage.reactions import ReactionKind
from tests.databases import Statements
from tests.factories import (
    NOON,
    a_note,
    a_note_uri,
    a_remote_actor,
    a_review,
    minutes,
)

ROOT = "https://reviews.example/ap/reviews/review1"
BY_NOBODY = "https://social.example/users/p9"


@pytest.fixture
def review(database: Database, author: Author, work: Work) -> Review:
    with database.transaction() as tx:
        return reviews.save(tx, a_review(author=author, work=work))


def all_pages(read: Callable[[Place | None], tuple[NoteMember, ...]]) -> list[str]:
    seen: list[str] = []
    after: Place | None = None
    while found := read(after):
        seen += [member.uri for member in found]
        after = found[-1].place
    return seen


def test_a_thread_is_read_in_pages_with_only_what_can_be_read(
    database: Database, review: Review
) -> None:
    with database.transaction() as tx:
        for n in (3, 1, 2):
            threads.add(tx, a_note(n, review_id=review.id))
        threads.add(tx, a_note(4, review_id=review.id, audience="private"))
        for n, state in ((5, NoteState.HIDDEN), (6, NoteState.DELETED)):
            threads.add(tx, a_note(n, review_id=review.id, state=state))

    with database.snapshot() as tx:
        seen = all_pages(lambda after: members.in_thread(tx, review.id, limit=2, after=after))

    assert seen == [a_note_uri(n) for n in (1, 2, 3)]


def test_notes_of_one_moment_are_each_read_once(database: Database, review: Review) -> None:
    with database.transaction() as tx:
        for n in range(5):
            threads.add(tx, a_note(n, review_id=review.id, published_at=NOON))

    with database.snapshot() as tx:
        seen = all_pages(lambda after: members.in_thread(tx, review.id, limit=2, after=after))

    assert sorted(seen) == [a_note_uri(n) for n in range(5)]


def test_a_reply_that_comes_meanwhile_moves_nobody_to_another_page(
    database: Database, review: Review
) -> None:
    with database.transaction() as tx:
        for n in (1, 2, 3, 4):
            threads.add(tx, a_note(n, review_id=review.id))
    with database.snapshot() as tx:
        first = members.in_thread(tx, review.id, limit=2)

    with database.transaction() as tx:
        threads.add(tx, a_note(9, review_id=review.id, published_at=NOON))

    with database.snapshot() as tx:
        second = members.in_thread(tx, review.id, limit=2, after=first[-1].place)
    assert [member.uri for member in second] == [a_note_uri(3), a_note_uri(4)]


def test_what_answers_a_note_is_counted_and_read_in_pages(
    database: Database, review: Review
) -> None:
    with database.transaction() as tx:
        threads.add(tx, a_note(1, review_id=review.id))
        for n in (4, 3, 2):
            threads.add(tx, a_note(n, in_reply_to=a_note_uri(1)))
        threads.add(tx, a_note(5, in_reply_to=a_note_uri(1), state=NoteState.HIDDEN))
        threads.add(tx, a_note(6, in_reply_to=a_note_uri(1), audience="private"))

    with database.snapshot() as tx:
        seen = all_pages(lambda after: members.answering(tx, a_note_uri(1), limit=2, after=after))

        assert seen == [a_note_uri(n) for n in (2, 3, 4)]
        assert members.count_answering(tx, a_note_uri(1)) == 3


def react(tx: Transaction, n: int, kind: ReactionKind) -> None:
    reactions.add(
        tx,
        activity=f"https://social.example/{kind}/{n}",
        kind=kind,
        actor=f"https://social.example/users/p{n}",
        object=ROOT,
        now=NOON,
    )


def test_reactions_are_read_in_the_order_in_which_they_came(database: Database) -> None:
    with database.transaction() as tx:
        for n in (1, 2, 3):
            react(tx, n, ReactionKind.LIKE)
        react(tx, 4, ReactionKind.BOOST)

    with database.snapshot() as tx:
        first = members.reactions(tx, ROOT, ReactionKind.LIKE, limit=2)
        second = members.reactions(tx, ROOT, ReactionKind.LIKE, limit=2, after=first[-1].place)

    assert [member.uri for member in first] == [
        "https://social.example/like/1",
        "https://social.example/like/2",
    ]
    assert [member.actor for member in second] == ["https://social.example/users/p3"]


def test_followers_and_followed_are_read_in_pages_the_newest_first(
    database: Database, author: Author
) -> None:
    people = [a_remote_actor(n) for n in range(4)]
    with database.transaction() as tx:
        for person in people:
            actors.save(tx, person, ())
            actors.add_follower(tx, author.id, person.id, follow="", now=NOON)
            actors.add_following(tx, author.id, person.id, follow=f"f{person.id}", now=NOON)
        for person in people[1:]:
            actors.settle_following(tx, author.id, person.id, FollowingState.ACCEPTED)

    with database.snapshot() as tx:
        first = members.followers(tx, author.id, limit=3)
        rest = members.followers(tx, author.id, limit=3, before=first[-1].place)
        followed = members.following(tx, author.id, limit=9)

        assert [member.uri for member in (*first, *rest)] == [p.id for p in reversed(people)]
        assert [member.uri for member in followed] == [p.id for p in reversed(people[1:])]
        assert members.count_following(tx, author.id) == 3


def test_the_tags_of_an_author_begin_with_the_most_used(
    database: Database, author: Author, work: Work
) -> None:
    written = [("Anime", "slow"), ("anime",), ("zombies",)]
    with database.transaction() as tx:
        for n, tags in enumerate(written):
            review = a_review(id=f"r{n}", slug=f"r{n}", author=author, work=work, tags=tags)
            reviews.save(tx, review)
        unseen = a_review(id="d", author=author, work=work, tags=("draft",))
        reviews.save(tx, replace(unseen, state=ReviewState.DRAFT))

    with database.snapshot() as tx:
        found = members.tags_of(tx, author.id, limit=2)

    assert [tag.casefold() for tag in found] == ["anime", "slow"]


def test_own_answers_are_counted(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        threads.add(tx, a_note(1, author_id=author.id))
        threads.add(tx, a_note(2, author_id=author.id, state=NoteState.DELETED))
        threads.add(tx, a_note(3))

    with database.snapshot() as tx:
        assert members.count_own_answers(tx) == 1


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


def test_a_page_out_of_a_long_thread_is_found_by_its_index(
    sqlite: Database, statements: Statements
) -> None:
    with sqlite.snapshot() as tx, statements.recorded() as seen:
        members.in_thread(tx, "review1", limit=100, after=(NOON + minutes(1), "n1"))
        members.answering(tx, a_note_uri(1), limit=100, after=(NOON, "n1"))
        members.reactions(tx, ROOT, ReactionKind.LIKE, limit=100, after=1)
        threads.count_shown(tx, ["review1"])

    with sqlite.engine.connect() as connection:
        plans = [
            " ".join(
                str(step[3])
                for step in connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", ("x",) * statement.count("?")
                )
            )
            for statement in seen
        ]
    assert len(plans) == 4
    assert [plan for plan in plans if "SCAN" in plan or "TEMP B-TREE FOR ORDER" in plan] == []
    assert "COVERING INDEX" in plans[3]
