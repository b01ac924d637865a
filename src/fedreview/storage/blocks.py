"""Whom the authors want nothing of, and which notes that has hidden."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import aliased

from fedreview.domain.actor import AuthorId
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteState
from fedreview.storage.database import Transaction
from fedreview.storage.tables import (
    BlockedNoteRow,
    BlockRow,
    NoteRow,
    ReviewRow,
)
from fedreview.storage.upsert import add_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Somebody whom an author has blocked. activity: id of our Block, which an Undo names."""

    actor: str
    activity: str
    created_at: datetime


def add(tx: Transaction, author_id: AuthorId, actor: str, *, activity: str, now: datetime) -> bool:
    """Block somebody, and hide what they wrote to this author; tells whether that is new."""
    new = {"author_id": author_id, "actor": actor, "activity": activity, "created_at": now}
    if not add_new(tx, BlockRow, new):
        return False
    _hide(tx, BlockRow.author_id == author_id, BlockRow.actor == actor)
    return True


def remove(tx: Transaction, author_id: AuthorId, actor: str) -> Blocked | None:
    """Block somebody no more, and show again what the block alone had hidden.

    Gives what it was, or None when there was no block.
    """
    row = tx.scalar(
        select(BlockRow).where(BlockRow.author_id == author_id, BlockRow.actor == actor)
    )
    if row is None:
        return None
    ended = _blocked(row)
    hidden = select(BlockedNoteRow.note_id).where(BlockedNoteRow.block_id == row.id)
    # Not what the writer has deleted since.
    tx.execute(
        update(NoteRow)
        .where(NoteRow.id.in_(hidden), NoteRow.state == NoteState.HIDDEN)
        .values(state=NoteState.SHOWN)
    )
    tx.execute(delete(BlockRow).where(BlockRow.id == row.id))
    return ended


def _blocked(row: BlockRow) -> Blocked:
    return Blocked(actor=row.actor, activity=row.activity, created_at=row.created_at)


def list_blocked(tx: Transaction, author_id: AuthorId) -> tuple[Blocked, ...]:
    """Read whom an author has blocked, the newest first."""
    rows = tx.scalars(
        select(BlockRow).where(BlockRow.author_id == author_id).order_by(BlockRow.id.desc())
    )
    return tuple(_blocked(row) for row in rows)


def is_blocked(tx: Transaction, author_id: AuthorId, actor: str) -> bool:
    """Tell whether this author has blocked this actor."""
    found = select(BlockRow.id).where(BlockRow.author_id == author_id, BlockRow.actor == actor)
    return tx.scalar(found) is not None


def hide_new(tx: Transaction, uri: str, review_id: ReviewId | None) -> None:
    """Hide what has come in now, if its writer is blocked where it stands.

    review_id: the thread it has come into, perhaps with others that waited for it.
    """
    _hide(tx, NoteRow.review_id == review_id if review_id else NoteRow.uri == uri)


def _hide(tx: Transaction, *which: ColumnElement[bool]) -> None:
    """Hide notes that blocked people wrote to those who have blocked them.

    That is: under a review of that author, or elsewhere in answer to a note of theirs. What
    the author had hidden before is left alone, so that the end of the block shows it not.
    """
    answered = aliased(NoteRow)
    stands_there = or_(
        ReviewRow.author_id == BlockRow.author_id,
        and_(NoteRow.review_id.is_(None), answered.author_id == BlockRow.author_id),
    )
    found = tx.execute(
        select(BlockRow.id, NoteRow.id)
        .join(NoteRow, NoteRow.actor == BlockRow.actor)
        .outerjoin(ReviewRow, ReviewRow.id == NoteRow.review_id)
        .outerjoin(answered, answered.uri == NoteRow.in_reply_to)
        .where(stands_there, NoteRow.state == NoteState.SHOWN, *which)
        .order_by(NoteRow.id)
    )
    links = [{"block_id": block_id, "note_id": note_id} for block_id, note_id in found]
    for link in links:
        add_new(tx, BlockedNoteRow, link)
    if links:
        hidden = [link["note_id"] for link in links]
        tx.execute(update(NoteRow).where(NoteRow.id.in_(hidden)).values(state=NoteState.HIDDEN))
