"""The keys of our own actors: those in use, and what is left of those before them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from fedreview.errors import NotAllowed
from fedreview.storage import accounts
from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import ActivityRow, DeliveryRow
from fedreview.storage.queues import QueueState
from fedreview.storage.tables import KeyRow

_VERSION = "keys_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key of ours, as PEM, under the id that it signs with.

    private_pem: "" when the private half of a retired key has been wiped.
    public_pem: of a retired key that is still published; "" for one in use or forgotten.
    """

    id: str
    actor: str
    private_pem: str
    created_at: datetime
    retired_at: datetime | None = None
    public_pem: str = ""


def add(tx: Transaction, key: StoredKey) -> None:
    """Keep a key of ours. Its id must be new."""
    tx.add(
        KeyRow(
            id=key.id,
            actor=key.actor,
            private_pem=key.private_pem,
            created_at=key.created_at,
            retired_at=key.retired_at,
            public_pem=key.public_pem,
        )
    )
    tx.flush()


def list_of(tx: Transaction, actor: str) -> tuple[StoredKey, ...]:
    """Read an actor's keys, the oldest first; of one age, RSA's #main-key first."""
    rows = tx.scalars(
        select(KeyRow).where(KeyRow.actor == actor).order_by(KeyRow.created_at, KeyRow.id.desc())
    )
    return tuple(
        StoredKey(
            id=row.id,
            actor=row.actor,
            private_pem=row.private_pem,
            created_at=row.created_at,
            retired_at=row.retired_at,
            public_pem=row.public_pem,
        )
        for row in rows
    )


def list_actors(tx: Transaction) -> tuple[str, ...]:
    """Read which actors of ours have keys; their ids carry the base URL of back then."""
    return tuple(tx.scalars(select(KeyRow.actor).distinct()))


def retire(tx: Transaction, id: str, *, public_pem: str, now: datetime) -> None:
    """Let a key sign nothing new, and keep its public half.

    Raises NotAllowed when it is not in use, for two may rotate at the same time.
    """
    retired = tx.execute(
        update(KeyRow)
        .where(KeyRow.id == id, KeyRow.retired_at.is_(None))
        .values(retired_at=now, public_pem=public_pem)
        .returning(KeyRow.id)
    )
    if retired.first() is None:
        raise NotAllowed(f"{id} is not in use any more: somebody else has just rotated it")


def forget(tx: Transaction, actor: str) -> None:
    """Publish no retired key of the actor any more."""
    tx.execute(
        update(KeyRow)
        .where(KeyRow.actor == actor, KeyRow.retired_at.is_not(None))
        .values(public_pem="")
    )


def wipe(tx: Transaction, *, retired_before: datetime | None = None) -> bool:
    """Wipe the private halves of retired keys that no waiting delivery is signed with.

    retired_before: also of those that are still published, when they are as old as that. One
    that is forgotten need not wait.

    Tells whether there was any.
    """
    is_due = KeyRow.public_pem == ""
    if retired_before:
        is_due |= KeyRow.retired_at < retired_before
    needed = (
        select(ActivityRow.key_id)
        .join(DeliveryRow, DeliveryRow.activity_id == ActivityRow.id)
        .where(DeliveryRow.state == QueueState.WAITING, ActivityRow.key_id != "")
    )
    wiped = tx.execute(
        update(KeyRow)
        .where(
            KeyRow.private_pem != "",
            KeyRow.retired_at.is_not(None),
            is_due,
            KeyRow.id.not_in(needed),
        )
        .values(private_pem="")
        .returning(KeyRow.id)
    )
    return bool(wiped.all())


def find_version(tx: Transaction) -> str | None:
    """Give a mark that changes whenever keys change, for what keeps them in memory."""
    return accounts.find_setting(tx, _VERSION)


def renew_version(tx: Transaction) -> None:
    """Let every process read the keys anew."""
    number = int(find_version(tx) or "0")
    accounts.set_setting(tx, _VERSION, str(number + 1))
