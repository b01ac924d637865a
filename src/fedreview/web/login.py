"""Set the site up, sign in, sign out."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from fedreview.errors import DiskRefuses, InvalidInput, NotAllowed, TooManyRequests
from fedreview.web.forms import Interrupted, read_fields, read_form
from fedreview.web.pages import local_path, with_done
from fedreview.web.security import set_session
from fedreview.web.state import Request, in_thread, set_signed_in, signed_in, site_of
from fedreview.web.studio.resuming import (
    can_resume,
    hidden_fields,
    interrupted,
    interrupted_before,
    resume,
)
from fedreview.web.templating import language_here, page
from fedreview.web.tongues import later

_PRIVATE = {"Cache-Control": "no-store"}

_STILL_HERE = later("You were signed out. Sign in, and what you wrote is still here.")
_SIGNED_OUT = later("You were signed out. Sign in, and try again.")
_NOT_KEPT = later(
    "You were signed out, and what you sent is too large to be kept. "
    "Sign in in another window; then press Back here, and send it again."
)
_DISK_FULL = later(
    "Nobody can sign in now: the disk of this site is full. Try again when its admin has made room."
)

PROBLEMS = (
    later("Name or password is wrong."),
    later("Use 1 to 30 of the letters a to z, digits and _."),
    later("Use at most 100 characters."),
    later("Use at least 10 characters."),
)
"""What the services say of these two forms, for the translators; they know no languages."""


async def _translated(request: Request, problems: Mapping[str, str]) -> dict[str, str]:
    language = await in_thread(language_here, request)
    return {name: language.say(text) for name, text in problems.items()}


async def get_setup(request: Request) -> Response:
    """Show the form for the first author, to who has the link from the terminal."""
    site, token = site_of(request), request.query_params.get("token", "")
    if await in_thread(site.accounts.is_set_up):
        return RedirectResponse("/login", status_code=303)
    if not await in_thread(site.accounts.is_setup_token, token):
        raise NotAllowed("not the set-up token")
    form = {"token": token, "site_title": "", "username": "", "name": "", "password": ""}
    return await page(request, "setup.html", headers=_PRIVATE, form=form, problems={})


async def post_setup(request: Request) -> Response:
    """Make the first author and sign them in."""
    form = await read_fields(request)
    site = site_of(request)
    try:
        await in_thread(
            site.accounts.set_up,
            form.get("token", ""),
            username=form.get("username", ""),
            name=form.get("name", ""),
            password=form.get("password", ""),
            site_title=form.get("site_title", ""),
        )
    except InvalidInput as error:
        return await page(
            request,
            "setup.html",
            status=422,
            headers=_PRIVATE,
            form=form,
            problems=await _translated(request, error.problems),
        )
    return await _open_session(request, form, goes_to=with_done("/studio", "welcome"))


async def get_login(request: Request) -> Response:
    """Show the sign-in form."""
    if signed_in(request):
        return RedirectResponse("/studio", status_code=303)
    form = {"next": request.query_params.get("next", ""), "username": "", "password": ""}
    return await _login(request, form, {})


async def post_login(request: Request) -> Response:
    """Sign somebody in."""
    form = await read_fields(request)
    kept = interrupted_before(form)
    try:
        if kept:
            return await _go_on(request, form, kept)
        return await _open_session(
            request, form, goes_to=local_path(form.get("next", ""), "/studio")
        )
    except InvalidInput as error:
        status, problems = 422, await _translated(request, error.problems)
        headers = _PRIVATE
    except DiskRefuses:
        language = await in_thread(language_here, request)
        status, problems = 503, {"password": language.say(_DISK_FULL)}
        headers = {**_PRIVATE, "Retry-After": "300"}
    except TooManyRequests as error:
        minutes = int(error.retry_after.total_seconds() // 60)
        status = 429
        words = (await in_thread(language_here, request)).words
        wait = words.ngettext(
            "Too many wrong passwords. Wait %(num)s minute.",
            "Too many wrong passwords. Wait %(num)s minutes.",
            minutes,
        )
        problems = {"password": wait % {"num": minutes}}
        headers = {**_PRIVATE, "Retry-After": str(minutes * 60)}
    return await _login(request, form, problems, status=status, headers=headers, kept=kept)


async def _login(
    request: Request,
    form: dict[str, str],
    problems: dict[str, str],
    *,
    status: int = 200,
    headers: Mapping[str, str] = _PRIVATE,
    kept: Interrupted | None = None,
    notice: str = "",
) -> Response:
    return await page(
        request,
        "login.html",
        status=status,
        headers=headers,
        form=form,
        problems=problems,
        kept=hidden_fields(kept) if kept else {},
        notice=_STILL_HERE if kept else notice,
    )


async def ask_again(request: Request) -> Response:
    """Ask whose session has ended to sign in, and carry what they sent through that page."""
    path, form = request.url.path, {"next": "", "username": "", "password": ""}
    kept, notice = None, _SIGNED_OUT
    if can_resume(path):
        try:
            kept = interrupted(path, await read_form(request))
        except (HTTPException, InvalidInput):
            notice = _NOT_KEPT
    return await _login(request, form, {}, status=401, kept=kept, notice=notice)


async def _go_on(request: Request, form: dict[str, str], kept: Interrupted) -> Response:
    """Sign in, and show the form that was sent without a session once more."""
    site, token = site_of(request), await _sign_in(request, form)
    set_signed_in(request, await in_thread(site.accounts.signed_in, token))
    response = await resume(request, kept)
    set_session(site, response.headers, token)
    return response


async def _open_session(request: Request, form: dict[str, str], *, goes_to: str) -> Response:
    token = await _sign_in(request, form)
    response = RedirectResponse(goes_to, status_code=303)
    set_session(site_of(request), response.headers, token)
    return response


async def _sign_in(request: Request, form: dict[str, str]) -> str:
    site = site_of(request)
    async with site.password_checks:
        token, _ = await in_thread(
            site.accounts.sign_in,
            username=form.get("username", ""),
            password=form.get("password", ""),
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent", ""),
        )
    return token


async def post_logout(request: Request) -> Response:
    """Sign this browser out."""
    site, found = site_of(request), signed_in(request)
    if found:
        await in_thread(site.accounts.end_session, found.author, found.session.id)
    response = RedirectResponse("/", status_code=303)
    set_session(site, response.headers, None)
    return response
