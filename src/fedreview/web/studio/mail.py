"""Which mails the author gets, and where."""

from starlette.responses import RedirectResponse, Response

from fedreview.domain.notice import NoticeKind
from fedreview.errors import InvalidInput, NotAllowed
from fedreview.services.addressing import ADDRESS, push_field_of
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import require_author
from fedreview.web.studio.desk import show_settings

_SETTINGS = "/studio/settings#mail"


async def post_address(request: Request) -> Response:
    """Send a link to the address that was typed."""
    author, form = require_author(request), await read_fields(request)
    try:
        await in_thread(site_of(request).addressing.choose_address, author, form.get(ADDRESS, ""))
    except InvalidInput as error:
        return await show_settings(request, error.problems, typed=form)
    return _back("mail_asked")


async def get_confirm(request: Request) -> Response:
    """Take an address as the author's own. Only they can: it needs their session and the link."""
    author, token = require_author(request), request.query_params.get("token", "")
    if not await in_thread(site_of(request).addressing.confirm, author, token):
        raise NotAllowed("not the newest link, or too old")
    return _back("mail_confirmed")


async def post_remove(request: Request) -> Response:
    """Send no mail any more."""
    author = require_author(request)
    await in_thread(site_of(request).addressing.remove_address, author)
    return _back("mail_removed")


async def post_choices(request: Request) -> Response:
    """Keep of what to send mail, and when."""
    author, form = require_author(request), await read_fields(request)
    try:
        await in_thread(site_of(request).addressing.choose, author, form)
    except InvalidInput as error:
        return await show_settings(request, error.problems, typed=_unticked(form))
    return _back("settings")


async def resume_mail(request: Request, sent: Interrupted) -> Response:
    """Show the settings as they were typed before signing in again."""
    is_address = ADDRESS in sent.fields
    typed = sent.fields if is_address else _unticked(sent.fields)
    return await show_settings(request, {}, typed=typed, done=sent.done)


def _unticked(form: dict[str, str]) -> dict[str, str]:
    """Give the choices as they were sent: a box that is not ticked is not."""
    return {"shows_private": "", **{push_field_of(kind): "" for kind in NoticeKind}, **form}


async def post_test(request: Request) -> Response:
    """Send a test mail."""
    author = require_author(request)
    try:
        await in_thread(site_of(request).addressing.send_test, author)
    except InvalidInput as error:
        return await show_settings(request, error.problems)
    return _back("mail_test")


def _back(done: str) -> Response:
    return RedirectResponse(with_done(_SETTINGS, done), status_code=303)
