"""Which workers are alive, and what dead ones held.

On PostgreSQL each worker keeps an advisory lock under a number of its own, in a session that
lives as long as it does. When its process dies, or its machine, the server ends that session and
frees the lock: what the worker had leased can be given back then, and need not run out first.
"""

import secrets
from collections.abc import Collection

from sqlalchemy import Connection, column, func, select, table, update
from sqlalchemy.orm import Session

from fedreview.storage import waking
from fedreview.storage.conversation_tables import LetterRow
from fedreview.storage.queue_tables import ArrivalRow, DeliveryRow, ErrandRow
from fedreview.storage.queues import QueueState

_CLASS = 0x66656477
"""Which of PostgreSQL's advisory locks say that a worker lives: "fedw"."""

_LEASED = (ArrivalRow, DeliveryRow, ErrandRow, LetterRow)

_NOT_OVER = (QueueState.WAITING, QueueState.CANCELLED)
"""What may be leased: also what was cancelled on its way."""

_LOCKS = table("pg_locks", *map(column, ("locktype", "classid", "objid", "database", "granted")))
_DATABASES = table("pg_database", column("oid"), column("datname"))


def new_number() -> int:
    """Give a worker a number that no other has: one of two milliards."""
    return 1 + secrets.randbelow(2**31 - 1)


def enter(connection: Connection, number: int) -> bool:
    """Be alive for as long as this connection; tells whether the number was free."""
    return bool(connection.scalar(select(func.pg_try_advisory_lock(_CLASS, number))))


def list_living(tx: Session | Connection) -> frozenset[int]:
    """Read the numbers of the workers of this database that are alive."""
    here = select(_DATABASES.c.oid).where(_DATABASES.c.datname == func.current_database())
    numbers = select(_LOCKS.c.objid).where(
        _LOCKS.c.locktype == "advisory",
        _LOCKS.c.classid == _CLASS,
        _LOCKS.c.granted,
        _LOCKS.c.database == here.scalar_subquery(),
    )
    return frozenset(int(number) for number in tx.execute(numbers).scalars())


def list_holders(tx: Session | Connection) -> frozenset[int]:
    """Read the numbers of the workers that hold leases. Looks at all that waits: once is enough."""
    found: set[int] = set()
    for row in _LEASED:
        held = select(row.leased_by).where(
            row.state.in_(_NOT_OVER), row.leased_until.is_not(None), row.leased_by.is_not(None)
        )
        found.update(number for number in tx.execute(held.distinct()).scalars() if number)
    return frozenset(found)


def give_back(tx: Session, dead: Collection[int]) -> int:
    """End the leases of workers that are dead, and wake the others; gives how many there were."""
    given = 0
    for row in _LEASED:
        # In the order of ids, and around what somebody is at: who settles late comes first.
        held = (
            select(row.id)
            .where(row.state.in_(_NOT_OVER), row.leased_until.is_not(None), row.leased_by.in_(dead))
            .order_by(row.id)
            .with_for_update(skip_locked=True)
        )
        ids = list(tx.scalars(held))
        tx.execute(update(row).where(row.id.in_(ids)).values(leased_until=None, leased_by=None))
        given += len(ids)
    if given:
        waking.call(tx)
    return given
