"""Give the author a picture, or take it away."""

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from fedreview.errors import InvalidInput
from fedreview.web.forms import megabytes, picture_limit, read_form
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import require_author
from fedreview.web.studio.desk import show_settings


async def post_portrait(request: Request) -> Response:
    """Keep the chosen picture, and tell followers' servers."""
    author = require_author(request)
    try:
        data = await _chosen(request)
        await in_thread(site_of(request).sitting.take, author, data)
    except InvalidInput as error:
        return await show_settings(request, error.problems)
    return RedirectResponse(with_done("/studio/settings", "settings"), status_code=303)


async def post_remove_portrait(request: Request) -> Response:
    """Show the author without a picture again."""
    await in_thread(site_of(request).sitting.remove, require_author(request))
    return RedirectResponse(with_done("/studio/settings", "settings"), status_code=303)


async def _chosen(request: Request) -> bytes:
    limit = megabytes(picture_limit(request))
    too_large = {"avatar": f"The picture is too large. Choose one under {limit}."}
    try:
        sent = await read_form(request)
    except HTTPException as error:
        raise InvalidInput(too_large) from error
    if sent.is_picture_too_large:
        raise InvalidInput(too_large)
    if not sent.picture:
        raise InvalidInput({"avatar": "Choose a picture."})
    return sent.picture
