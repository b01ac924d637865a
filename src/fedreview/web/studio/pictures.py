"""Take pictures for the text of a review."""

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from fedreview.domain.work import Cover
from fedreview.errors import InvalidInput
from fedreview.web.forms import megabytes, picture_limit, read_form
from fedreview.web.negotiation import wants_html
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page


async def get_pictures(request: Request) -> Response:
    """Show how to add a picture to a text, for browsers that cannot drop one into it."""
    require_author(request)
    return await _show(request, {}, {})


async def post_pictures(request: Request) -> Response:
    """Keep a picture; gives the Markdown to copy, or for the script of the form its address."""
    require_author(request)
    fields: dict[str, str] = {}
    try:
        fields, data = await _sent(request)
        picture = await in_thread(site_of(request).picturing.keep, data)
    except InvalidInput as error:
        if wants_html(request):
            return await _show(request, fields, error.problems)
        problem = " ".join(error.problems.values())
        return JSONResponse({"problem": problem}, status_code=422, headers=PRIVATE)
    if wants_html(request):
        return await _show(request, fields, {}, picture)
    kept = {"url": f"/media/{picture.name}", "width": picture.width, "height": picture.height}
    return JSONResponse(kept, status_code=201, headers=PRIVATE)


async def _sent(request: Request) -> tuple[dict[str, str], bytes]:
    limit = megabytes(picture_limit(request))
    too_large = {"cover": f"The picture is too large. Choose one under {limit}."}
    try:
        sent = await read_form(request)
    except HTTPException as error:
        raise InvalidInput(too_large) from error
    if sent.is_picture_too_large:
        raise InvalidInput(too_large)
    if not sent.picture:
        raise InvalidInput({"cover": "Choose a picture."})
    return sent.fields, sent.picture


async def _show(
    request: Request,
    fields: dict[str, str],
    problems: dict[str, str],
    picture: Cover | None = None,
) -> Response:
    alt = " ".join(fields.get("alt", "").split())
    return await page(
        request,
        "studio/pictures.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        form={"alt": alt},
        problems=problems,
        picture=picture,
        markdown=f"![{_escaped(alt)}](/media/{picture.name})" if picture else "",
        picture_limit=picture_limit(request),
        picture_limit_text=megabytes(picture_limit(request)),
    )


def _escaped(alt: str) -> str:
    """Keep what would end the description from doing so."""
    return alt.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
