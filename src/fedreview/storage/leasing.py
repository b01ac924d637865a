"""Take work out of the two queues: each piece for one worker, and in order where order counts.

Deliveries to one inbox go out one after the other, or a Delete would overtake its Create.
Arrivals from one actor are applied one after the other. Looking for work writes nothing, so
that an empty queue costs no write, and a long one is not searched by SQLite's only writer.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, tuple_, update
from sqlalchemy.orm import aliased

from fedreview.storage import waking
from fedreview.storage.arrivals import Arrival
from fedreview.storage.database import Transaction, holder
from fedreview.storage.hosts import REST_AFTER
from fedreview.storage.queue_tables import (
    ActivityRow,
    ArrivalRow,
    DeliveryRow,
    HostRow,
)
from fedreview.storage.queues import Delivery, QueueState

WINDOW = 200
"""How many rows to look at together, before asking again without the hosts that have enough."""

_Found = tuple[int, str, int]


def due_deliveries(
    tx: Transaction,
    *,
    now: datetime,
    limit: int,
    per_host: int,
    busy: Mapping[str, int] | None = None,
) -> tuple[int, ...]:
    """Look for what may be sent now, the oldest first, and give the ids.

    Of each inbox only what was queued first, even while that waits for its next try: what
    comes after it may not overtake it. Nothing of hosts that are resting, and of those whose
    rest has just ended one, to see whether they are well.

    per_host: how many of one host at most, so that a long queue of one leaves room for others.
    busy: how many of a host this worker has under way already.
    """
    taken: list[int] = []
    of_host: Counter[str] = Counter(busy or {})
    for delivery_id, host, failures in _windows(tx, now, of_host, per_host, min(limit, WINDOW)):
        if of_host[host] < (per_host if failures < REST_AFTER else 1):
            of_host[host] += 1
            taken.append(delivery_id)
        if len(taken) == limit:
            break
    return tuple(taken)


def _windows(
    tx: Transaction, now: datetime, of_host: Counter[str], per_host: int, size: int
) -> Iterator[_Found]:
    """Give due deliveries with their hosts, and how often each host has failed in a row.

    Hosts that have enough are passed over in time. size: how many to look at first; whoever has
    to look further looks at more.
    """
    resting = select(HostRow.host).where(HostRow.resting_until > now)
    failures = select(HostRow.failures).where(HostRow.host == DeliveryRow.host).scalar_subquery()
    place = tuple_(DeliveryRow.due_at, DeliveryRow.id)
    due = (
        select(DeliveryRow.id, DeliveryRow.host, DeliveryRow.due_at, failures.label("failures"))
        .where(DeliveryRow.host.not_in(resting), *_may_be_sent(now))
        .order_by(DeliveryRow.due_at, DeliveryRow.id)
    )
    query, is_last = due, False
    while not is_last:
        full = [host for host, count in of_host.items() if count >= per_host]
        some = query.where(DeliveryRow.host.not_in(full)) if full else query
        rows = tx.execute(some.limit(size)).all()
        is_last, size = len(rows) < size, WINDOW
        yield from ((row.id, row.host, row.failures or 0) for row in rows)
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
    if not leased:
        return ()
    tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(leased))
        .values(leased_until=until, leased_by=holder(tx))
    )
    rows = tx.execute(
        select(
            DeliveryRow.id,
            DeliveryRow.activity_id,
            DeliveryRow.inbox,
            DeliveryRow.host,
            DeliveryRow.failures,
            DeliveryRow.queued_at,
            HostRow.scheme,
        )
        .outerjoin(HostRow, HostRow.host == DeliveryRow.host)
        .where(DeliveryRow.id.in_(leased))
        .order_by(DeliveryRow.id)
    ).all()
    activities = _activities(tx, {row.activity_id for row in rows})
    return tuple(
        Delivery(
            id=row.id,
            activity=activities[row.activity_id].uri,
            actor=activities[row.activity_id].actor,
            body=activities[row.activity_id].body,
            inbox=row.inbox,
            host=row.host,
            failures=row.failures,
            queued_at=row.queued_at,
            scheme=row.scheme or "",
            key_id=activities[row.activity_id].key_id,
        )
        for row in rows
    )


def _activities(tx: Transaction, ids: Collection[str]) -> dict[str, ActivityRow]:
    """Read each activity once, however many are to get it: its body is the most of a delivery."""
    found = tx.scalars(select(ActivityRow).where(ActivityRow.id.in_(ids)))
    return {activity.id: activity for activity in found}


def give_back_deliveries(tx: Transaction, ids: Collection[int]) -> None:
    """End leases without a result, so that another worker need not wait until they run out."""
    tx.execute(update(DeliveryRow).where(DeliveryRow.id.in_(ids)).values(leased_until=None))
    waking.call(tx)


def give_back_arrivals(tx: Transaction, ids: Collection[int]) -> None:
    """Do the same with arrivals."""
    tx.execute(update(ArrivalRow).where(ArrivalRow.id.in_(ids)).values(leased_until=None))


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
