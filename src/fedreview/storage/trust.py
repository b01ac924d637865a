"""Whose replies never wait, and what else there is between an author and those who reply."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, exists, func, select

from fedreview.domain.actor import AuthorId
from fedreview.storage.actors import FollowingState
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_ahead
from fedreview.storage.moderation_tables import TrustRow
from fedreview.storage.sight import in_sight
from fedreview.storage.tables import FollowerRow, FollowingRow, NoteRow
from fedreview.storage.upsert import put


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Somebody whose replies to an author never wait; by_hand: not by an approval alone."""

    actor: str
    by_hand: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """What somebody is to an author. replies: how many of theirs can be read on this site."""

    is_trusted: bool = False
    is_followed: bool = False
    is_follower: bool = False
    replies: int = 0


def add(
    tx: Transaction, author_id: AuthorId, actor: str, *, by_hand: bool, now: datetime
) -> Trusted | None:
    """Trust somebody; gives what was known before. What was said by hand stays so."""
    before = find(tx, author_id, actor)
    if before is None or (by_hand and not before.by_hand):
        new = {"author_id": author_id, "actor": actor, "by_hand": by_hand, "created_at": now}
        put(tx, TrustRow, new, unique=["author_id", "actor"], renew=["by_hand"])
    return before


def find(tx: Transaction, author_id: AuthorId, actor: str) -> Trusted | None:
    """Look up since when somebody is trusted."""
    row = tx.get(TrustRow, (author_id, actor))
    return _trusted(row) if row else None


def remove(tx: Transaction, author_id: AuthorId, actor: str) -> None:
    """Trust somebody no more."""
    tx.execute(delete(TrustRow).where(TrustRow.author_id == author_id, TrustRow.actor == actor))
    tx.expire_all()


def list_(tx: Transaction, author_id: AuthorId, *, limit: int) -> tuple[Trusted, ...]:
    """Read whom an author trusts, the newest first."""
    query = select(TrustRow).where(TrustRow.author_id == author_id)
    query = query.order_by(TrustRow.created_at.desc(), TrustRow.actor).limit(limit)
    return tuple(map(_trusted, tx.scalars(query)))


@read_ahead(TrustRow, FollowingRow, FollowerRow)
def acquaintance(tx: Transaction, author_id: AuthorId, actor: str) -> Acquaintance:
    """Tell what somebody is to an author, in one statement; their replies are not counted."""
    found = select(
        exists().where(TrustRow.author_id == author_id, TrustRow.actor == actor),
        exists().where(
            FollowingRow.author_id == author_id,
            FollowingRow.actor == actor,
            FollowingRow.state == FollowingState.ACCEPTED,
        ),
        exists().where(FollowerRow.author_id == author_id, FollowerRow.actor == actor),
    )
    is_trusted, is_followed, is_follower = tx.execute(found).one()
    return Acquaintance(
        is_trusted=bool(is_trusted), is_followed=bool(is_followed), is_follower=bool(is_follower)
    )


def foresee(tx: Transaction, author_id: AuthorId, actors: Collection[str]) -> None:
    """Read at once what these are to an author."""
    of_author = _ties(tx, author_id, actors)
    for actor in actors:
        acquaintance.know(tx, of_author[actor], author_id, actor)


def acquaintances(
    tx: Transaction, author_id: AuthorId, actors: Collection[str]
) -> dict[str, Acquaintance]:
    """Tell what each of these is to an author, in four statements for any number."""
    counted = (
        select(NoteRow.actor, func.count())
        .where(NoteRow.actor.in_(actors), NoteRow.in_reply_to != "", *in_sight())
        .group_by(NoteRow.actor)
    )
    replies = {actor: count for actor, count in tx.execute(counted)}  # noqa: C416  (a Row is no tuple to mypy)
    return {
        actor: replace(each, replies=replies.get(actor, 0))
        for actor, each in _ties(tx, author_id, actors).items()
    }


def _ties(tx: Transaction, author_id: AuthorId, actors: Collection[str]) -> dict[str, Acquaintance]:
    trusted = select(TrustRow.actor).where(
        TrustRow.author_id == author_id, TrustRow.actor.in_(actors)
    )
    followed = select(FollowingRow.actor).where(
        FollowingRow.author_id == author_id,
        FollowingRow.actor.in_(actors),
        FollowingRow.state == FollowingState.ACCEPTED,
    )
    followers = select(FollowerRow.actor).where(
        FollowerRow.author_id == author_id, FollowerRow.actor.in_(actors)
    )
    are_trusted, are_followed = set(tx.scalars(trusted)), set(tx.scalars(followed))
    are_followers = set(tx.scalars(followers))
    return {
        actor: Acquaintance(
            is_trusted=actor in are_trusted,
            is_followed=actor in are_followed,
            is_follower=actor in are_followers,
        )
        for actor in actors
    }


def _trusted(row: TrustRow) -> Trusted:
    return Trusted(actor=row.actor, by_hand=row.by_hand, created_at=row.created_at)
