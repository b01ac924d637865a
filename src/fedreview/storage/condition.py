"""Say what database there is, and how it is."""

from dataclasses import dataclass

from sqlalchemy import func, select, text

from fedreview.storage import presence
from fedreview.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A database. version: with its name. workers: alive now, None if unknown."""

    version: str
    workers: int | None


def describe(database: Database) -> Described:
    """Ask a database what it is."""
    with database.snapshot() as tx:
        if database.is_sqlite:
            version = tx.scalar(select(func.sqlite_version()))
            return Described(version=f"SQLite {version}", workers=None)
        version = str(tx.scalar(text("SHOW server_version"))).partition(" ")[0]
        workers = len(presence.list_living(tx))
        return Described(version=f"PostgreSQL {version}", workers=workers)
