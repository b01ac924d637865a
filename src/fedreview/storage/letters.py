"""Mails on their way: a queue like those of activities."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from fedreview.domain.actor import AuthorId
from fedreview.storage import waking
from fedreview.storage.conversation_tables import LetterRow
from fedreview.storage.database import Transaction, holder
from fedreview.storage.queues import QueueState


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail on its way. failures: failed attempts so far."""

    id: int
    author_id: AuthorId
    recipient: str
    body: bytes
    failures: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a mail. error: of the last attempt, or ""."""

    state: QueueState
    failures: int
    created_at: datetime
    settled_at: datetime | None
    error: str


def add(
    tx: Transaction, author_id: AuthorId, *, recipient: str, body: bytes, now: datetime
) -> None:
    """Put a mail on its way."""
    tx.add(
        LetterRow(
            author_id=author_id,
            recipient=recipient,
            body=body,
            state=QueueState.WAITING,
            failures=0,
            created_at=now,
            due_at=now,
            last_error="",
        )
    )
    tx.flush()
    waking.call(tx)


def _may_be_sent(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        LetterRow.state == QueueState.WAITING,
        LetterRow.due_at <= now,
        or_(LetterRow.leased_until.is_(None), LetterRow.leased_until <= now),
    )


def list_due(tx: Transaction, *, now: datetime, limit: int) -> tuple[int, ...]:
    """Look for what may be sent now, the oldest first; writes nothing."""
    due = select(LetterRow.id).where(*_may_be_sent(now)).order_by(LetterRow.due_at, LetterRow.id)
    return tuple(tx.scalars(due.limit(limit)))


def lease(
    tx: Transaction, ids: Iterable[int], *, now: datetime, until: datetime
) -> tuple[Letter, ...]:
    """Take those that nobody else has taken meanwhile."""
    free = (
        select(LetterRow.id)
        .where(LetterRow.id.in_(list(ids)), *_may_be_sent(now))
        .with_for_update(skip_locked=True)
    )
    rows = tx.scalars(
        update(LetterRow)
        .where(LetterRow.id.in_(free))
        .values(leased_until=until, leased_by=holder(tx))
        .returning(LetterRow)
    )
    letters = (
        Letter(
            id=row.id,
            author_id=AuthorId(row.author_id),
            recipient=row.recipient,
            body=row.body,
            failures=row.failures,
            created_at=row.created_at,
        )
        for row in rows
    )
    return tuple(sorted(letters, key=lambda letter: letter.id))


def settle(tx: Transaction, id: int, state: QueueState, *, now: datetime, error: str = "") -> None:
    """End a mail's way, and drop its text."""
    tx.execute(
        update(LetterRow)
        .where(LetterRow.id == id, LetterRow.state == QueueState.WAITING)
        .values(state=state, leased_until=None, settled_at=now, last_error=error, body=b"")
    )


def retry(tx: Transaction, id: int, *, due_at: datetime, error: str) -> None:
    """Put a mail back for later."""
    tx.execute(
        update(LetterRow)
        .where(LetterRow.id == id, LetterRow.state == QueueState.WAITING)
        .values(due_at=due_at, leased_until=None, failures=LetterRow.failures + 1, last_error=error)
    )


def cancel(tx: Transaction, author_id: AuthorId) -> None:
    """Send nothing of what waits for an author."""
    tx.execute(
        delete(LetterRow).where(
            LetterRow.author_id == author_id, LetterRow.state == QueueState.WAITING
        )
    )


def count_since(tx: Transaction, author_id: AuthorId, *, since: datetime) -> int:
    """Count the mails made for an author after this moment."""
    made = select(func.count()).where(
        LetterRow.author_id == author_id, LetterRow.created_at > since
    )
    return tx.scalar(made) or 0


def find_last(tx: Transaction, author_id: AuthorId) -> Fate | None:
    """Tell what became of the last mail to an author, or None when there was none."""
    row = tx.scalar(
        select(LetterRow)
        .where(LetterRow.author_id == author_id)
        .order_by(LetterRow.id.desc())
        .limit(1)
    )
    if row is None:
        return None
    return Fate(
        state=QueueState(row.state),
        failures=row.failures,
        created_at=row.created_at,
        settled_at=row.settled_at,
        error=row.last_error,
    )


def release_leases(tx: Transaction) -> None:
    """Give back everything that is leased, whoever leased it."""
    tx.execute(
        update(LetterRow).where(LetterRow.leased_until.is_not(None)).values(leased_until=None)
    )


def give_back(tx: Transaction, ids: Iterable[int]) -> None:
    """Return what was leased and not finished."""
    tx.execute(update(LetterRow).where(LetterRow.id.in_(list(ids))).values(leased_until=None))
    waking.call(tx)
