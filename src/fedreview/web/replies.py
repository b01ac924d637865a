"""Which page of a thread is wanted, and the permanent addresses of replies."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from fedreview.domain.thread import NoteId
from fedreview.web.negotiation import wants_activity
from fedreview.web.state import Request, in_thread, site_of

_NAME = "replies"
_MOST_DIGITS = 6


def page_asked_for(query: Mapping[str, str]) -> int:
    """Read which page of a thread is wanted: the first when none is, and 0 for nonsense."""
    text = query.get(_NAME)
    if text is None:
        return 1
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    # Each page has one address: the first is the one without a number.
    return int(text) if is_number and text[0] != "0" and text != "1" else 0


def page_in(path: str) -> int:
    """Read the same out of the path of a page on this site."""
    return page_asked_for(dict(parse_qsl(urlsplit(path).query)))


def to_right_page(request: Request, number: int) -> Response:
    """Lead to a page of the thread that there is, with the rest of what was asked for."""
    rest = [(name, text) for name, text in request.query_params.multi_items() if name != _NAME]
    query = urlencode([*rest, *([(_NAME, str(number))] if number > 1 else [])])
    path = request.url.path
    return RedirectResponse(f"{path}?{query}" if query else path, status_code=302)


async def get_reply(request: Request) -> Response:
    """Lead to where a reply stands now, which others may move; or to its document."""
    place = await in_thread(site_of(request).conversing.place, NoteId(request.path_params["id"]))
    address = place.uri if wants_activity(request) and place.uri else place.path
    headers = {"Vary": "Accept", "Cache-Control": "public, max-age=60"}
    return RedirectResponse(address, status_code=302, headers=headers)
