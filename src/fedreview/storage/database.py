"""Connections and transactions; on SQLite one fair writer that commits in groups."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from fedreview.errors import ConfigurationError

Transaction = Session
"""What storage functions take first: a unit of work, kept whole or not at all."""

READERS = 32
"""How many may read at once: as many as there are threads, or they would open and close."""

GROUP_LIMIT = 64
"""How many units one commit may carry before those who wait are told."""

_BUSY_MILLISECONDS = 10_000
"""How long to wait for another process that writes the same SQLite file."""

_LONGEST_LOG_BYTES = 16 * 1024**2
"""How much of SQLite's write-ahead log stays on the disk when it is not needed."""

_SCHEMA_LOCK = 0x66656472
"""Which of PostgreSQL's advisory locks means that the schema is being changed: "fedr"."""


class Database:
    """One database, and the only way into it.

    url: an SQLAlchemy URL; ``sqlite:///…`` or ``postgresql+psycopg://…``.
    """

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._readers = _sqlite_engine(url, begin="BEGIN")
            self._writer = _GroupWriter(_sqlite_engine(url, begin="BEGIN IMMEDIATE"))
        else:
            try:
                self._readers = create_engine(
                    url,
                    pool_size=10,
                    max_overflow=20,
                    pool_pre_ping=True,
                    hide_parameters=True,
                )
            except ModuleNotFoundError as error:
                raise ConfigurationError(
                    ["The PostgreSQL driver is missing: pip install 'fedreview[postgresql]'."]
                ) from error

    @property
    def engine(self) -> Engine:
        """The engine for reading, and for schema changes."""
        return self._readers

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write: everything in the block is kept when it ends, or nothing is.

        Returns only after the commit. Must not be nested: the inner one would wait for
        the outer one for ever.
        """
        if self.is_sqlite:
            with self._writer.unit() as session:
                yield session
        else:
            with Session(self._readers, expire_on_commit=False) as session, session.begin():
                yield session

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Read: one unchanging view of the database for the whole block."""
        with Session(self._readers, autoflush=False) as session:
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

    def vacuum(self) -> None:
        """Write a SQLite file anew, without the room of what was dropped."""
        self._writer.vacuum()

    def ping(self) -> None:
        """Ask the database for nothing, to see that it answers."""
        with self._readers.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give back every connection."""
        if self.is_sqlite:
            self._writer.close()
        self._readers.dispose()


def _sqlite_engine(url: str, *, begin: str) -> Engine:
    is_writer = begin == "BEGIN IMMEDIATE"
    connect_args = {"check_same_thread": False, "timeout": _BUSY_MILLISECONDS / 1000}
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
            # Each of the many readers has a cache of its own; the writer's is used most.
            f"cache_size={-16_000 if is_writer else -6_000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


@dataclass(eq=False, slots=True)
class _Group:
    """Units that share one commit, and what became of it."""

    size: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None


class _Turnstile:
    """Let threads through one at a time, in the order in which they came.

    threading.Lock is not fair: under load a thread that has just left may enter again
    before one that has waited for a second.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def enter(self) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def leave(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False

    @property
    def has_queue(self) -> bool:
        return bool(self._waiting)


class _GroupWriter:
    """The one writer of a SQLite file.

    Each unit runs in its own savepoint, in its caller's thread, all on one connection.
    A unit that ends while others wait leaves the commit to them and sleeps until it is
    on disk, so no caller goes on before its data is safe, and one fsync serves many.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turnstile = _Turnstile()
        self._connection: Connection | None = None
        self._group = _Group()

    @contextmanager
    def unit(self) -> Iterator[Session]:
        self._turnstile.enter()
        group = self._group
        try:
            with self._savepoint() as session:
                yield session
            group.size += 1
        finally:
            try:
                self._end_turn()
            finally:
                self._turnstile.leave()
        group.done.wait()
        if group.failure:
            raise group.failure

    @contextmanager
    def _savepoint(self) -> Iterator[Session]:
        if self._connection is None:
            self._connection = self._engine.connect()
        if not self._connection.in_transaction():
            self._connection.begin()
        with Session(
            self._connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
            session.commit()

    def _end_turn(self) -> None:
        """Commit, unless somebody waits who can do it for this unit too."""
        group, connection = self._group, self._connection
        if connection is None:
            return
        is_open = _is_open(connection)
        if is_open and self._turnstile.has_queue and group.size < GROUP_LIMIT:
            return
        self._group = _Group()
        try:
            if is_open:
                connection.commit()
            elif group.size:
                # A full disk makes SQLite undo the whole transaction, other units' work too.
                group.failure = RuntimeError("the database gave up the transaction: see the log")
        except DBAPIError as error:
            group.failure = error
        finally:
            if group.failure or not is_open:
                self._reset()
            group.done.set()

    def _reset(self) -> None:
        """Drop the connection after a failure; the next unit opens another."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    @contextmanager
    def outside_groups(self) -> Iterator[Connection]:
        """Write on a connection of its own that may take tables apart."""
        with self._engine.connect() as connection:
            # Batch changes drop a table and put its copy in its place: with the foreign keys
            # on, the drop would cascade. SQLite turns them off only outside a transaction.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"the schema change breaks references: {broken[:5]}")

    def vacuum(self) -> None:
        """Write the file anew, which is done outside of transactions."""
        with self._engine.connect() as connection:
            connection.connection.cursor().execute("VACUUM")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def _is_open(connection: Connection) -> bool:
    """Tell whether SQLite itself still has the transaction that was begun on it."""
    return bool(getattr(connection.connection.dbapi_connection, "in_transaction", False))
