"""What is to be fetched from other servers when there is time; one errand for each address.

Whoever writes to us decides what we should fetch. So there is a bound for each site and for all
together, and what is over stays for a while: a thousand replies that name one missing parent
cost one look, not a thousand.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import aliased

from fedreview.activitypub.origin import site
from fedreview.storage import waking
from fedreview.storage.database import Transaction, holder
from fedreview.storage.queue_tables import ErrandRow
from fedreview.storage.queues import QueueState
from fedreview.storage.upsert import add_new

MOST_WAITING_OF_SITE = 500
MOST_OF_SITE = 2_000
"""Also counts what is over: so many addresses of one site are fetched in KEEP at the most."""
MOST_OF_KIND = MOST_OF_SITE // 2
"""Of one site and kind, so that who answers what is not there leaves room for other errands."""
MOST_WAITING = 10_000
KEEP = timedelta(days=1)
"""How long an errand that is over is remembered."""


class ErrandKind(StrEnum):
    """What an errand is for.

    ANCESTORS: the missing note with this id, which a note of ours answers, and upwards what that
    answers, until we know it.
    REPLIES: what stands in this collection, of a note or a conversation in one of our threads.
    ACTOR: this actor, whose document is stale. AVATAR: this actor's picture.
    SOFTWARE: what the server with this base URL runs. COPY: an emoji or picture, to be copied.
    """

    ANCESTORS = "ancestors"
    REPLIES = "replies"
    ACTOR = "actor"
    AVATAR = "avatar"
    SOFTWARE = "software"
    COPY = "copy"


_AGAIN_AFTER = {ErrandKind.AVATAR: timedelta(hours=1)}
"""How long after its end an errand may be run anew when that is sooner than KEEP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing to fetch. failures: failed tries so far."""

    id: int
    kind: ErrandKind
    url: str
    site: str
    failures: int
    created_at: datetime


def add(
    tx: Transaction, kind: ErrandKind, url: str, *, now: datetime, due_at: datetime | None = None
) -> bool:
    """Note what is to be fetched, at once or at `due_at`; tells whether that is new.

    It is not when it waits already or is over since a short while, nor when there is no room.
    """
    is_new = _open(tx, kind, url, now=now, due_at=due_at or now) is not None
    if is_new and due_at is None:
        waking.call(tx)
    return is_new


def claim(
    tx: Transaction, kind: ErrandKind, url: str, *, now: datetime, until: datetime
) -> Errand | None:
    """Note what is to be fetched and lease it for this worker; None where `add` says False."""
    errand_id = _open(tx, kind, url, now=now, due_at=now)
    if errand_id is None:
        return None
    tx.execute(
        update(ErrandRow)
        .where(ErrandRow.id == errand_id)
        .values(leased_until=until, leased_by=holder(tx))
    )
    return Errand(id=errand_id, kind=kind, url=url, site=site(url), failures=0, created_at=now)


def _open(
    tx: Transaction, kind: ErrandKind, url: str, *, now: datetime, due_at: datetime
) -> int | None:
    place = site(url)
    known = (ErrandRow.kind == kind, ErrandRow.url == url)
    row = tx.execute(select(ErrandRow.id, ErrandRow.settled_at).where(*known)).first()
    is_too_soon = row is not None and (
        row.settled_at is None or now - row.settled_at < _AGAIN_AFTER.get(kind, KEEP)
    )
    if not place or is_too_soon or not _has_room(tx, kind, place):
        return None
    opened = {
        "state": QueueState.WAITING,
        "failures": 0,
        "created_at": now,
        "due_at": due_at,
        "leased_until": None,
        "settled_at": None,
        "last_error": "",
    }
    if row is not None:
        over = (*known, ErrandRow.state != QueueState.WAITING)
        return tx.scalar(update(ErrandRow).where(*over).values(opened).returning(ErrandRow.id))
    if not add_new(tx, ErrandRow, {"kind": kind, "url": url, "site": place, **opened}):
        return None
    return tx.scalar(select(ErrandRow.id).where(*known))


def _has_room(tx: Transaction, kind: ErrandKind, place: str) -> bool:
    waiting = ErrandRow.state == QueueState.WAITING
    of_site = ErrandRow.site == place
    return (
        _count_up_to(tx, MOST_WAITING_OF_SITE, of_site, waiting) < MOST_WAITING_OF_SITE
        and _count_up_to(tx, MOST_OF_SITE, of_site) < MOST_OF_SITE
        and _count_up_to(tx, MOST_OF_KIND, of_site, ErrandRow.kind == kind) < MOST_OF_KIND
        and _count_up_to(tx, MOST_WAITING, waiting) < MOST_WAITING
    )


def _count_up_to(tx: Transaction, most: int, *which: ColumnElement[bool]) -> int:
    rows = select(ErrandRow.id).where(*which).limit(most).subquery()
    return tx.scalar(select(func.count()).select_from(rows)) or 0


def due(
    tx: Transaction, *, now: datetime, limit: int, except_sites: Collection[str] = ()
) -> tuple[int, ...]:
    """Look for what may be fetched now, the oldest first, and give the ids.

    Of each site only one, and none while another of it is under way.

    except_sites: those that this worker is busy with.
    """
    found = (
        select(ErrandRow.id)
        .where(ErrandRow.site.not_in(list(except_sites)), *_may_be_run(now))
        .order_by(ErrandRow.due_at, ErrandRow.id)
        .limit(limit)
    )
    return tuple(tx.scalars(found))


def _may_be_run(now: datetime) -> tuple[ColumnElement[bool], ...]:
    other = aliased(ErrandRow)
    first = (
        select(other.id)
        .where(other.site == ErrandRow.site, other.state == QueueState.WAITING)
        .order_by(other.due_at, other.id)
        .limit(1)
    )
    under_way = select(other.site).where(other.leased_until > now)
    return (
        ErrandRow.state == QueueState.WAITING,
        ErrandRow.due_at <= now,
        or_(ErrandRow.leased_until.is_(None), ErrandRow.leased_until <= now),
        ErrandRow.site.not_in(under_way),
        ErrandRow.id == first.scalar_subquery(),
    )


def lease(
    tx: Transaction, ids: Collection[int], *, now: datetime, until: datetime, limit: int
) -> tuple[Errand, ...]:
    """Take so many of these errands for this worker alone, the oldest first.

    What another worker has taken since they were found is left out. A worker that dies holding
    a lease loses it at `until`, and another goes on.
    """
    free = (
        select(ErrandRow)
        .where(ErrandRow.id.in_(ids), *_may_be_run(now))
        .order_by(ErrandRow.due_at, ErrandRow.id)
        .limit(limit)
        .with_for_update(of=ErrandRow, skip_locked=True)
    )
    rows = list(tx.scalars(free))
    for row in rows:
        row.leased_until, row.leased_by = until, holder(tx)
    return tuple(
        Errand(
            id=row.id,
            kind=ErrandKind(row.kind),
            url=row.url,
            site=row.site,
            failures=row.failures,
            created_at=row.created_at,
        )
        for row in rows
    )


def settle(tx: Transaction, id: int, state: QueueState, *, now: datetime, error: str = "") -> None:
    """End an errand, well or badly; one that has ended before stays as it is."""
    _note(tx, id, {"state": state, "settled_at": now, "last_error": error})


def retry(tx: Transaction, id: int, *, due_at: datetime, error: str) -> None:
    """Put an errand that failed back for later."""
    failures = ErrandRow.failures + 1
    _note(tx, id, {"failures": failures, "due_at": due_at, "last_error": error})


def repeat(tx: Transaction, id: int, *, due_at: datetime) -> None:
    """Let an errand that went well be run once more, later."""
    _note(tx, id, {"failures": 0, "due_at": due_at, "last_error": ""})


def _note(tx: Transaction, id: int, values: dict[str, object]) -> None:
    tx.execute(
        update(ErrandRow)
        .where(ErrandRow.id == id, ErrandRow.state == QueueState.WAITING)
        .values({**values, "leased_until": None})
    )


def give_back(tx: Transaction, ids: Collection[int]) -> None:
    """End leases without a result, so that another worker need not wait until they run out."""
    tx.execute(update(ErrandRow).where(ErrandRow.id.in_(ids)).values(leased_until=None))
    waking.call(tx)


def release_leases(tx: Transaction) -> None:
    """Give back everything that is leased, whoever leased it."""
    leased = ErrandRow.leased_until.is_not(None)
    tx.execute(update(ErrandRow).where(leased).values(leased_until=None))


def count(tx: Transaction) -> dict[str, int]:
    """Count errands by state."""
    rows = tx.execute(select(ErrandRow.state, func.count()).group_by(ErrandRow.state))
    return {state: number for state, number in rows}  # noqa: C416  (a Row is no tuple to mypy)
