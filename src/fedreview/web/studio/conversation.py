"""What people wrote; whom the author follows and who follows them."""

from starlette.responses import RedirectResponse, Response

from fedreview.domain.conversation import Part
from fedreview.domain.thread import NoteId
from fedreview.errors import InvalidInput
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import local_path, shallow, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page

_CONVERSATION = "/studio/conversation"
_PEOPLE = "/studio/people"


async def get_conversation(request: Request) -> Response:
    """Show what others wrote to the author: everything, or a part of it."""
    author = require_author(request)
    asked = request.query_params.get("show", "")
    part = Part(asked) if asked in set(Part) else Part.ALL
    items, older = await in_thread(
        site_of(request).overseeing.conversations,
        author,
        before=request.query_params.get("before"),
        part=part,
    )
    start = _CONVERSATION if part is Part.ALL else f"{_CONVERSATION}?show={part}"
    return await page(
        request,
        "studio/conversation.html",
        headers=PRIVATE,
        conversations=items,
        part=part.value,
        here=start,
        older=f"{start}{'&' if '?' in start else '?'}before={older}" if older else "",
    )


async def post_hide(request: Request) -> Response:
    """Hide somebody's reply from the page."""
    return await _set_hidden(request, hidden=True)


async def post_show(request: Request) -> Response:
    """Show a hidden reply again."""
    return await _set_hidden(request, hidden=False)


async def _set_hidden(request: Request, *, hidden: bool) -> Response:
    author, form = require_author(request), await read_fields(request)
    note_id = NoteId(request.path_params["id"])
    await in_thread(site_of(request).moderating.set_hidden, author, note_id, hidden=hidden)
    return_to = local_path(form.get("return_to", ""), _CONVERSATION)
    done = "hidden" if hidden else "shown"
    return RedirectResponse(with_done(return_to, done), status_code=303)


async def get_people(request: Request) -> Response:
    """Show followers, those followed, and what those wrote."""
    return await _people(request, {})


async def resume_following(request: Request, sent: Interrupted) -> Response:
    """Show the handle as it was typed before signing in again."""
    return await _people(request, {}, handle=sent.fields.get("handle", ""), done=sent.done)


async def _people(
    request: Request, problems: dict[str, str], *, handle: str = "", done: str = ""
) -> Response:
    author = require_author(request)
    view = await in_thread(site_of(request).overseeing.people, author)
    return await page(
        request,
        "studio/people.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        done=done,
        problems=problems,
        form={"handle": handle},
        **shallow(view),
    )


async def post_following(request: Request) -> Response:
    """Ask to follow somebody."""
    author, form = require_author(request), await read_fields(request)
    try:
        await site_of(request).following.follow(author, form.get("handle", ""))
    except InvalidInput as error:
        return await _people(request, error.problems, handle=form.get("handle", ""))
    return_to = local_path(form.get("return_to", ""), _PEOPLE)
    return RedirectResponse(with_done(return_to, "asked"), status_code=303)


async def post_unfollow(request: Request) -> Response:
    """Follow somebody no more."""
    author, form = require_author(request), await read_fields(request)
    await in_thread(site_of(request).following.unfollow, author, form.get("actor", ""))
    return_to = local_path(form.get("return_to", ""), _PEOPLE)
    return RedirectResponse(with_done(return_to, "unfollowed"), status_code=303)
