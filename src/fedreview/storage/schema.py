"""Bring the tables of a database up to this version."""

import threading
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command
from fedreview.errors import ConfigurationError
from fedreview.storage.database import Database
from fedreview.storage.search_tables import WORDS

_PACKAGE = Path(__file__).parents[1]

# Alembic's `context` and `op` belong to the whole process, so one upgrade at a time in it.
_one_at_a_time = threading.Lock()


def _scripts() -> Path:
    """Find the schema changes: in the package when installed, else at the top of the repository."""
    installed = _PACKAGE / "alembic"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "alembic"


def _config() -> Config:
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
    ConfigurationError when a newer version has already changed them.
    """
    config = _config()
    with _one_at_a_time, database.schema_change() as connection:
        _refuse_newer(MigrationContext.configure(connection).get_current_revision())
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current(database: Database) -> str | None:
    """Read which revision the tables are at; None when there are none yet."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def head() -> str:
    """Tell the revision that this version needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("this installation lacks its schema changes")
    return revision


def is_current(database: Database) -> bool:
    """Tell whether the tables are as this version needs them.

    Raises ConfigurationError when a newer version has changed them.
    """
    revision = current(database)
    _refuse_newer(revision)
    return revision == head()


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise ConfigurationError(
            [
                (
                    "The database belongs to a newer version of fedreview: install that one, "
                    "or restore the backup from before the upgrade."
                )
            ]
        )
