"""How what was sent fares, counted and listed by activity, a page at a time.

However many there are, a page costs the same number of statements.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from fedreview.domain.actor import AuthorId
from fedreview.domain.delivery import Counts, Stand
from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import ActivityRow, DeliveryRow, HostRow
from fedreview.storage.queues import QueueState

_LATEST = 2_000
"""How many of the newest due deliveries are looked at for what is under way."""

IS_FAILING = and_(DeliveryRow.state == QueueState.WAITING, DeliveryRow.failures > 0)
_IS_ON_THE_WAY = and_(DeliveryRow.state == QueueState.WAITING, DeliveryRow.failures == 0)

WHICH: dict[Stand, ColumnElement[bool]] = {
    Stand.FAILING: IS_FAILING,
    Stand.GIVEN_UP: DeliveryRow.state == QueueState.GIVEN_UP,
    Stand.ON_THE_WAY: _IS_ON_THE_WAY,
    Stand.HELD_BACK: DeliveryRow.state == QueueState.HELD_BACK,
    Stand.DELIVERED: DeliveryRow.state == QueueState.DONE,
    Stand.CALLED_OFF: DeliveryRow.state == QueueState.CANCELLED,
}
_SWEPT = {
    Stand.DELIVERED: ActivityRow.delivered_count,
    Stand.GIVEN_UP: ActivityRow.given_up_count,
}
"""Where an activity counts deliveries that are not kept any more."""

_STANDS = tuple(Stand)
_RANK = case(*((WHICH[stand], rank) for rank, stand in enumerate(_STANDS)), else_=len(_STANDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class SentActivity:
    """An activity of ours without what is in it.

    author_id: None for the site's own. is_emptied: taken back, or about what is deleted.
    body: of those whose own words say too little about them, "" of others.
    """

    id: str
    author_id: AuthorId | None
    actor: str
    type: str
    object: str
    is_emptied: bool
    created_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One delivery, as it stands. status and error: of the last attempt; error "" for none."""

    id: int
    activity_id: str
    inbox: str
    host: str
    stand: Stand
    failures: int
    queued_at: datetime
    due_at: datetime
    settled_at: datetime | None
    status: int | None
    error: str

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in a list."""
        return _STANDS.index(self.stand), self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTally:
    """How the deliveries of one activity fare. settled_at: when the last of them ended."""

    counts: Counts
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut:
    """How far an activity has come. reached: servers that have it. servers: all it is for."""

    activity_id: str
    reached: int
    servers: int
    counts: Counts


def is_of(author_id: AuthorId) -> ColumnElement[bool]:
    """Tell what an author sees: their own, and what the site sends in its own name."""
    return or_(ActivityRow.author_id == author_id, ActivityRow.author_id.is_(None))


# Reviews are long, and a page shows many: of these types the object says enough.
_BODY = case((ActivityRow.type.in_(("Create", "Update", "Delete")), b""), else_=ActivityRow.body)


def _select_activities() -> Select[Any]:
    return select(
        ActivityRow.id,
        ActivityRow.author_id,
        ActivityRow.actor,
        ActivityRow.type,
        ActivityRow.object,
        ActivityRow.created_at,
        (ActivityRow.body == b"").label("is_emptied"),
        _BODY.label("body"),
    )


def _activity(row: Any) -> SentActivity:
    return SentActivity(
        id=row.id,
        author_id=AuthorId(row.author_id) if row.author_id else None,
        actor=row.actor,
        type=row.type,
        object=row.object,
        is_emptied=bool(row.is_emptied),
        created_at=row.created_at,
        body=row.body,
    )


def list_activities(
    tx: Transaction,
    author_id: AuthorId,
    *,
    stand: Stand | None,
    before: str,
    limit: int,
) -> tuple[SentActivity, ...]:
    """Read what an author sent, the newest first, as far back as activities are kept.

    stand: only what has a delivery that stands there. before: the last id of the page before.
    """
    # In this order no index is left out: what few deliveries are in is looked for from there.
    some = select(DeliveryRow.id).where(DeliveryRow.activity_id == ActivityRow.id)
    if stand:
        some = some.where(WHICH[stand])
    swept = [column > 0 for each, column in _SWEPT.items() if stand in {None, each}]
    query = _select_activities().where(is_of(author_id), or_(some.exists(), *swept))
    if before:
        query = query.where(ActivityRow.id < before)
    return tuple(map(_activity, tx.execute(query.order_by(ActivityRow.id.desc()).limit(limit))))


def find_activity(tx: Transaction, author_id: AuthorId, id: str) -> SentActivity | None:
    """Look up what an author sent."""
    query = _select_activities().where(is_of(author_id), ActivityRow.id == id)
    row = tx.execute(query).one_or_none()
    return _activity(row) if row else None


def find_activities(tx: Transaction, ids: Collection[str]) -> dict[str, SentActivity]:
    """Look several up at once, whoever sent them."""
    found = tx.execute(_select_activities().where(ActivityRow.id.in_(ids)))
    return {row.id: _activity(row) for row in found}


def count_by_activity(tx: Transaction, ids: Collection[str]) -> dict[str, SentTally]:
    """Count how the deliveries of these activities fare."""
    rows = tx.execute(
        select(DeliveryRow.activity_id, _RANK, func.count(), func.max(DeliveryRow.settled_at))
        .where(DeliveryRow.activity_id.in_(ids))
        .group_by(DeliveryRow.activity_id, _RANK)
    ).all()
    swept = tx.execute(
        select(ActivityRow.id, *_SWEPT.values()).where(
            ActivityRow.id.in_(ids), or_(*(column > 0 for column in _SWEPT.values()))
        )
    ).all()
    ended: dict[str, datetime] = {}
    for activity_id, _, _, settled_at in rows:
        if settled_at and settled_at > ended.get(activity_id, settled_at):
            ended[activity_id] = settled_at
        elif settled_at:
            ended.setdefault(activity_id, settled_at)
    counted = _counted(
        [
            *((key, rank, number) for key, rank, number, _ in rows),
            *(
                (key, _STANDS.index(stand), number)
                for key, *numbers in swept
                for stand, number in zip(_SWEPT, numbers, strict=True)
            ),
        ]
    )
    return {
        key: SentTally(counts=counts, settled_at=ended.get(key)) for key, counts in counted.items()
    }


def _counted(rows: Iterable[tuple[str, int, int]]) -> dict[str, Counts]:
    numbers: dict[str, dict[str, int]] = {}
    for key, rank, number in rows:
        if rank < len(_STANDS):
            name = _STANDS[rank].name.lower()
            of_key = numbers.setdefault(key, {})
            of_key[name] = of_key.get(name, 0) + number
    return {key: Counts(**each) for key, each in numbers.items()}


def has_failed(tx: Transaction, author_id: AuthorId) -> bool:
    """Tell whether anything that an author sent fails or was given up."""
    failed = or_(IS_FAILING, WHICH[Stand.GIVEN_UP])
    query = select(DeliveryRow.id).join(ActivityRow).where(failed, is_of(author_id)).limit(1)
    return tx.scalar(query) is not None


def list_of_activity(
    tx: Transaction, id: str, *, host: str = "", after: tuple[int, int] | None, limit: int
) -> tuple[Dispatch, ...]:
    """Read where an activity goes: what fails first. after: place of the last one before.

    host: only servers with this in their name.
    """
    which = [DeliveryRow.activity_id == id, *named(host)]
    return list_dispatches(tx, *which, after=after, limit=limit)


def named(host: str) -> list[ColumnElement[bool]]:
    """Give the condition that this is in a server's name; none for ""."""
    return [DeliveryRow.host.contains(host, autoescape=True)] if host else []


def list_dispatches(
    tx: Transaction, *which: ColumnElement[bool], after: tuple[int, int] | None, limit: int
) -> tuple[Dispatch, ...]:
    """Read deliveries, what fails first. after: place of the last one of the page before."""
    query = select(DeliveryRow).where(*which)
    if after:
        query = query.where(tuple_(_RANK, DeliveryRow.id) > after)
    return tuple(map(dispatch, tx.scalars(query.order_by(_RANK, DeliveryRow.id).limit(limit))))


def dispatch(row: DeliveryRow) -> Dispatch:
    """Take a row apart."""
    return Dispatch(
        id=row.id,
        activity_id=row.activity_id,
        inbox=row.inbox,
        host=row.host,
        stand=_stand_of(row),
        failures=row.failures,
        queued_at=row.queued_at,
        due_at=row.due_at,
        settled_at=row.settled_at,
        status=row.last_status,
        error=row.last_error,
    )


def _stand_of(row: DeliveryRow) -> Stand:
    match QueueState(row.state):
        case QueueState.WAITING:
            return Stand.FAILING if row.failures else Stand.ON_THE_WAY
        case QueueState.DONE:
            return Stand.DELIVERED
        case QueueState.GIVEN_UP:
            return Stand.GIVEN_UP
        case QueueState.HELD_BACK:
            return Stand.HELD_BACK
        case QueueState.CANCELLED:
            return Stand.CALLED_OFF


def list_under_way(
    tx: Transaction, author_id: AuthorId, *, now: datetime, limit: int
) -> tuple[str, ...]:
    """Read which activities of an author are being sent just now, the newest first.

    What waits behind something that fails, or for a server that rests, is not being sent.
    """
    earlier = aliased(DeliveryRow)
    stuck = select(earlier.id).where(
        earlier.inbox == DeliveryRow.inbox,
        earlier.state == QueueState.WAITING,
        earlier.failures > 0,
        earlier.id < DeliveryRow.id,
    )
    resting = select(HostRow.host).where(HostRow.resting_until > now)
    due = (
        select(DeliveryRow.activity_id)
        .join(ActivityRow, ActivityRow.id == DeliveryRow.activity_id)
        .where(
            _IS_ON_THE_WAY,
            DeliveryRow.due_at <= now,
            DeliveryRow.host.not_in(resting),
            ~stuck.exists(),
            is_of(author_id),
        )
        .order_by(DeliveryRow.due_at.desc(), DeliveryRow.id.desc())
        .limit(_LATEST)
        .subquery()
    )
    found = select(due.c.activity_id).distinct().order_by(due.c.activity_id.desc()).limit(limit)
    return tuple(tx.scalars(found))


def fan_outs(tx: Transaction, author_id: AuthorId, ids: Collection[str]) -> tuple[FanOut, ...]:
    """Read how far these activities have come, the newest first; others' are left out."""
    is_done = DeliveryRow.state == QueueState.DONE
    is_meant = DeliveryRow.state != QueueState.CANCELLED
    rows = tx.execute(
        select(
            DeliveryRow.activity_id,
            func.count(case((is_done, DeliveryRow.host)).distinct()).label("reached"),
            func.count(case((is_meant, DeliveryRow.host)).distinct()).label("servers"),
        )
        .join(ActivityRow, ActivityRow.id == DeliveryRow.activity_id)
        .where(DeliveryRow.activity_id.in_(ids), is_of(author_id))
        .group_by(DeliveryRow.activity_id)
        .order_by(DeliveryRow.activity_id.desc())
    ).all()
    counted = count_by_activity(tx, [row.activity_id for row in rows])
    return tuple(
        FanOut(
            activity_id=row.activity_id,
            reached=row.reached,
            servers=row.servers,
            counts=counted[row.activity_id].counts,
        )
        for row in rows
    )
