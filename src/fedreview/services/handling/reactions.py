"""Like, Announce, and Undo of everything."""

from fedreview.activitypub.origin import host
from fedreview.activitypub.vocabulary import Announce, Like, Undo
from fedreview.domain.actor import AuthorId
from fedreview.services.handling.context import Context
from fedreview.services.handling.heralding import herald_reaction
from fedreview.storage import actors, blocks, reviews, threads
from fedreview.storage.threads import ReactionKind

_KINDS = {
    "Like": ReactionKind.LIKE,
    "EmojiReact": ReactionKind.LIKE,
    "Announce": ReactionKind.BOOST,
}
EMOJI_LENGTH = 60


def apply_like(context: Context, activity: Like) -> None:
    """Count a like of something that stands on our pages."""
    _react(context, activity, ReactionKind.LIKE, emoji=activity.emoji[:EMOJI_LENGTH])


def apply_announce(context: Context, activity: Announce) -> None:
    """Count a boost of something that stands on our pages."""
    _react(context, activity, ReactionKind.BOOST, emoji="")


def _react(context: Context, activity: Like | Announce, kind: ReactionKind, *, emoji: str) -> None:
    tx = context.tx
    thing, authors = _thing(context, activity.object)
    if thing is None or threads.is_gone(tx, activity.id, actor=activity.actor):
        return
    if any(blocks.is_blocked(tx, author_id, activity.actor) for author_id in authors):
        return
    threads.add_reaction(
        tx,
        activity=activity.id,
        kind=kind,
        actor=activity.actor,
        object=thing,
        emoji=emoji,
        now=context.now(),
    )
    herald_reaction(
        tx,
        context.urls,
        kind,
        thing=thing,
        actor=activity.actor,
        host=host(activity.actor),
        now=context.now(),
    )


def _thing(context: Context, url: str) -> tuple[str | None, set[AuthorId]]:
    """Give the id of the review or note that is meant; None when it is not on our pages.

    With it, the authors here whose it is: who wrote it, and under whose review it stands.
    People react to the address that they see, which may be a review's page.
    """
    tx, urls = context.tx, context.urls
    review_id, slug = urls.review_id(url), urls.review_slug(url)
    review = reviews.find_standing(tx, id=review_id, slug=slug)
    if review:
        return urls.review(review.id), {review.author.id}
    if review_id or slug:
        return None, set()
    note = threads.find(tx, url)
    if note is None:
        return None, set()
    above = reviews.find(tx, note.review_id) if note.review_id else None
    return note.uri, {
        *([note.author_id] if note.author_id else []),
        *([above.author.id] if above else []),
    }


def apply_undo(context: Context, activity: Undo) -> None:
    """Take a follow, like or boost back, named by its id or by what it was about.

    Servers do not always repeat the id truly: Mastodon's Undo of a Follow may name another.
    A Follow that was there and has ended is not remembered as gone: Misskey's next one has the
    same id.
    """
    tx = context.tx
    if _unfollow(context, activity):
        return
    threads.mark_gone(tx, activity.object, actor=activity.actor, now=context.now())
    thing = _thing(context, activity.inner_object)[0] if activity.inner_object else None
    threads.remove_reaction(
        tx,
        actor=activity.actor,
        activity=activity.object,
        kind=_KINDS.get(activity.type),
        object=thing or activity.inner_object,
    )


def _unfollow(context: Context, activity: Undo) -> bool:
    """End a following, if it is one that is taken back; tells whether there was one."""
    author = context.author(activity.inner_object) if activity.type == "Follow" else None
    if author:
        return actors.remove_follower(context.tx, author.id, activity.actor)
    return actors.remove_follower_by_follow(context.tx, activity.actor, follow=activity.object)
