"""Change an author's own answers and messages, and take them away."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedreview.activitypub import acts, build
from fedreview.activitypub.private import private_deletion
from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import render_page
from fedreview.domain.actor import Author, RemoteActor
from fedreview.domain.answer import Answer
from fedreview.domain.circle import Circle, Named
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import NotFound
from fedreview.services.counting import counts_of_note
from fedreview.services.inviting import policy_of_note
from fedreview.services.messaging import Messaging
from fedreview.services.naming import (
    authors_among,
    circle_around,
    elsewhere_among,
    people_of_text,
)
from fedreview.services.phrasing import known_people, note_document, people_named
from fedreview.services.sending import Outgoing, Sending
from fedreview.storage import audience, circles, queues, reviews, takes, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Correcting:
    """Corrects and deletes answers, here and wherever they may be known."""

    database: Database
    urls: Urls
    sending: Sending
    messaging: Messaging
    now: Callable[[], datetime]

    def correct(self, author: Author, note_id: NoteId, answer: Answer) -> StoredNote:
        """Give an own answer other words; its address stays. The same words change nothing.

        Raises NotFound when the author has no such answer.
        """
        with self.database.transaction() as tx:
            known = own_answer(tx, author, note_id)
            before = Answer(text=known.source, warning=known.summary, language=known.language)
            if answer in (before, replace(before, language="")):
                return known
            changed = self._change(tx, author, known, answer)
        self.sending.wake()
        return changed

    def _change(
        self, tx: Transaction, author: Author, known: StoredNote, answer: Answer
    ) -> StoredNote:
        named_before = people_named(tx, self.urls, known)
        people = self._people(tx, author, known, answer)
        # In whole seconds, as times are sent: Mastodon ignores an Update that is not newer.
        after = (known.updated_at or known.published_at) + timedelta(seconds=1)
        changed = replace(
            known,
            html=render_page(answer.text, circle=Circle(people)),
            source=answer.text,
            summary=answer.warning,
            language=answer.language or known.language,
            updated_at=max(self.now(), after),
        )
        threads.change(tx, changed)
        authors = authors_among(tx, self.urls, people)
        circles.set_named(tx, known.id, [each.actor for each in people], authors=authors)
        if changed.audience != "public":
            self.messaging.send(tx, author, "Update", changed, people)
        elif not changed.local_only:
            self._send_update(tx, author, changed, people, named_before)
        return changed

    def _people(
        self, tx: Transaction, author: Author, known: StoredNote, answer: Answer
    ) -> tuple[Named, ...]:
        """Give whom the new text names, after the one who is answered, who stays the same."""
        first = people_named(tx, self.urls, known)[:1]
        if known.audience != "public":
            return first
        parent = threads.find(tx, known.in_reply_to)
        review = reviews.get(tx, known.review_id) if known.review_id else None
        answered = parent.actor if parent else ""
        if parent is None and review:
            answered = self.urls.actor(review.author.username)
        circle = circle_around(tx, self.urls, author, note=parent, review=review)
        in_text = people_of_text(tx, self.urls, author, answer.text, circle)
        ids = [person.actor for person in (*first, *in_text)]
        is_named = {person.actor for person in in_text}
        kept = [each for each in ids if each in is_named or each == answered]
        if known.local_only:
            kept = [each for each in kept if self.urls.is_ours(each)]
        return known_people(tx, self.urls, (each for each in kept if each != known.actor))

    def _send_update(
        self,
        tx: Transaction,
        author: Author,
        note: StoredNote,
        people: tuple[Named, ...],
        named_before: tuple[Named, ...],
    ) -> None:
        # Mastodon takes over the numbers of likes and boosts that an Update brings.
        counts = counts_of_note(tx, note.uri)
        policy = policy_of_note(tx, note, author, now=self.now())
        document = note_document(note, author, people, self.urls, policy=policy, counts=counts)
        outgoing = self.sending.prepare(
            lambda uri: build.about("Update", uri, document, now=self.now()),
            author_id=author.id,
            about=note.uri,
            listed=True,
        )
        inboxes = self._inboxes(tx, author, note, (*people, *named_before))
        self.sending.queue(tx, outgoing, inboxes)

    def delete(self, author: Author, note_id: NoteId) -> StoredNote:
        """Take an own answer away, everywhere. Raises NotFound when it is not the author's."""
        with self.database.transaction() as tx:
            note = own_answer(tx, author, note_id)
            gone = replace(
                note, html="", source="", summary="", state=NoteState.DELETED, updated_at=self.now()
            )
            people = people_named(tx, self.urls, note)
            threads.change(tx, gone)
            if not note.local_only:
                self._send_delete(tx, author, note, people)
        self.sending.wake()
        return gone

    def _send_delete(
        self, tx: Transaction, author: Author, note: StoredNote, people: tuple[Named, ...]
    ) -> None:
        inboxes = self._inboxes(tx, author, note, people)
        queues.forget(tx, note.uri)
        self.sending.queue(tx, self._deletion(author, note, people), inboxes)

    def _deletion(self, author: Author, note: StoredNote, people: tuple[Named, ...]) -> Outgoing:
        tombstone = build.tombstone(note.uri, deleted_at=self.now(), former_type="Note")
        is_public = note.audience == "public"
        me, ids = self.urls.actor(author.username), [person.actor for person in people]
        return self.sending.prepare(
            lambda uri: (
                acts.deletion(uri, author, tombstone, self.urls)
                if is_public
                else private_deletion(uri, me, tombstone, ids)
            ),
            author_id=author.id,
            about=note.uri,
            listed=False,
            proved=is_public,
        )

    def _inboxes(
        self, tx: Transaction, author: Author, note: StoredNote, people: tuple[Named, ...]
    ) -> set[str]:
        """Give where the answer may be known, the one who was answered included."""
        named = elsewhere_among(tx, people)
        if note.audience != "public":
            return {each.inbox for each in named}
        known = audience.inboxes_that_may_know(tx, author.id, note.uri, review_id=None)
        return known | {each.inbox for each in named if known.isdisjoint(_inboxes_of(each))}


def _inboxes_of(person: RemoteActor) -> set[str]:
    return {person.inbox, person.shared_inbox}


def own_answer(tx: Transaction, author: Author, note_id: NoteId) -> StoredNote:
    """Read an answer or message of this author that is still there. Raises NotFound."""
    note = threads.get(tx, note_id)
    is_own = note.author_id == author.id and not takes.is_take(note)
    if not is_own or note.state is NoteState.DELETED:
        raise NotFound("no such answer of this author")
    return note
