"""Who did what to which reply, person or server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, tuple_, update

from fedreview.domain.actor import AuthorId
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_tables import ModerationRow

LogCursor = tuple[datetime, int]
"""Where a page of the log ends: time and number of its last entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One thing that was done; the fields of the row. id: 0 before it is kept."""

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
    id: int = 0


def add(tx: Transaction, entry: LogEntry) -> None:
    """Write down what was done."""
    tx.add(
        ModerationRow(
            batch=entry.batch,
            author_id=entry.author_id,
            action=entry.action,
            target_kind=entry.target_kind,
            target=entry.target,
            label=entry.label,
            detail=entry.detail,
            before=entry.before,
            at=entry.at,
            undone_at=entry.undone_at,
        )
    )


def list_(
    tx: Transaction, *, limit: int, before: LogCursor | None = None, about: str = ""
) -> tuple[LogEntry, ...]:
    """Read what was done, the latest first.

    about: what must stand in the label or the target: a handle or a server.
    """
    query = select(ModerationRow)
    if about:
        found = (
            ModerationRow.label.icontains(about, autoescape=True),
            ModerationRow.target.icontains(about, autoescape=True),
        )
        query = query.where(or_(*found))
    if before:
        query = query.where(tuple_(ModerationRow.at, ModerationRow.id) < before)
    query = query.order_by(ModerationRow.at.desc(), ModerationRow.id.desc()).limit(limit)
    return tuple(map(_entry, tx.scalars(query)))


def list_batch(tx: Transaction, batch: str) -> tuple[LogEntry, ...]:
    """Read what was done at one stroke, in its order."""
    query = select(ModerationRow).where(ModerationRow.batch == batch).order_by(ModerationRow.id)
    return tuple(map(_entry, tx.scalars(query)))


def mark_undone(tx: Transaction, ids: Iterable[int], *, now: datetime) -> None:
    """Note that these were undone."""
    tx.execute(
        update(ModerationRow)
        .where(ModerationRow.id.in_(list(ids)))
        .values(undone_at=now)
        .execution_options(synchronize_session=False)
    )


def _entry(row: ModerationRow) -> LogEntry:
    return LogEntry(
        id=row.id,
        batch=row.batch,
        author_id=AuthorId(row.author_id) if row.author_id else None,
        action=row.action,
        target_kind=row.target_kind,
        target=row.target,
        label=row.label,
        detail=row.detail,
        before=row.before,
        at=row.at,
        undone_at=row.undone_at,
    )
