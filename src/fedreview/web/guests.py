"""The form with which people without an account comment."""

from starlette.responses import RedirectResponse, Response

from fedreview.errors import DiskRefuses, InvalidInput
from fedreview.services.guesting import LONGEST_TEXT, TRAP, Wrong
from fedreview.web.forms import read_fields
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.templating import language_here, page
from fedreview.web.tongues import later

PROBLEMS = {
    Wrong.NO_NAME: later("Type the name that your comment is shown under."),
    Wrong.LONG_NAME: later("Use at most 60 characters."),
    Wrong.NAME_OF_AUTHOR: later("That is the name of an author here. Choose another one."),
    Wrong.NO_SITE: later("Type the whole address, such as https://example.org, or leave it empty."),
    Wrong.NO_MAIL: later("Type a whole address, such as you@example.org, or leave it empty."),
    Wrong.NO_TEXT: later("Write something first."),
    Wrong.LONG_TEXT: later("Use at most 5000 characters."),
    Wrong.QUICK: later("That was quicker than anybody can type. Send it once more."),
    Wrong.OLD: later("This form has been open for more than a day. Send it once more."),
    Wrong.MANY: later("You have sent several comments already. Try again in half an hour."),
    Wrong.FULL: later("Too many comments wait to be looked at. Try again in some hours."),
}

DISK_FULL = later("Nothing can be saved here now: the disk is full. Send it again in a while.")

_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


async def get_comment(request: Request) -> Response:
    """Show the form."""
    return await _page(request, {}, {})


async def post_comment(request: Request) -> Response:
    """Keep a comment for the author; what is wrong comes back as it was typed."""
    form = await read_fields(request)
    slug, to = request.path_params["slug"], form.get("to", "")
    guesting = site_of(request).guesting
    address = request.client.host if request.client else ""
    try:
        await in_thread(guesting.comment, slug, form, address=address, to=to)
    except InvalidInput as error:
        return await _page(request, form, error.problems)
    except DiskRefuses:
        return await _page(request, form, {"text": DISK_FULL}, status=503)
    path = request.url.path.removesuffix("/comment")
    return RedirectResponse(with_done(f"{path}#thoughts", "comment_waits"), status_code=303)


async def _page(
    request: Request, form: dict[str, str], problems: dict[str, str], *, status: int = 422
) -> Response:
    to = form.get("to", request.query_params.get("to", ""))
    invitation = await in_thread(
        site_of(request).guesting.invite, request.path_params["slug"], to=to
    )
    language = await in_thread(language_here, request)
    said = {
        name: language.say(PROBLEMS[Wrong(why)]) if why in set(Wrong) else language.say(why)
        for name, why in problems.items()
    }
    return await page(
        request,
        "comment.html",
        status=status if problems else 200,
        headers=_HEADERS,
        invitation=invitation,
        form=form,
        problems=said,
        trap=TRAP,
        longest=LONGEST_TEXT,
    )
