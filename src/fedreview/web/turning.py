"""From one page of a list to the next."""

from typing import Any
from urllib.parse import urlencode

from fedreview.services.views import CardPage
from fedreview.web.state import Request


def listing_of(request: Request, listing: CardPage, **kept: str) -> dict[str, Any]:
    """Give a page of cards with the links to its neighbours. kept: of the query, with each."""
    path, before = request.url.path, request.query_params.get("before", "")
    kept = {name: value for name, value in kept.items() if value}
    start = f"{path}?{urlencode(kept)}" if kept else path
    query = urlencode({**kept, "before": before} if before else kept)
    joined = "&" if kept else "?"
    return {
        "cards": listing.cards,
        "older": f"{start}{joined}before={listing.older}" if listing.older else None,
        "newer": start if before else None,
        "here": f"{path}?{query}" if query else path,
    }
