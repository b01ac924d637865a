"""Follow, and the answers to our own: Accept, Reject, Block."""

from fedreview.activitypub import acts, build
from fedreview.activitypub.origin import host
from fedreview.activitypub.vocabulary import Accept, Block, Follow, Reject
from fedreview.domain.actor import Author, RemoteActor
from fedreview.services.handling.context import Context
from fedreview.services.handling.heralding import herald_follow
from fedreview.services.surveying import ask_for_software
from fedreview.storage import actors, blocks, threads
from fedreview.storage.actors import FollowingState


def apply_follow(context: Context, activity: Follow) -> None:
    """Let them follow, and say so; every repetition is answered again.

    Source: Mastodon matches the Accept by the whole Follow inside it, and repeats its
    Follow when it has seen no answer. An Undo that overtook the Follow wins. Who is blocked
    is refused, and so is everybody once the author has moved, as Mastodon does it.
    """
    tx, author = context.tx, context.author(activity.object)
    follower = actors.find(tx, activity.actor)
    if author is None or follower is None:
        return
    if threads.is_gone(tx, activity.id, actor=activity.actor):
        return
    if author.moved_to or blocks.is_blocked(tx, author.id, activity.actor):
        _refuse(context, author, follower, activity)
        return
    actors.add_follower(tx, author.id, activity.actor, follow=activity.id, now=context.now())
    herald_follow(tx, author, actor=follower.id, host=host(follower.id), now=context.now())
    ask_for_software(tx, follower.inbox, now=context.now())
    follow: build.Document = {
        "id": activity.id,
        "type": "Follow",
        "actor": activity.actor,
        "object": activity.object,
    }
    me = context.urls.actor(author.username)
    context.sending.tell(
        tx,
        author,
        follower,
        lambda uri: build.activity("Accept", uri, me, follow, to=[activity.actor], cc=[]),
        about=activity.id,
    )


def _refuse(context: Context, author: Author, follower: RemoteActor, activity: Follow) -> None:
    me = context.urls.actor(author.username)
    actors.remove_follower(context.tx, author.id, activity.actor)
    context.sending.tell(
        context.tx,
        author,
        follower,
        lambda uri: acts.reject_follow(uri, me, follow_id=activity.id, follower=activity.actor),
        about=activity.id,
    )


def apply_accept(context: Context, activity: Accept) -> None:
    """Note that somebody lets us follow them."""
    _settle(context, activity, FollowingState.ACCEPTED)


def apply_reject(context: Context, activity: Reject) -> None:
    """Note that somebody does not, or no longer, let us follow them."""
    _settle(context, activity, FollowingState.REJECTED)


def _settle(context: Context, answer: Accept | Reject, state: FollowingState) -> None:
    asked = actors.find_following_by_follow(context.tx, answer.object)
    if asked and asked.actor.id == answer.actor:
        actors.settle_following(context.tx, asked.author_id, answer.actor, state)
        return
    # Some servers make up an id for the Follow inside; then its actor tells who asked.
    author = context.author(answer.inner_actor) if answer.inner_actor else None
    if author and answer.inner_object == answer.actor:
        actors.settle_following(context.tx, author.id, answer.actor, state)


def apply_block(context: Context, activity: Block) -> None:
    """Send nothing more to somebody who blocks the author.

    That they do is not remembered: their server keeps the author out, and to whom it stands
    in a list it would be no more than a reason to be angry. An Undo that overtook it wins.
    """
    author = context.author(activity.object)
    if author and not threads.is_gone(context.tx, activity.id, actor=activity.actor):
        actors.remove_follower(context.tx, author.id, activity.actor)
        actors.remove_following(context.tx, author.id, activity.actor)
