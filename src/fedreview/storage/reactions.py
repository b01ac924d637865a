"""The authors' own likes and boosts, to be shown as theirs and to be taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from fedreview.storage.database import Transaction
from fedreview.storage.tables import ReactionRow
from fedreview.storage.threads import ReactionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A like or boost, and the id of the activity that said so."""

    activity: str
    kind: ReactionKind
    created_at: datetime


def find(tx: Transaction, kind: ReactionKind, *, actor: str, object: str) -> Reaction | None:
    """Look up whether this actor likes, or has boosted, the thing."""
    row = tx.scalar(
        select(ReactionRow).where(
            ReactionRow.kind == kind, ReactionRow.actor == actor, ReactionRow.object == object
        )
    )
    if row is None:
        return None
    return Reaction(activity=row.activity, kind=ReactionKind(row.kind), created_at=row.created_at)


def list_given(
    tx: Transaction, actor: str, objects: Iterable[str]
) -> frozenset[tuple[str, ReactionKind]]:
    """Read which of these things the actor likes or has boosted."""
    rows = tx.execute(
        select(ReactionRow.object, ReactionRow.kind).where(
            ReactionRow.actor == actor, ReactionRow.object.in_(list(objects))
        )
    )
    return frozenset((thing, ReactionKind(kind)) for thing, kind in rows)
