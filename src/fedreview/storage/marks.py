"""Tell whether anything that is shown was changed since, without reading what it was."""

import sqlite3
from itertools import count

from sqlalchemy import String, cast, func, make_url, select

from fedreview.storage import showing
from fedreview.storage.database import Transaction

Mark = str
"""Names one state of all that is shown: another one after every commit that may change it."""


class CommitCounter:
    """Reads SQLite's own count of commits, on a connection that does nothing else.

    A look takes 3 µs and waits for nobody: the count lies in memory that all processes share,
    and is another as soon as a commit is visible. So it is the one look at a database that may
    be taken in the event loop, by one thread at a time. When it is another, our own count of
    those that change what is shown is read as well, in 10 µs.

    Source: sqlite.org/pragma.html, "PRAGMA data_version".
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._cursor: sqlite3.Cursor | None = None
        self._unknown = count()
        self._commits: int | None = None
        self._shown = 0

    def read(self) -> Mark:
        """Give the mark of this moment; it means something in this process only."""
        try:
            if self._cursor is None:
                self._cursor = self._connect()
            [(commits,)] = self._cursor.execute("PRAGMA data_version").fetchall()
            if commits != self._commits:
                # What is committed between these two is seen by the next look.
                [(self._shown,)] = self._cursor.execute(showing.VERSION).fetchall()
                self._commits = commits
        except sqlite3.OperationalError:
            # Locked, while another process repairs the file after a crash, or not there: a mark
            # that was never given says that everything may be another.
            return f"unknown {next(self._unknown)}"
        return str(self._shown)

    def _connect(self) -> sqlite3.Cursor:
        self._connection = sqlite3.connect(
            self._path, timeout=0, isolation_level=None, check_same_thread=False
        )
        return self._connection.cursor()

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._cursor = None


def counter_of(url: str) -> CommitCounter | None:
    """Give the counter of a SQLite database by its SQLAlchemy URL; PostgreSQL has none."""
    found = make_url(url)
    is_sqlite = found.get_backend_name() == "sqlite"
    return CommitCounter(found.database or "") if is_sqlite else None


def current(tx: Transaction) -> Mark:
    """Give the mark of this snapshot, on PostgreSQL: which transactions it can see.

    Source: PostgreSQL 14, section 9.26.8, "pg_current_snapshot".
    """
    return str(tx.execute(select(cast(func.pg_current_snapshot(), String))).scalar_one())
