"""A unit that remembers sees what it changes itself, and writes in an order that holds."""

from fedreview.domain.actor import Author
from fedreview.domain.notice import NoticeKind
from fedreview.domain.review import Review
from fedreview.domain.work import Work
from fedreview.storage import blocks, notices, reviews, threads
from fedreview.storage.database import Database
from fedreview.storage.memory import remembering, writes
from fedreview.storage.notices import NewNotice
from tests.factories import NOON, a_note, a_note_uri, a_review

KIM = "https://social.example/users/kim"


def test_what_was_read_is_read_again_when_the_unit_changes_it(
    database: Database, author: Author
) -> None:
    with database.transaction() as tx, remembering(tx):
        before = blocks.is_blocked(tx, author.id, KIM)
        blocks.add(tx, author.id, KIM, activity="https://x.example/1", now=NOON)
        after = blocks.is_blocked(tx, author.id, KIM)

    assert (before, after) == (False, True)


def test_a_note_is_known_before_it_is_written(
    database: Database, author: Author, work: Work
) -> None:
    parent, child = a_note(1), a_note(2, in_reply_to=a_note_uri(1))
    with database.transaction() as tx, remembering(tx):
        review: Review = reviews.save(tx, a_review(author=author, work=work))
        unknown = threads.find(tx, parent.uri), threads.is_answered(tx, parent.uri)
        under = a_note(1, review_id=review.id)
        threads.add(tx, under, recipients=[author.id], is_answered=False)
        threads.add(tx, child, is_answered=False)
        told = threads.find(tx, child.uri), threads.is_answered(tx, parent.uri)
        read = threads.find_many(tx, [child.uri])

    assert unknown == (None, False)
    assert told == (read[child.uri], True)
    assert read[child.uri].review_id == review.id


def test_what_others_refer_to_is_written_first(database: Database, author: Author) -> None:
    note = a_note(1)
    told = NewNotice(
        author_id=author.id, kind=NoticeKind.REPORT, subject="1", topic="1", created_at=NOON
    )
    about = NewNotice(
        author_id=author.id,
        kind=NoticeKind.MENTION,
        subject="2",
        topic="2",
        created_at=NOON,
        note_id=note.id,
    )
    with database.transaction() as tx, remembering(tx):
        notices.add(tx, told)
        threads.add(tx, note, recipients=[author.id], is_answered=False)
        notices.add(tx, about)

    with database.snapshot() as tx:
        groups = notices.list_groups(tx, author.id, kind=None, before=None, limit=9)
    assert [group.topic for group in groups] == ["2", "1"]


def test_what_is_put_off_counts_as_written(database: Database) -> None:
    with database.transaction() as tx, remembering(tx):
        threads.find(tx, a_note_uri(1))
        nothing = writes(tx)
        threads.add(tx, a_note(1), is_answered=False)
        something = writes(tx)

    assert (nothing, something > 0) == (0, True)
