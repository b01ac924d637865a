"""The pictures beside links to reviews."""

from starlette.responses import Response

from fedreview.web.answering import picture_answer
from fedreview.web.state import Request, in_thread, site_of

_FOR_A_YEAR = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"


async def get_card(request: Request) -> Response:
    """Give the share picture of a review as it is now, whichever version is asked for."""
    version, path = await in_thread(site_of(request).illustrating.card, request.path_params["slug"])
    is_present = request.query_params.get("v") == version
    cache = _FOR_A_YEAR if is_present else _FOR_AN_HOUR
    # How long it may be kept is a part of what is kept here.
    name = version if is_present else f"{version}-present"
    return await picture_answer(request, path, media_type="image/png", version=name, cache=cache)
