"""What an author is going to review: list it, announce it, begin to write it."""

from starlette.responses import RedirectResponse, Response

from fedreview.errors import InvalidInput
from fedreview.services.drafting import fields_from_announcement
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.studio.choices import KINDS
from fedreview.web.templating import page


async def get_upcoming(request: Request) -> Response:
    """Show what the author has announced, and a form for more."""
    return await _show(request, fields_from_announcement(None))


async def get_change(request: Request) -> Response:
    """Show the form with one announcement that stands by itself."""
    author, wanted = require_author(request), request.path_params["id"]
    found = await in_thread(site_of(request).anticipating.get, author, wanted)
    if found.source_id:
        return RedirectResponse(f"/studio/reviews/{found.source_id}", status_code=303)
    return await _show(request, fields_from_announcement(found.upcoming), changed=wanted)


async def resume_upcoming(request: Request, sent: Interrupted) -> Response:
    """Show the form as it was typed before signing in again."""
    fields = {**fields_from_announcement(None), **sent.fields}
    return await _show(request, fields, changed=sent.id, done=sent.done)


async def _show(
    request: Request,
    form: dict[str, str],
    problems: dict[str, str] | None = None,
    *,
    changed: str = "",
    done: str = "",
) -> Response:
    """Show the list with the form, or with `changed` the form alone."""
    author = require_author(request)
    items = await in_thread(site_of(request).anticipating.own, author)
    return await page(
        request,
        "studio/upcoming.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        form=form,
        problems=problems or {},
        items=items,
        changed=changed,
        done=done,
        unsaved=bool(problems or done),
        kinds=KINDS,
    )


async def post_upcoming(request: Request) -> Response:
    """Announce a work by itself."""
    return await _keep(request, "")


async def post_change(request: Request) -> Response:
    """Change what is announced."""
    return await _keep(request, request.path_params["id"])


async def _keep(request: Request, id: str) -> Response:
    author, form = require_author(request), await read_fields(request)
    try:
        await in_thread(site_of(request).anticipating.announce, author, form, id=id or None)
    except InvalidInput as error:
        fields = {**fields_from_announcement(None), **form}
        return await _show(request, fields, error.problems, changed=id)
    return RedirectResponse(with_done("/studio/upcoming", "announced"), status_code=303)


async def post_remove(request: Request) -> Response:
    """Take an announcement back."""
    author, wanted = require_author(request), request.path_params["id"]
    await in_thread(site_of(request).anticipating.take_back, author, wanted)
    return RedirectResponse(with_done("/studio/upcoming", "taken_back"), status_code=303)
