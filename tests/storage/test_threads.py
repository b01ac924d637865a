"""Notes find their thread in whatever order they arrive."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedreview.domain.actor import Author
from fedreview.domain.rating import Rating
from fedreview.domain.review import Review
from fedreview.domain.thread import NoteId, NoteState
from fedreview.domain.work import Work
from fedreview.errors import NotFound
from fedreview.storage import conversations, outlines, reactions, reviews, stale, sweeping, threads
from fedreview.storage.database import Database
from fedreview.storage.reactions import ReactionKind
from fedreview.storage.threads import Cursor, StoredNote
from tests.factories import NOON, SITE, a_note, a_note_uri, a_review, minutes

REVIEW_URI = f"{SITE}/ap/reviews/review1"
KIM, LEE = "https://social.example/users/kim", "https://social.example/users/lee"


@pytest.fixture
def review(database: Database, author: Author, work: Work) -> Review:
    """A review that can be answered."""
    with database.transaction() as tx:
        return reviews.save(tx, a_review(author=author, work=work))


def add(database: Database, *notes: StoredNote) -> list[StoredNote]:
    with database.transaction() as tx:
        return [threads.add(tx, note) for note in notes]


def thread_of(database: Database, review: Review) -> list[str]:
    with database.snapshot() as tx:
        return [note.uri for note in outlines.of_review(tx, review.id)]


def test_a_note_comes_back_as_given(database: Database, review: Review, author: Author) -> None:
    theirs = replace(
        a_note(1, in_reply_to=REVIEW_URI, review_id=review.id, html="<p>‚Ja‘ 👍🏽</p>"),
        name="Titel",
        summary="Vorsicht",
        updated_at=NOON + timedelta(microseconds=1),
        rating=Rating.given_elsewhere(Decimal("4.25"), best=Decimal(5), worst=Decimal("0.5")),
        work_id=review.work.id,
    )
    ours = replace(a_note(2, review_id=review.id, author_id=author.id), source="*Ja*")

    assert add(database, theirs, ours) == [theirs, ours]

    with database.snapshot() as tx:
        assert threads.find(tx, theirs.uri) == theirs
        assert threads.get(tx, ours.id) == ours


def test_an_unknown_note_is_not_found(database: Database) -> None:
    with database.snapshot() as tx:
        assert threads.find(tx, "https://nowhere.example/1") is None
        with pytest.raises(NotFound):
            threads.get(tx, "nothing")


def test_a_reply_joins_the_thread_of_its_parent(database: Database, review: Review) -> None:
    add(database, a_note(1, in_reply_to=REVIEW_URI, review_id=review.id))

    (child,) = add(database, a_note(2, in_reply_to=a_note_uri(1)))

    assert child.review_id == review.id


def test_a_post_that_answers_nothing_belongs_to_no_thread(database: Database) -> None:
    (post,) = add(database, a_note(1))

    assert post.review_id is None


@settings(
    deadline=None,
    max_examples=25,
    # Each example cleans up what it wrote.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.permutations(range(6)))
def test_a_branch_is_whole_whatever_the_order_of_arrival(
    database: Database, review: Review, order: Sequence[int]
) -> None:
    branch = [a_note(0, in_reply_to=REVIEW_URI, review_id=review.id)] + [
        a_note(n, in_reply_to=a_note_uri(n - 1)) for n in range(1, 6)
    ]

    for n in order:
        add(database, branch[n])

    assert thread_of(database, review) == [note.uri for note in branch]
    with database.transaction() as tx:
        tx.connection().exec_driver_sql("DELETE FROM notes")


def test_notes_that_answer_one_another_in_a_circle_are_adopted_once(
    database: Database, review: Review
) -> None:
    add(
        database,
        a_note(1, in_reply_to=a_note_uri(2)),
        a_note(2, in_reply_to=a_note_uri(1)),
        a_note(3, in_reply_to=a_note_uri(3)),
    )

    with database.transaction() as tx:
        threads.adopt(tx, [a_note_uri(1)], review.id)

    assert thread_of(database, review) == [a_note_uri(1), a_note_uri(2)]


def test_a_thread_lists_public_notes_in_every_state_oldest_first(
    database: Database, review: Review
) -> None:
    add(
        database,
        a_note(3, review_id=review.id),
        a_note(2, review_id=review.id, state=NoteState.DELETED),
        a_note(1, review_id=review.id, state=NoteState.HIDDEN),
        a_note(4, review_id=review.id, audience="private"),
        a_note(5),
    )

    assert thread_of(database, review) == [a_note_uri(n) for n in (1, 2, 3)]
    with database.snapshot() as tx:
        assert threads.count_shown(tx, [review.id, "other"]) == {review.id: 1}


def test_an_edit_changes_the_text_but_not_the_place(database: Database, review: Review) -> None:
    (note,) = add(database, a_note(1, in_reply_to=REVIEW_URI, review_id=review.id))
    edited = replace(
        note,
        html="<p>Now</p>",
        name="New",
        summary="CW",
        source="Now",
        language="de",
        url="https://social.example/new",
        state=NoteState.HIDDEN,
        audience="private",
        updated_at=NOON + minutes(9),
    )

    with database.transaction() as tx:
        threads.change(tx, replace(edited, in_reply_to="elsewhere", published_at=NOON))

    with database.snapshot() as tx:
        assert threads.get(tx, note.id) == edited


def test_conversations_are_what_others_wrote_to_the_author(
    database: Database, review: Review, author: Author
) -> None:
    add(
        database,
        a_note(1, in_reply_to=REVIEW_URI, review_id=review.id),
        a_note(2, review_id=review.id, author_id=author.id),
        a_note(3, author_id=author.id),
        a_note(4, in_reply_to=a_note_uri(3)),
        a_note(6),
        a_note(7, in_reply_to="https://elsewhere.example/1"),
        a_note(8, review_id=review.id, state=NoteState.DELETED),
        a_note(9, review_id=review.id, state=NoteState.HIDDEN),
    )
    with database.transaction() as tx:
        threads.add(tx, a_note(5, audience="private"), recipients=[author.id])
        threads.add(tx, a_note(10), recipients=[author.id, author.id])
        threads.add(tx, a_note(11, audience="private"))

    with database.snapshot() as tx:
        found = conversations.list_conversations(tx, author.id, limit=9)

    assert [note.uri for note in found] == [a_note_uri(n) for n in (10, 9, 5, 4, 1)]


def test_posts_are_what_people_wrote_of_their_own_accord(database: Database) -> None:
    add(
        database,
        a_note(1, actor=KIM),
        a_note(2, actor=LEE),
        a_note(3, actor=KIM, in_reply_to=a_note_uri(1)),
        a_note(4, actor=KIM, audience="private"),
        a_note(5, actor=KIM, state=NoteState.DELETED),
        a_note(6, actor="https://other.example/"),
    )

    with database.snapshot() as tx:
        found = threads.list_posts(tx, [KIM, LEE], limit=9)

    assert [note.uri for note in found] == [a_note_uri(2), a_note_uri(1)]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_have_no_gaps_where_notes_arrived_at_the_same_time(
    database: Database, author: Author, size: int
) -> None:
    with database.transaction() as tx:
        for n in range(7):
            note = a_note(n, audience="private", arrived_at=NOON + minutes(n // 4))
            threads.add(tx, note, recipients=[author.id])

    seen: list[str] = []
    before: Cursor | None = None
    with database.snapshot() as tx:
        while page := conversations.list_conversations(tx, author.id, limit=size, before=before):
            seen += [note.uri for note in page]
            before = (page[-1].arrived_at, page[-1].id)

    assert seen == [a_note_uri(n) for n in (6, 5, 4, 3, 2, 1, 0)]


def react(
    database: Database, activity: str, *, actor: str = KIM, kind: ReactionKind = ReactionKind.LIKE
) -> None:
    with database.transaction() as tx:
        reactions.add(
            tx, activity=activity, kind=kind, actor=actor, object=REVIEW_URI, emoji="❤", now=NOON
        )


def counted(database: Database) -> dict[tuple[str, ReactionKind], int]:
    with database.snapshot() as tx:
        return reactions.count(tx, [REVIEW_URI, "other"])


def test_a_reaction_counts_once_for_each_actor_and_kind(database: Database) -> None:
    for activity in ("like1", "like2"):
        react(database, activity)
    react(database, "like3", actor=LEE)
    react(database, "boost1", kind=ReactionKind.BOOST)

    assert counted(database) == {
        (REVIEW_URI, ReactionKind.LIKE): 2,
        (REVIEW_URI, ReactionKind.BOOST): 1,
    }


def test_a_repeated_reaction_is_taken_back_by_its_newest_id(database: Database) -> None:
    react(database, "like1")
    react(database, "like2")

    with database.transaction() as tx:
        reactions.remove(tx, actor=KIM, activity="like1")
    assert counted(database) == {(REVIEW_URI, ReactionKind.LIKE): 1}

    with database.transaction() as tx:
        reactions.remove(tx, actor=KIM, activity="like2")
    assert counted(database) == {}


def test_a_reaction_is_taken_back_by_what_was_liked(database: Database) -> None:
    react(database, "like1")
    react(database, "boost1", kind=ReactionKind.BOOST)

    with database.transaction() as tx:
        assert not reactions.remove(tx, actor=KIM, activity="unknown")
        assert reactions.remove_of(tx, actor=KIM, kind=ReactionKind.LIKE, object=REVIEW_URI)

    assert counted(database) == {(REVIEW_URI, ReactionKind.BOOST): 1}


def test_nobody_takes_back_the_reaction_of_another(database: Database) -> None:
    react(database, "like1")

    with database.transaction() as tx:
        assert not reactions.remove(tx, actor=LEE, activity="like1")
        assert not reactions.remove_of(tx, actor=LEE, kind=ReactionKind.LIKE, object=REVIEW_URI)

    assert counted(database) == {(REVIEW_URI, ReactionKind.LIKE): 1}


def test_what_is_gone_is_gone_only_for_the_actor_who_took_it_back(database: Database) -> None:
    with database.transaction() as tx:
        for _ in range(2):
            threads.mark_gone(tx, a_note_uri(1), actor=KIM, now=NOON)

    with database.snapshot() as tx:
        assert threads.is_gone(tx, a_note_uri(1), actor=KIM)
        assert not threads.is_gone(tx, a_note_uri(1), actor=LEE)
        assert not threads.is_gone(tx, a_note_uri(2), actor=KIM)


def test_a_vanished_account_leaves_empty_notes_and_no_reactions(
    database: Database, review: Review
) -> None:
    add(
        database,
        replace(a_note(1, review_id=review.id, actor=KIM), summary="CW", name="Title"),
        a_note(2, review_id=review.id, actor=LEE),
    )
    react(database, "like1", actor=KIM)
    react(database, "like2", actor=LEE)

    with database.transaction() as tx:
        threads.delete_by_actor(tx, KIM, now=NOON)

    with database.snapshot() as tx:
        gone, stays = (threads.find(tx, each.uri) for each in outlines.of_review(tx, review.id))
    assert gone is not None
    assert (gone.state, gone.html, gone.summary, gone.name) == (NoteState.DELETED, "", "", "")
    assert stays == a_note(2, review_id=review.id, actor=LEE)
    assert counted(database) == {(REVIEW_URI, ReactionKind.LIKE): 1}


def test_pruning_drops_only_old_tombstones_and_old_orphans(
    database: Database, review: Review, author: Author
) -> None:
    elsewhere = "https://elsewhere.example/1"
    add(
        database,
        a_note(1, in_reply_to=elsewhere),
        a_note(2, in_reply_to=elsewhere, arrived_at=NOON + minutes(60)),
        a_note(3, in_reply_to=elsewhere, review_id=review.id),
        a_note(4, in_reply_to=elsewhere, author_id=author.id),
        a_note(5, in_reply_to=a_note_uri(4)),
        a_note(6, in_reply_to=elsewhere, audience="private"),
        a_note(7),
    )
    with database.transaction() as tx:
        threads.mark_gone(tx, "old", actor=KIM, now=NOON - minutes(1))
        threads.mark_gone(tx, "new", actor=KIM, now=NOON)

    with database.transaction() as tx:
        sweeping.drop_all(
            tx, stale.tombstones(before=NOON), stale.orphans(before=NOON + minutes(30))
        )

    with database.snapshot() as tx:
        left = [n for n in range(1, 8) if threads.find(tx, a_note_uri(n))]
        assert left == [2, 3, 4, 5, 6, 7]
        assert not threads.is_gone(tx, "old", actor=KIM)
        assert threads.is_gone(tx, "new", actor=KIM)


def test_a_branch_that_named_another_conversation_follows_its_parent(
    database: Database, review: Review, author: Author, work: Work
) -> None:
    with database.transaction() as tx:
        other = reviews.save(tx, a_review(id="review2", slug="other", author=author, work=work))
    lost = a_note(1)
    add(
        database,
        a_note(2, in_reply_to=lost.uri, review_id=other.id),
        a_note(3, in_reply_to=a_note_uri(2)),
        a_note(4, in_reply_to="https://nowhere.example/1", review_id=other.id),
    )

    add(database, replace(lost, review_id=review.id))

    assert thread_of(database, review) == [a_note_uri(1), a_note_uri(2), a_note_uri(3)]
    assert thread_of(database, other) == [a_note_uri(4)]


def test_notes_of_one_moment_are_in_the_same_order_however_they_arrived(
    database: Database, review: Review
) -> None:
    third, first = a_note(3, review_id=review.id), a_note(1, review_id=review.id)

    add(database, replace(third, id=NoteId("a"), published_at=NOON))
    add(database, replace(first, id=NoteId("b"), published_at=NOON))

    assert thread_of(database, review) == [first.uri, third.uri]
