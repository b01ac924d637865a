"""The theme that a site puts over our stylesheet."""

from starlette.responses import Response

from fedreview.errors import NotFound
from fedreview.web.answering import answered, ready_answer
from fedreview.web.state import Request, in_thread, site_of

_FOR_A_YEAR = "public, max-age=31536000, immutable"


async def get_theme(request: Request) -> Response:
    """Give the theme; only the address that names its version may be kept for long."""
    theme = await in_thread(site_of(request).theming.find)
    if theme is None:
        raise NotFound("no theme in the data folder")
    is_this_version = request.query_params.get("v") == theme.version
    cache = _FOR_A_YEAR if is_this_version else "no-cache"
    ready = await ready_answer(
        request,
        theme.css,
        etag=f'"{theme.version}-{"this" if is_this_version else "any"}"',
        media_type="text/css",
        headers={"Cache-Control": cache},
    )
    return answered(request, ready)
