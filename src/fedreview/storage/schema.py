"""Bring the tables of a database up to this version.

What changes them is imported only for that: it takes 5 MB and a tenth of a second, and a server
that starts need only compare two names.
"""

# ruff: noqa: PLC0415  (see above)

import re
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from fedreview.errors import ConfigurationError
from fedreview.storage.database import Database
from fedreview.storage.search_tables import WORDS

if TYPE_CHECKING:
    from alembic.config import Config  # see the top

_PACKAGE = Path(__file__).parents[1]

_OLDEST_POSTGRESQL = 14

_REVISION = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = "([0-9a-f]+)"', re.MULTILINE)

# Alembic's `context` and `op` belong to the whole process, so one upgrade at a time in it.
_one_at_a_time = threading.Lock()


def _scripts() -> Path:
    """Find the schema changes: in the package when installed, else at the top of the repository."""
    installed = _PACKAGE / "alembic"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "alembic"


def _config() -> "Config":
    from alembic.config import Config  # see the top

    config = Config()
    # A % in the path would be read as the start of a placeholder.
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    return config


def is_ours(name: str | None, *_: object) -> bool:
    """Tell whether the metadata speaks of a table or index: of the one over words it does not."""
    return not (name or "").startswith(WORDS)


def upgrade(database: Database) -> None:
    """Make or change tables until they are as this version needs them; keeps what they hold.

    All changes are kept, or none. Safe to call from several processes at once. Raises
    ConfigurationError when a newer version has already changed them, or PostgreSQL is too old or
    cannot hold every letter.
    """
    from alembic import command  # see the top

    config = _config()
    with _one_at_a_time, database.schema_change() as connection:
        _refuse_newer(_current(connection))
        if not database.is_sqlite:
            _refuse_unfit(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current(database: Database) -> str | None:
    """Read which revision the tables are at; None when there are none yet."""
    with database.engine.connect() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return str(revision) if revision else None


@cache
def _revisions() -> dict[str, str | None]:
    """Read each schema change that there is, with the one before it."""
    found: dict[str, str | None] = {}
    for path in (_scripts() / "versions").glob("*.py"):
        named = dict(_REVISION.findall(path.read_text(encoding="utf-8")))
        found[named["revision"]] = named.get("down_revision")
    return found


@cache
def head() -> str:
    """Tell the revision that this version needs."""
    revisions = _revisions()
    heads = set(revisions).difference(revisions.values())
    if len(heads) != 1:
        raise RuntimeError("this installation lacks its schema changes, or has too many")
    return heads.pop()


def is_current(database: Database) -> bool:
    """Tell whether the tables are as this version needs them.

    Raises ConfigurationError when a newer version has changed them.
    """
    revision = current(database)
    _refuse_newer(revision)
    return revision == head()


def _refuse_unfit(connection: Connection) -> None:
    version = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    encoding = connection.scalar(text("SHOW server_encoding"))
    problems = []
    if version < _OLDEST_POSTGRESQL:
        problems.append(
            f"This is PostgreSQL {version}: fedreview needs {_OLDEST_POSTGRESQL} or newer."
        )
    if encoding != "UTF8":
        problems.append(
            f"The database can hold {encoding} only, and not every letter. Make it anew: createdb "
            "--owner=fedreview --encoding=UTF8 --template=template0 fedreview"
        )
    if problems:
        raise ConfigurationError(problems)


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in _revisions():
        raise ConfigurationError(
            [
                (
                    "The database belongs to a newer version of fedreview: install that one, "
                    "or restore the backup from before the upgrade."
                )
            ]
        )
