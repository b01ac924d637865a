"""The delivery board: how what was sent fares, by activity and by server."""

from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from fedreview.domain.delivery import Stand
from fedreview.errors import NotFound
from fedreview.web.forms import read_fields
from fedreview.web.pages import shallow
from fedreview.web.state import Request, in_thread, signed_in, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.studio.clocks import clock_of
from fedreview.web.templating import fragment, language_here, page
from fedreview.web.tongues import ENGLISH

BOARD = "/studio/deliveries"
SERVERS = f"{BOARD}/servers"

STANDS = {
    Stand.DELIVERED: "delivered",
    Stand.ON_THE_WAY: "on the way",
    Stand.FAILING: "failing",
    Stand.GIVEN_UP: "given up",
    Stand.HELD_BACK: "held back",
    Stand.CALLED_OFF: "called off",
}
"""What each is called, in the order in which a bar shows them."""

# What htmx takes for "replace it, and ask no more".
_STOP_ASKING = 286


async def get_deliveries(request: Request) -> Response:
    """Show what was sent, the newest first."""
    author, query = require_author(request), request.query_params
    stand, before = stand_asked_for(request), query.get("before", "")
    dispatching = site_of(request).dispatching
    view = await in_thread(dispatching.sent, author, stand=stand, before=before)
    kept = {"state": stand.value} if stand else {}
    return await _show(
        request,
        "studio/deliveries.html",
        fan_outs=await in_thread(dispatching.under_way, author),
        stand=stand,
        bars=tuple(item.id for item in view.items),
        items=view.items,
        has_failed=view.has_failed,
        is_first=not before,
        kept=urlencode(kept),
        older=f"{BOARD}?{urlencode({**kept, 'before': view.older})}" if view.older else "",
    )


def stand_asked_for(request: Request) -> Stand | None:
    """Read which state is wanted; nonsense is none."""
    wanted = request.query_params.get("state", "")
    return Stand(wanted) if wanted in set(Stand) else None


async def get_progress(request: Request) -> Response:
    """Give how far some things have come, alone, for htmx; with those bars that the page shows.

    Who has signed out meanwhile is not led to the form: htmx would put that into the page.
    """
    found, query = signed_in(request), request.query_params
    if found is None:
        return Response(status_code=_STOP_ASKING, headers=PRIVATE)
    is_desk = query.get("on") != "site"
    fan_outs = await in_thread(
        site_of(request).dispatching.progress, found.author, query.getlist("of")
    )
    language = ENGLISH if is_desk else await in_thread(language_here, request)
    shown = {each.id for each in fan_outs} & set(query.getlist("bar"))
    html = fragment(
        "_progress.html",
        language,
        fan_outs=fan_outs,
        is_desk=is_desk,
        bars=sorted(shown),
        stands=STANDS,
    )
    return HTMLResponse(html, headers=PRIVATE)


async def get_one(request: Request) -> Response:
    """Show where one thing goes, and what became of it there."""
    author, id_ = require_author(request), request.path_params["id"]
    dispatching, query = site_of(request).dispatching, request.query_params
    host, after = query.get("server", "").strip(), query.get("after", "")
    view = await in_thread(dispatching.one, author, id_, host=host, after=after)
    here = f"{BOARD}/{id_}"
    under_way = await in_thread(dispatching.under_way, author)
    kept = {"server": host} if host else {}
    return await _show(
        request,
        "studio/deliveries/one.html",
        fan_outs=tuple(each for each in under_way if each.id == id_),
        bars=(id_,),
        here=here,
        host=host,
        kept=urlencode(kept),
        next_page=f"{here}?{urlencode({**kept, 'after': view.further})}" if view.further else "",
        **shallow(view),
    )


async def get_servers(request: Request) -> Response:
    """Show how servers fare, those first that need attention."""
    require_author(request)
    query = request.query_params
    only_trouble, host = query.get("show") == "trouble", query.get("server", "").strip()
    view = await in_thread(
        site_of(request).dispatching.servers,
        only_trouble=only_trouble,
        host=host,
        after=query.get("after", ""),
    )
    kept = {"show": "trouble"} if only_trouble else {}
    kept |= {"server": host} if host else {}
    further = f"{SERVERS}?{urlencode({**kept, 'after': view.further})}" if view.further else ""
    return await _show(
        request,
        "studio/deliveries/servers.html",
        items=view.items,
        only_trouble=only_trouble,
        host=host,
        kept=urlencode(kept),
        next_page=further,
    )


async def get_server(request: Request) -> Response:
    """Show what one server has not taken.

    Notices lead here for longer than deliveries are kept: then the page says that.
    """
    author, host = require_author(request), request.path_params["host"]
    after = request.query_params.get("after", "")
    try:
        view = await in_thread(site_of(request).dispatching.server, author, host, after=after)
    except NotFound:
        return await _show(request, "studio/deliveries/forgotten.html", status=404, host=host)
    here = _page_of(host)
    return await _show(
        request,
        "studio/deliveries/server.html",
        here=here,
        next_page=f"{here}?{urlencode({'after': view.further})}" if view.further else "",
        **shallow(view),
    )


async def _show(request: Request, name: str, **context: Any) -> Response:
    """Show a page of the board, with how many were begun anew or stopped a moment ago."""
    query, clock = request.query_params, clock_of(require_author(request))
    said = {name: _number(query.get(name, "")) for name in ("resent", "stopped")}
    context |= {"stands": STANDS, "said": said, "clock": clock}
    return await page(request, name, headers=PRIVATE, **context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


async def post_resend(request: Request) -> Response:
    """Begin anew all that failed."""
    author = require_author(request)
    begun = await in_thread(site_of(request).dispatching.resend, author)
    return _back(BOARD, resent=begun)


async def post_resend_one(request: Request) -> Response:
    """Begin anew what of one thing failed, or one delivery of it; and go back."""
    author, form = require_author(request), await read_fields(request)
    id_, host = request.path_params["id"], form.get("host", "")
    begun = await in_thread(
        site_of(request).dispatching.resend_one, author, id_, delivery=form.get("delivery", "")
    )
    return _back(_page_of(host) if host else f"{BOARD}/{quote(id_)}", resent=begun)


async def post_resend_to(request: Request) -> Response:
    """Begin anew what one server did not take."""
    require_author(request)
    host = request.path_params["host"]
    begun = await in_thread(site_of(request).dispatching.resend_to, host)
    return _back(_page_of(host), resent=begun)


async def post_stop(request: Request) -> Response:
    """Give up whatever waits for one server."""
    require_author(request)
    host = request.path_params["host"]
    stopped = await in_thread(site_of(request).dispatching.stop, host)
    return _back(_page_of(host), stopped=stopped)


def _page_of(host: str) -> str:
    return f"{SERVERS}/{quote(host, safe='')}"


def _back(path: str, **said: int) -> Response:
    return RedirectResponse(f"{path}?{urlencode(said)}", status_code=303)
