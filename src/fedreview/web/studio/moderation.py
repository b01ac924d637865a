"""What waits for the author, what was set aside, and what was done."""

from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from fedreview.domain.moderation import Act
from fedreview.errors import NotFound
from fedreview.services.moderating import ANYWHERE, ASIDE, WAITING, Outcome, Pick
from fedreview.web.forms import read_fields, read_form
from fedreview.web.pages import local_path, shallow
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page

_WAITING = "/studio/waiting"
_ASIDE = "/studio/set-aside"
_LOG = "/studio/log"

_IN_QUEUE = frozenset(
    {Act.APPROVE, Act.HIDE, Act.DELETE, Act.SPAM, Act.BLOCK, Act.BLOCK_SERVER, Act.TRUST}
)
_IN_FOLDER = frozenset({Act.APPROVE, Act.ERASE})


async def get_waiting(request: Request) -> Response:
    """Show the replies that wait, the first arrival first."""
    author, asked = require_author(request), request.query_params
    view = await in_thread(
        site_of(request).inspecting.waiting, author, after=asked.get("after") or None
    )
    return await _show(
        request,
        "studio/moderation/waiting.html",
        **shallow(view),
        after=asked.get("after", ""),
        is_all_chosen=asked.get("choose") == "all",
    )


async def post_waiting(request: Request) -> Response:
    """Decide about one reply, or about all that were chosen."""
    return await _decide(request, _WAITING)


async def get_set_aside(request: Request) -> Response:
    """Show spam and what was removed, and for how long it is kept."""
    author, asked = require_author(request), request.query_params
    view = await in_thread(
        site_of(request).inspecting.set_aside, author, before=asked.get("before") or None
    )
    return await _show(
        request,
        "studio/moderation/set_aside.html",
        **shallow(view),
        is_all_chosen=asked.get("choose") == "all",
    )


async def post_set_aside(request: Request) -> Response:
    """Bring back or delete for ever what was chosen, or all of it."""
    return await _decide(request, _ASIDE)


async def _decide(request: Request, where: str) -> Response:
    author, sent = require_author(request), await read_form(request)
    single, _, picked = sent.fields.get("one", "").partition(" ")
    act = _act_of(
        single or sent.fields.get("do", ""), _IN_QUEUE if where == _WAITING else _IN_FOLDER
    )
    texts = [picked] if single else [value for name, value in sent.pairs if name == "pick"]
    picks = [Pick.parse(text) for text in texts]
    moderating = site_of(request).moderating
    if act is None and sent.fields.get("do") == "empty" and where == _ASIDE:
        outcome = await in_thread(moderating.erase, author, None)
    elif act is None or not picks:
        return RedirectResponse(f"{where}?nothing=yes", status_code=303)
    elif act is Act.ERASE:
        outcome = await in_thread(moderating.erase, author, picks)
    else:
        among = WAITING if where == _WAITING else ASIDE
        outcome = await in_thread(moderating.act, author, act, picks, among=among)
    return _back(where, outcome, after=sent.fields.get("after", ""))


async def post_put_aside(request: Request) -> Response:
    """Remove a reply that is shown or hidden, or put it with the spam."""
    author, form = require_author(request), await read_fields(request)
    act = Act.SPAM if form.get("do") == Act.SPAM else Act.DELETE
    pick = Pick(request.path_params["id"])
    moderating = site_of(request).moderating
    outcome = await in_thread(moderating.act, author, act, [pick], among=ANYWHERE)
    if outcome.left:
        raise NotFound("no such reply under anything of this author")
    return _back(_ASIDE, outcome)


def _act_of(text: str, possible: frozenset[Act]) -> Act | None:
    return next((act for act in possible if act == text), None)


def _back(where: str, outcome: Outcome, *, after: str = "") -> Response:
    """Go back to the page, which says what was done and can undo it."""
    said = {"batch": outcome.batch, "left": outcome.left or "", "after": after}
    query = urlencode({name: value for name, value in said.items() if value})
    path, _, mark = where.partition("#")
    target = f"{path}{'&' if '?' in path else '?'}{query}"
    return RedirectResponse(f"{target}#{mark}" if mark else target, status_code=303)


async def post_undo(request: Request) -> Response:
    """Undo what was done at one stroke."""
    author, form = require_author(request), await read_fields(request)
    outcome = await in_thread(site_of(request).moderating.undo, author, form.get("batch", ""))
    return _back(local_path(form.get("return_to", ""), _LOG), outcome)


async def get_log(request: Request) -> Response:
    """Show who did what when to whom."""
    author, asked = require_author(request), request.query_params
    about = asked.get("about", "")[:200]
    view = await in_thread(
        site_of(request).inspecting.log, author, about=about, before=asked.get("before")
    )
    older = f"{_LOG}?before={view.older}&about={quote(about)}" if view.older else ""
    return await _show(
        request, "studio/moderation/log.html", items=view.items, about=about, older=older
    )


async def _show(request: Request, name: str, **context: Any) -> Response:
    """Show a page with what was done a moment ago."""
    asked = request.query_params
    batch, left = asked.get("batch", ""), asked.get("left", "")
    stroke = (
        await in_thread(site_of(request).inspecting.stroke, require_author(request), batch)
        if batch
        else None
    )
    return await page(
        request,
        name,
        headers=PRIVATE,
        stroke=stroke,
        left=int(left) if left.isdecimal() and len(left) < 6 else 0,
        is_nothing_chosen="nothing" in asked,
        **context,
    )
