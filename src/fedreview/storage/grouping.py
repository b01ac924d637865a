"""The one fair writer of a SQLite file, which commits in groups."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from fedreview.errors import DiskRefuses
from fedreview.storage import showing
from fedreview.storage.disk import refusal_behind

GROUP_LIMIT = 64
"""How many units one commit may carry before those who wait are told."""


@dataclass(eq=False, slots=True)
class _Group:
    """Units that share one commit, and what became of it."""

    size: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None
    refusal: DiskRefuses | None = None


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


class GroupWriter:
    """The one writer of a SQLite file.

    Each unit runs in its caller's thread, all on one connection, and each after the first of a
    group in its own savepoint.
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
        """Write; comes back when it is on disk. Raises what the commit fails with."""
        self._turnstile.enter()
        group = self._group
        try:
            with self._savepoint() as session:
                yield session
            group.size += 1
        except Exception as error:
            refusal = refusal_behind(error)
            group.refusal = refusal or group.refusal
            if refusal is None or refusal is error:
                raise
            raise refusal from refusal.__cause__
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
        is_first = not self._connection.in_transaction()
        if is_first:
            self._connection.begin()
        # Before the first there is no work of others that a savepoint would have to save.
        with Session(
            self._connection,
            join_transaction_mode="rollback_only" if is_first else "create_savepoint",
            expire_on_commit=False,
        ) as session:
            try:
                yield session
                session.commit()
            except BaseException:
                if is_first:
                    # And with it the whole transaction; a savepoint is undone at the end.
                    session.rollback()
                raise

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
                showing.count(connection)
                connection.commit()
            elif group.size:
                # A full disk makes SQLite undo the whole transaction, other units' work too.
                group.failure = group.refusal or RuntimeError(
                    "the database gave up the transaction: see the log"
                )
        except Exception as error:  # noqa: BLE001  (raised by each unit of the group)
            group.failure = error
        finally:
            was_undone_by_us = not is_open and not connection.in_transaction()
            if group.failure or not (is_open or was_undone_by_us):
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
                showing.count(connection)
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"the schema change breaks references: {broken[:5]}")

    def vacuum(self) -> None:
        """Write the file anew, which is done outside of transactions."""
        with self._engine.connect() as connection:
            connection.connection.cursor().execute("VACUUM")

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def _is_open(connection: Connection) -> bool:
    """Tell whether SQLite itself still has the transaction that was begun on it."""
    return bool(getattr(connection.connection.dbapi_connection, "in_transaction", False))
