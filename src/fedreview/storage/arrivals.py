"""The queue of what has arrived and waits to be applied."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update

from fedreview.storage import waking
from fedreview.storage.database import Transaction
from fedreview.storage.prepared import Prepared
from fedreview.storage.queue_tables import ArrivalRow
from fedreview.storage.queues import QueueState
from fedreview.storage.upsert import add_all_new

_ARRIVALS = ArrivalRow.__table__.c
_WAITING_OF = Prepared(
    lambda given: (
        select(_ARRIVALS.sender, func.count().label("many"))
        .where(_ARRIVALS.sender.in_(given("senders")), _ARRIVALS.state == QueueState.WAITING)
        .group_by(_ARRIVALS.sender)
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One received activity that is waiting to be applied.

    sender: the site that brought it. is_proved: whether its actor vouches for it.
    """

    id: int
    activity: str
    actor: str
    body: bytes
    failures: int
    received_at: datetime
    sender: str
    is_proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArrival:
    """An activity as received. signed_at: when its actor signed the request that brought it."""

    activity: str
    actor: str
    type: str
    body: bytes
    now: datetime
    sender: str
    is_proved: bool = True
    signed_at: datetime | None = None


def add(tx: Transaction, new: NewArrival) -> bool:
    """Keep a received activity; tells whether it is new. One id of one actor counts once."""
    return bool(add_all(tx, [new]))


def add_all(tx: Transaction, new: Iterable[NewArrival]) -> set[tuple[str, str]]:
    """Keep received activities, in one statement; gives ids and actors of those that are new.

    Of two that are the same the one counts that its actor vouches for, however they are ordered:
    whoever brings an altered copy at the same moment would otherwise keep the true one out.
    """
    hearsay_first = sorted(new, key=lambda each: each.is_proved)
    by_name = {(each.activity, each.actor): each for each in hearsay_first}
    rows = [
        {
            "activity": each.activity,
            "actor": each.actor,
            "type": each.type,
            "body": each.body,
            "state": QueueState.WAITING,
            "failures": 0,
            "received_at": each.now,
            "due_at": each.now,
            "last_error": "",
            "sender": each.sender,
            "is_proved": each.is_proved,
            "signed_at": each.signed_at,
        }
        for _, each in sorted(by_name.items())
    ]
    added = set(add_all_new(tx, ArrivalRow, rows, known_by=["activity", "actor"]))
    _called(tx, was_queued=bool(added))
    return added


def prove(tx: Transaction, *, activity: str, actor: str, body: bytes, now: datetime) -> bool:
    """Put the actor's own word in the place of hearsay that came before it.

    Whoever passes on an altered copy first would otherwise keep the true one out. Tells whether
    there was hearsay.
    """
    proved = tx.execute(
        update(ArrivalRow)
        .where(
            ArrivalRow.activity == activity,
            ArrivalRow.actor == actor,
            ArrivalRow.is_proved.is_(False),
        )
        .values(
            body=body,
            is_proved=True,
            state=QueueState.WAITING,
            failures=0,
            due_at=now,
            leased_until=None,
            last_error="",
        )
        .returning(ArrivalRow.id)
    )
    return _called(tx, was_queued=proved.first() is not None)


def count_waiting(tx: Transaction, *, most: int) -> int:
    """Count arrivals that wait; stops at `most`, for counting costs."""
    waiting = select(ArrivalRow.id).where(ArrivalRow.state == QueueState.WAITING)
    counted = select(func.count()).select_from(waiting.limit(most).subquery())
    return tx.scalar(counted) or 0


def count_waiting_of(tx: Transaction, senders: Collection[str]) -> dict[str, int]:
    """Count arrivals that wait of each of these senders; none stands for 0."""
    return {row.sender: row.many for row in _WAITING_OF.ask(tx, senders=senders)}


def apply_again(
    tx: Transaction, *, activity: str, actor: str, now: datetime, signed_at: datetime
) -> bool:
    """Put an activity that is over, applied or given up, back into the queue.

    signed_at: when its actor signed the request that brings it again.

    Tells whether there is such a one, and it was signed anew since it came.
    """
    is_older = or_(ArrivalRow.signed_at.is_(None), ArrivalRow.signed_at < signed_at)
    renewed = tx.execute(
        update(ArrivalRow)
        .where(
            ArrivalRow.activity == activity,
            ArrivalRow.actor == actor,
            ArrivalRow.state != QueueState.WAITING,
            is_older,
        )
        .values(
            state=QueueState.WAITING, failures=0, due_at=now, last_error="", signed_at=signed_at
        )
        .returning(ArrivalRow.id)
    )
    return _called(tx, was_queued=renewed.first() is not None)


def _called(tx: Transaction, *, was_queued: bool) -> bool:
    if was_queued:
        waking.call(tx)
    return was_queued


def hold(tx: Transaction, expected: Mapping[int, bool]) -> frozenset[int]:
    """Keep everybody else from these until the unit ends; gives which of them still wait.

    expected: whether each was proved when it was leased. Of one that its actor has vouched for
    since there may be other words: that one does not wait any more for who leased it.
    """
    waiting = (
        select(ArrivalRow.id, ArrivalRow.is_proved)
        .where(ArrivalRow.id.in_(expected), ArrivalRow.state == QueueState.WAITING)
        .order_by(ArrivalRow.id)
        .with_for_update(of=ArrivalRow)
    )
    return frozenset(
        arrival_id
        for arrival_id, is_proved in tx.execute(waiting)
        if expected[arrival_id] is is_proved
    )


def settle_applied(tx: Transaction, held: Collection[int]) -> None:
    """End those that were held and are applied now."""
    tx.execute(
        update(ArrivalRow)
        .where(ArrivalRow.id.in_(held))
        .values(state=QueueState.DONE, leased_until=None, last_error="")
        .execution_options(synchronize_session=False)
    )


def settle(
    tx: Transaction, id: int, state: QueueState, *, error: str = "", is_proved: bool | None = None
) -> bool:
    """End an arrival: applied, or kept with the error that it failed with.

    is_proved: as it was when it was leased; when its actor has vouched for it since, it stays,
    for then there may be other words in it.

    Tells whether it still waited: whoever applies it goes on only then, in this transaction.
    """
    settled = tx.execute(
        update(ArrivalRow)
        .where(*_still_waiting(id, is_proved))
        .values(state=state, leased_until=None, last_error=error)
        .returning(ArrivalRow.id)
    )
    return settled.first() is not None


def _still_waiting(id: int, is_proved: bool | None) -> tuple[ColumnElement[bool], ...]:
    same = () if is_proved is None else (ArrivalRow.is_proved.is_(is_proved),)
    return (ArrivalRow.id == id, ArrivalRow.state == QueueState.WAITING, *same)


def retry(
    tx: Transaction, id: int, *, due_at: datetime, error: str, is_proved: bool | None = None
) -> None:
    """Put an arrival that could not be applied yet back for later; is_proved as for `settle`."""
    tx.execute(
        update(ArrivalRow)
        .where(*_still_waiting(id, is_proved))
        .values(
            failures=ArrivalRow.failures + 1, due_at=due_at, leased_until=None, last_error=error
        )
    )


def count(tx: Transaction) -> dict[str, int]:
    """Count arrivals by state."""
    rows = tx.execute(select(ArrivalRow.state, func.count()).group_by(ArrivalRow.state))
    return {state: count for state, count in rows}  # noqa: C416  (a Row is no tuple to mypy)


def list_applied(
    tx: Transaction, actor: str, *, types: Collection[str], limit: int
) -> tuple[Arrival, ...]:
    """Read the last that somebody has sent, proved and applied, of these types, oldest first.

    As far back as arrivals are kept.
    """
    rows = tx.scalars(
        select(ArrivalRow)
        .where(
            ArrivalRow.actor == actor,
            ArrivalRow.state == QueueState.DONE,
            ArrivalRow.type.in_(types),
            ArrivalRow.is_proved.is_(True),
        )
        .order_by(ArrivalRow.id.desc())
        .limit(limit)
    )
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
        for row in reversed(rows.all())
    )
