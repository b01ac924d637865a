"""Copy a whole site from one database to another, and prove that nothing is lost.

The source is held still meanwhile, and only read. In the target everything is one transaction:
all of it is there in the end, and the same, or nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    NullPool,
    Table,
    column,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from fedreview.errors import ConfigurationError
from fedreview.storage import (  # noqa: F401  (fill the metadata)
    conversation_tables,
    errands,
    letters,
    moderation_tables,
    queues,
    schema,
    search_tables,
    tables,
    work_tables,
    writing_tables,
)
from fedreview.storage.canonical import Digest, fitting, in_order
from fedreview.storage.columns import Row
from fedreview.storage.database import APPLICATION, Database

ROWS_AT_ONCE = 500

_STOP_FIRST = (
    "The site is being served: stop every `fedreview serve` and `fedreview work`, then try again. "
    "What comes in meanwhile would be lost."
)
_ACTIVITY = table("pg_stat_activity", *map(column, ("pid", "datname", "application_name")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One table, on both sides. changed: columns with values that the target could not hold."""

    name: str
    rows: int
    size: int
    source: str
    target: str
    rows_there: int
    changed: Mapping[str, int]

    @property
    def is_same(self) -> bool:
        """Whether both sides hold the same."""
        return (self.rows, self.source) == (self.rows_there, self.target)


Progress = Callable[[int, int], None]
"""Told how many rows more, and how many bytes, have been copied."""


def make_ready(target: Database) -> None:
    """Make the target's tables. Raises ConfigurationError when something stands in them."""
    with target.engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
        ours = [each for each in Row.metadata.sorted_tables if each.name in found]
        if found and "alembic_version" not in found:
            raise ConfigurationError(
                ["The target holds tables of something else: make an empty database for the site."]
            )
        filled = [each.name for each in ours if connection.scalar(select(1).select_from(each))]
    if filled:
        raise ConfigurationError(
            [
                (
                    f"The target is not empty: there is something in {filled[0]}. Make a new "
                    "database for the site, or drop this one if nobody needs it."
                )
            ]
        )
    schema.upgrade(target)


@contextmanager
def held(source: Database, url: str) -> Iterator[Connection]:
    """Give a connection that reads, while nobody may write.

    Raises ConfigurationError while a server or a worker is at the source.
    """
    with _held_file(url) if source.is_sqlite else _held_tables(source) as connection:
        yield connection


@contextmanager
def _held_file(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 1})

    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        # Nobody else may have the file open then, not even to read: a server keeps it open.
        connection.cursor().execute("PRAGMA locking_mode=EXCLUSIVE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", lambda opened: opened.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.connect() as connection:
            connection.begin()
            yield connection
            connection.rollback()
    except OperationalError as error:
        if "locked" in str(error.orig):
            raise ConfigurationError([_STOP_FIRST]) from error
        raise
    finally:
        engine.dispose()


@contextmanager
def _held_tables(source: Database) -> Iterator[Connection]:
    with source.connected_alone() as alone, source.engine.connect() as opened:
        connection = opened.execution_options(isolation_level="REPEATABLE READ")
        pids = [_pid(alone), _pid(connection)]
        connection.rollback()
        names = ", ".join(f'"{each.name}"' for each in Row.metadata.sorted_tables)
        # Before anything is read: the view of the database begins with that.
        connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
        others = select(func.count()).where(
            _ACTIVITY.c.datname == func.current_database(),
            _ACTIVITY.c.application_name == APPLICATION,
            _ACTIVITY.c.pid.not_in(pids),
        )
        if alone.scalar(others):
            raise ConfigurationError([_STOP_FIRST])
        yield connection
        connection.rollback()


def _pid(connection: Connection) -> int:
    return int(connection.scalar(select(func.pg_backend_pid())) or 0)


def measure(source: Connection) -> int:
    """Count all rows that are to be copied."""
    return sum(
        source.scalar(select(func.count()).select_from(each)) or 0
        for each in Row.metadata.sorted_tables
    )


def copy(source: Connection, target: Database, *, progress: Progress) -> tuple[Copied, ...]:
    """Copy every table, in the order in which they refer to one another, and compare.

    When something differs, the target stays empty: look at `is_same` of what is given.
    """
    with target.schema_change() as there:
        copied = tuple(_copy(source, there, each, progress) for each in Row.metadata.sorted_tables)
        if not all(each.is_same for each in copied):
            there.rollback()
            return copied
        if there.dialect.name == "postgresql":
            for each in Row.metadata.sorted_tables:
                _go_on_counting(there, each)
        _forget_leases(there)
    return copied


def _copy(source: Connection, there: Connection, each: Table, progress: Progress) -> Copied:
    digest, changed = Digest(), dict[str, int]()
    fits = there.dialect.name == "sqlite" or source.dialect.name == "postgresql"
    write = _insert if there.dialect.name == "sqlite" else _stream
    rows = _read(source, each)
    for some in rows.partitions():
        fitted = [row if fits else _fit(each, row, changed) for row in map(tuple, some)]
        before = digest.size
        for row in fitted:
            digest.add(row)
        write(there, each, fitted)
        progress(len(fitted), digest.size - before)
    found = Digest()
    for row in _read(there, each):
        found.add(tuple(row))
    return Copied(
        name=each.name,
        rows=digest.rows,
        size=digest.size,
        source=digest.hex,
        target=found.hex,
        rows_there=found.rows,
        changed=changed,
    )


def _read(where: Connection, each: Table) -> CursorResult[Any]:
    order = in_order(each, is_sqlite=where.dialect.name == "sqlite")
    return where.execute(
        select(each).order_by(*order), execution_options={"yield_per": ROWS_AT_ONCE}
    )


def _fit(each: Table, row: Sequence[Any], changed: dict[str, int]) -> tuple[Any, ...]:
    fitted = []
    for its_column, value in zip(each.columns, row, strict=True):
        new = fitting(its_column.type, value)
        if new != value:
            changed[its_column.name] = changed.get(its_column.name, 0) + 1
        fitted.append(new)
    return tuple(fitted)


def _insert(there: Connection, each: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    names = [its_column.name for its_column in each.columns]
    there.execute(insert(each), [dict(zip(names, row, strict=True)) for row in rows])


def _stream(there: Connection, each: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write by COPY, which takes a tenth of the time that inserts take."""
    names = ", ".join(f'"{its_column.name}"' for its_column in each.columns)
    driver: Any = there.connection.dbapi_connection
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f'COPY "{each.name}" ({names}) FROM STDIN') as stream,
        ):
            for row in rows:
                stream.write_row(row)
    except there.dialect.loaded_dbapi.Error as error:
        # Its first line alone: in the others stands what is in the row.
        said = str(error).partition("\n")[0]
        raise ConfigurationError(
            [
                (
                    f"PostgreSQL refuses a row of {each.name}: {said}. Nothing was kept of the "
                    "copy, and the site is as it was."
                )
            ]
        ) from error


def _go_on_counting(there: Connection, each: Table) -> None:
    """Let new rows get numbers after those that were copied."""
    for its_column in each.primary_key:
        # A name in quotes: the function reads it as SQL does.
        sequence = there.scalar(
            select(func.pg_get_serial_sequence(f'"{each.name}"', its_column.name))
        )
        if sequence:
            last = there.scalar(select(func.max(its_column)))
            there.execute(select(func.setval(sequence, last or 1, last is not None)))


def _forget_leases(there: Connection) -> None:
    """Give back what the server that was stopped had not finished."""
    with Session(there, join_transaction_mode="create_savepoint") as tx:
        queues.release_leases(tx)
        errands.release_leases(tx)
        letters.release_leases(tx)
        tx.commit()
