"""What new keys mean for activities that are kept: which key signs them, and their proofs."""

from sqlalchemy import or_, select, update

from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import ActivityRow, DeliveryRow
from fedreview.storage.queues import QueueState


def sign_waiting_with(tx: Transaction, actor: str, key_id: str) -> None:
    """Let what waits for delivery be signed with this key, whatever comes after it."""
    waiting = select(DeliveryRow.activity_id).where(DeliveryRow.state == QueueState.WAITING)
    tx.execute(
        update(ActivityRow)
        .where(ActivityRow.actor == actor, ActivityRow.key_id == "", ActivityRow.id.in_(waiting))
        .values(key_id=key_id)
    )


def list_provable(
    tx: Transaction, actor: str, *, after: str, limit: int
) -> tuple[tuple[str, bytes], ...]:
    """Read ids and bodies of what somebody may still get: from the outbox, or delivered.

    after: the last id of the page before, "" for the first.
    """
    waiting = select(DeliveryRow.activity_id).where(DeliveryRow.state == QueueState.WAITING)
    rows = tx.execute(
        select(ActivityRow.id, ActivityRow.body)
        .where(
            ActivityRow.actor == actor,
            ActivityRow.id > after,
            ActivityRow.body != b"",
            or_(ActivityRow.listed.is_(True), ActivityRow.id.in_(waiting)),
        )
        .order_by(ActivityRow.id)
        .limit(limit)
    )
    return tuple((activity_id, body) for activity_id, body in rows)


def replace_body(tx: Transaction, id: str, body: bytes) -> None:
    """Put other bytes into an activity of ours that say the same."""
    tx.execute(update(ActivityRow).where(ActivityRow.id == id).values(body=body))
