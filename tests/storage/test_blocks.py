"""Blocks hide what blocked people wrote to an author, and give it back."""

from dataclasses import replace

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.moderation import Severity
from fedreview.domain.review import Review
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Work
from fedreview.storage import accounts, blocks, conversations, domains, reviews, threads
from fedreview.storage.database import Database
from fedreview.storage.threads import StoredNote
from tests.factories import NOON, SITE, a_domain_block, a_note, a_note_uri, a_review, an_author

KIM, LEE = "https://social.example/users/kim", "https://social.example/users/lee"
REVIEW_URI = f"{SITE}/ap/reviews/review1"


@pytest.fixture
def review(database: Database, author: Author, work: Work) -> Review:
    with database.transaction() as tx:
        return reviews.save(tx, a_review(author=author, work=work))


def add(database: Database, *notes: StoredNote) -> None:
    with database.transaction() as tx:
        for note in notes:
            threads.add(tx, note)


def block(database: Database, author: Author, actor: str) -> bool:
    with database.transaction() as tx:
        return blocks.add(tx, author.id, actor, activity="https://x.example/1", now=NOON)


def states(database: Database, *uris: str) -> list[NoteState]:
    with database.snapshot() as tx:
        found = [threads.find(tx, uri) for uri in uris]
    return [_seen(note) for note in found if note]


def _seen(note: StoredNote) -> NoteState:
    is_kept_back = note.veiled and note.state is NoteState.SHOWN
    return NoteState.HIDDEN if is_kept_back else note.state


def by(actor: str, note: StoredNote) -> StoredNote:
    return replace(note, actor=actor)


def test_a_block_is_made_once_and_listed_until_it_ends(database: Database, author: Author) -> None:
    assert block(database, author, KIM)
    assert not block(database, author, KIM)

    with database.transaction() as tx:
        listed = blocks.list_blocked(tx, author.id)
        during = blocks.is_blocked(tx, author.id, KIM)
        ended = blocks.remove(tx, author.id, KIM)
        again = blocks.remove(tx, author.id, KIM)
        after = blocks.is_blocked(tx, author.id, KIM)

    assert [each.actor for each in listed] == [KIM]
    assert (during, after, again) == (True, False, None)
    assert ended == listed[0]


def test_notes_under_the_authors_reviews_are_hidden_and_shown_again(
    database: Database, author: Author, review: Review
) -> None:
    add(
        database,
        by(KIM, a_note(1, review_id=review.id, in_reply_to=REVIEW_URI)),
        by(LEE, a_note(2, review_id=review.id, in_reply_to=REVIEW_URI)),
        by(KIM, replace(a_note(3, review_id=review.id), state=NoteState.HIDDEN)),
        by(KIM, replace(a_note(4, review_id=review.id), state=NoteState.DELETED)),
    )
    uris = [a_note_uri(number) for number in (1, 2, 3, 4)]

    block(database, author, KIM)
    during = states(database, *uris)
    with database.transaction() as tx:
        blocks.remove(tx, author.id, KIM)

    shown, hidden, deleted = NoteState.SHOWN, NoteState.HIDDEN, NoteState.DELETED
    assert during == [hidden, shown, hidden, deleted]
    assert states(database, *uris) == [shown, shown, hidden, deleted]


def test_what_comes_in_later_is_hidden_with_the_orphans_that_it_brings_home(
    database: Database, author: Author, review: Review
) -> None:
    block(database, author, KIM)
    add(database, by(KIM, a_note(2, in_reply_to=a_note_uri(1))))

    add(database, by(LEE, a_note(1, review_id=review.id, in_reply_to=REVIEW_URI)))

    assert states(database, a_note_uri(1), a_note_uri(2)) == [NoteState.SHOWN, NoteState.HIDDEN]


def test_an_answer_to_the_author_elsewhere_is_hidden_and_one_to_another_author_is_not(
    database: Database, author: Author
) -> None:
    other = an_author(id="author2", username="bea")
    with database.transaction() as tx:
        accounts.add_author(tx, other, password_hash="hash")
    block(database, author, KIM)
    add(
        database,
        replace(a_note(1), author_id=author.id, actor=f"{SITE}/users/ana"),
        replace(a_note(2), author_id=other.id, actor=f"{SITE}/users/bea"),
        by(KIM, a_note(3, in_reply_to=a_note_uri(1))),
        by(KIM, a_note(4, in_reply_to=a_note_uri(2))),
    )

    assert states(database, a_note_uri(3), a_note_uri(4)) == [NoteState.HIDDEN, NoteState.SHOWN]


def test_blocked_people_are_left_out_of_that_authors_conversation(
    database: Database, author: Author, review: Review
) -> None:
    add(database, by(KIM, a_note(1, review_id=review.id, in_reply_to=REVIEW_URI)))
    block(database, author, KIM)

    with database.snapshot() as tx:
        assert conversations.list_conversations(tx, author.id, limit=9) == ()


def test_a_server_is_blocked_with_its_subdomains_and_what_it_wrote_comes_back(
    database: Database, author: Author, review: Review
) -> None:
    there = a_note(1, review_id=review.id, in_reply_to=REVIEW_URI)

    def note(number: int, host: str, state: NoteState = NoteState.SHOWN) -> StoredNote:
        one = a_note(number)
        return replace(there, id=one.id, uri=one.uri, host=host, state=state)

    add(
        database,
        note(1, "bad.example"),
        note(2, "deep.bad.example"),
        note(3, "notbad.example"),
        note(4, "bad.example", NoteState.HELD),
    )
    uris = [a_note_uri(number) for number in (1, 2, 3, 4)]
    shown, hidden, held = NoteState.SHOWN, NoteState.HIDDEN, NoteState.HELD

    with database.transaction() as tx:
        domains.put_block(tx, a_domain_block("bad.example"))
    during = states(database, *uris)
    with database.snapshot() as tx:
        counted = threads.count_shown(tx, [review.id])
    with database.transaction() as tx:
        domains.put_block(tx, a_domain_block("bad.example", severity=Severity.SILENCE))
    silenced = states(database, *uris)

    assert during == [hidden, hidden, shown, held]
    assert counted == {review.id: 1}
    assert silenced == [shown, shown, shown, held]


def test_a_person_and_their_server_may_both_be_blocked_and_either_is_enough(
    database: Database, author: Author, review: Review
) -> None:
    note = a_note(1, review_id=review.id, in_reply_to=REVIEW_URI)
    add(database, replace(note, actor=KIM, host="social.example"))
    block(database, author, KIM)
    with database.transaction() as tx:
        domains.put_block(tx, a_domain_block("social.example"))
        blocks.remove(tx, author.id, KIM)
    without_the_person = states(database, a_note_uri(1))
    block(database, author, KIM)
    with database.transaction() as tx:
        domains.remove(tx, "social.example")

    assert without_the_person == states(database, a_note_uri(1)) == [NoteState.HIDDEN]
