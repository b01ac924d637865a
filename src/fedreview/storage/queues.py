"""The two durable queues: deliveries on their way out, arrivals waiting to be applied."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fedreview.domain.actor import AuthorId
from fedreview.storage.database import Transaction
from fedreview.storage.tables import ActivityRow, ArrivalRow, DeliveryRow, HostRow


class QueueState(StrEnum):
    """Where a row of a queue stands."""

    WAITING = "waiting"
    DONE = "done"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingActivity:
    """An activity of ours, serialised once, as it is sent to everybody.

    id: the last part of its ActivityPub id. actor: whose key signs it.
    listed: whether it stands in the outbox.
    """

    id: str
    uri: str
    type: str
    actor: str
    object: str
    body: bytes
    author_id: AuthorId | None
    listed: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One activity on its way to one inbox.

    failures: failed attempts so far. scheme: what the host took last, or "".
    """

    id: int
    activity: str
    actor: str
    body: bytes
    inbox: str
    host: str
    failures: int
    queued_at: datetime
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One received activity that is waiting to be applied."""

    id: int
    activity: str
    actor: str
    body: bytes
    failures: int
    received_at: datetime


def send(tx: Transaction, activity: OutgoingActivity, inboxes: Iterable[tuple[str, str]]) -> None:
    """Keep the activity and queue it for each inbox: both, or neither.

    inboxes: pairs of inbox and host; may be empty.
    """
    tx.add(
        ActivityRow(
            id=activity.id,
            uri=activity.uri,
            author_id=activity.author_id,
            actor=activity.actor,
            type=activity.type,
            object=activity.object,
            body=activity.body,
            listed=activity.listed,
            created_at=activity.created_at,
        )
    )
    tx.flush()
    rows = [
        {
            "activity_id": activity.id,
            "inbox": inbox,
            "host": host,
            "state": QueueState.WAITING,
            "failures": 0,
            "queued_at": activity.created_at,
            "due_at": activity.created_at,
            "last_error": "",
        }
        for inbox, host in inboxes
    ]
    if rows:
        tx.execute(DeliveryRow.__table__.insert(), rows)  # type: ignore[attr-defined]  # Table, not FromClause


def find_activity(tx: Transaction, id: str) -> bytes | None:
    """Look up an activity of ours that is public, by the last part of its id."""
    return tx.scalar(
        select(ActivityRow.body).where(ActivityRow.id == id, ActivityRow.listed.is_(True))
    )


def list_outbox(
    tx: Transaction, author_id: AuthorId, *, limit: int, before: str | None = None
) -> tuple[tuple[str, bytes], ...]:
    """Read ids and bodies of what stands in the outbox, the newest first."""
    query = select(ActivityRow.id, ActivityRow.body).where(
        ActivityRow.author_id == author_id, ActivityRow.listed.is_(True)
    )
    if before:
        query = query.where(ActivityRow.id < before)
    rows = tx.execute(query.order_by(ActivityRow.id.desc()).limit(limit))
    return tuple((activity_id, body) for activity_id, body in rows)


def count_outbox(tx: Transaction, author_id: AuthorId) -> int:
    """Count what stands in the outbox."""
    return (
        tx.scalar(
            select(func.count())
            .select_from(ActivityRow)
            .where(ActivityRow.author_id == author_id, ActivityRow.listed.is_(True))
        )
        or 0
    )


def forget(tx: Transaction, object: str) -> None:
    """Drop every activity about a deleted object, with the deliveries that still wait."""
    tx.execute(delete(ActivityRow).where(ActivityRow.object == object))


def lease_deliveries(
    tx: Transaction,
    *,
    now: datetime,
    until: datetime,
    limit: int,
    per_host: int,
    except_hosts: Collection[str] = (),
) -> tuple[Delivery, ...]:
    """Take what is due, of hosts that are not resting, for this worker alone.

    per_host: how many of one host at most, so that a long queue of one leaves room for others.
    except_hosts: those that this worker is busy with.
    A worker that dies holding a lease loses it at `until`, and another goes on.
    """
    resting = select(HostRow.host).where(HostRow.resting_until > now)
    is_free = (
        DeliveryRow.state == QueueState.WAITING,
        DeliveryRow.due_at <= now,
        or_(DeliveryRow.leased_until.is_(None), DeliveryRow.leased_until <= now),
    )
    place = func.row_number().over(
        partition_by=DeliveryRow.host, order_by=(DeliveryRow.due_at, DeliveryRow.id)
    )
    ranked = (
        select(DeliveryRow.id, place.label("place"))
        .where(
            *is_free,
            DeliveryRow.host.not_in(resting),
            DeliveryRow.host.not_in(list(except_hosts)),
        )
        .subquery()
    )
    due = (
        select(DeliveryRow.id)
        .where(
            DeliveryRow.id.in_(select(ranked.c.id).where(ranked.c.place <= per_host)),
            # Once more: for a row that another worker leased a moment ago, PostgreSQL asks
            # again only what is asked out here, and would otherwise give it twice.
            *is_free,
        )
        .order_by(DeliveryRow.due_at, DeliveryRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(tx.scalars(due))
    tx.execute(update(DeliveryRow).where(DeliveryRow.id.in_(ids)).values(leased_until=until))
    rows = tx.execute(
        select(DeliveryRow, ActivityRow.uri, ActivityRow.actor, ActivityRow.body, HostRow.scheme)
        .join(ActivityRow, ActivityRow.id == DeliveryRow.activity_id)
        .outerjoin(HostRow, HostRow.host == DeliveryRow.host)
        .where(DeliveryRow.id.in_(ids))
        .order_by(DeliveryRow.id)
    )
    return tuple(
        Delivery(
            id=row.id,
            activity=uri,
            actor=actor,
            body=body,
            inbox=row.inbox,
            host=row.host,
            failures=row.failures,
            queued_at=row.queued_at,
            scheme=scheme or "",
        )
        for row, uri, actor, body, scheme in rows
    )


def settle_delivery(
    tx: Transaction, id: int, state: QueueState, *, now: datetime, status: int | None, error: str
) -> None:
    """End a delivery, well or badly."""
    tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == id)
        .values(
            state=state, settled_at=now, leased_until=None, last_status=status, last_error=error
        )
    )


def retry_delivery(
    tx: Transaction, id: int, *, due_at: datetime, status: int | None, error: str
) -> None:
    """Put a failed delivery back for later."""
    tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == id)
        .values(
            failures=DeliveryRow.failures + 1,
            due_at=due_at,
            leased_until=None,
            last_status=status,
            last_error=error,
        )
    )


def give_back_deliveries(tx: Transaction, ids: Iterable[int]) -> None:
    """Return leased rows untouched, so that another worker need not wait for the lease."""
    tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(list(ids)), DeliveryRow.state == QueueState.WAITING)
        .values(leased_until=None)
    )


def count_deliveries(tx: Transaction) -> dict[str, int]:
    """Count deliveries: waiting, failing (waiting after a failure), done, given up."""
    failing = (DeliveryRow.state == QueueState.WAITING) & (DeliveryRow.failures > 0)
    rows = tx.execute(
        select(DeliveryRow.state, failing, func.count()).group_by(DeliveryRow.state, failing)
    )
    counts: dict[str, int] = {}
    for state, is_failing, count in rows:
        counts["failing" if is_failing else state] = count
    return counts


def add_arrival(
    tx: Transaction, *, activity: str, actor: str, type: str, body: bytes, now: datetime
) -> bool:
    """Keep a received activity; tells whether it is new. One id of one actor counts once."""
    dialect = tx.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    added = tx.execute(
        insert(ArrivalRow)
        .values(
            activity=activity,
            actor=actor,
            type=type,
            body=body,
            state=QueueState.WAITING,
            failures=0,
            received_at=now,
            due_at=now,
            last_error="",
        )
        .on_conflict_do_nothing(index_elements=["activity", "actor"])
        .returning(ArrivalRow.id)
    )
    return added.first() is not None


def is_known_arrival(tx: Transaction, *, activity: str, actor: str) -> bool:
    """Tell whether this activity of this actor has been kept before."""
    return (
        tx.scalar(
            select(ArrivalRow.id).where(ArrivalRow.activity == activity, ArrivalRow.actor == actor)
        )
        is not None
    )


def apply_again(tx: Transaction, *, activity: str, actor: str, now: datetime) -> bool:
    """Put an activity that has been applied back into the queue; tells whether it was there."""
    renewed = tx.execute(
        update(ArrivalRow)
        .where(
            ArrivalRow.activity == activity,
            ArrivalRow.actor == actor,
            ArrivalRow.state == QueueState.DONE,
        )
        .values(state=QueueState.WAITING, due_at=now)
        .returning(ArrivalRow.id)
    )
    return renewed.first() is not None


def lease_arrivals(
    tx: Transaction, *, now: datetime, until: datetime, limit: int
) -> tuple[Arrival, ...]:
    """Take what waits to be applied, for this worker alone, the oldest first."""
    due = (
        select(ArrivalRow)
        .where(
            ArrivalRow.state == QueueState.WAITING,
            ArrivalRow.due_at <= now,
            or_(ArrivalRow.leased_until.is_(None), ArrivalRow.leased_until <= now),
        )
        .order_by(ArrivalRow.due_at, ArrivalRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(tx.scalars(due))
    for row in rows:
        row.leased_until = until
    return tuple(
        Arrival(
            id=row.id,
            activity=row.activity,
            actor=row.actor,
            body=row.body,
            failures=row.failures,
            received_at=row.received_at,
        )
        for row in rows
    )


def settle_arrival(tx: Transaction, id: int, state: QueueState, *, error: str = "") -> None:
    """End an arrival: applied, or kept with the error that it failed with."""
    tx.execute(
        update(ArrivalRow)
        .where(ArrivalRow.id == id)
        .values(state=state, leased_until=None, last_error=error)
    )


def retry_arrival(tx: Transaction, id: int, *, due_at: datetime, error: str) -> None:
    """Put an arrival that could not be applied yet back for later."""
    tx.execute(
        update(ArrivalRow)
        .where(ArrivalRow.id == id)
        .values(
            failures=ArrivalRow.failures + 1, due_at=due_at, leased_until=None, last_error=error
        )
    )


def count_arrivals(tx: Transaction) -> dict[str, int]:
    """Count arrivals by state."""
    rows = tx.execute(select(ArrivalRow.state, func.count()).group_by(ArrivalRow.state))
    return {state: count for state, count in rows}  # noqa: C416  (a Row is no tuple to mypy)


def prune(tx: Transaction, *, before: datetime) -> None:
    """Drop what was applied or delivered long ago; what failed stays to be looked at."""
    tx.execute(
        delete(ArrivalRow).where(
            ArrivalRow.state == QueueState.DONE, ArrivalRow.received_at < before
        )
    )
    tx.execute(
        delete(DeliveryRow).where(
            DeliveryRow.state == QueueState.DONE, DeliveryRow.settled_at < before
        )
    )
