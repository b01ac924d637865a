"""Whom an author's own note names, and who has a word in a thread."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, delete, func, select

from fedreview.domain.actor import AuthorId
from fedreview.storage import threads
from fedreview.storage.conversation_tables import NoteMentionRow
from fedreview.storage.database import Transaction
from fedreview.storage.sight import in_sight
from fedreview.storage.tables import NoteRecipientRow, NoteRow

MOST_PEOPLE = 200
"""Of one thread, those who wrote last: a list to choose from has no use for more."""


def set_named(
    tx: Transaction, note_id: str, actors: Iterable[str], *, authors: Iterable[AuthorId]
) -> None:
    """Keep exactly these as those whom the note names, who is answered first.

    authors: those of them who write here; it stands on their desks.
    """
    tx.execute(delete(NoteMentionRow).where(NoteMentionRow.note_id == note_id))
    tx.execute(delete(NoteRecipientRow).where(NoteRecipientRow.note_id == note_id))
    tx.add_all(
        NoteMentionRow(note_id=note_id, actor=actor, position=position)
        for position, actor in enumerate(dict.fromkeys(actors))
    )
    tx.add_all(NoteRecipientRow(note_id=note_id, author_id=each) for each in set(authors))
    tx.flush()


def named_in(tx: Transaction, note_id: str) -> tuple[str, ...]:
    """Read whom the note names, who is answered first."""
    rows = tx.scalars(
        select(NoteMentionRow.actor)
        .where(NoteMentionRow.note_id == note_id)
        .order_by(NoteMentionRow.position)
    )
    return tuple(rows)


def in_thread(tx: Transaction, review_id: str) -> tuple[str, ...]:
    """Read who has written what can be read under a review, the last to do so first."""
    return _writers(tx, NoteRow.review_id == review_id)


def under(tx: Transaction, uri: str) -> tuple[str, ...]:
    """Read who has written a note, or what can be read below it, the last to do so first."""
    below = threads.under(NoteRow.uri == uri)
    return _writers(tx, NoteRow.uri.in_(select(below.c.uri)))


def _writers(tx: Transaction, *which: ColumnElement[bool]) -> tuple[str, ...]:
    rows = tx.scalars(
        select(NoteRow.actor)
        .where(*which, *in_sight())
        .group_by(NoteRow.actor)
        .order_by(func.max(NoteRow.arrived_at).desc(), NoteRow.actor)
        .limit(MOST_PEOPLE)
    )
    return tuple(rows)
