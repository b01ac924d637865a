"""Leave to reply, as other servers ask for it, are told of it and fetch it.

Source: GoToSocial, docs/federation/interaction_controls.md.
"""

from dataclasses import dataclass

from fedreview.activitypub.build import Document
from fedreview.activitypub.contexts import REPLY_CONTEXT
from fedreview.activitypub.vocabulary import PUBLIC, Json
from fedreview.domain.actor import ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAsked:
    """Who asked whom for leave to reply with what to which post.

    request: id of the ReplyRequest; "" when the reply came by itself.
    """

    author: ActorId
    asker: str
    reply: str
    target: str
    request: str = ""


def reply_authorization(uri: str, author: ActorId, *, reply: str, target: str) -> Document:
    """Give leave to reply, as others fetch it to see that it is true."""
    return {
        "@context": REPLY_CONTEXT,
        "id": uri,
        "type": "ReplyAuthorization",
        "attributedTo": author,
        "interactingObject": reply,
        "interactionTarget": target,
    }


def reply_accept(uri: str, asked: ReplyAsked, *, authorization: str, followers: str) -> Document:
    """Say yes, with where our leave can be fetched.

    followers: they hear of it when the reply came by itself, for it brings no proof of our leave
    to their servers.
    """
    document = {**_answer("Accept", uri, asked), "result": authorization}
    return document if asked.request else {**document, "cc": [PUBLIC, followers]}


def reply_reject(uri: str, asked: ReplyAsked) -> Document:
    """Say no, to who asked alone."""
    return _answer("Reject", uri, asked)


def _answer(type: str, uri: str, asked: ReplyAsked) -> Document:
    document: Document = {
        "@context": REPLY_CONTEXT,
        "id": uri,
        "type": type,
        "actor": asked.author,
        "to": [asked.asker],
        "object": _object(asked),
    }
    return document if asked.request else {**document, "target": asked.target}


def _object(asked: ReplyAsked) -> Json:
    if not asked.request:
        return asked.reply
    return {
        "id": asked.request,
        "type": "ReplyRequest",
        "actor": asked.asker,
        "object": asked.target,
        "instrument": asked.reply,
    }
