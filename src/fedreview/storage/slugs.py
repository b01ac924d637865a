"""Places in page addresses, each given once."""

from itertools import chain, count, islice

from sqlalchemy import func, select

from fedreview.storage.database import Transaction
from fedreview.storage.tables import ReviewRow
from fedreview.storage.work_tables import WorkRow

_LOCK = 0x736C7567
"""Which of PostgreSQL's advisory locks means that a slug is being chosen: "slug"."""

_FEW, _MANY = 10, 1_000
"""How many names are looked for at once: at first, and when all those before are taken."""


def free_slug(tx: Transaction, table: type[ReviewRow | WorkRow], wanted: str, *, owner: str) -> str:
    """Give `wanted`, or it with the first number that is free: ``dune``, ``dune-2`` ….

    owner: the id of the row that it is for; what that row has already counts as free.
    Nobody else is given one before the transaction ends: two would get the same.
    """
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    candidates = chain([wanted], (f"{wanted}-{n}" for n in count(2)))
    at_once = _FEW
    while True:
        # By their whole names, which have an index: what begins with one has none in PostgreSQL.
        some = list(islice(candidates, at_once))
        taken = set(tx.scalars(select(table.slug).where(table.slug.in_(some), table.id != owner)))
        free = next((slug for slug in some if slug not in taken), None)
        if free is not None:
            return free
        at_once = min(at_once * 10, _MANY)
