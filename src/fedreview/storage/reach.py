"""Which servers take what we send and which do not, with what is known of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select, tuple_

from fedreview.domain.delivery import Counts, Stand
from fedreview.storage.board import (
    IS_FAILING,
    WHICH,
    Dispatch,
    dispatch,
    list_dispatches,
    named,
)
from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import DeliveryRow, HostRow
from fedreview.storage.queues import QueueState


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTally:
    """How what is for one server fares. rank: 0 needs attention most."""

    host: str
    rank: int
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What we know of a server beside. failures: in a row. software: "" when it is not known."""

    failures: int
    resting_until: datetime | None
    software: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTrouble:
    """What is the matter with a server.

    latest: the newest delivery that fails or was given up. since: when the oldest that fails was
    queued, or None. next_try_at: of those that fail, or None.
    """

    latest: Dispatch
    since: datetime | None
    next_try_at: datetime | None


def list_hosts(
    tx: Transaction,
    *,
    now: datetime,
    only_trouble: bool,
    host: str = "",
    after: tuple[int, str] | None,
    limit: int,
) -> tuple[HostTally, ...]:
    """Read how what is for each server fares: those that need attention first, then by name.

    host: only those with this in their name. after: rank and name of the last one of the page
    before.
    """
    sums = _sums().where(*named(host)).group_by(DeliveryRow.host).subquery()
    rank = case(
        (or_(sums.c.failing > 0, HostRow.resting_until > now), 0),
        (sums.c.given_up > 0, 1),
        (sums.c.on_the_way + sums.c.held_back > 0, 2),
        else_=3,
    )
    query = select(sums, rank.label("rank")).outerjoin(HostRow, HostRow.host == sums.c.host)
    if only_trouble:
        query = query.where(rank < 2)
    if after:
        query = query.where(tuple_(rank, sums.c.host) > after)
    rows = tx.execute(query.order_by(rank, sums.c.host).limit(limit))
    return tuple(HostTally(host=row.host, rank=row.rank, counts=_counts(row)) for row in rows)


def find_host(tx: Transaction, host: str) -> Counts | None:
    """Count how what is for one server fares; None when nothing was ever for it."""
    query = _sums().where(DeliveryRow.host == host).group_by(DeliveryRow.host)
    row = tx.execute(query).one_or_none()
    return _counts(row) if row else None


def _sums() -> Select[Any]:
    sums = (func.sum(case((WHICH[stand], 1), else_=0)).label(stand.name.lower()) for stand in Stand)
    query: Select[Any] = select(DeliveryRow.host).add_columns(*sums)
    return query


def _counts(row: Any) -> Counts:
    names = (stand.name.lower() for stand in Stand)
    return Counts(**{name: int(getattr(row, name)) for name in names})


def facts_of(tx: Transaction, hosts: Collection[str]) -> dict[str, HostFacts]:
    """Read what else is known of these servers."""
    return {
        row.host: HostFacts(
            failures=row.failures, resting_until=row.resting_until, software=row.software
        )
        for row in tx.scalars(select(HostRow).where(HostRow.host.in_(hosts)))
    }


def troubles_of(tx: Transaction, hosts: Collection[str]) -> dict[str, HostTrouble]:
    """Read what is the matter with those of these servers that do not take something."""
    is_bad = or_(IS_FAILING, WHICH[Stand.GIVEN_UP])
    rows = tx.execute(
        select(
            DeliveryRow.host,
            func.max(case((IS_FAILING, DeliveryRow.id))).label("failing"),
            func.max(DeliveryRow.id).label("any"),
            func.min(case((IS_FAILING, DeliveryRow.queued_at))).label("since"),
            func.min(case((IS_FAILING, DeliveryRow.due_at))).label("next_try_at"),
        )
        .where(DeliveryRow.host.in_(hosts), is_bad)
        .group_by(DeliveryRow.host)
    ).all()
    ids = [row.failing or row.any for row in rows]
    found = tx.scalars(select(DeliveryRow).where(DeliveryRow.id.in_(ids)))
    latest = {each.host: dispatch(each) for each in found}
    return {
        row.host: HostTrouble(latest=latest[row.host], since=row.since, next_try_at=row.next_try_at)
        for row in rows
    }


def list_of_host(
    tx: Transaction, host: str, *, after: tuple[int, int] | None, limit: int
) -> tuple[Dispatch, ...]:
    """Read what a server has not taken, whoever sent it. after: place of the last one before."""
    pending = (QueueState.WAITING, QueueState.GIVEN_UP, QueueState.HELD_BACK)
    which = (DeliveryRow.host == host, DeliveryRow.state.in_(pending))
    return list_dispatches(tx, *which, after=after, limit=limit)
