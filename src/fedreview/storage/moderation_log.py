"""Who did what to which reply, person or server; and what undoing it needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from fedreview.domain.actor import AuthorId
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_tables import ModerationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """Something that was done; the fields of the row."""

    batch: str
    author_id: AuthorId | None
    action: str
    target_kind: str
    target: str
    label: str
    at: datetime
    detail: str = ""
    before: str = ""
    undone_at: datetime | None = None


_FIELDS = tuple(LogEntry.__slots__)


def add(tx: Transaction, entries: Iterable[LogEntry]) -> None:
    """Write down what was done."""
    rows = [{name: getattr(entry, name) for name in _FIELDS} for entry in entries]
    if rows:
        tx.execute(insert(ModerationRow), rows)


def list_batch(tx: Transaction, batch: str) -> tuple[LogEntry, ...]:
    """Read what was done at one stroke, in the order in which it was."""
    rows = tx.scalars(
        select(ModerationRow).where(ModerationRow.batch == batch).order_by(ModerationRow.id)
    )
    return tuple(LogEntry(**{name: getattr(row, name) for name in _FIELDS}) for row in rows)


def is_undoable(tx: Transaction, batch: str) -> bool:
    """Tell whether there is such a batch that was not undone."""
    found = select(ModerationRow.id).where(
        ModerationRow.batch == batch, ModerationRow.undone_at.is_(None)
    )
    return tx.scalar(found.limit(1)) is not None


def set_undone(tx: Transaction, batch: str, *, now: datetime) -> bool:
    """Note that it was undone; tells whether it still stood."""
    undone = tx.execute(
        update(ModerationRow)
        .where(ModerationRow.batch == batch, ModerationRow.undone_at.is_(None))
        .values(undone_at=now)
        .returning(ModerationRow.id)
    )
    return undone.first() is not None
