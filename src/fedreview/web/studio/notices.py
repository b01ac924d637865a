"""What the author should hear of."""

from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from fedreview.domain.notice import NoticeKind
from fedreview.web.forms import read_fields
from fedreview.web.pages import shallow, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.studio.clocks import clock_of
from fedreview.web.templating import page

PATH = "/studio/notices"

KIND_NAMES = {
    NoticeKind.REPLY: "Replies",
    NoticeKind.HELD: "Replies that wait",
    NoticeKind.MENTION: "Mentions",
    NoticeKind.MESSAGE: "Private messages",
    NoticeKind.QUOTE: "Quotes",
    NoticeKind.FOLLOW: "Followers",
    NoticeKind.LIKE: "Likes",
    NoticeKind.BOOST: "Boosts",
    NoticeKind.REPORT: "Reports",
    NoticeKind.DELIVERY: "Trouble with delivery",
}


async def get_notices(request: Request) -> Response:
    """Show notices, the newest first."""
    author, query = require_author(request), request.query_params
    kind, before = query.get("kind", ""), query.get("before")
    found = await in_thread(site_of(request).heralding.page, author, kind=kind, before=before)
    older = {"kind": found.kind.value if found.kind else "", "before": found.older or ""}
    return await page(
        request,
        "studio/notices.html",
        headers=PRIVATE,
        kinds=KIND_NAMES,
        clock=clock_of(author),
        marked_at=query.get("marked_at", ""),
        older_url=f"{PATH}?{urlencode(older)}" if found.older else "",
        is_first=before is None,
        **{name: value for name, value in shallow(found).items() if name != "older"},
    )


async def get_notice(request: Request) -> Response:
    """Go to what a notice is about; then it has been seen."""
    author, notice_id = require_author(request), request.path_params["id"]
    path = await in_thread(site_of(request).heralding.open, author, notice_id)
    return RedirectResponse(path, status_code=303, headers=PRIVATE)


async def post_read(request: Request) -> Response:
    """Mark everything as seen that the page showed, and what is older."""
    author, form = require_author(request), await read_fields(request)
    up_to = form.get("up_to", "")
    marked_at = await in_thread(site_of(request).heralding.mark_all, author, up_to)
    more = {"marked_at": marked_at.isoformat()} if marked_at else {}
    return RedirectResponse(with_done(PATH, "notices_read", **more), status_code=303)


async def post_unread(request: Request) -> Response:
    """Undo that."""
    author, form = require_author(request), await read_fields(request)
    marked_at = form.get("marked_at", "")
    undone = await in_thread(site_of(request).heralding.undo, author, marked_at)
    done = "notices_unread" if undone else ""
    return RedirectResponse(with_done(PATH, done), status_code=303)
