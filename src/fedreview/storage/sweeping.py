"""Take away what nobody needs any more, a little at a time.

Looking for it is done in a snapshot, for that may take long; each few rows then go in a
transaction of their own, and only if what was found still holds. So a site that has not been
tidied for a year keeps nobody waiting for SQLite's only writer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, select, tuple_, update

from fedreview.storage.columns import Row
from fedreview.storage.database import Transaction

Key = tuple[Any, ...]
"""The primary key of a row."""

FOUND_AT_ONCE = 20_000
"""Keys that are looked for together: some megabytes, and few looks at a large table."""

DROPPED_AT_ONCE = 250
"""Rows in one transaction; those of people, with all that hangs on them, take some 10 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Rows that nobody needs any more, and what is done about them.

    name: what they are, for whoever watches. which: what holds of them.
    emptied: the columns that get these values, while the rows stay; None drops the rows.
    first: what is done about their keys before, in the same transaction.
    """

    name: str
    row: type[Row]
    which: tuple[ColumnElement[bool], ...]
    emptied: Mapping[str, object] | None = None
    first: Callable[[Transaction, Sequence[Key]], None] | None = None


def find(tx: Transaction, sweep: Sweep, *, limit: int = FOUND_AT_ONCE) -> tuple[Key, ...]:
    """Look for the rows, and give their keys."""
    found = tx.execute(select(*_key(sweep)).where(*sweep.which).limit(limit))
    return tuple(tuple(row) for row in found)


def drop(tx: Transaction, sweep: Sweep, keys: Sequence[Key]) -> int:
    """Drop or empty those of the rows of which it still holds; gives how many there were.

    What another process has in hand at this moment is left for the next time.
    """
    still = select(*_key(sweep)).where(_among(sweep, keys), *sweep.which)
    held = tx.execute(still.with_for_update(skip_locked=True))
    doomed = tuple(tuple(row) for row in held)
    if not doomed:
        return 0
    if sweep.first:
        sweep.first(tx, doomed)
    these = _among(sweep, doomed)
    if sweep.emptied is None:
        tx.execute(delete(sweep.row).where(these).execution_options(synchronize_session=False))
    else:
        emptied = update(sweep.row).where(these).values(**sweep.emptied)
        tx.execute(emptied.execution_options(synchronize_session=False))
    return len(doomed)


def drop_all(tx: Transaction, *sweeps: Sweep) -> int:
    """Do all of it in this one transaction: for what is known to be little, and for tests."""
    return sum(drop(tx, sweep, find(tx, sweep)) for sweep in sweeps)


def _key(sweep: Sweep) -> tuple[ColumnElement[Any], ...]:
    return tuple(cast("Table", sweep.row.__table__).primary_key.columns)


def _among(sweep: Sweep, keys: Sequence[Key]) -> ColumnElement[bool]:
    columns = _key(sweep)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(keys)
