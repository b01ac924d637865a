"""Private messages: an author's conversations with one person each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, or_, select, union_all

from fedreview.domain.actor import AuthorId
from fedreview.domain.thread import NoteState
from fedreview.storage.conversation_tables import NoteMentionRow
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_tables import BlockRow
from fedreview.storage.tables import NoteRecipientRow, NoteRow
from fedreview.storage.threads import StoredNote, note_from_row

_STANDING = (NoteState.SHOWN, NoteState.HIDDEN, NoteState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A private conversation: with whom, how many messages it has, and when the last came."""

    actor: str
    count: int
    latest_at: datetime


def _sides(author_id: AuthorId) -> Subquery:
    """Select id, actor and time of every message that the author wrote or is given.

    `person` is the other side: of an own message the one for whom it is.
    """
    standing = (
        NoteRow.audience == "private",
        NoteRow.state.in_(_STANDING),
        NoteRow.veiled.is_(False),
    )
    theirs: Select[str, str, datetime] = (
        select(NoteRow.id, NoteRow.actor.label("person"), NoteRow.arrived_at)
        .join(NoteRecipientRow, NoteRecipientRow.note_id == NoteRow.id)
        .where(*standing, NoteRecipientRow.author_id == author_id)
        .where(or_(NoteRow.author_id.is_(None), NoteRow.author_id != author_id))
    )
    ours = (
        select(NoteRow.id, NoteMentionRow.actor.label("person"), NoteRow.arrived_at)
        .join(NoteMentionRow, NoteMentionRow.note_id == NoteRow.id)
        .where(*standing, NoteRow.author_id == author_id, NoteMentionRow.position == literal(0))
    )
    return union_all(theirs, ours).subquery()


def _is_wanted(author_id: AuthorId, person: ColumnElement[str]) -> ColumnElement[bool]:
    return person.not_in(select(BlockRow.actor).where(BlockRow.author_id == author_id))


def list_talks(tx: Transaction, author_id: AuthorId, *, limit: int) -> tuple[Talk, ...]:
    """Read with whom an author has private conversations, the latest first.

    Nobody whom the author has blocked is among them.
    """
    sides = _sides(author_id)
    latest = func.max(sides.c.arrived_at)
    rows = tx.execute(
        select(sides.c.person, func.count(), latest)
        .where(_is_wanted(author_id, sides.c.person))
        .group_by(sides.c.person)
        .order_by(latest.desc(), sides.c.person)
        .limit(limit)
    )
    return tuple(Talk(actor=actor, count=count, latest_at=at) for actor, count, at in rows)


def list_with(
    tx: Transaction, author_id: AuthorId, actor: str, *, limit: int
) -> tuple[StoredNote, ...]:
    """Read the last messages between an author and one person, the oldest first."""
    sides = _sides(author_id)
    ids = select(sides.c.id).where(sides.c.person == actor, _is_wanted(author_id, sides.c.person))
    rows = tx.scalars(
        select(NoteRow)
        .where(NoteRow.id.in_(ids))
        .order_by(NoteRow.arrived_at.desc(), NoteRow.id.desc())
        .limit(limit)
    )
    return tuple(note_from_row(row) for row in rows)[::-1]


def is_party(tx: Transaction, author_id: AuthorId, note: StoredNote) -> bool:
    """Tell whether an author wrote a private message, or is given it."""
    if note.author_id == author_id:
        return True
    return tx.get(NoteRecipientRow, (note.id, author_id)) is not None
