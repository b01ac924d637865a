"""How large the database is."""

from dataclasses import dataclass

from sqlalchemy import text

from fedreview.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of a database, in bytes. unused: of that, what the next rows will fill."""

    total: int
    unused: int


def measure(tx: Transaction) -> Size:
    """Measure all tables with their indices."""
    if tx.get_bind().dialect.name != "sqlite":
        total = tx.scalar(text("SELECT pg_database_size(current_database())"))
        return Size(total=int(total or 0), unused=0)
    page, pages, free = (
        int(tx.scalar(text(f"PRAGMA {name}")) or 0)
        for name in ("page_size", "page_count", "freelist_count")
    )
    return Size(total=page * pages, unused=page * free)
