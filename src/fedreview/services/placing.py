"""Put notes that nobody sent, but that we fetched, into the threads they belong to."""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import CreateNote, RemoteNote
from fedreview.errors import NotYet
from fedreview.services.handling.context import Context
from fedreview.services.handling.holes import note_actor
from fedreview.services.handling.notes import (
    apply_create_note,
    is_in_our_thread,
    keep_asked_for,
)
from fedreview.services.sending import Sending
from fedreview.storage import threads
from fedreview.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Keeps fetched notes exactly as arriving ones are kept."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def missing(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Leave out what is ours, or kept already."""
        with self.database.snapshot() as tx:
            return tuple(
                uri for uri in ids if not self.urls.is_ours(uri) and not threads.find(tx, uri)
            )

    def first_missing(self, url: str, *, most_hops: int) -> str:
        """Go up from a note, as far as we know the way; give the first id that we miss, or ""."""
        with self.database.snapshot() as tx:
            for _ in range(most_hops):
                known = threads.find(tx, url) if url else None
                if known is None or known.author_id is not None:
                    break
                url = known.in_reply_to
            else:
                return ""
            is_missing = url and known is None and not self.urls.is_ours(url)
        return url if is_missing else ""

    def belonging(self, notes: Iterable[RemoteNote]) -> tuple[RemoteNote, ...]:
        """Give those that stand in a thread of ours, or answer one of these that does.

        notes: parents before their children.
        """
        chosen: dict[str, RemoteNote] = {}
        with self.database.snapshot() as tx:
            context = self._context(tx)
            for note in notes:
                if note.in_reply_to in chosen or is_in_our_thread(context, note):
                    chosen[note.id] = note
        return tuple(chosen.values())

    def keep(self, notes: Collection[RemoteNote]) -> tuple[str, ...]:
        """Keep public notes of our threads, parents before their children; give their ids.

        What stood below a placeholder finds its place in the same unit. A note that names our
        thread no longer, or was deleted meanwhile, is left out.
        """
        kept = []
        with self.database.transaction() as tx:
            context = self._context(tx)
            for note in notes:
                if not is_in_our_thread(context, note) or threads.find(tx, note.id):
                    continue
                with suppress(NotYet):
                    created = CreateNote(id=note.id, actor=note.attributed_to, note=note)
                    apply_create_note(context, created)
                if threads.find(tx, note.id):
                    kept.append(note.id)
            for actor in sorted({note.attributed_to for note in notes if note.id in kept}):
                note_actor(context, actor)
        return tuple(kept)

    def keep_asked_for(self, note: RemoteNote) -> None:
        """Keep a note that an author has looked up, in whatever thread it stands."""
        with self.database.transaction() as tx:
            keep_asked_for(self._context(tx), note)

    def note_actor(self, actor: str) -> None:
        """Note what is to be fetched of somebody, as after something of theirs was applied."""
        with self.database.transaction() as tx:
            note_actor(self._context(tx), actor)

    def _context(self, tx: Transaction) -> Context:
        return Context(
            tx=tx, urls=self.urls, sending=self.sending, now=self.now, new_id=self.new_id
        )
