"""Everybody who reacted to something."""

from urllib.parse import urlencode

from starlette.responses import Response

from fedreview.services.views import ReactionPage
from fedreview.web.pages import public_page, shallow
from fedreview.web.state import Request, in_thread, site_of


async def get_of_review(request: Request) -> Response:
    """List who reacted to a review."""
    return await _show(
        request,
        await in_thread(
            site_of(request).acclaiming.of_review, request.path_params["slug"], **_asked(request)
        ),
    )


async def get_of_note(request: Request) -> Response:
    """List who reacted to a take, or to an author's answer."""
    return await _show(
        request,
        await in_thread(
            site_of(request).acclaiming.of_note, request.path_params["id"], **_asked(request)
        ),
    )


def _asked(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "") for name in ("kind", "before")}


async def _show(request: Request, view: ReactionPage) -> Response:
    here = request.url.path
    kept = {"kind": view.kind} if view.kind else {}
    start = f"{here}?{urlencode(kept)}" if kept else here
    return await public_page(
        request,
        "reactions.html",
        **shallow(view),
        here=here,
        newer=start if request.query_params.get("before") else None,
        older_url=f"{here}?{urlencode({**kept, 'before': view.older})}" if view.older else None,
    )
