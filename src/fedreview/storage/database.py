"""Connections and transactions; on SQLite one fair writer that commits in groups."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from fedreview.errors import Collision, ConfigurationError, DatabaseAway, DiskRefuses
from fedreview.storage import showing, waking
from fedreview.storage.disk import Disk
from fedreview.storage.grouping import GroupWriter

P = ParamSpec("P")
T = TypeVar("T")

Transaction = Session
"""What storage functions take first: a unit of work, kept whole or not at all."""

READERS = 32
"""How many may read at once: as many as there are threads, or they would open and close."""

CONNECTIONS_KEPT, MOST_CONNECTIONS = 5, 20
"""Of one process to PostgreSQL, which takes 100 of all together unless it is told otherwise."""

APPLICATION = "fedreview"
"""As what we are listed in PostgreSQL's pg_stat_activity."""


_BUSY_MILLISECONDS = 10_000
"""How long to wait for another process that writes the same SQLite file."""

_LONGEST_LOG_BYTES = 16 * 1024**2
"""How much of SQLite's write-ahead log stays on the disk when it is not needed."""

_WRITER_CACHE_KB, _READER_CACHE_KB = 8_000, 1_000
"""How much of the file each connection to SQLite keeps for itself.

There are READERS of them, and a flood fills the cache of each: with 6 MB each a process grew by
60 MB. What is not in them is in the system's own cache, which all share: a page of it costs a
microsecond.
"""

_WRITER_STATEMENTS, _READER_STATEMENTS = 128, 32
"""How many statements each connection to SQLite keeps prepared.

One takes 21 KB, and 32 µs to prepare. A page asks some twenty, applying what came some forty.
"""

_SCHEMA_LOCK = 0x66656472
"""Which of PostgreSQL's advisory locks means that the schema is being changed: "fedr"."""


_HOLDER = "holder"

MEMORY = "fedreview.memory"
"""Where a unit that remembers keeps its `storage.memory.Memory`, and its connection the same."""

_COLLISIONS = frozenset({"40001", "40P01"})
"""What PostgreSQL calls a unit that it undid for another: serialization failure, deadlock."""

_AWAY = frozenset({"57P01", "57P02", "57P03", "53300"})
"""What it says when it stops, has crashed, is starting, or has too many connections."""

_SQLITE_BUSY = "SQLITE_BUSY"
"""How the names begin of what SQLite says when another process writes and does not let us in."""

_has_written: ContextVar[bool] = ContextVar("has_written", default=False)


def afresh(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do some work of which a Collision can tell whether anything was kept before it."""

    def run() -> T:
        _has_written.set(False)
        return work(*args, **kwargs)

    return copy_context().run(run)


def holder(tx: Transaction) -> int | None:
    """Give the number of the worker in whose name this unit leases, if it is known."""
    number: int | None = tx.info.get(_HOLDER)
    return number


@contextmanager
def _named() -> Iterator[None]:
    """Give what the database complains about a name of ours, when it is nobody's fault."""
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state in _COLLISIONS:
            raise Collision(str(error.orig)[:300], is_first=not _has_written.get()) from error
        # SQLite lets no process wait in a queue: who comes at the wrong moments waits in vain.
        is_busy = getattr(error.orig, "sqlite_errorname", "").startswith(_SQLITE_BUSY)
        is_broken = error.connection_invalidated or state in _AWAY or is_busy
        # Without a state: the server has not said it, but the driver, which cannot reach it.
        if is_broken or (isinstance(error, OperationalError) and _is_psycopg(error) and not state):
            raise DatabaseAway(str(error.orig)[:300]) from error
        raise


def _is_psycopg(error: DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("psycopg")


class Database:
    """One database, and the only way into it.

    url: an SQLAlchemy URL; ``sqlite:///…`` or ``postgresql+psycopg://…``.
    holder: the number of the worker in whose name is leased, as in `presence`, while that is
    known to be alive.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.is_sqlite = url.startswith("sqlite")
        self.holder: int | None = None
        self.disk = Disk()
        if self.is_sqlite:
            self._readers = _sqlite_engine(url, begin="BEGIN")
            writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE")
            self.disk.listen(writer)
            showing.listen(writer)
            self._writer = GroupWriter(writer)
            writes_by = writer
        else:
            self._readers = _postgresql_engine(
                url,
                pool_size=CONNECTIONS_KEPT,
                max_overflow=MOST_CONNECTIONS - CONNECTIONS_KEPT,
                pool_use_lifo=True,
                # After a restart of the server the first use of each would fail.
                pool_pre_ping=True,
            )
            writes_by = self._readers
        self.disk.listen(self._readers)
        event.listen(writes_by, "before_execute", _let_memory_know)

    @property
    def engine(self) -> Engine:
        """The engine for reading, and for schema changes."""
        return self._readers

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write: everything in the block is kept when it ends, or nothing is.

        Returns only after the commit. Must not be nested: the inner one would wait for
        the outer one for ever. Raises Collision when PostgreSQL undid it for the sake of
        another, DatabaseAway when there is none to talk to, or another process keeps it busy, and
        DiskRefuses when it cannot be kept.
        """
        with self._unit() as session:
            yield session
        if self.disk.refusal:
            self.try_disk()

    @contextmanager
    def _unit(self) -> Iterator[Transaction]:
        if self.is_sqlite:
            with _named(), self._writer.unit() as session:
                yield session
        else:
            info = {_HOLDER: self.holder}
            with (
                _named(),
                Session(self._readers, expire_on_commit=False, info=info) as session,
                session.begin(),
            ):
                yield session
                waking.announce(session)
            _has_written.set(True)

    def try_disk(self) -> str:
        """Write something that changes nothing; gives what is wrong with the disk, or ""."""
        try:
            with self._unit() as session:
                if self.is_sqlite:
                    # Not an UPDATE: SQLite does not write what is there already.
                    version = session.scalar(text("PRAGMA user_version"))
                    session.execute(text(f"PRAGMA user_version = {version or 0:d}"))
                else:
                    session.execute(text("UPDATE settings SET value = value"))
        except DiskRefuses as error:
            return str(error)
        self.disk.accept()
        return ""

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Read: one unchanging view of the database for the whole block.

        Raises DatabaseAway when there is none to talk to.
        """
        with _named(), Session(self._readers, autoflush=False) as session:
            if not self.is_sqlite:
                session.connection(
                    execution_options={
                        "isolation_level": "REPEATABLE READ",
                        "postgresql_readonly": True,
                    }
                )
            yield session

    @contextmanager
    def schema_change(self) -> Iterator[Connection]:
        """Change tables: alone among all processes, and kept whole or not at all.

        Another process that is at it already is waited for.
        """
        if self.is_sqlite:
            with self._writer.outside_groups() as connection:
                yield connection
        else:
            with self._readers.begin() as connection:
                connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
                yield connection

    @contextmanager
    def connected_alone(self) -> Iterator[Connection]:
        """Give a connection to PostgreSQL that is nobody else's, without transactions."""
        engine = _postgresql_engine(self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver raises when it is used without SQLAlchemy."""
        error: type[Exception] = self._readers.dialect.loaded_dbapi.Error
        return error

    def vacuum(self) -> None:
        """Write a SQLite file anew, without the room of what was dropped."""
        self._writer.vacuum()

    def ping(self) -> None:
        """Ask the database for nothing, to see that it answers.

        Raises DatabaseAway when PostgreSQL does not.
        """
        with _named(), self._readers.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give back every connection."""
        if self.is_sqlite:
            self._writer.close()
        self._readers.dispose()


def _let_memory_know(connection: Connection, statement: object, *_: object) -> None:
    """Tell a unit that remembers what is about to be done in it, whoever does it."""
    memory = connection.info.get(MEMORY)
    if memory is not None:
        memory.before(connection, statement)


def _postgresql_engine(url: str, **pool: Any) -> Engine:
    """Make an engine whose connections can be told from others', and do not wait for ever."""
    asked = make_url(url).query
    wanted = {"application_name": APPLICATION, "connect_timeout": 10, "keepalives_idle": 30}
    try:
        return create_engine(
            url,
            connect_args={name: value for name, value in wanted.items() if name not in asked},
            hide_parameters=True,
            **pool,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            ["The PostgreSQL driver is missing: pip install 'fedreview[postgresql]'."]
        ) from error


def _sqlite_engine(url: str, *, begin: str) -> Engine:
    is_writer = begin == "BEGIN IMMEDIATE"
    connect_args = {
        "check_same_thread": False,
        "timeout": _BUSY_MILLISECONDS / 1000,
        "cached_statements": _WRITER_STATEMENTS if is_writer else _READER_STATEMENTS,
    }
    engine = (
        create_engine(url, poolclass=NullPool, connect_args=connect_args, hide_parameters=True)
        if is_writer
        # The last one used is the next one taken: its cache is warm, and the others stay empty.
        else create_engine(
            url,
            pool_size=READERS,
            pool_use_lifo=True,
            connect_args=connect_args,
            # Errors are logged, and parameters are keys and password hashes too.
            hide_parameters=True,
        )
    )

    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # sqlite3 would otherwise begin and commit on its own account, and never IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            # FULL and not NORMAL: what was answered with 202 must survive a power cut too.
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            # A flood, or a long look, makes the log long; afterwards the disk gets that back.
            f"journal_size_limit={_LONGEST_LOG_BYTES}",
            f"cache_size={-(_WRITER_CACHE_KB if is_writer else _READER_CACHE_KB)}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine
