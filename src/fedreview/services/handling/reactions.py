"""Like, Announce, quotes, and Undo of everything."""

from fedreview.activitypub.origin import same_origin
from fedreview.activitypub.vocabulary import Announce, Audience, Like, RemoteNote, Undo
from fedreview.domain.actor import AuthorId
from fedreview.domain.thread import NoteState
from fedreview.services import copying
from fedreview.services.handling.context import Context
from fedreview.services.handling.heralding import herald_reaction
from fedreview.services.inviting import author_of_post, is_let, policy_of_post
from fedreview.storage import actors, blocks, quotes, reactions, reviews, threads
from fedreview.storage.reactions import ReactionKind


def apply_like(context: Context, activity: Like) -> None:
    """Count a like of something that stands on our pages, or an emoji that it was given.

    A person may give several emoji to one thing, as Pleroma lets them; and like it as well.
    """
    kind = ReactionKind.EMOJI if activity.emoji else ReactionKind.LIKE
    _react(context, activity, kind, emoji=activity.emoji, emoji_url=activity.emoji_url)


def apply_announce(context: Context, activity: Announce) -> None:
    """Count a boost of something that stands on our pages."""
    _react(context, activity, ReactionKind.BOOST)


def _react(
    context: Context,
    activity: Like | Announce,
    kind: ReactionKind,
    *,
    emoji: str = "",
    emoji_url: str = "",
) -> None:
    thing = _thing_for(context, activity.object, activity.actor)
    if thing is None or threads.is_gone(context.tx, activity.id, actor=activity.actor):
        return
    reactions.add(
        context.tx,
        activity=activity.id,
        kind=kind,
        actor=activity.actor,
        object=thing,
        emoji=emoji,
        emoji_url=emoji_url,
        now=context.now(),
    )
    if emoji_url:
        copying.want(context.tx, [emoji_url], now=context.now())
    herald_reaction(context, kind, activity.id, actor=activity.actor, thing=thing)


def note_quote(context: Context, note: RemoteNote) -> None:
    """Count a post that quotes something on our pages, or no more when it does not any more."""
    if note.extras.quote and note.audience is Audience.PUBLIC:
        count_quote(context, note.attributed_to, note.id, note.extras.quote)
    else:
        reactions.remove(context.tx, actor=note.attributed_to, activity=note.id)


def count_quote(context: Context, actor: str, post: str, quoted: str) -> None:
    """Count a public post as a quote, if its writer has leave, or would have got it.

    Not every server asks for leave: Misskey's posts only say what they quote.
    """
    tx = context.tx
    thing = _thing_for(context, quoted, actor)
    if thing is None or not same_origin(post, actor):
        return
    if not _may_quote(context, thing, post, actor):
        return
    reactions.add(
        tx, activity=post, kind=ReactionKind.QUOTE, actor=actor, object=thing, now=context.now()
    )
    herald_reaction(context, ReactionKind.QUOTE, post, actor=actor, thing=thing)


def _may_quote(context: Context, thing: str, post: str, actor: str) -> bool:
    """Tell whether the author of something lets this post quote it; of others' replies anybody."""
    leave = quotes.find(context.tx, thing, quoting=post)
    if leave:
        return leave.revoked_at is None
    author = author_of_post(context.tx, context.urls, thing)
    if author is None:
        return True
    policy = policy_of_post(context.tx, context.urls, thing, author, now=context.now())
    return is_let(context.tx, policy.quotes, author.id, actor)


def quotes_us(context: Context, note: RemoteNote) -> bool:
    """Tell whether a note quotes something that stands on our pages."""
    return bool(note.extras.quote) and _thing(context, note.extras.quote)[0] is not None


def _thing_for(context: Context, url: str, actor: str) -> str | None:
    """Give the id of the thing that somebody reacts to, unless they are blocked there."""
    thing, authors = _thing(context, url)
    if any(blocks.is_blocked(context.tx, author_id, actor) for author_id in authors):
        return None
    return thing


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
    if note is None or note.audience != "public" or note.state is NoteState.DELETED:
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
    if activity.object and reactions.remove(tx, actor=activity.actor, activity=activity.object):
        return
    if activity.inner_object:
        thing = _thing(context, activity.inner_object)[0]
        _undo_by_thing(context, activity, thing or activity.inner_object)


def _undo_by_thing(context: Context, activity: Undo, thing: str) -> None:
    """Take a reaction back that is named by what it was about.

    An Undo of a Like that does not say with which emoji is of the plain one, or else of all:
    who sends those lets people react with one alone.
    """

    def undo(kind: ReactionKind, emoji: str | None = None) -> bool:
        return reactions.remove_of(
            context.tx, actor=activity.actor, kind=kind, object=thing, emoji=emoji
        )

    if activity.type == "Announce":
        undo(ReactionKind.BOOST)
    elif activity.type == "Like" and activity.emoji:
        undo(ReactionKind.EMOJI, activity.emoji)
    elif activity.type == "Like" and not undo(ReactionKind.LIKE):
        undo(ReactionKind.EMOJI)


def _unfollow(context: Context, activity: Undo) -> bool:
    """End a following, if it is one that is taken back; tells whether there was one."""
    author = context.author(activity.inner_object) if activity.type == "Follow" else None
    if author:
        return actors.remove_follower(context.tx, author.id, activity.actor)
    return actors.remove_follower_by_follow(context.tx, activity.actor, follow=activity.object)
