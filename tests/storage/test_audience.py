"""An Update or Delete goes wherever a copy may be."""

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.review import Review
from fedreview.storage import actors, audience, queues, quotes, reactions, reviews, threads
from fedreview.storage.database import Database
from fedreview.storage.reactions import ReactionKind
from tests.factories import (
    NOON,
    SITE,
    a_note,
    a_note_uri,
    a_remote_actor,
    a_review,
    an_activity,
    an_author,
)

FOLLOWER, WRITER, LIKER, FORMER, STRANGER, QUOTER = (
    a_remote_actor(n, host=f"h{n}.example", shared_inbox="") for n in range(1, 7)
)


@pytest.fixture
def author(database: Database) -> Author:
    from fedreview.storage import accounts

    with database.transaction() as tx:
        accounts.add_author(tx, an_author(), password_hash="x")
        for person in (FOLLOWER, WRITER, LIKER, FORMER, STRANGER, QUOTER):
            actors.save(tx, person, [])
    return an_author()


def kept(database: Database) -> Review:
    from fedreview.storage import works

    review = a_review()
    with database.transaction() as tx:
        works.save(tx, review.work.id, review.work.facts, slug=review.work.slug, cover=None)
        return reviews.save(tx, review)


def test_a_review_is_known_to_followers_writers_likers_quoters_and_who_was_told(
    database: Database, author: Author
) -> None:
    review = kept(database)
    uri = f"{SITE}/ap/reviews/{review.id}"
    with database.transaction() as tx:
        actors.add_follower(tx, author.id, FOLLOWER.id, follow="https://h1.example/f", now=NOON)
        threads.add(tx, a_note(1, in_reply_to=uri, review_id=review.id, actor=WRITER.id))
        reactions.add(
            tx,
            activity="https://h3.example/l",
            kind=ReactionKind.LIKE,
            actor=LIKER.id,
            object=uri,
            now=NOON,
        )
        quotes.add(
            tx,
            quotes.Quote(
                id="q1",
                object=uri,
                quoting="https://h6.example/notes/1",
                actor=QUOTER.id,
                created_at=NOON,
            ),
        )
        told = an_activity(1, object=uri)
        queues.send(tx, told, [(FORMER.inbox, "h4.example")])

    with database.snapshot() as tx:
        known = audience.inboxes_that_may_know(tx, author.id, uri, review_id=review.id)

    assert known == {person.inbox for person in (FOLLOWER, WRITER, LIKER, FORMER, QUOTER)}


def test_an_answer_is_known_to_who_answered_it(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        threads.add(tx, a_note(1, author_id=author.id))
        threads.add(tx, a_note(2, in_reply_to=a_note_uri(1), actor=WRITER.id))
        threads.add(tx, a_note(3, in_reply_to=a_note_uri(2), actor=STRANGER.id))

    with database.snapshot() as tx:
        known = audience.inboxes_that_may_know(tx, author.id, a_note_uri(1), review_id=None)

    assert known == {WRITER.inbox}
