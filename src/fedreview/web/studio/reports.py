"""What other servers have reported, and who quotes the author."""

from starlette.responses import RedirectResponse, Response

from fedreview.web.pages import shallow, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page


async def get_reports(request: Request) -> Response:
    """Show the reports that wait, and the last that somebody was done with."""
    require_author(request)
    view = await in_thread(site_of(request).reporting.reports)
    return await page(request, "studio/reports.html", headers=PRIVATE, **shallow(view))


async def post_resolve(request: Request) -> Response:
    """Be done with a report."""
    return await _set_resolved(request, resolved=True)


async def post_reopen(request: Request) -> Response:
    """Be done with a report no more."""
    return await _set_resolved(request, resolved=False)


async def _set_resolved(request: Request, *, resolved: bool) -> Response:
    require_author(request)
    reporting = site_of(request).reporting
    await in_thread(reporting.set_resolved, request.path_params["id"], resolved=resolved)
    done = "report_resolved" if resolved else "report_reopened"
    return RedirectResponse(with_done("/studio/reports", done), status_code=303)


async def get_quotes(request: Request) -> Response:
    """Show who quotes the author."""
    author = require_author(request)
    quotes = await in_thread(site_of(request).quoting.quotes, author)
    return await page(request, "studio/quotes.html", headers=PRIVATE, quotes=quotes)


async def post_revoke_quote(request: Request) -> Response:
    """Take the leave to quote back."""
    author = require_author(request)
    await in_thread(site_of(request).quoting.revoke, author, request.path_params["id"])
    return RedirectResponse(with_done("/studio/quotes", "quote_revoked"), status_code=303)
