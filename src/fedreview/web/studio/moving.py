"""The author's other accounts, and moving between them."""

from starlette.responses import RedirectResponse, Response

from fedreview.errors import InvalidInput, TooManyRequests
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import shallow, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page

_HERE = "/studio/accounts"
_TOO_MANY = "That were too many wrong passwords. Wait a quarter of an hour."


async def get_accounts(request: Request) -> Response:
    """Show the author's other accounts, and where they have moved."""
    return await _accounts(request, {}, {})


async def resume_accounts(request: Request, sent: Interrupted) -> Response:
    """Show the handle as it was typed before signing in again."""
    return await _accounts(request, sent.fields, {}, done=sent.done)


async def _accounts(
    request: Request, form: dict[str, str], problems: dict[str, str], *, done: str = ""
) -> Response:
    author = require_author(request)
    view = await in_thread(site_of(request).moving.other_accounts, author)
    return await page(
        request,
        "studio/accounts.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        done=done,
        problems=problems,
        form={"alias": form.get("alias", ""), "target": form.get("target", ""), "password": ""},
        handle=site_of(request).urls.handle(author.username),
        **shallow(view),
    )


async def post_alias(request: Request) -> Response:
    """Name another account of the author's."""
    author, form = require_author(request), await read_fields(request)
    try:
        await site_of(request).moving.add_alias(author, form.get("alias", ""))
    except InvalidInput as error:
        return await _accounts(request, form, error.problems)
    return RedirectResponse(with_done(_HERE, "alias_added"), status_code=303)


async def post_remove_alias(request: Request) -> Response:
    """Name it no more."""
    author, form = require_author(request), await read_fields(request)
    await in_thread(site_of(request).moving.remove_alias, author, form.get("actor", ""))
    return RedirectResponse(with_done(_HERE, "alias_removed"), status_code=303)


async def post_move(request: Request) -> Response:
    """Move the author's followers to another account."""
    author, form = require_author(request), await read_fields(request)
    site = site_of(request)
    try:
        async with site.password_checks:
            await in_thread(site.accounts.confirm, author, form.get("password", ""))
        await site.moving.move(author, form.get("target", ""))
    except InvalidInput as error:
        return await _accounts(request, form, error.problems)
    except TooManyRequests:
        return await _accounts(request, form, {"password": _TOO_MANY})
    return RedirectResponse(with_done(_HERE, "moved"), status_code=303)


async def post_come_back(request: Request) -> Response:
    """Say that the author is here after all."""
    author = require_author(request)
    await in_thread(site_of(request).moving.come_back, author)
    return RedirectResponse(with_done(_HERE, "came_back"), status_code=303)
