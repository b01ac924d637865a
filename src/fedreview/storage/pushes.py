"""Browsers that show authors' notices, and which notices each has yet to get."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, select, update

from fedreview.domain.actor import AuthorId
from fedreview.storage.conversation_tables import NoticeRow, PushSubscriptionRow
from fedreview.storage.database import Transaction
from fedreview.storage.upsert import put


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A browser that shows notices; the fields of the row."""

    id: str
    author_id: AuthorId
    endpoint: str
    p256dh: str
    auth: str
    user_agent: str
    created_at: datetime
    failures: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A notice that a browser has yet to get. kind, actor: as of NoticeRow."""

    id: int
    kind: str
    actor: str


def _subscription(row: PushSubscriptionRow) -> Subscription:
    return Subscription(
        id=row.id,
        author_id=AuthorId(row.author_id),
        endpoint=row.endpoint,
        p256dh=row.p256dh,
        auth=row.auth,
        user_agent=row.user_agent,
        created_at=row.created_at,
        failures=row.failures,
        last_error=row.last_error,
    )


def add(tx: Transaction, subscription: Subscription) -> None:
    """Keep a browser; it gets what comes from now on. One that is known gets new keys."""
    newest = tx.scalar(
        select(func.max(NoticeRow.id)).where(NoticeRow.author_id == subscription.author_id)
    )
    renewed = {
        "author_id": subscription.author_id,
        "p256dh": subscription.p256dh,
        "auth": subscription.auth,
        "user_agent": subscription.user_agent,
        "failures": 0,
        "last_error": "",
        "last_notice": newest or 0,
        "due_at": subscription.created_at,
    }
    new = {
        "id": subscription.id,
        "endpoint": subscription.endpoint,
        "created_at": subscription.created_at,
        **renewed,
    }
    put(tx, PushSubscriptionRow, new, unique=["endpoint"], renew=renewed)


def list_of(tx: Transaction, author_id: AuthorId) -> tuple[Subscription, ...]:
    """Read an author's browsers, the newest first."""
    rows = tx.scalars(
        select(PushSubscriptionRow)
        .where(PushSubscriptionRow.author_id == author_id)
        .order_by(PushSubscriptionRow.created_at.desc(), PushSubscriptionRow.id)
    )
    return tuple(map(_subscription, rows))


def remove(tx: Transaction, id: str) -> None:
    """Forget a browser."""
    tx.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.id == id))


def list_due(tx: Transaction, *, now: datetime, since: datetime, limit: int) -> tuple[str, ...]:
    """Read the ids of browsers that something waits for.

    since: notices older than that are not sent any more.
    """
    due = tx.scalars(
        select(PushSubscriptionRow.id)
        .where(PushSubscriptionRow.due_at <= now, exists().where(*_waiting(since)))
        .order_by(PushSubscriptionRow.due_at, PushSubscriptionRow.id)
        .limit(limit)
    )
    return tuple(due)


def lease(
    tx: Transaction, ids: Iterable[str], *, now: datetime, until: datetime
) -> tuple[Subscription, ...]:
    """Take those of the browsers that no other worker took, until `until`."""
    taken = []
    for id_ in ids:
        row = tx.scalar(
            update(PushSubscriptionRow)
            .where(PushSubscriptionRow.id == id_, PushSubscriptionRow.due_at <= now)
            .values(due_at=until)
            .returning(PushSubscriptionRow)
        )
        if row is not None:
            taken.append(_subscription(row))
    return tuple(taken)


def _waiting(since: datetime) -> Iterable[ColumnElement[bool]]:
    return (
        NoticeRow.author_id == PushSubscriptionRow.author_id,
        NoticeRow.id > PushSubscriptionRow.last_notice,
        NoticeRow.pushed_at.is_(None),
        NoticeRow.read_at.is_(None),
        NoticeRow.created_at >= since,
    )


def list_pending(tx: Transaction, id: str, *, since: datetime) -> tuple[Pending, ...]:
    """Read what a browser has yet to get, the oldest first."""
    rows = tx.execute(
        select(NoticeRow.id, NoticeRow.kind, NoticeRow.actor)
        .join(PushSubscriptionRow, PushSubscriptionRow.id == id)
        .where(*_waiting(since))
        .order_by(NoticeRow.id)
    )
    return tuple(Pending(id=notice, kind=kind, actor=actor) for notice, kind, actor in rows)


def sent(tx: Transaction, subscription: Subscription, *, upto: int, now: datetime) -> None:
    """Note which notice a browser got last; what all of an author's have got, is pushed."""
    tx.execute(
        update(PushSubscriptionRow)
        .where(PushSubscriptionRow.id == subscription.id)
        .values(last_notice=upto, failures=0, last_error="", due_at=now)
    )
    slowest = select(func.min(PushSubscriptionRow.last_notice)).where(
        PushSubscriptionRow.author_id == subscription.author_id
    )
    tx.execute(
        update(NoticeRow)
        .where(
            NoticeRow.author_id == subscription.author_id,
            NoticeRow.pushed_at.is_(None),
            NoticeRow.id <= slowest.scalar_subquery(),
        )
        .values(pushed_at=now)
    )


def failed(tx: Transaction, id: str, *, error: str, due_at: datetime) -> None:
    """Let a browser rest after its service did not answer."""
    tx.execute(
        update(PushSubscriptionRow)
        .where(PushSubscriptionRow.id == id)
        .values(failures=PushSubscriptionRow.failures + 1, last_error=error[:500], due_at=due_at)
    )
