"""Say, while a title is typed, what the author wrote about that work before."""

from collections.abc import Mapping

from starlette.responses import HTMLResponse, Response

from fedreview.services.reminding import Reminder
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import fragment


async def hints_for(
    request: Request, fields: Mapping[str, str], review_id: str
) -> tuple[Reminder, ...]:
    """Give what the author wrote about the work in the form. review_id: of this form, or ""."""
    author, title = require_author(request), fields.get("title", "")
    but = review_id or fields.get("new_id", "")
    return await in_thread(site_of(request).reminding.about, author, title, but=but)


async def get_hints(request: Request) -> Response:
    """Give the lines alone, for htmx."""
    fields = dict(request.query_params)
    hints = await hints_for(request, fields, fields.get("review", ""))
    return HTMLResponse(fragment("studio/write/_reminders.html", hints=hints), headers=PRIVATE)
