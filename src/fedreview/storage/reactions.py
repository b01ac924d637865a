"""Likes and boosts: what readers do without words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select

from fedreview.storage.database import Transaction
from fedreview.storage.tables import ReactionRow
from fedreview.storage.upsert import put


class ReactionKind(StrEnum):
    """What a reader did without words."""

    LIKE = "like"
    BOOST = "boost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A like or boost, and the id of the activity that said so."""

    activity: str
    kind: ReactionKind
    created_at: datetime


def add(
    tx: Transaction,
    *,
    activity: str,
    kind: ReactionKind,
    actor: str,
    object: str,
    emoji: str,
    now: datetime,
) -> None:
    """Count a like or boost once for each actor and thing; a repeated one renews its id."""
    put(
        tx,
        ReactionRow,
        {
            "activity": activity,
            "kind": kind,
            "actor": actor,
            "object": object,
            "emoji": emoji,
            "created_at": now,
        },
        unique=["kind", "actor", "object"],
        renew=["activity", "emoji"],
    )


def remove(
    tx: Transaction, *, actor: str, activity: str, kind: ReactionKind | None, object: str
) -> None:
    """Take back what the Undo names: by its id, or by what was liked."""
    by_id: ColumnElement[bool] = ReactionRow.activity == activity
    by_thing = (
        and_(ReactionRow.kind == kind, ReactionRow.object == object)
        if kind and object
        else literal(False)
    )
    tx.execute(delete(ReactionRow).where(ReactionRow.actor == actor, or_(by_id, by_thing)))


def count(tx: Transaction, objects: Iterable[str]) -> dict[tuple[str, ReactionKind], int]:
    """Count likes and boosts of several things at once."""
    rows = tx.execute(
        select(ReactionRow.object, ReactionRow.kind, func.count())
        .where(ReactionRow.object.in_(list(objects)))
        .group_by(ReactionRow.object, ReactionRow.kind)
    )
    return {(thing, ReactionKind(kind)): count for thing, kind, count in rows}


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
