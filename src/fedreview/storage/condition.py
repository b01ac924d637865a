"""Say what database there is, and how it is."""

from dataclasses import dataclass

from sqlalchemy import func, select, text

from fedreview.storage import presence
from fedreview.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A database. version: with its name. size: in bytes. workers: alive now, None if unknown."""

    version: str
    size: int
    workers: int | None


def describe(database: Database) -> Described:
    """Ask a database what it is."""
    with database.snapshot() as tx:
        if database.is_sqlite:
            version = tx.scalar(select(func.sqlite_version()))
            pages = tx.scalar(text("PRAGMA page_count")) or 0
            size = pages * (tx.scalar(text("PRAGMA page_size")) or 0)
            return Described(version=f"SQLite {version}", size=size, workers=None)
        version = str(tx.scalar(text("SHOW server_version"))).partition(" ")[0]
        size = tx.scalar(select(func.pg_database_size(func.current_database()))) or 0
        workers = len(presence.list_living(tx))
        return Described(version=f"PostgreSQL {version}", size=size, workers=workers)
