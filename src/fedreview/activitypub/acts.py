"""What an author does to others, as it is sent: like, boost, block, refuse, report, move."""

from collections.abc import Sequence
from datetime import datetime

from fedreview.activitypub.build import Document, activity
from fedreview.activitypub.instants import instant_text
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.domain.actor import ActorId, Author


def like(uri: str, actor: ActorId, thing: str, *, writer: str) -> Document:
    """Like something; for its writer alone, as Mastodon does."""
    return activity("Like", uri, actor, thing, to=[writer], cc=[])


def announce(
    uri: str, actor: ActorId, thing: str, *, followers: str, writer: str, published_at: datetime
) -> Document:
    """Boost something public. Source: Mastodon, announce_note_serializer.rb."""
    document = activity("Announce", uri, actor, thing, to=[PUBLIC], cc=[followers, writer])
    return {**document, "published": instant_text(published_at)}


def block(uri: str, actor: ActorId, blocked: str) -> Document:
    """Want nothing more of somebody; told to their server, which then keeps them apart."""
    return activity("Block", uri, actor, blocked, to=[blocked], cc=[])


def follow(uri: str, actor: ActorId, followed: str) -> Document:
    """Ask to follow somebody."""
    return activity("Follow", uri, actor, followed, to=[followed], cc=[])


def reject_follow(uri: str, actor: ActorId, *, follow_id: str, follower: str) -> Document:
    """Refuse somebody who wants to follow, or does so already.

    Source: Mastodon, app/lib/activitypub/activity/reject.rb: after an Accept it ends the
    following.
    """
    refused: Document = {
        "id": follow_id,
        "type": "Follow",
        "actor": follower,
        "object": actor,
    }
    return activity("Reject", uri, actor, refused, to=[follower], cc=[])


def undo(uri: str, done: Document) -> Document:
    """Take something back, for those to whom it was said, with the whole of it inside."""
    inner = {name: value for name, value in done.items() if name not in {"@context", "proof"}}
    to, cc = (
        value if isinstance(value, list) else [] for value in (inner.get("to"), inner.get("cc"))
    )
    return activity("Undo", uri, ActorId(str(done["actor"])), inner, to=to, cc=cc)


def flag(
    uri: str, instance_actor: ActorId, *, reported: str, objects: Sequence[str], comment: str
) -> Document:
    """Report somebody with what they wrote, in the name of the whole site.

    Source: Mastodon, flag_serializer.rb: so nobody can take revenge on who reported.
    """
    document = activity("Flag", uri, instance_actor, [reported, *objects], to=[reported], cc=[])
    return {**document, "content": comment}


def move(uri: str, actor: ActorId, target: str, *, followers: str) -> Document:
    """Go on as `target`. Source: FEP-7628."""
    document = activity("Move", uri, actor, actor, to=[followers], cc=[])
    return {**document, "target": target}


def revocation(uri: str, actor: ActorId, authorization: str) -> Document:
    """Take back the leave to quote, which was a document of ours.

    Source: Mastodon, delete_quote_authorization_serializer.rb: the id alone, to everybody,
    for the server of the quoting post passes it on.
    """
    return activity("Delete", uri, actor, authorization, to=[PUBLIC], cc=[])


def pinning(type: str, uri: str, author: Author, obj: str, urls: Urls) -> Document:
    """Tell everybody that something stands at the head of a profile, or no longer: Add, Remove.

    Source: Mastodon app/lib/activitypub/activity/add.rb, which looks at `target`.
    """
    wrapped = activity(
        type,
        uri,
        urls.actor(author.username),
        obj,
        to=[PUBLIC],
        cc=[urls.followers(author.username)],
    )
    return {**wrapped, "target": urls.featured(author.username)}


def deletion(uri: str, author: Author, gone: Document, urls: Urls) -> Document:
    """Tell everybody that a review or an answer is gone."""
    return activity(
        "Delete",
        uri,
        urls.actor(author.username),
        gone,
        to=[PUBLIC],
        cc=[urls.followers(author.username)],
    )
