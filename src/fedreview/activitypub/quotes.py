"""Leave to quote, as other servers fetch it and are told of it. Source: FEP-044f."""

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


def quote_accept(
    uri: str,
    author: ActorId,
    *,
    request_id: str,
    asker: ActorId,
    quoting: str,
    quoted: str,
    authorization: str,
) -> Document:
    """Answer a QuoteRequest with where our leave can be fetched."""
    return {
        "@context": QUOTE_CONTEXT,
        "id": uri,
        "type": "Accept",
        "actor": author,
        "to": [asker],
        "object": {
            "id": request_id,
            "type": "QuoteRequest",
            "actor": asker,
            "object": quoted,
            "instrument": quoting,
        },
        "result": authorization,
    }
