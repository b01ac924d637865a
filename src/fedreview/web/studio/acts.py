"""What the author does to others: like, boost, block, refuse, report."""

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from fedreview.domain.actor import Author
from fedreview.domain.thread import NoteId
from fedreview.errors import InvalidInput
from fedreview.services.reacting import Reacted
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import local_path, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page

_CONVERSATION = "/studio/conversation"
_PEOPLE = "/studio/people"

_REFUSED = {
    Reacted.GONE: "reaction_gone",
    Reacted.PRIVATE: "reaction_private",
    Reacted.OWN: "reaction_own",
    Reacted.HERE: "reaction_here",
}


async def post_like(request: Request) -> Response:
    """Like a note."""
    return await _react(request, site_of(request).reacting.like, "liked")


async def post_boost(request: Request) -> Response:
    """Boost a note."""
    return await _react(request, site_of(request).reacting.boost, "boosted")


async def post_unlike(request: Request) -> Response:
    """Like a note no more."""
    return await _take_back(request, site_of(request).reacting.unlike, "unliked")


async def post_unboost(request: Request) -> Response:
    """Boost a note no more."""
    return await _take_back(request, site_of(request).reacting.unboost, "unboosted")


async def _react(request: Request, act: Callable[[Author, NoteId], Reacted], done: str) -> Response:
    author, form = require_author(request), await read_fields(request)
    note_id = NoteId(request.path_params["id"])
    outcome = await in_thread(act, author, note_id)
    return _back(form, note_id, _REFUSED.get(outcome, done))


async def _take_back(
    request: Request, act: Callable[[Author, NoteId], None], done: str
) -> Response:
    author, form = require_author(request), await read_fields(request)
    note_id = NoteId(request.path_params["id"])
    await in_thread(act, author, note_id)
    return _back(form, note_id, done)


def _back(form: dict[str, str], note_id: NoteId, done: str) -> Response:
    """Go back to the note that was acted on."""
    return_to = local_path(form.get("return_to", ""), _CONVERSATION)
    return RedirectResponse(with_done(f"{return_to}#reply-{note_id}", done), status_code=303)


async def post_block(request: Request) -> Response:
    """Block somebody."""
    author, form = require_author(request), await read_fields(request)
    await in_thread(site_of(request).blocking.block, author, form.get("actor", ""))
    return_to = local_path(form.get("return_to", ""), _PEOPLE)
    return RedirectResponse(with_done(return_to, "blocked"), status_code=303)


async def post_unblock(request: Request) -> Response:
    """Block somebody no more."""
    author, form = require_author(request), await read_fields(request)
    await in_thread(site_of(request).blocking.unblock, author, form.get("actor", ""))
    return RedirectResponse(with_done(_PEOPLE, "unblocked"), status_code=303)


async def post_remove_follower(request: Request) -> Response:
    """End somebody's following."""
    author, form = require_author(request), await read_fields(request)
    await in_thread(site_of(request).blocking.remove_follower, author, form.get("actor", ""))
    return RedirectResponse(with_done(_PEOPLE, "follower_removed"), status_code=303)


async def get_report(request: Request) -> Response:
    """Show the form with which a note is reported to its server."""
    require_author(request)
    return_to = local_path(request.query_params.get("return_to", ""), _CONVERSATION)
    passed_on = request.query_params.get("report", "")
    comment = await in_thread(site_of(request).reporting.said, passed_on) if passed_on else ""
    return await _report(request, {"comment": comment, "return_to": return_to}, {})


async def resume_report(request: Request, sent: Interrupted) -> Response:
    """Show the report as it was typed before signing in again."""
    return await _report(request, sent.fields, {}, note_id=sent.id, done=sent.done)


async def _report(
    request: Request,
    form: dict[str, str],
    problems: dict[str, str],
    *,
    note_id: str = "",
    done: str = "",
) -> Response:
    author = require_author(request)
    note_id = note_id or request.path_params["id"]
    found = await in_thread(site_of(request).reporting.reportable, author, NoteId(note_id))
    return await page(
        request,
        "studio/report.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        done=done,
        unsaved=bool(done or problems),
        note=found.note,
        writer=found.writer,
        form={"comment": form.get("comment", "")},
        return_to=local_path(form.get("return_to", ""), _CONVERSATION),
        problems=problems,
    )


async def post_report(request: Request) -> Response:
    """Report a note, and its writer, to their server."""
    author, form = require_author(request), await read_fields(request)
    note_id = NoteId(request.path_params["id"])
    try:
        comment = form.get("comment", "")
        await in_thread(site_of(request).reporting.report, author, note_id, comment)
    except InvalidInput as error:
        return await _report(request, form, error.problems)
    return _back(form, note_id, "reported")
