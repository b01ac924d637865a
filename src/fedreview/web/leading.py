"""Lead people to their own server, where they can follow, reply or like."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from fedreview.errors import InvalidInput, NotFound
from fedreview.services.leading import Aim, Deed, Way, Wrong
from fedreview.web.forms import read_fields
from fedreview.web.security import HEADERS
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.templating import language_here, page
from fedreview.web.tongues import later

PROBLEMS = {
    Wrong.NO_HANDLE: later("Type your whole handle, such as @name@server.example."),
    Wrong.NOBODY: later("There is no such account at that server. Look at the spelling again."),
    Wrong.SILENT: later("That server does not answer. Try again in some minutes."),
    Wrong.NO_DOOR: later(
        "That server does not tell where you can do this. Copy the address below into its search."
    ),
    Wrong.OURS: later("That account is on this very site. Sign in, and do it from the page."),
}

_KINDS = ("person", "review", "note")


def _headers(request: Request) -> dict[str, str]:
    """Give the headers of a page whose form leads out, and of the answer that does.

    Chromium holds a form to form-action also where its answer sends the browser on to.
    Source: https://github.com/w3c/webappsec-csp/issues/8.
    """
    out = "https:" if site_of(request).is_https else "https: http:"
    policy = HEADERS["Content-Security-Policy"]
    return {
        "Content-Security-Policy": policy.replace(
            "form-action 'self'", f"form-action 'self' {out}"
        ),
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }


async def get_interact(request: Request) -> Response:
    """Ask for the handle of whoever wants to follow, reply or like."""
    deed, aim = await _asked_for(request, request.query_params)
    return await _page(request, deed, aim, request.query_params)


async def post_interact(request: Request) -> Response:
    """Send them to their own server, or say why that cannot be."""
    form = await read_fields(request)
    deed, aim = await _asked_for(request, form)
    address = request.client.host if request.client else ""
    try:
        way = await site_of(request).leading.lead(
            deed, aim, handle=form.get("handle", ""), address=address
        )
    except InvalidInput as error:
        why = Wrong(error.problems["handle"])
        return await _page(request, deed, aim, form, why=why)
    if way.is_elsewhere:
        # They typed another host: what they are led to is for them to judge.
        return await _page(request, deed, aim, form, way=way)
    return RedirectResponse(way.url, status_code=303, headers=_headers(request))


async def _asked_for(request: Request, fields: Mapping[str, str]) -> tuple[Deed, Aim]:
    """Read what is to be done to what. Raises NotFound."""
    given = {name: fields[name] for name in _KINDS if fields.get(name)}
    deed = next((each for each in Deed if each.value == fields.get("do")), None)
    if deed is None or len(given) != 1:
        raise NotFound("nothing to do, or nothing to do it to")
    if ("person" in given) != (deed is Deed.FOLLOW):
        raise NotFound("that cannot be done to this")
    return deed, await in_thread(site_of(request).leading.aim, **given)


async def _page(
    request: Request,
    deed: Deed,
    aim: Aim,
    fields: Mapping[str, str],
    *,
    why: Wrong | None = None,
    way: Way | None = None,
) -> Response:
    language = await in_thread(language_here, request)
    return await page(
        request,
        "interact.html",
        status=422 if why else 200,
        headers=_headers(request),
        deed=deed.value,
        aim=aim,
        about={name: fields[name] for name in _KINDS if fields.get(name)},
        form={"handle": fields.get("handle", "")[:512]},
        problems={"handle": language.say(PROBLEMS[why])} if why else {},
        way=way,
    )
