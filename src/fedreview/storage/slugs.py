"""Places in page addresses, each given once."""

from itertools import chain, count

from sqlalchemy import func, or_, select

from fedreview.storage.database import Transaction
from fedreview.storage.tables import ReviewRow
from fedreview.storage.work_tables import WorkRow

_LOCK = 0x736C7567
"""Which of PostgreSQL's advisory locks means that a slug is being chosen: "slug"."""


def free_slug(tx: Transaction, table: type[ReviewRow | WorkRow], wanted: str, *, owner: str) -> str:
    """Give `wanted`, or it with the first number that is free: ``dune``, ``dune-2`` ….

    owner: the id of the row that it is for; what that row has already counts as free.
    Nobody else is given one before the transaction ends: two would get the same.
    """
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    is_like_it = or_(table.slug == wanted, table.slug.startswith(f"{wanted}-", autoescape=True))
    taken = set(tx.scalars(select(table.slug).where(is_like_it, table.id != owner)))
    candidates = chain([wanted], (f"{wanted}-{n}" for n in count(2)))
    return next(slug for slug in candidates if slug not in taken)
