"""Move: somebody goes on under another account, and their followers here go with them."""

import asyncio
from dataclasses import replace

from fedreview.activitypub import acts
from fedreview.activitypub.origin import host
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Move, Unsupported
from fedreview.domain.actor import Author, RemoteActor
from fedreview.services.acquainting import Acquainting
from fedreview.services.handling.context import Context
from fedreview.storage import accounts, actors, blocks, hosts
from fedreview.storage.actors import Following, FollowingState
from fedreview.storage.database import Database, Transaction


async def confirmed(acquainting: Acquainting, urls: Urls, activity: Move) -> Move | Unsupported:
    """Ask the target, fresh, whether it names the old account as another of its own.

    Gives the Move with the target's own id. Nobody is asked when no author here follows the
    old account, nor on a blocked host, nor about an author here: authors do not follow one
    another.

    What it does not confirm becomes something that has no effect: else whoever holds an old
    account could make its followers follow anybody.
    Source: FEP-7628; Mastodon, app/lib/activitypub/activity/move.rb.
    Raises RemoteFailure.
    """
    nothing = Unsupported(id=activity.id, actor=activity.actor, type="Move")
    concerns_us = await asyncio.to_thread(_concerns_us, acquainting.database, activity)
    if urls.is_ours(activity.target) or not concerns_us:
        return nothing
    target, aliases = await acquainting.fetch_with_aliases(activity.target)
    return replace(activity, target=target.id) if activity.actor in aliases else nothing


def _concerns_us(database: Database, activity: Move) -> bool:
    with database.snapshot() as tx:
        is_followed = bool(actors.list_followings_of(tx, activity.actor))
        return is_followed and not _is_blocked(tx, activity.target)


def _is_blocked(tx: Transaction, actor: str) -> bool:
    return hosts.is_blocked(tx, host(actor))


def apply_move(context: Context, activity: Move) -> None:
    """Let the authors who follow the old account follow the new one; it is confirmed.

    Followers of ours who move are left as they are: their old account goes on following
    until its server says otherwise, and the new one asks itself, if it wants to.
    """
    target = actors.find(context.tx, activity.target)
    # Again, for the address that was asked may have led to another host.
    if target is None or _is_blocked(context.tx, target.id):
        return
    for known in actors.list_followings_of(context.tx, activity.actor):
        author = accounts.find_author_by_id(context.tx, known.author_id)
        if author:
            _go_along(context, author, known, target)


def _go_along(context: Context, author: Author, known: Following, target: RemoteActor) -> None:
    tx, me = context.tx, context.urls.actor(author.username)
    actors.remove_following(tx, author.id, known.actor.id)
    done = acts.follow(known.follow, me, known.actor.id)
    context.sending.tell(
        tx, author, known.actor, lambda uri: acts.undo(uri, done), about=known.actor.id
    )
    is_followed = actors.find_following(tx, author.id, target.id) is not None
    # Who has declined them is not asked again through a Move.
    was_declined = known.state is FollowingState.REJECTED
    if is_followed or was_declined or blocks.is_blocked(tx, author.id, target.id):
        return
    follow_id = context.sending.tell(
        tx, author, target, lambda uri: acts.follow(uri, me, target.id), about=target.id
    )
    actors.add_following(
        tx,
        author.id,
        target.id,
        follow=follow_id,
        now=context.now(),
        moved_from=known.actor.handle,
    )
