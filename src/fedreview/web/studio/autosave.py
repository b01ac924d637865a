"""Keep what is typed into the writing page while it is typed."""

import re

from starlette.responses import JSONResponse, Response

from fedreview.errors import InvalidInput
from fedreview.services.autosaving import Saved
from fedreview.web.forms import read_fields
from fedreview.web.state import Request, in_thread, signed_in, site_of
from fedreview.web.studio.access import PRIVATE
from fedreview.web.studio.scores import with_joined_aspects

FORM_ID = re.compile(r"[0-9a-z]{1,40}")
_TAB = re.compile(r"[0-9a-z]{1,40}")


async def post_autosave(request: Request) -> Response:
    """Keep the fields of a form, for the script of the writing page.

    Answers 409 when another tab was here, and 401 when nobody is signed in any more.
    """
    found = signed_in(request)
    if found is None:
        return _say(401, problem="You are signed out.")
    fields = with_joined_aspects(await read_fields(request))
    form, tab = fields.get("form", ""), fields.get("tab", "")
    if not (FORM_ID.fullmatch(form) and _TAB.fullmatch(tab)):
        return _say(422, problem="This page is out of date. Reload it.")
    try:
        saved = await in_thread(
            site_of(request).autosaving.save,
            found.author,
            form,
            fields,
            tab=tab,
            seen=fields.get("seen", ""),
            anyway=fields.get("anyway") == "yes",
        )
    except InvalidInput as error:
        return _say(422, problem=" ".join(error.problems.values()))
    return _answer(saved)


def _answer(saved: Saved) -> Response:
    """Say when it was kept, or when another tab kept or saved something."""
    status = 409 if saved.is_conflict else 200
    return _say(status, saved_at=saved.at.isoformat(), base=saved.base)


def _say(status: int, **document: str) -> Response:
    return JSONResponse(document, status_code=status, headers=PRIVATE)
