"""Our leave for others to reply to what is ours: asked for, given, refused, taken back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, select, update

from fedreview.errors import NotFound
from fedreview.storage.conversation_tables import ApprovalRow
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_ahead
from fedreview.storage.upsert import add_new


class ApprovalState(StrEnum):
    """What we have said. PENDING: nothing yet."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What we say of the reply `interacting` of `actor` to `object`, which is ours.

    request: id of the ReplyRequest, "" when the reply came without one.
    """

    id: str
    object: str
    interacting: str
    actor: str
    request: str
    created_at: datetime
    state: ApprovalState = ApprovalState.PENDING
    decided_at: datetime | None = None


def _approval(row: ApprovalRow) -> Approval:
    return Approval(
        id=row.id,
        object=row.object,
        interacting=row.interacting,
        actor=row.actor,
        request="" if row.request == row.interacting else row.request,
        created_at=row.created_at,
        state=ApprovalState(row.state),
        decided_at=row.decided_at,
    )


def add(tx: Transaction, approval: Approval) -> Approval:
    """Note that leave was asked for, once for each reply; asked again, gives what is known.

    Who asks politely after the reply has come by itself is known by that request from then on.
    """
    new = {
        "id": approval.id,
        "object": approval.object,
        "interacting": approval.interacting,
        "actor": approval.actor,
        "request": approval.request or approval.interacting,
        "state": approval.state,
        "created_at": approval.created_at,
        "decided_at": approval.decided_at,
    }
    if add_new(tx, ApprovalRow, new):
        return approval
    of_both = (
        ApprovalRow.object == approval.object,
        ApprovalRow.interacting == approval.interacting,
    )
    if approval.request:
        tx.execute(update(ApprovalRow).where(*of_both).values(request=approval.request))
    return _approval(tx.scalars(select(ApprovalRow).where(*of_both)).one())


def get_accepted(tx: Transaction, id: str) -> Approval:
    """Read a leave that holds. Raises NotFound, for one that was taken back too."""
    row = tx.get(ApprovalRow, id)
    if row is None or row.state != ApprovalState.ACCEPTED:
        raise NotFound("no such leave to reply")
    return _approval(row)


@read_ahead(ApprovalRow)
def find(tx: Transaction, interacting: str) -> Approval | None:
    """Look up what we say of a reply; None when nobody asked."""
    row = tx.scalar(select(ApprovalRow).where(ApprovalRow.interacting == interacting))
    return _approval(row) if row else None


def foresee(tx: Transaction, replies: Collection[str]) -> None:
    """Read at once what we say of these replies."""
    if replies:
        rows = tx.scalars(select(ApprovalRow).where(ApprovalRow.interacting.in_(replies)))
        found = {row.interacting: _approval(row) for row in rows}
        for reply in replies:
            find.know(tx, found.get(reply), reply)


def decide(tx: Transaction, id: str, state: ApprovalState, *, now: datetime) -> None:
    """Keep what we say of a reply from now on."""
    tx.execute(update(ApprovalRow).where(ApprovalRow.id == id).values(state=state, decided_at=now))


def list_of_actor(tx: Transaction, actor: str, *, limit: int) -> tuple[Approval, ...]:
    """Read what somebody has asked for and was not refused, the oldest first."""
    rows = tx.scalars(
        select(ApprovalRow)
        .where(ApprovalRow.actor == actor, ApprovalRow.state != ApprovalState.REJECTED)
        .order_by(ApprovalRow.created_at, ApprovalRow.id)
        .limit(limit)
    )
    return tuple(_approval(row) for row in rows)


def count_refused(tx: Transaction, actor: str, *, since: datetime) -> int:
    """Count how many replies of somebody were refused since then."""
    refused = (
        ApprovalRow.actor == actor,
        ApprovalRow.state == ApprovalState.REJECTED,
        ApprovalRow.decided_at >= since,
    )
    return tx.scalar(select(func.count()).select_from(ApprovalRow).where(*refused)) or 0


def forget(tx: Transaction, interacting: str) -> None:
    """Drop what we said of a reply that is no more."""
    tx.execute(delete(ApprovalRow).where(ApprovalRow.interacting == interacting))
