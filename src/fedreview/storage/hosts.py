"""What we have learnt about other servers."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy import Row, bindparam, case, func, or_, select, update

from fedreview.storage import blocks
from fedreview.storage.database import Transaction
from fedreview.storage.prepared import Prepared
from fedreview.storage.queue_tables import DeliveryRow, HostRow
from fedreview.storage.queues import QueueState
from fedreview.storage.upsert import add_all_new, add_new

REST_AFTER = 5
"""Failures in a row after which a host is left alone for a while."""

LONGEST_REST = timedelta(hours=1)
"""A host that is well again should not have to wait for longer."""

NEWS_AFTER = timedelta(hours=1)
"""How old our last sign of life may be before an answer that says nothing new is written down."""

_HOSTS = HostRow.__table__.c
_RESTING = Prepared(
    lambda given: select(_HOSTS.host).where(
        _HOSTS.host.in_(given("hosts")), _HOSTS.resting_until > bindparam("now")
    )
)


def _row(tx: Transaction, host: str, *, now: datetime) -> HostRow:
    """Read the host's row, and hold it until the transaction ends."""
    row = tx.get(HostRow, host, with_for_update=True, populate_existing=True)
    if row is not None:
        return row
    # Two workers may meet a new host at the same moment; neither may fail over that.
    new = {"host": host, "scheme": "", "failures": 0, "seen_at": now}
    add_new(tx, HostRow, new)
    return tx.get_one(HostRow, host, with_for_update=True)


def failed(tx: Transaction, host: str, *, now: datetime, rest: timedelta) -> None:
    """Count a failure of the whole host; after REST_AFTER in a row it rests.

    rest: for how long. It doubles with each failure after that, up to LONGEST_REST.
    """
    row = _row(tx, host, now=now)
    row.failures += 1
    row.seen_at = now
    if row.failures >= REST_AFTER:
        grown: timedelta = rest * 2 ** min(row.failures - REST_AFTER, 16)
        row.resting_until = now + max(rest, min(grown, LONGEST_REST))
    tx.flush()


def leave_alone(tx: Transaction, host: str, *, now: datetime, until: datetime) -> None:
    """Let a host rest that has asked for it, which says nothing against its health."""
    row = _row(tx, host, now=now)
    row.seen_at = now
    row.resting_until = max(until, row.resting_until or until)
    tx.flush()


def answered(tx: Transaction, host: str, *, now: datetime, scheme: str | None = None) -> None:
    """Note that the host is alive, and which signature scheme it took.

    Costs a write only when that is news.
    """
    if _is_no_news(tx.get(HostRow, host), now=now, scheme=scheme):
        return
    row = _row(tx, host, now=now)
    # A rest that it asked for goes on: another of its inboxes may have taken something meanwhile.
    if row.failures >= REST_AFTER or (row.resting_until and row.resting_until <= now):
        row.resting_until = None
    row.failures, row.seen_at = 0, now
    if scheme:
        row.scheme = scheme
    tx.flush()


_Known: TypeAlias = Row[str, int, datetime | None, str, datetime]

_KNOWN = Prepared(
    lambda given: select(
        HostRow.host, HostRow.failures, HostRow.resting_until, HostRow.scheme, HostRow.seen_at
    ).where(HostRow.host.in_(given("hosts")))
)


def took(tx: Transaction, schemes: Mapping[str, str], *, now: datetime) -> None:
    """Note what `answered` does for many hosts, with one look at all of them.

    schemes: which signature scheme each host took.
    """
    known = {row.host: row for row in _KNOWN.ask(tx, hosts=list(schemes))}
    unknown = [host for host in sorted(schemes) if host not in known]
    if unknown:
        fresh = {"failures": 0, "seen_at": now}
        rows = [{"host": host, "scheme": schemes[host], **fresh} for host in unknown]
        add_all_new(tx, HostRow, rows, known_by=["host"])
    for host in sorted(known):
        if not _is_no_news(known[host], now=now, scheme=schemes[host]):
            answered(tx, host, now=now, scheme=schemes[host])


def _is_no_news(row: HostRow | _Known | None, *, now: datetime, scheme: str | None) -> bool:
    return (
        row is not None
        and row.failures == 0
        and row.resting_until is None
        and scheme in {None, row.scheme}
        and now - row.seen_at < NEWS_AFTER
    )


def woke(tx: Transaction, host: str, *, now: datetime) -> None:
    """End the rest of a host that has just spoken to us; costs a write only if it rested.

    Not the rest that it has asked for.
    """
    rests = (HostRow.resting_until > now, HostRow.failures >= REST_AFTER)
    tx.execute(
        update(HostRow)
        .where(HostRow.host == host, *rests)
        .values(failures=0, resting_until=None, seen_at=now)
    )


def resting_among(tx: Transaction, hosts: Collection[str], *, now: datetime) -> list[str]:
    """Give those of the hosts that rest, in order."""
    if not hosts:
        return []
    return sorted(host for (host,) in _RESTING.ask(tx, hosts=sorted(hosts), now=now))


def is_blocked(tx: Transaction, host: str) -> bool:
    """Tell whether nothing is wanted from this host."""
    return bool(blocks.suspended_among(tx, [host]))


def keep_software(tx: Transaction, host: str, software: str | None, *, now: datetime) -> None:
    """Note what a server runs, in lower case; None when it does not say, which changes nothing."""
    row = _row(tx, host, now=now)
    row.software_at = now
    if software is not None:
        row.software = software
    tx.flush()


def is_software_known(tx: Transaction, host: str, *, since: datetime) -> bool:
    """Tell whether we have asked what a server runs, at `since` or later."""
    row = tx.get(HostRow, host)
    return bool(row and row.software_at and row.software_at >= since)


def list_to_survey(tx: Transaction, *, asked_before: datetime, limit: int) -> tuple[str, ...]:
    """Read the servers that we send to and have not asked lately what they run."""
    rows = tx.scalars(
        select(HostRow.host)
        .where(
            or_(HostRow.software_at.is_(None), HostRow.software_at < asked_before),
            HostRow.host.in_(select(DeliveryRow.host)),
        )
        .order_by(HostRow.software_at.nulls_first(), HostRow.host)
    )
    found = tuple(rows)
    unwanted = blocks.suspended_among(tx, found)
    return tuple(host for host in found if host not in unwanted)[:limit]


def running(tx: Transaction, hosts: Collection[str], software: str) -> set[str]:
    """Give those of the servers that are known to run this, in one statement."""
    which = (HostRow.host.in_(hosts), HostRow.software == software)
    return set(tx.scalars(select(HostRow.host).where(*which)))


def count_out_of_reach(tx: Transaction) -> tuple[int, int]:
    """Count the servers that do not take what we send.

    Returns those that will be tried again, and those that something was given up on.
    """
    is_failing = (DeliveryRow.state == QueueState.WAITING) & (DeliveryRow.failures > 0)
    is_given_up = DeliveryRow.state == QueueState.GIVEN_UP
    failing, given_up = tx.execute(
        select(
            func.count(case((is_failing, DeliveryRow.host)).distinct()),
            func.count(case((is_given_up, DeliveryRow.host)).distinct()),
        ).where(is_failing | is_given_up)
    ).one()
    return failing, given_up
