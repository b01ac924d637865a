"""Disks that take nothing more, as SQLite meets them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from fedreview.storage.database import Database

READ_ONLY = "query_only=ON"


@contextmanager
def refusing(database: Database, pragma: str = READ_ONLY) -> Iterator[None]:
    """Let a SQLite database take nothing, for as long as the block lasts.

    pragma: what makes it refuse; each new connection gets it too.
    """
    writer = database._writer

    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.cursor().execute(f"PRAGMA {pragma}")

    event.listen(writer._engine, "connect", on_connect)
    writer._reset()
    yield
    event.remove(writer._engine, "connect", on_connect)
    writer._reset()
