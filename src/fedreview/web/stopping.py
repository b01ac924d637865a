"""Stop mails with one click, from any mail program and without a session."""

from starlette.responses import Response

from fedreview.domain.notice import NoticeKind
from fedreview.errors import NotAllowed
from fedreview.services.unsubscribing import Stop
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.templating import page
from fedreview.web.tongues import later

_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

KIND_NAMES = {
    NoticeKind.REPLY: later("replies"),
    NoticeKind.HELD: later("replies that wait for a decision"),
    NoticeKind.MENTION: later("mentions"),
    NoticeKind.MESSAGE: later("private messages"),
    NoticeKind.QUOTE: later("quotes"),
    NoticeKind.FOLLOW: later("followers"),
    NoticeKind.LIKE: later("likes"),
    NoticeKind.BOOST: later("boosts"),
    NoticeKind.REPORT: later("reports"),
    NoticeKind.DELIVERY: later("trouble with delivery"),
}


async def get_stop(request: Request) -> Response:
    """Ask whether mails are to stop: a program that looks at links presses no button."""
    return await _page(request, await _stop(request), is_stopped=False)


async def post_stop(request: Request) -> Response:
    """Stop them. Source: RFC 8058; a mail program sends this without any cookie."""
    stop = await _stop(request)
    token = request.path_params["token"]
    await in_thread(site_of(request).unsubscribing.stop, token)
    return await _page(request, stop, is_stopped=True)


async def _stop(request: Request) -> Stop:
    token = request.path_params["token"]
    found = await in_thread(site_of(request).unsubscribing.find, token)
    if found is None:
        raise NotAllowed("no link of ours, or of an address that is not in use")
    return found


async def _page(request: Request, stop: Stop, *, is_stopped: bool) -> Response:
    return await page(
        request,
        "mail_stop.html",
        headers=_PRIVATE,
        kind=KIND_NAMES[stop.kind] if stop.kind else "",
        is_stopped=is_stopped,
    )
