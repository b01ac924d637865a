"""Places in page addresses, each given once."""

from itertools import count

from sqlalchemy import select

from fedreview.storage.database import Transaction
from fedreview.storage.tables import ReviewRow, WorkRow


def free_slug(tx: Transaction, table: type[ReviewRow | WorkRow], wanted: str) -> str:
    """Give `wanted`, or it with the first number that nobody has: ``dune``, ``dune-2`` …."""
    if not _is_taken(tx, table, wanted):
        return wanted
    return next(slug for n in count(2) if not _is_taken(tx, table, slug := f"{wanted}-{n}"))


def _is_taken(tx: Transaction, table: type[ReviewRow | WorkRow], slug: str) -> bool:
    return tx.scalar(select(table.id).where(table.slug == slug)) is not None
