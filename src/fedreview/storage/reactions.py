"""Likes, boosts, emoji and quotes: what others did with something that stands on our pages."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import aliased

from fedreview.activitypub.origin import host
from fedreview.storage import blocks
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_ahead
from fedreview.storage.tables import ReactionRow
from fedreview.storage.upsert import put

MOST_EMOJI = 8
"""Different ones of one person for one thing; further ones are not kept."""

MOST_KINDS_OF_EMOJI = 12
"""Different ones that are shown with their counts; the rest is in the list of all."""

FIRST = 24
"""The earliest of a thing; their faces are copied, and they are read for a page that shows some.

The earliest and not the latest: when a review goes round the world, those stay the same, and
neither is its page made anew for each nor is everybody's picture asked for.
"""


class ReactionKind(StrEnum):
    """What a reader did without writing a reply."""

    LIKE = "like"
    BOOST = "boost"
    EMOJI = "emoji"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A reaction, and the id of the activity that said so; of a quote, that of the post.

    actor: whose it is. emoji, emoji_url: as the columns.
    place: a number that grows with each newcomer; 0 before it is kept.
    """

    activity: str
    kind: ReactionKind
    created_at: datetime
    actor: str = ""
    emoji: str = ""
    emoji_url: str = ""
    place: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiCount:
    """How many reacted with one emoji. url: of its picture elsewhere, or ""."""

    emoji: str
    url: str
    number: int


def add(
    tx: Transaction,
    *,
    activity: str,
    kind: ReactionKind,
    actor: str,
    object: str,
    now: datetime,
    emoji: str = "",
    emoji_url: str = "",
) -> None:
    """Keep a reaction once for each person, thing and emoji; a repeated one renews its id.

    Quotes are kept once for each post. What a block keeps off pages is veiled from the start.
    """
    is_theirs = (ReactionRow.actor == actor, ReactionRow.object == object)
    if kind is ReactionKind.EMOJI and _has_enough(tx, *is_theirs, emoji=emoji):
        return
    put(
        tx,
        ReactionRow,
        {
            "activity": activity,
            "kind": kind,
            "actor": actor,
            "object": object,
            "emoji": emoji,
            "emoji_url": emoji_url,
            "post": activity if kind is ReactionKind.QUOTE else "",
            "host": host(actor),
            "veiled": False,
            "created_at": now,
        },
        unique=["kind", "actor", "object", "emoji", "post"],
        renew=["activity", "emoji_url"],
    )
    blocks.refresh_reactions(tx, *is_theirs)


def _has_enough(tx: Transaction, *is_theirs: ColumnElement[bool], emoji: str) -> bool:
    query = select(func.count()).select_from(ReactionRow)
    others = query.where(*is_theirs, ReactionRow.kind == ReactionKind.EMOJI)
    return (tx.scalar(others.where(ReactionRow.emoji != emoji)) or 0) >= MOST_EMOJI


def remove(tx: Transaction, *, actor: str, activity: str) -> bool:
    """Take back what this actor did by this activity, or with this post; tells whether it was."""
    if _has_reacted.is_known(tx, actor, activity) and not _has_reacted(tx, actor, activity):
        return False
    return _delete(tx, ReactionRow.actor == actor, ReactionRow.activity == activity)


@read_ahead(ReactionRow)
def _has_reacted(tx: Transaction, actor: str, activity: str) -> bool:
    which = (ReactionRow.actor == actor, ReactionRow.activity == activity)
    return tx.scalar(select(ReactionRow.id).where(*which).limit(1)) is not None


def foresee(tx: Transaction, activities: Collection[tuple[str, str]]) -> None:
    """Read at once which of these activities, each with its actor, are reactions."""
    if not activities:
        return
    ids = [activity for activity, _ in activities]
    which = ReactionRow.activity.in_(ids)
    rows = tx.execute(select(ReactionRow.activity, ReactionRow.actor).where(which))
    known = {(activity, actor) for activity, actor in rows}
    for activity, actor in activities:
        _has_reacted.know(tx, (activity, actor) in known, actor, activity)


def remove_of(
    tx: Transaction, *, actor: str, kind: ReactionKind, object: str, emoji: str | None = None
) -> bool:
    """Take back what this actor did to the thing, in this kind; tells whether there was any.

    emoji: the only one that is meant, or None for all of theirs.
    """
    which = [
        ReactionRow.actor == actor,
        ReactionRow.kind == kind,
        ReactionRow.object == object,
    ]
    if emoji is not None:
        which.append(ReactionRow.emoji == emoji)
    return _delete(tx, *which)


def _delete(tx: Transaction, *which: ColumnElement[bool]) -> bool:
    gone = tx.execute(delete(ReactionRow).where(*which).returning(ReactionRow.id))
    return gone.first() is not None


def shown(*which: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Select those of these reactions that no block keeps off pages."""
    return (*which, ReactionRow.veiled.is_(False))


def count(tx: Transaction, objects: Iterable[str]) -> dict[tuple[str, ReactionKind], int]:
    """Count each kind of reaction to several things at once."""
    rows = tx.execute(
        select(ReactionRow.object, ReactionRow.kind, func.count())
        .where(*shown(ReactionRow.object.in_(list(objects))))
        .group_by(ReactionRow.object, ReactionRow.kind)
    )
    return {(thing, ReactionKind(kind)): number for thing, kind, number in rows}


def emoji_counts(which: ColumnElement[bool]) -> Select[*tuple[str, str, int]]:
    """Select emoji, picture and number of those that a thing was given most."""
    return (
        select(ReactionRow.emoji, ReactionRow.emoji_url, func.count().label("number"))
        .where(*shown(which), ReactionRow.kind == ReactionKind.EMOJI)
        .group_by(ReactionRow.emoji, ReactionRow.emoji_url)
        .order_by(func.count().desc(), func.min(ReactionRow.id))
        .limit(MOST_KINDS_OF_EMOJI)
    )


def count_emoji(tx: Transaction, object: str) -> tuple[EmojiCount, ...]:
    """Count the emoji that a thing was given, the most given first."""
    rows = tx.execute(emoji_counts(ReactionRow.object == object))
    return tuple(EmojiCount(emoji=emoji, url=url, number=number) for emoji, url, number in rows)


def first(which: ColumnElement[bool]) -> Select[*tuple[int]]:
    """Select the places of the earliest reactions to a thing."""
    return select(ReactionRow.id).where(*shown(which)).order_by(ReactionRow.id).limit(FIRST)


def list_(
    tx: Transaction,
    object: str,
    *,
    limit: int,
    before: int | None = None,
    kind: ReactionKind | None = None,
) -> tuple[Reaction, ...]:
    """Read who reacted to a thing, the newest first.

    before: of the last page's last one. kind: None for every kind.
    """
    which = [ReactionRow.object == object]
    if before is not None:
        which.append(ReactionRow.id < before)
    if kind is not None:
        which.append(ReactionRow.kind == kind)
    query = select(ReactionRow).where(*shown(*which)).order_by(ReactionRow.id.desc()).limit(limit)
    return tuple(_reaction(row) for row in tx.scalars(query))


def list_first(tx: Transaction, object: str) -> tuple[Reaction, ...]:
    """Read the earliest reactions to a thing, the first first."""
    which = ReactionRow.id.in_(first(ReactionRow.object == object))
    rows = tx.scalars(select(ReactionRow).where(which).order_by(ReactionRow.id))
    return tuple(_reaction(row) for row in rows)


def is_early(tx: Transaction, actor: str) -> bool:
    """Tell whether somebody is among the first who reacted to something, as pages show it."""
    earlier = aliased(ReactionRow)
    # The first one behind those that are shown; without one, all of them are.
    after = (
        select(earlier.id)
        .where(earlier.object == ReactionRow.object, earlier.veiled.is_(False))
        .order_by(earlier.id)
        .offset(FIRST)
        .limit(1)
        .correlate(ReactionRow)
        .scalar_subquery()
    )
    query = select(ReactionRow.id).where(
        *shown(ReactionRow.actor == actor), or_(after.is_(None), ReactionRow.id < after)
    )
    return tx.scalar(query.limit(1)) is not None


def find(tx: Transaction, kind: ReactionKind, *, actor: str, object: str) -> Reaction | None:
    """Look up whether this actor likes, or has boosted, the thing."""
    row = tx.scalar(
        select(ReactionRow).where(
            ReactionRow.kind == kind, ReactionRow.actor == actor, ReactionRow.object == object
        )
    )
    return _reaction(row) if row else None


def _reaction(row: ReactionRow) -> Reaction:
    return Reaction(
        activity=row.activity,
        kind=ReactionKind(row.kind),
        created_at=row.created_at,
        actor=row.actor,
        emoji=row.emoji,
        emoji_url=row.emoji_url,
        place=row.id,
    )


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
