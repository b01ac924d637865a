"""Hear that other processes have queued something, be alive to them, and bury their dead.

On PostgreSQL, in a thread with a connection of its own. When that is lost, as while the server
restarts, another is opened as soon as it can be; until then the worker looks every second.
"""

import random
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, func, text
from sqlalchemy import select as select_
from sqlalchemy.exc import SQLAlchemyError

from fedreview.errors import Collision, DatabaseAway
from fedreview.storage import presence, waking
from fedreview.storage.database import Database

LOOK_EVERY = timedelta(seconds=1)
"""How long a worker sleeps at most when nobody can wake it."""

LOOK_EVERY_WHEN_WOKEN = timedelta(seconds=5)
"""The same when it is woken: what waits for its time is found so late at the most."""

LOOK_FOR_DEAD_EVERY = timedelta(seconds=3)
LOOK_FOR_HOLDERS_EVERY = 3
"""At so many looks once: to read who holds leases costs as much as the queues are long. It finds
those who came and went between two looks."""

LONGEST_PAUSE = timedelta(seconds=10)
FIRST_PAUSE = timedelta(milliseconds=100)
STOP_WITHIN = timedelta(seconds=3)
SETTLE_WITHIN = timedelta(seconds=1)
"""What is leased before the worker has a name is held, should it die, until the lease runs out."""

# A machine that is cut off, and not only a process, is noticed after half a minute.
_KEEPALIVE = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 4}

_log = structlog.get_logger(__name__)


class Listener:
    """Listens for one worker. ring: is called when there may be something to do."""

    def __init__(self, database: Database, ring: Callable[[], None]) -> None:
        self._database = database
        self._ring = ring
        self._number = presence.new_number()
        self._is_well = False
        self._suspects: frozenset[int] = frozenset()
        self._missing: frozenset[int] = frozenset()
        self._looks = 0
        self._stopping = threading.Event()
        self._has_settled = threading.Event()

    def look_every(self) -> timedelta:
        """Say how long the worker may sleep, a little different each time."""
        if not self._is_well:
            return LOOK_EVERY
        return LOOK_EVERY_WHEN_WOKEN * random.uniform(0.8, 1.2)  # noqa: S311  (no secret)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listen for the length of a block; on SQLite there is nothing to hear."""
        if self._database.is_sqlite:
            yield
            return
        here, there = socket.socketpair()
        with here, there:
            thread = threading.Thread(
                target=self._run, args=(here,), name="fedreview-listener", daemon=True
            )
            thread.start()
            self._has_settled.wait(SETTLE_WITHIN.total_seconds())
            try:
                yield
            finally:
                self._stopping.set()
                there.send(b".")
                thread.join(STOP_WITHIN.total_seconds())

    def _run(self, stop: socket.socket) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                with self._database.connected_alone() as connection:
                    self._settle_in(connection)
                    self._listen(connection, stop)
            except (SQLAlchemyError, Collision, DatabaseAway, self._database.driver_error) as error:
                # The other lines lead to the documentation of a library.
                said = str(error).partition("\n")[0]
                _log.warning("not woken by other processes now", reason=said[:300])
            finally:
                self._leave()
            if time.monotonic() - began > LONGEST_PAUSE.total_seconds():
                pause = FIRST_PAUSE
            self._stopping.wait(pause.total_seconds() * random.uniform(0.8, 1.2))  # noqa: S311  (no secret)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _settle_in(self, connection: Connection) -> None:
        for name, seconds in _KEEPALIVE.items():
            connection.execute(select_(func.set_config(name, str(seconds), False)))
        channel = connection.scalar(select_(waking.CHANNEL))
        connection.execute(text(f'LISTEN "{channel}"'))
        if presence.enter(connection, self._number):
            self._database.holder = self._number
        self._suspects = presence.list_holders(connection)
        self._is_well = True
        self._has_settled.set()
        # Something may have been missed.
        self._ring()

    def _leave(self) -> None:
        """Lease in nobody's name, and let the worker look for itself, from now on."""
        self._database.holder = None
        if self._is_well:
            self._is_well = False
            self._ring()

    def _listen(self, connection: Connection, stop: socket.socket) -> None:
        driver: Any = connection.connection.dbapi_connection
        # For what comes while we ask who lives: the driver takes that out of our sight.
        driver.add_notify_handler(lambda _: self._ring())
        next_look = time.monotonic()
        while not self._stopping.is_set():
            left = max(0.0, next_look - time.monotonic())
            heard, _, _ = select.select([driver, stop], [], [], left)
            if driver in heard:
                self._hear(driver.pgconn)
            if time.monotonic() >= next_look:
                self._bury(connection)
                next_look = time.monotonic() + LOOK_FOR_DEAD_EVERY.total_seconds()

    def _hear(self, libpq: Any) -> None:
        libpq.consume_input()
        has_heard = False
        while libpq.notifies():
            has_heard = True
        if has_heard:
            self._ring()

    def _bury(self, connection: Connection) -> None:
        """Give back what workers hold that were not to be seen at the last two looks.

        One alone may be a lost connection, whose worker goes on.
        """
        living = presence.list_living(connection)
        dead = self._missing - living
        if dead:
            with self._database.transaction() as tx:
                given = presence.give_back(tx, dead)
            if given:
                _log.warning("gave back what dead workers held", leases=given)
        self._looks += 1
        if self._looks % LOOK_FOR_HOLDERS_EVERY == 0:
            self._suspects |= presence.list_holders(connection)
        self._missing = (self._suspects - living) - dead
        self._suspects = (living | self._suspects) - dead
