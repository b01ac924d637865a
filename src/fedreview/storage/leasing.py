"""Take work out of the two queues: each piece for one worker, and in order where order counts.

Deliveries to one inbox go out one after the other, or a Delete would overtake its Create.
Arrivals from one actor are applied one after the other. Looking for work writes nothing, so
that an empty queue costs no write, and a long one is not searched by SQLite's only writer.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased

from fedreview.storage import waking
from fedreview.storage.arrivals import Arrival
from fedreview.storage.database import Transaction, holder
from fedreview.storage.hosts import REST_AFTER
from fedreview.storage.prepared import Given, Prepared
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
    query, is_last = _DUE, False
    place: dict[str, object] = {}
    while not is_last:
        full = [host for host, count in of_host.items() if count >= per_host]
        asked = {"now": now, "full": full, "size": size, **place}
        rows = query.ask(tx, **asked)
        is_last, size = len(rows) < size, WINDOW
        yield from ((row.id, row.host, row.failures or 0) for row in rows)
        if rows:
            query, place = _DUE_BEHIND, {"due_at": rows[-1].due_at, "id": rows[-1].id}


def _may_be_sent() -> tuple[ColumnElement[bool], ...]:
    row, other = _deliveries.c, _deliveries.alias("other").c
    in_same_inbox = select(other.id).where(other.inbox == row.inbox)
    # Not as NOT EXISTS: PostgreSQL would make a join of it that compares every row of a long
    # queue with every other. Nor with "=": it would expect few rows, and sort them all.
    first = in_same_inbox.where(other.state == QueueState.WAITING).order_by(other.id).limit(1)
    # Cancelled while it was on its way: it may still get there.
    on_its_way = in_same_inbox.where(other.state == QueueState.CANCELLED, other.leased_until > _NOW)
    return (
        row.state == QueueState.WAITING,
        row.due_at <= _NOW,
        or_(row.leased_until.is_(None), row.leased_until <= _NOW),
        row.id <= first.scalar_subquery(),
        ~on_its_way.exists(),
    )


def _of_host(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Look up something about the host that a delivery is for."""
    return select(column).where(_hosts.c.host == _deliveries.c.host).scalar_subquery()


# Each of these took SQLAlchemy ten times as long to put together as SQLite takes to run it, and
# in a fan-out they are run for every few deliveries.
_deliveries = cast("Table", DeliveryRow.__table__)
_hosts = cast("Table", HostRow.__table__)
_NOW = bindparam("now", type_=_deliveries.c.due_at.type)


def _due(given: Given) -> Select[int, str, datetime, int]:
    failures = _of_host(_hosts.c.failures).label("failures")
    resting = select(_hosts.c.host).where(_hosts.c.resting_until > _NOW)
    return (
        select(_deliveries.c.id, _deliveries.c.host, _deliveries.c.due_at, failures)
        .where(
            _deliveries.c.host.not_in(resting),
            _deliveries.c.host.not_in(given("full")),
            *_may_be_sent(),
        )
        .order_by(_deliveries.c.due_at, _deliveries.c.id)
        .limit(bindparam("size", type_=Integer))
    )


_DUE = Prepared(_due)
_DUE_BEHIND = Prepared(
    lambda given: _due(given).where(
        tuple_(_deliveries.c.due_at, _deliveries.c.id)
        > tuple_(bindparam("due_at", type_=_NOW.type), bindparam("id", type_=Integer))
    )
)
_FREE = Prepared(
    lambda given: (
        select(_deliveries.c.id, _of_host(_hosts.c.scheme).label("scheme"))
        .where(_deliveries.c.id.in_(given("ids")), *_may_be_sent())
        .order_by(_deliveries.c.due_at, _deliveries.c.id)
        .limit(bindparam("size", type_=Integer))
        .with_for_update(of=_deliveries, skip_locked=True)
    )
)
_TAKE = Prepared(
    lambda given: (
        update(_deliveries)
        .where(_deliveries.c.id.in_(given("ids")))
        .values(leased_until=bindparam("until"), leased_by=bindparam("holder"))
        .returning(
            _deliveries.c.id,
            _deliveries.c.activity_id,
            _deliveries.c.inbox,
            _deliveries.c.host,
            _deliveries.c.failures,
            _deliveries.c.queued_at,
        )
    )
)
_ACTIVITIES = Prepared(
    lambda given: select(
        ActivityRow.id, ActivityRow.uri, ActivityRow.actor, ActivityRow.body, ActivityRow.key_id
    ).where(ActivityRow.id.in_(given("ids")))
)


def lease_deliveries(
    tx: Transaction, ids: Collection[int], *, now: datetime, until: datetime, limit: int
) -> tuple[Delivery, ...]:
    """Take so many of these deliveries for this worker alone.

    What another worker has taken since they were found is left out.
    A worker that dies holding a lease loses it at `until`, and another goes on.
    """
    free = _FREE.ask(tx, ids=list(ids), now=now, size=limit)
    if not free:
        return ()
    schemes = {row.id: row.scheme or "" for row in free}
    rows = _TAKE.ask(tx, ids=list(schemes), until=until, holder=holder(tx))
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
            scheme=schemes[row.id],
            key_id=activities[row.activity_id].key_id,
        )
        for row in sorted(rows, key=lambda row: row.id)
    )


def _activities(tx: Transaction, ids: Collection[str]) -> dict[str, Row[str, str, str, bytes, str]]:
    """Read each activity once, however many are to get it: its body is the most of a delivery."""
    return {row.id: row for row in _ACTIVITIES.ask(tx, ids=list(ids))}


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
