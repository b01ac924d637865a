"""Places in page addresses, each given once."""

from itertools import count

from sqlalchemy import select

from fedreview.storage.database import Transaction
from fedreview.storage.tables import ReviewRow, WorkRow


def free_slug(tx: Transaction, table: type[ReviewRow | WorkRow], wanted: str, *, owner: str) -> str:
    """Give `wanted`, or it with the first number that is free: ``dune``, ``dune-2`` ….

    owner: the id of the row that it is for; what that row has already counts as free.
    """

    def is_taken(slug: str) -> bool:
        others = select(table.id).where(table.slug == slug, table.id != owner)
        return tx.scalar(others) is not None

    if not is_taken(wanted):
        return wanted
    return next(slug for n in count(2) if not is_taken(slug := f"{wanted}-{n}"))
