"""Begin deliveries anew that failed or were given up, or stop trying."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import aliased

from fedreview.domain.actor import AuthorId
from fedreview.storage import board
from fedreview.storage.blocks import suspended_among
from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import ActivityRow, DeliveryRow, HostRow
from fedreview.storage.queues import QueueState

_SAYS_ALL_ANEW = ("Update", "Delete", "Undo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to begin anew: of one author and of the site itself, or for one server, or both.

    author_id: None for everybody's.
    """

    author_id: AuthorId | None = None
    host: str = ""
    activity_id: str = ""
    delivery_id: int | None = None


def list_ready(
    tx: Transaction, wanted: Wanted, *, now: datetime, after: int, limit: int
) -> tuple[tuple[int, str], ...]:
    """Look for what can begin anew, as pairs of id and host, in the order of the ids.

    That is what waits for its next try, and what was given up: unless it was taken back, is
    about what is deleted, or the inbox has since got what says it anew.

    after: the last id of the portion before, 0 for the first. To be called in the unit of work
    in which they begin.
    """
    rows = tx.execute(
        select(DeliveryRow.id, DeliveryRow.host)
        .join(ActivityRow, ActivityRow.id == DeliveryRow.activity_id)
        .where(DeliveryRow.id > after, ActivityRow.body != b"", *_which(wanted), _can_begin(now))
        .order_by(DeliveryRow.id)
        .limit(limit)
        # Nothing may be taken back between here and there: what is sent then would be empty.
        .with_for_update(of=ActivityRow, read=True)
    )
    return tuple((delivery_id, host) for delivery_id, host in rows)


def _which(wanted: Wanted) -> list[ColumnElement[bool]]:
    which = []
    if wanted.author_id:
        which.append(board.is_of(wanted.author_id))
    if wanted.host:
        which.append(DeliveryRow.host == wanted.host)
    if wanted.activity_id:
        which.append(DeliveryRow.activity_id == wanted.activity_id)
    if wanted.delivery_id is not None:
        which.append(DeliveryRow.id == wanted.delivery_id)
    return which


def _can_begin(now: datetime) -> ColumnElement[bool]:
    waits = and_(DeliveryRow.state == QueueState.WAITING, DeliveryRow.due_at > now)
    later, newer = aliased(DeliveryRow), aliased(ActivityRow)
    # An old profile must not come after the new one; a like need not go before a boost.
    outdated = (
        select(later.id)
        .join(newer, newer.id == later.activity_id)
        .where(
            later.inbox == DeliveryRow.inbox,
            later.id > DeliveryRow.id,
            later.state == QueueState.DONE,
            newer.object == ActivityRow.object,
            or_(newer.type.in_(_SAYS_ALL_ANEW), newer.type == ActivityRow.type),
        )
    )
    return or_(waits, and_(DeliveryRow.state == QueueState.GIVEN_UP, ~outdated.exists()))


def begin_anew(tx: Transaction, ready: Collection[tuple[int, str]], *, now: datetime) -> int:
    """Make deliveries due now, as if they had just been queued, and count them.

    The rows stay the same ones, so nothing is queued twice and each inbox keeps its order: what
    waits before them goes at once as well. Servers that rest are woken. Nothing begins that is
    for a suspended server.

    ready: as `list_ready` gives them.
    """
    suspended = suspended_among(tx, {host for _, host in ready})
    ids = [delivery_id for delivery_id, host in ready if host not in suspended]
    if not ids:
        return 0
    anew = DeliveryRow.id.in_(ids)
    before = and_(
        DeliveryRow.inbox.in_(select(DeliveryRow.inbox).where(anew)),
        # What comes after all of these may be in the next portion, which looks for what waits.
        DeliveryRow.id < max(ids),
        DeliveryRow.state == QueueState.WAITING,
        DeliveryRow.due_at > now,
    )
    # All are locked in one order, or two people who press at once would wait for each other.
    locked = select(DeliveryRow.id).where(or_(anew, before))
    held = set(tx.scalars(locked.order_by(DeliveryRow.id).with_for_update()))
    begun = tx.execute(
        update(DeliveryRow)
        .where(anew, DeliveryRow.state.in_([QueueState.WAITING, QueueState.GIVEN_UP]))
        .values(state=QueueState.WAITING, failures=0, queued_at=now, due_at=now, settled_at=None)
        .returning(DeliveryRow.id)
    ).all()
    tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(held - set(ids)), DeliveryRow.state == QueueState.WAITING)
        .values(due_at=now)
    )
    _wake(tx, {host for _, host in ready} - suspended)
    return len(begun)


def _wake(tx: Transaction, hosts: Collection[str]) -> None:
    resting = (
        select(HostRow.host)
        .where(HostRow.host.in_(hosts), HostRow.resting_until.is_not(None))
        .order_by(HostRow.host)
        .with_for_update()
    )
    tx.execute(
        update(HostRow)
        .where(HostRow.host.in_(list(tx.scalars(resting))))
        .values(failures=0, resting_until=None)
    )


def stop(tx: Transaction, host: str, *, now: datetime) -> int:
    """Give up whatever waits for a server, and count it. What comes later is sent as ever."""
    waiting = (
        select(DeliveryRow.id)
        .where(DeliveryRow.host == host, DeliveryRow.state == QueueState.WAITING)
        .order_by(DeliveryRow.id)
        .with_for_update()
    )
    ended = tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(waiting))
        .values(state=QueueState.GIVEN_UP, settled_at=now)
        .returning(DeliveryRow.id)
    ).all()
    return len(ended)
