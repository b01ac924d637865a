"""People and servers elsewhere: who they are, their keys, who follows whom."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update

from fedreview.activitypub.origin import host
from fedreview.domain.actor import ActorId, AuthorId, RemoteActor
from fedreview.domain.extras import Extras
from fedreview.storage import blocks, inboxes
from fedreview.storage.database import Transaction
from fedreview.storage.extras import extras_from_text, extras_text
from fedreview.storage.memory import read_ahead
from fedreview.storage.prepared import Prepared
from fedreview.storage.tables import (
    ActorRow,
    FollowerRow,
    FollowingRow,
    RemoteKeyRow,
)
from fedreview.storage.upsert import add_new, put

_KEYS = RemoteKeyRow.__table__.c
_KEYS_CALLED = Prepared(
    lambda given: select(_KEYS.id, _KEYS.owner, _KEYS.pem, _KEYS.fetched_at).where(
        _KEYS.id.in_(given("ids"))
    )
)


class FollowingState(StrEnum):
    """What became of our wish to follow somebody."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A public key of somebody elsewhere, as PEM."""

    id: str
    owner: ActorId
    pem: str
    fetched_at: datetime

    @property
    def is_part_of_owner(self) -> bool:
        """Whether the id alone says whose it is, as ``…/users/anna#main-key`` does."""
        return self.id.startswith((f"{self.owner}#", f"{self.owner}/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Somebody whom a local author follows. moved_from: the handle that they had before, or ""."""

    author_id: AuthorId
    actor: RemoteActor
    follow: str
    state: FollowingState
    moved_from: str = ""


def _actor(row: ActorRow) -> RemoteActor:
    return RemoteActor(
        id=ActorId(row.id),
        type=row.type,
        handle=row.handle,
        name=row.name,
        inbox=row.inbox,
        shared_inbox=row.shared_inbox,
        url=row.url,
        icon_url=row.icon_url,
        fetched_at=row.fetched_at,
        avatar=row.avatar,
        avatar_of=row.avatar_of,
        emojis=extras_from_text(row.emojis).emojis,
    )


def save(tx: Transaction, actor: RemoteActor, keys: Iterable[KnownKey]) -> None:
    """Keep the actor as just fetched, with exactly these keys.

    Our copy of their picture stays until it is replaced, or they have none any more.
    Two actors on one host may claim a key under one id: it is whose id it begins with, else
    whose it was first.
    """
    known = {
        "type": actor.type,
        "handle": actor.handle,
        "name": actor.name,
        "inbox": actor.inbox,
        "shared_inbox": actor.shared_inbox,
        "url": actor.url,
        "icon_url": actor.icon_url,
        "fetched_at": actor.fetched_at,
        "emojis": extras_text(Extras(emojis=actor.emojis)),
        "host": (place := host(actor.id)),
        "veiled": bool(blocks.suspended_among(tx, [place])),
    }
    new = {"id": actor.id, **known, "avatar": "", "avatar_of": ""}
    gone = () if actor.icon_url else ("avatar", "avatar_of")
    put(tx, ActorRow, new, unique=["id"], renew=[*known, *gone])
    _save_keys(tx, actor.id, {key.id: key for key in keys})


def _save_keys(tx: Transaction, owner: ActorId, keys: dict[str, KnownKey]) -> None:
    """Keep exactly these keys, in the one order that keeps two workers from a deadlock."""
    touched = or_(RemoteKeyRow.owner == owner, RemoteKeyRow.id.in_(keys))
    ids = select(RemoteKeyRow.id).where(touched).order_by(RemoteKeyRow.id)
    tx.execute(ids.with_for_update())
    tx.execute(
        delete(RemoteKeyRow).where(RemoteKeyRow.owner == owner, RemoteKeyRow.id.not_in(keys))
    )
    for _, key in sorted(keys.items()):
        put(
            tx,
            RemoteKeyRow,
            {"id": key.id, "owner": key.owner, "pem": key.pem, "fetched_at": key.fetched_at},
            unique=["id"],
            renew=["owner", "pem", "fetched_at"],
            only_if=None if key.is_part_of_owner else RemoteKeyRow.owner == key.owner,
        )


@read_ahead(ActorRow)
def find(tx: Transaction, id: str) -> RemoteActor | None:
    """Look somebody up by their ActivityPub id."""
    row = tx.get(ActorRow, id)
    return _actor(row) if row else None


def find_by_handle(tx: Transaction, handle: str) -> RemoteActor | None:
    """Look somebody up by ``user@host``; of several who claim it, the last fetched."""
    row = tx.scalar(
        select(ActorRow)
        .where(ActorRow.handle == handle)
        .order_by(ActorRow.fetched_at.desc())
        .limit(1)
    )
    return _actor(row) if row else None


def find_many(tx: Transaction, ids: Iterable[str]) -> dict[str, RemoteActor]:
    """Look several people up at once."""
    rows = tx.scalars(select(ActorRow).where(ActorRow.id.in_(set(ids))))
    return {row.id: _actor(row) for row in rows}


def foresee(tx: Transaction, ids: Collection[str]) -> None:
    """Read these people at once."""
    found = find_many(tx, ids) if ids else {}
    for each in ids:
        find.know(tx, found.get(each), each)


def forget(tx: Transaction, id: str) -> None:
    """Drop an account that is gone, with its keys and followings."""
    tx.execute(delete(ActorRow).where(ActorRow.id == id))


def find_key(tx: Transaction, id: str) -> KnownKey | None:
    """Look a public key up by the id that a signature names."""
    row = tx.get(RemoteKeyRow, id)
    if row is None:
        return None
    return KnownKey(id=row.id, owner=ActorId(row.owner), pem=row.pem, fetched_at=row.fetched_at)


def find_keys(tx: Transaction, ids: Collection[str]) -> dict[str, KnownKey]:
    """Look several keys up at once."""
    if not ids:
        return {}
    return {
        row.id: KnownKey(
            id=row.id, owner=ActorId(row.owner), pem=row.pem, fetched_at=row.fetched_at
        )
        for row in _KEYS_CALLED.ask(tx, ids=sorted(set(ids)))
    }


def add_follower(
    tx: Transaction, author_id: AuthorId, actor: ActorId, *, follow: str, now: datetime
) -> bool:
    """Let the actor follow; tells whether that is new. A repeated Follow renews its id."""
    new = {"author_id": author_id, "actor": actor, "follow": follow, "created_at": now}
    if add_new(tx, FollowerRow, new):
        return True
    tx.execute(
        update(FollowerRow)
        .where(FollowerRow.author_id == author_id, FollowerRow.actor == actor)
        .values(follow=follow)
    )
    return False


def find_follow(tx: Transaction, author_id: AuthorId, actor: str) -> str | None:
    """Look up the id of the Follow with which the actor follows, or None."""
    return tx.scalar(
        select(FollowerRow.follow).where(
            FollowerRow.author_id == author_id, FollowerRow.actor == actor
        )
    )


def remove_follower(tx: Transaction, author_id: AuthorId, actor: str) -> bool:
    """End the actor's following; tells whether there was one."""
    ended = tx.execute(
        delete(FollowerRow)
        .where(FollowerRow.author_id == author_id, FollowerRow.actor == actor)
        .returning(FollowerRow.id)
    )
    return ended.first() is not None


def remove_followers_at(tx: Transaction, inbox: str) -> None:
    """End the following of everybody who reads in this inbox, their own or a shared one."""
    readers = select(ActorRow.id).where(
        or_(ActorRow.inbox == inbox, ActorRow.shared_inbox == inbox)
    )
    tx.execute(delete(FollowerRow).where(FollowerRow.actor.in_(readers)))


def remove_follower_by_follow(tx: Transaction, actor: str, *, follow: str) -> bool:
    """End the following that began with this Follow; tells whether there was one."""
    ended = tx.execute(
        delete(FollowerRow)
        .where(FollowerRow.actor == actor, FollowerRow.follow == follow)
        .returning(FollowerRow.id)
    )
    return ended.first() is not None


def _followers(author_id: AuthorId) -> Select[ActorRow]:
    return (
        select(ActorRow)
        .join(FollowerRow, FollowerRow.actor == ActorRow.id)
        .where(FollowerRow.author_id == author_id, ActorRow.veiled.is_(False))
        .order_by(FollowerRow.id.desc())
    )


def list_followers(tx: Transaction, author_id: AuthorId, *, limit: int) -> tuple[RemoteActor, ...]:
    """Read who follows, the newest first; nobody of a suspended server."""
    return tuple(_actor(row) for row in tx.scalars(_followers(author_id).limit(limit)))


def count_followers(tx: Transaction, author_id: AuthorId) -> int:
    """Count who follows, as they are listed."""
    theirs = select(func.count()).select_from(FollowerRow).where(FollowerRow.author_id == author_id)
    # Few are kept away: to look for each of the others among them would cost more.
    kept_away = theirs.where(
        FollowerRow.actor.in_(select(ActorRow.id).where(ActorRow.veiled.is_(True)))
    )
    found: int = tx.execute(
        select(theirs.scalar_subquery() - kept_away.scalar_subquery())
    ).scalar_one()
    return found


def follower_inboxes(tx: Transaction, author_id: AuthorId) -> set[str]:
    """Read where followers get public activities: one inbox for each server that shares one."""
    is_welcome = (FollowerRow.author_id == author_id, ActorRow.veiled.is_(False))
    is_theirs = (FollowerRow.actor == ActorRow.id, *is_welcome)
    shared = select(ActorRow.shared_inbox).where(*is_theirs, ActorRow.shared_inbox != "")
    alone = select(ActorRow.id, ActorRow.inbox).where(*is_theirs, ActorRow.shared_inbox == "")
    of_each = ((actor, inbox) for actor, inbox in tx.execute(alone.order_by(FollowerRow.id)))
    return {*tx.scalars(shared.distinct()), *inboxes.few_elsewhere(of_each)}


def add_following(
    tx: Transaction,
    author_id: AuthorId,
    actor: ActorId,
    *,
    follow: str,
    now: datetime,
    moved_from: str = "",
) -> None:
    """Note that we asked to follow; asking again replaces what was asked before.

    moved_from: handle of the account that they had before, when we followed that.
    """
    asked = {
        "follow": follow,
        "state": FollowingState.ASKED,
        "created_at": now,
        "moved_from": moved_from,
    }
    new = {"author_id": author_id, "actor": actor, **asked}
    put(tx, FollowingRow, new, unique=["author_id", "actor"], renew=asked)


def remove_following(tx: Transaction, author_id: AuthorId, actor: str) -> None:
    """Follow no more."""
    tx.execute(
        delete(FollowingRow).where(FollowingRow.author_id == author_id, FollowingRow.actor == actor)
    )


def settle_following(
    tx: Transaction, author_id: AuthorId, actor: str, state: FollowingState
) -> None:
    """Note the answer to our Follow."""
    tx.execute(
        update(FollowingRow)
        .where(FollowingRow.author_id == author_id, FollowingRow.actor == actor)
        .values(state=state)
    )


def find_following_by_follow(tx: Transaction, follow: str) -> Following | None:
    """Look up what the Follow with this id asked for."""
    found = tx.execute(
        select(FollowingRow, ActorRow)
        .join(ActorRow, ActorRow.id == FollowingRow.actor)
        .where(FollowingRow.follow == follow)
    ).first()
    return _following(found[0], found[1]) if found else None


def find_following(tx: Transaction, author_id: AuthorId, actor: str) -> Following | None:
    """Look up whether the author follows this actor, or has asked to."""
    return next(
        iter(_followings(tx, FollowingRow.actor == actor, FollowingRow.author_id == author_id)),
        None,
    )


def list_followings_of(tx: Transaction, actor: str) -> tuple[Following, ...]:
    """Read which local authors follow this actor, or have asked to."""
    return _followings(tx, FollowingRow.actor == actor)


def _following(row: FollowingRow, actor: ActorRow) -> Following:
    return Following(
        author_id=AuthorId(row.author_id),
        actor=_actor(actor),
        follow=row.follow,
        state=FollowingState(row.state),
        moved_from=row.moved_from,
    )


def list_following(tx: Transaction, author_id: AuthorId) -> tuple[Following, ...]:
    """Read whom the author follows or asked to, the newest first; nobody of a suspended server."""
    return _followings(tx, FollowingRow.author_id == author_id, ActorRow.veiled.is_(False))


def _followings(tx: Transaction, *which: ColumnElement[bool]) -> tuple[Following, ...]:
    rows = tx.execute(
        select(FollowingRow, ActorRow)
        .join(ActorRow, ActorRow.id == FollowingRow.actor)
        .where(*which)
        .order_by(FollowingRow.created_at.desc(), FollowingRow.id.desc())
    )
    return tuple(_following(row, actor) for row, actor in rows)


def is_followed(tx: Transaction, actor: str) -> bool:
    """Tell whether any local author follows this actor."""
    return (
        tx.scalar(
            select(FollowingRow.id)
            .where(FollowingRow.actor == actor, FollowingRow.state == FollowingState.ACCEPTED)
            .limit(1)
        )
        is not None
    )
