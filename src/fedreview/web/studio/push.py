"""Browsers that show the author's notices."""

from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from fedreview.errors import InvalidInput, RemoteFailure
from fedreview.web.forms import read_fields
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import require_author
from fedreview.web.templating import STATIC_DIR

_SETTINGS = "/studio/settings#push"


async def get_worker(_: Request) -> Response:
    """Give the script that a browser keeps to show notices while no page is open.

    At the root and under one name, for a browser looks there whether it has changed.
    """
    return FileResponse(
        STATIC_DIR / "push-worker.js",
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache"},
    )


async def post_browser(request: Request) -> Response:
    """Show the author's notices in the browser that sends this; for static/push.js."""
    author, sent = require_author(request), await read_fields(request)
    try:
        await in_thread(
            site_of(request).pushing.subscribe,
            author,
            **{name: sent.get(name, "") for name in ("endpoint", "p256dh", "auth")},
            user_agent=request.headers.get("user-agent", ""),
        )
    except InvalidInput as error:
        return PlainTextResponse("\n".join(error.problems.values()), status_code=422)
    return Response(status_code=204)


async def post_remove(request: Request) -> Response:
    """Show nothing in a browser any more."""
    author = require_author(request)
    await in_thread(site_of(request).pushing.remove, author, request.path_params["id"])
    return RedirectResponse(with_done(_SETTINGS, "push_removed"), status_code=303)


async def post_test(request: Request) -> Response:
    """Show something in a browser, to see whether it works."""
    author = require_author(request)
    try:
        await site_of(request).pushing.test(author, request.path_params["id"])
    except RemoteFailure:
        return RedirectResponse(with_done(_SETTINGS, "push_failed"), status_code=303)
    return RedirectResponse(with_done(_SETTINGS, "push_sent"), status_code=303)
