"""The servers that the site keeps at a distance: see, add, change, exchange lists of them."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from fedreview.activitypub.blocklists import LARGEST_LIST, MOST_LINES
from fedreview.domain.moderation import Severity
from fedreview.errors import InvalidInput
from fedreview.services.distancing import Done, Looked, Search
from fedreview.services.weighing import Effect
from fedreview.web.forms import Interrupted, read_fields, read_form
from fedreview.web.pages import shallow, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page

_HERE = "/studio/servers"
_FIELDS = (
    "domain",
    "severity",
    "reject_media",
    "reject_reports",
    "obfuscate",
    "public_comment",
    "private_comment",
)
_TOO_LARGE = f"The file has more than {LARGEST_LIST // 1024**2} MB: that is no list."
_NO_FILE = "Choose the file with the list."


async def get_servers(request: Request) -> Response:
    """Show the list, or the part of it that is looked for."""
    return await _servers(request, {}, {})


async def resume_servers(request: Request, sent: Interrupted) -> Response:
    """Show the server as it was filled in before signing in again."""
    return await _server(request, sent.fields, {}, done=sent.done)


async def _servers(request: Request, form: dict[str, str], problems: dict[str, str]) -> Response:
    require_author(request)
    query = request.query_params
    wanted = _wanted(request)
    number = query.get("page", "")
    view = await in_thread(
        site_of(request).distancing.servers,
        wanted,
        page=int(number) if number.isdecimal() and len(number) < 6 else 1,
    )
    batch = query.get("undo", "")
    is_undoable = bool(batch) and await in_thread(site_of(request).distancing.is_undoable, batch)
    search = {"q": wanted.text, "severity": wanted.severity or "", "sort": query.get("sort", "")}
    kept = {name: value for name, value in search.items() if value}
    return await page(
        request,
        "studio/servers.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        form={"domain": form.get("domain", "")},
        problems=problems,
        search=search,
        page_start=f"{_HERE}?{urlencode(kept)}{'&' if kept else ''}page=",
        undoable=batch if is_undoable else "",
        most_lines=MOST_LINES,
        largest=LARGEST_LIST // 1024**2,
        view=view,
    )


def _wanted(request: Request) -> Search:
    query = request.query_params
    severity = query.get("severity", "")
    return Search(
        text=query.get("q", "").strip()[:200],
        severity=Severity(severity) if severity in set(Severity) else None,
        newest_first=query.get("sort") == "newest",
    )


async def get_server(request: Request) -> Response:
    """Show what is known of one server, and the form that says how far it is kept away."""
    return await _server(request, {"domain": request.query_params.get("domain", "")}, {})


async def _server(
    request: Request, form: dict[str, str], problems: dict[str, str], *, done: str = ""
) -> Response:
    require_author(request)
    try:
        looked = await in_thread(site_of(request).distancing.look, form.get("domain", ""))
    except InvalidInput as error:
        return await _servers(request, form, error.problems)
    is_filled_in = bool(problems or done)
    return await page(
        request,
        "studio/servers/server.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        done=done,
        form={name: form.get(name, "") for name in _FIELDS} if is_filled_in else _filled(looked),
        problems=problems,
        unsaved=is_filled_in,
        **shallow(looked),
    )


def _filled(looked: Looked) -> dict[str, str]:
    """Fill the form with what is so now; for a new server, with what most come for."""
    if looked.present is None:
        return {**dict.fromkeys(_FIELDS, ""), "severity": Severity.SUSPEND}
    values = shallow(looked.present)
    return {name: _field(values[name]) for name in _FIELDS}


def _field(value: Any) -> str:
    return {True: "yes", False: ""}[value] if isinstance(value, bool) else str(value)


async def post_server(request: Request) -> Response:
    """Keep a server at a distance, or change how far."""
    author, form = require_author(request), await read_fields(request)
    try:
        done = await in_thread(site_of(request).distancing.put, author, form)
    except InvalidInput as error:
        return await _server(request, form, error.problems)
    return _went(done, f"server_{form['severity']}" if done.number else "server_same")


async def post_remove(request: Request) -> Response:
    """Keep a server at a distance no more."""
    author, form = require_author(request), await read_fields(request)
    done = await in_thread(site_of(request).distancing.remove, author, form.get("domain", ""))
    return _went(done, "server_ended")


async def post_undo(request: Request) -> Response:
    """Make it as it was before."""
    require_author(request)
    form = await read_fields(request)
    done = await in_thread(site_of(request).distancing.undo, form.get("batch", ""))
    return _went(done, "servers_undone" if done.number else "servers_left")


def _went(done: Done, what: str) -> Response:
    more = {"undo": done.batch} if done.batch else {}
    return RedirectResponse(with_done(_HERE, what, **more), status_code=303)


async def post_import(request: Request) -> Response:
    """Say what a list would change, and change nothing."""
    require_author(request)
    sent = await read_form(request)
    if sent.is_picture_too_large:
        return await _servers(request, {}, {"file": _TOO_LARGE})
    if not sent.picture:
        return await _servers(request, {}, {"file": _NO_FILE})
    try:
        plan = await in_thread(site_of(request).distancing.plan, sent.picture)
    except InvalidInput as error:
        return await _servers(request, {}, error.problems)
    return await page(
        request,
        "studio/servers/plan.html",
        headers=PRIVATE,
        new=plan.of(Effect.NEW),
        changed=plan.of(Effect.CHANGED),
        same=plan.of(Effect.SAME),
        wrong=plan.of(Effect.WRONG),
        list=sent.picture.decode("utf-8-sig"),
    )


async def post_apply(request: Request) -> Response:
    """Take over a list that was looked at."""
    author, form = require_author(request), await read_fields(request)
    data = form.get("list", "").encode()
    try:
        done = await in_thread(site_of(request).distancing.import_, author, data)
    except InvalidInput as error:
        return await _servers(request, {}, error.problems)
    return _went(done, "servers_imported")


async def get_list(request: Request) -> Response:
    """Give the list as a file that Mastodon reads."""
    require_author(request)
    data = await in_thread(site_of(request).distancing.export)
    day = f"{site_of(request).now():%Y-%m-%d}"
    return Response(
        data,
        media_type="text/csv",
        headers={
            **PRIVATE,
            "Content-Disposition": f'attachment; filename="domain-blocks-{day}.csv"',
        },
    )
