"""The two durable queues: deliveries on their way out, arrivals waiting to be applied."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Table,
    bindparam,
    case,
    func,
    select,
    update,
)
from sqlalchemy.orm import aliased

from fedreview.domain.actor import AuthorId
from fedreview.storage import fanning, waking
from fedreview.storage.blocks import suspended_among
from fedreview.storage.database import Transaction
from fedreview.storage.prepared import Prepared
from fedreview.storage.queue_tables import ActivityRow, ArrivalRow, DeliveryRow


class QueueState(StrEnum):
    """Where a row of a queue stands."""

    WAITING = "waiting"
    DONE = "done"
    GIVEN_UP = "given up"
    CANCELLED = "cancelled"
    HELD_BACK = "held back"
    """For a server that is suspended; it goes out when that ends, unless it is too old."""


_PENDING = (QueueState.WAITING, QueueState.HELD_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingActivity:
    """An activity of ours, serialised once, as it is sent to everybody.

    id: the last part of its ActivityPub id. actor: whose key signs it.
    listed: whether it stands in the outbox.
    key_id: the key that signs its requests; "" is the actor's present one.
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
    key_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One activity on its way to one inbox.

    failures: failed attempts so far. scheme: what the host took last, or "".
    key_id: the key that signs it; "" is the actor's present one.
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
    key_id: str


def send(tx: Transaction, activity: OutgoingActivity, inboxes: Iterable[tuple[str, str]]) -> None:
    """Keep the activity and queue it for each inbox: both, or neither.

    What is for a suspended server stays here while that lasts.

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
            key_id=activity.key_id,
        )
    )
    tx.flush()
    wanted = list(inboxes)
    suspended = suspended_among(tx, (host for _, host in wanted))
    if wanted:
        rows = [
            (inbox, host, QueueState.HELD_BACK if host in suspended else QueueState.WAITING)
            for inbox, host in wanted
        ]
        fanning.queue(tx, activity.id, rows, now=activity.created_at)
        waking.call(tx)


def find_activity(tx: Transaction, id: str) -> bytes | None:
    """Look up an activity of ours that is public, by the last part of its id."""
    return tx.scalar(
        select(ActivityRow.body).where(ActivityRow.id == id, ActivityRow.listed.is_(True))
    )


def find_object(tx: Transaction, id: str) -> str:
    """Look up what an activity of ours is about; "" when there is no such one."""
    return tx.scalar(select(ActivityRow.object).where(ActivityRow.id == id)) or ""


def list_outbox(
    tx: Transaction,
    author_id: AuthorId,
    *,
    limit: int,
    before: str | None = None,
    without: Collection[str] = (),
) -> tuple[tuple[str, bytes], ...]:
    """Read ids and bodies of what stands in the outbox, the newest first.

    without: ids of things; what is about them is left out.
    """
    query = select(ActivityRow.id, ActivityRow.body).where(*_listed(author_id, without))
    if before:
        query = query.where(ActivityRow.id < before)
    rows = tx.execute(query.order_by(ActivityRow.id.desc()).limit(limit))
    return tuple((activity_id, body) for activity_id, body in rows)


def count_outbox(tx: Transaction, author_id: AuthorId, *, without: Collection[str] = ()) -> int:
    """Count what stands in the outbox. without: as for `list_outbox`."""
    query = select(func.count()).select_from(ActivityRow).where(*_listed(author_id, without))
    return tx.scalar(query) or 0


def _listed(author_id: AuthorId, without: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    of_author = (ActivityRow.author_id == author_id, ActivityRow.listed.is_(True))
    return (*of_author, ActivityRow.object.not_in(list(without))) if without else of_author


def forget(tx: Transaction, object: str) -> None:
    """Empty every activity about a deleted object, and cancel the deliveries that still wait.

    They stay until pruned: one that is on its way just now must be over before the Delete
    follows it.
    """
    _empty(tx, ActivityRow.object == object)


def has_about(tx: Transaction, object: str) -> bool:
    """Tell whether we have sent something about this object, as far back as that is kept."""
    sent = select(ActivityRow.id).where(ActivityRow.object == object)
    return tx.scalar(sent.limit(1)) is not None


def inboxes_of(tx: Transaction, uri: str) -> set[str]:
    """Read where an activity was queued for, as far back as deliveries are kept."""
    sent = select(ActivityRow.id).where(ActivityRow.uri == uri)
    return set(tx.scalars(select(DeliveryRow.inbox).where(DeliveryRow.activity_id.in_(sent))))


def withdraw(tx: Transaction, uri: str) -> None:
    """Do the same to one activity, which is taken back."""
    _empty(tx, ActivityRow.uri == uri)


def _empty(tx: Transaction, which: ColumnElement[bool]) -> None:
    tx.execute(update(ActivityRow).where(which).values(listed=False, body=b""))
    _cancel(tx, DeliveryRow.activity_id.in_(select(ActivityRow.id).where(which)), _PENDING)


def cancel(tx: Transaction, author_id: AuthorId, inbox: str, types: Iterable[str]) -> None:
    """Send this inbox nothing more of this author and these types, not even what was given up."""
    unwanted = select(ActivityRow.id).where(
        ActivityRow.author_id == author_id, ActivityRow.type.in_(list(types))
    )
    which = (DeliveryRow.inbox == inbox) & DeliveryRow.activity_id.in_(unwanted)
    _cancel(tx, which, (*_PENDING, QueueState.GIVEN_UP))


def _cancel(tx: Transaction, which: ColumnElement[bool], states: Iterable[QueueState]) -> None:
    meant = select(DeliveryRow.id).where(which, DeliveryRow.state.in_(states))
    locked = meant.order_by(DeliveryRow.id).with_for_update()
    tx.execute(
        update(DeliveryRow).where(DeliveryRow.id.in_(locked)).values(state=QueueState.CANCELLED)
    )


def hosts_with_pending(tx: Transaction) -> tuple[str, ...]:
    """Read for which hosts something waits or is held back."""
    pending = DeliveryRow.state.in_(_PENDING)
    return tuple(tx.scalars(select(DeliveryRow.host).where(pending).distinct()))


def hold_back(tx: Transaction, hosts: Collection[str]) -> None:
    """Send these hosts nothing more of what waits, until it is let go."""
    _turn(tx, hosts, QueueState.WAITING, QueueState.HELD_BACK)


def let_go(tx: Transaction, hosts: Collection[str]) -> None:
    """Send these hosts what was held back for them, in the order in which it was queued."""
    _turn(tx, hosts, QueueState.HELD_BACK, QueueState.WAITING)
    waking.call(tx)


def _turn(tx: Transaction, hosts: Collection[str], old: QueueState, new: QueueState) -> None:
    meant = (
        select(DeliveryRow.id)
        .where(DeliveryRow.host.in_(hosts), DeliveryRow.state == old)
        .order_by(DeliveryRow.id)
        .with_for_update()
    )
    tx.execute(update(DeliveryRow).where(DeliveryRow.id.in_(meant)).values(state=new))


def settle_delivery(
    tx: Transaction, id: int, state: QueueState, *, now: datetime, status: int | None, error: str
) -> None:
    """End a delivery, well or badly; one that has ended before stays as it is."""
    _end_attempt(
        tx, id, {"state": state, "settled_at": now, "last_status": status, "last_error": error}
    )


_deliveries = cast("Table", DeliveryRow.__table__)
_STILL_WAITS = _deliveries.c.state == QueueState.WAITING
_TAKEN = Prepared(
    lambda given: (
        update(_deliveries)
        .where(_deliveries.c.id.in_(given("ids")))
        .values(
            {
                "leased_until": None,
                # What a Delete has ended in the meantime stays as it is.
                **{
                    name: case(
                        (_STILL_WAITS, bindparam(f"new_{name}", type_=_deliveries.c[name].type)),
                        else_=_deliveries.c[name],
                    )
                    for name in ("state", "settled_at", "last_status", "last_error")
                },
            }
        )
    )
)


def settle_taken(tx: Transaction, statuses: Mapping[int, int], *, now: datetime) -> None:
    """End many deliveries that were taken, with few statements.

    statuses: what was answered, by the id of the delivery.
    """
    for status in sorted(set(statuses.values())):
        alike = sorted(each for each in statuses if statuses[each] == status)
        _TAKEN.run(
            tx,
            ids=alike,
            new_state=QueueState.DONE,
            new_settled_at=now,
            new_last_status=status,
            new_last_error="",
        )


def retry_delivery(
    tx: Transaction, id: int, *, due_at: datetime, status: int | None, error: str
) -> None:
    """Put a failed delivery back for later, and with it what waits behind it."""
    failures = DeliveryRow.failures + 1
    waits = _end_attempt(
        tx,
        id,
        {"failures": failures, "due_at": due_at, "last_status": status, "last_error": error},
    )
    if waits:
        _let_wait_behind(tx, id, due_at)


def _end_attempt(tx: Transaction, id: int, values: dict[str, object]) -> bool:
    """End the lease, and note the outcome unless another worker or a Delete has been faster.

    Tells whether it was noted.
    """
    noted = tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == id, DeliveryRow.state == QueueState.WAITING)
        .values({**values, "leased_until": None})
        .returning(DeliveryRow.id)
    )
    if noted.first() is not None:
        return True
    tx.execute(update(DeliveryRow).where(DeliveryRow.id == id).values(leased_until=None))
    return False


def _let_wait_behind(tx: Transaction, id: int, due_at: datetime) -> None:
    """Make what may not overtake this delivery due no earlier than it.

    It would not go out before anyway, and would be met each time that work is looked for.
    """
    inbox = select(DeliveryRow.inbox).where(DeliveryRow.id == id).scalar_subquery()
    behind = (
        select(DeliveryRow.id)
        .where(
            DeliveryRow.inbox == inbox,
            DeliveryRow.state == QueueState.WAITING,
            DeliveryRow.id > id,
            DeliveryRow.due_at < due_at,
        )
        .with_for_update(skip_locked=True)
    )
    tx.execute(update(DeliveryRow).where(DeliveryRow.id.in_(behind)).values(due_at=due_at))


def author_of(tx: Transaction, delivery_id: int) -> AuthorId | None:
    """Tell of which author a delivery is; None for the site's own."""
    found = (
        select(ActivityRow.author_id)
        .join(DeliveryRow, DeliveryRow.activity_id == ActivityRow.id)
        .where(DeliveryRow.id == delivery_id)
    )
    author_id = tx.scalar(found)
    return AuthorId(author_id) if author_id else None


def was_missing(tx: Transaction, inbox: str, *, since: datetime, until: datetime) -> bool:
    """Tell whether the inbox answered 404 between these times, and has taken nothing after."""
    later = aliased(DeliveryRow)
    taken_after = select(later.id).where(
        later.inbox == inbox,
        later.state == QueueState.DONE,
        later.settled_at >= DeliveryRow.settled_at,
    )
    missing = select(DeliveryRow.id).where(
        DeliveryRow.inbox == inbox,
        DeliveryRow.state == QueueState.GIVEN_UP,
        DeliveryRow.last_status == 404,
        DeliveryRow.settled_at.between(since, until),
        ~taken_after.exists(),
    )
    return tx.scalar(missing.limit(1)) is not None


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


def release_leases(tx: Transaction) -> None:
    """Give back everything that is leased, whoever leased it."""
    for table in (ArrivalRow, DeliveryRow):
        tx.execute(update(table).where(table.leased_until.is_not(None)).values(leased_until=None))
