"""What we have learnt about other servers."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from fedreview.storage.database import Transaction
from fedreview.storage.tables import HostRow

REST_AFTER = 5
"""Failures in a row after which a host is left alone for a while."""


def _row(tx: Transaction, host: str, *, now: datetime) -> HostRow:
    """Read the host's row, and hold it until the transaction ends."""
    row = tx.get(HostRow, host, with_for_update=True)
    if row is not None:
        return row
    # Two workers may meet a new host at the same moment; neither may fail over that.
    insert = postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(HostRow)
        .values(host=host, scheme="", failures=0, blocked="", seen_at=now)
        .on_conflict_do_nothing()
    )
    return tx.get_one(HostRow, host, with_for_update=True)


def failed(tx: Transaction, host: str, *, now: datetime, rest: timedelta) -> None:
    """Count a failure of the whole host; after REST_AFTER in a row it rests."""
    row = _row(tx, host, now=now)
    row.failures += 1
    row.seen_at = now
    if row.failures >= REST_AFTER:
        row.resting_until = now + rest
    tx.flush()


def answered(tx: Transaction, host: str, *, now: datetime, scheme: str | None = None) -> None:
    """Note that the host is alive, and which signature scheme it took."""
    row = _row(tx, host, now=now)
    row.failures, row.resting_until, row.seen_at = 0, None, now
    if scheme:
        row.scheme = scheme
    tx.flush()


def woke(tx: Transaction, host: str, *, now: datetime) -> None:
    """End the rest of a host that has just spoken to us; costs a write only if it rested."""
    tx.execute(
        update(HostRow)
        .where(HostRow.host == host, HostRow.resting_until > now)
        .values(failures=0, resting_until=None, seen_at=now)
    )


def is_blocked(tx: Transaction, host: str) -> bool:
    """Tell whether nothing is wanted from this host."""
    row = tx.get(HostRow, host)
    return bool(row and row.blocked)
