"""Take work out of the two queues: each piece for one worker, and in order where order counts.

Deliveries to one inbox go out one after the other, or a Delete would overtake its Create.
Arrivals from one actor are applied one after the other. Looking for work writes nothing, so
that an empty queue costs no write, and a long one is not searched by SQLite's only writer.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, tuple_, update
from sqlalchemy.orm import aliased

from fedreview.storage import waking
from fedreview.storage.arrivals import Arrival
from fedreview.storage.database import Transaction, holder
from fedreview.storage.queue_tables import (
    ActivityRow,
    ArrivalRow,
    DeliveryRow,
    HostRow,
)
from fedreview.storage.queues import Delivery, QueueState

WINDOW = 200
"""How many rows to look at together, before asking again without the hosts that have enough."""

_Found = tuple[int, str]


def due_deliveries(
    tx: Transaction,
    *,
    now: datetime,
    limit: int,
    per_host: int,
    except_hosts: Collection[str] = (),
) -> tuple[int, ...]:
    """Look for what may be sent now, the oldest first, and give the ids.

    Of each inbox only what was queued first, even while that waits for its next try: what
    comes after it may not overtake it. Nothing of hosts that are resting.

    per_host: how many of one host at most, so that a long queue of one leaves room for others.
    except_hosts: those that this worker is busy with.
    """
    taken: list[int] = []
    of_host: Counter[str] = Counter()
    for delivery_id, host in _windows(tx, now, of_host, per_host, except_hosts):
        if of_host[host] < per_host:
            of_host[host] += 1
            taken.append(delivery_id)
        if len(taken) == limit:
            break
    return tuple(taken)


def _windows(
    tx: Transaction,
    now: datetime,
    of_host: Counter[str],
    per_host: int,
    except_hosts: Collection[str],
) -> Iterator[_Found]:
    """Give due deliveries with their hosts; hosts that have enough are passed over in time."""
    resting = select(HostRow.host).where(HostRow.resting_until > now)
    place = tuple_(DeliveryRow.due_at, DeliveryRow.id)
    due = (
        select(DeliveryRow.id, DeliveryRow.host, DeliveryRow.due_at)
        .where(DeliveryRow.host.not_in(resting), *_may_be_sent(now))
        .order_by(DeliveryRow.due_at, DeliveryRow.id)
        .limit(WINDOW)
    )
    query, is_last = due, False
    while not is_last:
        full = [host for host, count in of_host.items() if count >= per_host]
        rows = tx.execute(query.where(DeliveryRow.host.not_in([*except_hosts, *full]))).all()
        is_last = len(rows) < WINDOW
        yield from ((row.id, row.host) for row in rows)
        if rows:
            query = due.where(place > (rows[-1].due_at, rows[-1].id))


def _may_be_sent(now: datetime) -> tuple[ColumnElement[bool], ...]:
    other = aliased(DeliveryRow)
    in_same_inbox = select(other.id).where(other.inbox == DeliveryRow.inbox)
    # Not as NOT EXISTS: PostgreSQL would make a join of it that compares every row of a long
    # queue with every other. Nor with "=": it would expect few rows, and sort them all.
    first = in_same_inbox.where(other.state == QueueState.WAITING).order_by(other.id).limit(1)
    # Cancelled while it was on its way: it may still get there.
    on_its_way = in_same_inbox.where(other.state == QueueState.CANCELLED, other.leased_until > now)
    return (
        DeliveryRow.state == QueueState.WAITING,
        DeliveryRow.due_at <= now,
        or_(DeliveryRow.leased_until.is_(None), DeliveryRow.leased_until <= now),
        DeliveryRow.id <= first.scalar_subquery(),
        ~on_its_way.exists(),
    )


def lease_deliveries(
    tx: Transaction, ids: Collection[int], *, now: datetime, until: datetime, limit: int
) -> tuple[Delivery, ...]:
    """Take so many of these deliveries for this worker alone.

    What another worker has taken since they were found is left out.
    A worker that dies holding a lease loses it at `until`, and another goes on.
    """
    free = (
        select(DeliveryRow.id)
        .where(DeliveryRow.id.in_(ids), *_may_be_sent(now))
        .order_by(DeliveryRow.due_at, DeliveryRow.id)
        .limit(limit)
        .with_for_update(of=DeliveryRow, skip_locked=True)
    )
    leased = list(tx.scalars(free))
    tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(leased))
        .values(leased_until=until, leased_by=holder(tx))
    )
    rows = tx.execute(
        select(DeliveryRow, ActivityRow, HostRow.scheme)
        .join(ActivityRow, ActivityRow.id == DeliveryRow.activity_id)
        .outerjoin(HostRow, HostRow.host == DeliveryRow.host)
        .where(DeliveryRow.id.in_(leased))
        .order_by(DeliveryRow.id)
    )
    return tuple(
        Delivery(
            id=row.id,
            activity=activity.uri,
            actor=activity.actor,
            body=activity.body,
            inbox=row.inbox,
            host=row.host,
            failures=row.failures,
            queued_at=row.queued_at,
            scheme=scheme or "",
            key_id=activity.key_id,
        )
        for row, activity, scheme in rows
    )


def give_back_deliveries(tx: Transaction, ids: Collection[int]) -> None:
    """End leases without a result, so that another worker need not wait until they run out."""
    tx.execute(update(DeliveryRow).where(DeliveryRow.id.in_(ids)).values(leased_until=None))
    waking.call(tx)


def due_arrivals(
    tx: Transaction, *, now: datetime, limit: int, except_actors: Collection[str] = ()
) -> tuple[int, ...]:
    """Look for what may be applied now, the oldest first, and give the ids.

    Of each actor only one, and none while another of theirs is being applied. One that has
    failed and waits for its next try holds up nothing.

    except_actors: those that this worker is busy with.
    """
    due = (
        select(ArrivalRow.id)
        .where(ArrivalRow.actor.not_in(list(except_actors)), *_may_be_applied(now))
        .order_by(ArrivalRow.due_at, ArrivalRow.id)
        .limit(limit)
    )
    return tuple(tx.scalars(due))


def _may_be_applied(now: datetime) -> tuple[ColumnElement[bool], ...]:
    other = aliased(ArrivalRow)
    # An index has just this order; with any other, each row would cost a look at all of them.
    first = (
        select(other.id)
        .where(other.actor == ArrivalRow.actor, other.state == QueueState.WAITING)
        .order_by(other.due_at, other.id)
        .limit(1)
    )
    under_way = select(other.actor).where(other.leased_until > now)
    return (
        ArrivalRow.state == QueueState.WAITING,
        ArrivalRow.due_at <= now,
        or_(ArrivalRow.leased_until.is_(None), ArrivalRow.leased_until <= now),
        ArrivalRow.actor.not_in(under_way),
        ArrivalRow.id == first.scalar_subquery(),
    )


def lease_arrivals(
    tx: Transaction, ids: Collection[int], *, now: datetime, until: datetime, limit: int
) -> tuple[Arrival, ...]:
    """Take so many of these arrivals for this worker alone, the oldest first.

    What another worker has taken since they were found is left out.
    """
    free = (
        select(ArrivalRow)
        .where(ArrivalRow.id.in_(ids), *_may_be_applied(now))
        .order_by(ArrivalRow.due_at, ArrivalRow.id)
        .limit(limit)
        .with_for_update(of=ArrivalRow, skip_locked=True)
    )
    rows = list(tx.scalars(free))
    for row in rows:
        row.leased_until, row.leased_by = until, holder(tx)
    return tuple(
        Arrival(
            id=row.id,
            activity=row.activity,
            actor=row.actor,
            body=row.body,
            failures=row.failures,
            received_at=row.received_at,
            sender=row.sender,
            is_proved=row.is_proved,
        )
        for row in rows
    )
