"""Leave to quote, as other servers fetch it and are told of it. Source: FEP-044f."""

from dataclasses import dataclass

from fedreview.activitypub.build import Document
from fedreview.activitypub.contexts import QUOTE_CONTEXT
from fedreview.domain.actor import ActorId


def quote_authorization(uri: str, author: ActorId, *, quoting: str, quoted: str) -> Document:
    """Give leave to quote, as others fetch it to see that it is true. Source: FEP-044f."""
    return {
        "@context": QUOTE_CONTEXT,
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": author,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteAsked:
    """Who asked whom in which QuoteRequest for leave to quote what in which post."""

    request_id: str
    author: ActorId
    asker: ActorId
    quoting: str
    quoted: str


def quote_accept(uri: str, asked: QuoteAsked, *, authorization: str) -> Document:
    """Answer a QuoteRequest with where our leave can be fetched."""
    return {**_answer("Accept", uri, asked), "result": authorization}


def quote_reject(uri: str, asked: QuoteAsked) -> Document:
    """Answer a QuoteRequest with no."""
    return _answer("Reject", uri, asked)


def _answer(type: str, uri: str, asked: QuoteAsked) -> Document:
    return {
        "@context": QUOTE_CONTEXT,
        "id": uri,
        "type": type,
        "actor": asked.author,
        "to": [asked.asker],
        "object": {
            "id": asked.request_id,
            "type": "QuoteRequest",
            "actor": asked.asker,
            "object": asked.quoted,
            "instrument": asked.quoting,
        },
    }
