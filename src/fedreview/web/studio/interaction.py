"""Where other sites send an author with an address: to follow somebody, or answer a post."""

from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from fedreview.errors import InvalidInput
from fedreview.services.interacting import LONGEST_ADDRESS
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import shallow
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page

PATH = "/authorize_interaction"


async def get_interaction(request: Request) -> Response:
    """Show what is known of an address, or ask whether to look it up.

    Any link anywhere can lead an author here, so nothing is fetched before they say so.
    """
    return await _interaction(request, request.query_params.get("uri", ""), {})


async def resume_interaction(request: Request, sent: Interrupted) -> Response:
    """Show the address as it was typed before signing in again."""
    return await _interaction(request, sent.fields.get("uri", ""), {}, done=sent.done)


async def _interaction(
    request: Request, address: str, problems: dict[str, str], *, done: str = ""
) -> Response:
    author, address = require_author(request), address.strip()[:LONGEST_ADDRESS]
    encounter = await in_thread(site_of(request).interacting.find, author, address)
    return await page(
        request,
        "studio/interaction.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        done=done,
        form={"uri": address},
        problems=problems,
        here=_at(address),
        **shallow(encounter),
    )


def _at(address: str) -> str:
    return f"{PATH}?{urlencode({'uri': address})}"


async def post_interaction(request: Request) -> Response:
    """Look an address up."""
    author, form = require_author(request), await read_fields(request)
    address = form.get("uri", "")
    try:
        found = await site_of(request).interacting.look_up(author, address)
    except InvalidInput as error:
        return await _interaction(request, address, error.problems)
    return RedirectResponse(_at(found), status_code=303)
