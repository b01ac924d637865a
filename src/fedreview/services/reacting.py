"""Like and boost what others wrote, and take it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedreview.activitypub import acts, build
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author, RemoteActor
from fedreview.domain.thread import NoteId, NoteState
from fedreview.services.sending import Outgoing, Sending
from fedreview.storage import actors, audience, blocks, messages, queues, reactions, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reactions import Reaction, ReactionKind
from fedreview.storage.threads import StoredNote


class Reacted(StrEnum):
    """What became of a like or boost. Nothing was sent but with DONE."""

    DONE = "done"
    GONE = "gone"
    PRIVATE = "private"
    OWN = "own"
    HERE = "here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacting:
    """Likes and boosts in an author's name; each counts on our pages like anybody's."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]

    def like(self, author: Author, note_id: NoteId) -> Reacted:
        """Like a note, and tell its writer. Done before, it changes nothing. Raises NotFound."""
        return self._react(author, note_id, ReactionKind.LIKE)

    def boost(self, author: Author, note_id: NoteId) -> Reacted:
        """Boost a note, and tell its writer and the followers. Raises NotFound."""
        return self._react(author, note_id, ReactionKind.BOOST)

    def unlike(self, author: Author, note_id: NoteId) -> None:
        """Like a note no more; one that was not liked stays as it is. Raises NotFound."""
        self._take_back(author, note_id, ReactionKind.LIKE)

    def unboost(self, author: Author, note_id: NoteId) -> None:
        """Take a boost back, if there was one. Raises NotFound."""
        self._take_back(author, note_id, ReactionKind.BOOST)

    def _react(self, author: Author, note_id: NoteId, kind: ReactionKind) -> Reacted:
        with self.database.transaction() as tx:
            note = threads.get(tx, note_id)
            refused = _refusal(tx, author, note, kind)
            if refused:
                return refused
            me = self.urls.actor(author.username)
            if not reactions.find(tx, kind, actor=me, object=note.uri):
                self._send(tx, author, note, kind)
        self.sending.wake()
        return Reacted.DONE

    def _send(self, tx: Transaction, author: Author, note: StoredNote, kind: ReactionKind) -> None:
        now = self.now()
        outgoing = self._prepare(
            author,
            note,
            kind,
            lambda uri: self._document(
                author, note, Reaction(activity=uri, kind=kind, created_at=now)
            ),
            listed=kind is ReactionKind.BOOST,
        )
        reactions.add(
            tx,
            activity=str(outgoing.document["id"]),
            kind=kind,
            actor=self.urls.actor(author.username),
            object=note.uri,
            now=now,
        )
        self.sending.queue(tx, outgoing, _inboxes(tx, author, note, kind))

    def _take_back(self, author: Author, note_id: NoteId, kind: ReactionKind) -> None:
        me = self.urls.actor(author.username)
        with self.database.transaction() as tx:
            note = threads.get(tx, note_id)
            given = reactions.find(tx, kind, actor=me, object=note.uri)
            if given is None:
                return
            done = self._document(author, note, given)
            undo = self._prepare(author, note, kind, lambda uri: acts.undo(uri, done), listed=False)
            reactions.remove(tx, actor=me, activity=given.activity)
            # Also where it went to followers who are none any more.
            told = queues.inboxes_of(tx, given.activity)
            queues.withdraw(tx, given.activity)
            self.sending.queue(tx, undo, told | _inboxes(tx, author, note, kind))
        self.sending.wake()

    def _document(self, author: Author, note: StoredNote, given: Reaction) -> build.Document:
        """Write the activity down, as it was when it was sent: an Undo repeats it."""
        me = self.urls.actor(author.username)
        if given.kind is ReactionKind.LIKE:
            return acts.like(given.activity, me, note.uri, writer=note.actor)
        return acts.announce(
            given.activity,
            me,
            note.uri,
            followers=self.urls.followers(author.username),
            writer=note.actor,
            published_at=given.created_at,
        )

    def _prepare(
        self,
        author: Author,
        note: StoredNote,
        kind: ReactionKind,
        make: Callable[[str], build.Document],
        *,
        listed: bool,
    ) -> Outgoing:
        return self.sending.prepare(
            make,
            author_id=author.id,
            about=note.uri,
            listed=listed,
            proved=kind is ReactionKind.BOOST,
        )


def _refusal(
    tx: Transaction, author: Author, note: StoredNote, kind: ReactionKind
) -> Reacted | None:
    if note.state is NoteState.DELETED or blocks.is_blocked(tx, author.id, note.actor):
        return Reacted.GONE
    if note.audience != "public" and not messages.is_party(tx, author.id, note):
        return Reacted.GONE
    if note.author_id == author.id:
        return Reacted.OWN
    if kind is ReactionKind.BOOST and note.audience != "public":
        return Reacted.PRIVATE
    if kind is ReactionKind.BOOST and note.local_only:
        return Reacted.HERE
    return None


def _inboxes(tx: Transaction, author: Author, note: StoredNote, kind: ReactionKind) -> set[str]:
    """Give where it goes: a like to the writer alone, in their own inbox as Mastodon does."""
    writer: RemoteActor | None = None if note.author_id else actors.find(tx, note.actor)
    if kind is ReactionKind.LIKE:
        return {writer.inbox} if writer else set()
    return audience.inboxes_of_public(tx, author.id, named=[writer] if writer else [])
