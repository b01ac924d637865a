"""What people wrote, and the author's answers; whom they follow and who follows them."""

from dataclasses import dataclass
from urllib.parse import unquote

from starlette.responses import RedirectResponse, Response

from fedreview.domain.thread import NoteId
from fedreview.errors import InvalidInput, NotAllowed, NotFound
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import local_path, shallow, show_review, with_done
from fedreview.web.replies import page_in
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page

_REVIEWS = "/reviews/"
_CONVERSATION = "/studio/conversation"
_PEOPLE = "/studio/people"
_PRIVATE_MESSAGE = "This message is only for you, and private answers are not possible yet."
_GONE = "What you answer has been deleted, or never stood here. Keep your words elsewhere."


async def get_conversation(request: Request) -> Response:
    """Show everything that others wrote to the author."""
    author = require_author(request)
    items, older = await in_thread(
        site_of(request).overseeing.conversations, author, before=request.query_params.get("before")
    )
    return await page(
        request,
        "studio/conversation.html",
        headers=PRIVATE,
        conversations=items,
        older=f"{request.url.path}?before={older}" if older else "",
    )


async def post_answer(request: Request) -> Response:
    """Answer a note; what cannot be sent comes back as it was typed."""
    author, form = require_author(request), await read_fields(request)
    note_id, text = NoteId(request.path_params["id"]), form.get("text", "")
    return_to = local_path(form.get("return_to", ""), _CONVERSATION)
    try:
        kept = await in_thread(site_of(request).answering.answer, author, note_id, text)
    except InvalidInput as error:
        answer = _Answer(note_id, text, return_to, error.problems["text"])
        return await _again_in_place(request, answer) or await _again(request, answer)
    except NotAllowed:
        return await _again(request, _Answer(note_id, text, return_to, _PRIVATE_MESSAGE))
    except NotFound:
        return await _again(request, _Answer(note_id, text, return_to, _GONE))
    return RedirectResponse(with_done(f"{return_to}#reply-{kept.id}", "answered"), status_code=303)


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer that was not sent; problem: "" when that was only for want of a session."""

    note_id: str
    text: str
    return_to: str
    problem: str


async def _again_in_place(request: Request, answer: _Answer) -> Response | None:
    """Show the answer where it was typed, if that is under a review which is there."""
    if not answer.return_to.startswith(_REVIEWS):
        return None
    slug = unquote(answer.return_to.removeprefix(_REVIEWS).partition("?")[0])
    try:
        response = await show_review(
            request,
            slug,
            replies=max(page_in(answer.return_to), 1),
            answering=answer.note_id,
            text=answer.text,
            problem=answer.problem,
        )
    except NotFound:
        return None
    response.status_code = 422
    return response


async def _again(request: Request, answer: _Answer, *, done: str = "") -> Response:
    """Show the answer on a page of its own."""
    return await page(
        request,
        "studio/answer.html",
        status=422 if answer.problem else 200,
        headers=PRIVATE,
        done=done,
        note_id=answer.note_id,
        text=answer.text,
        problem=answer.problem,
        return_to=answer.return_to,
    )


async def resume_answer(request: Request, sent: Interrupted) -> Response:
    """Show an answer as it was typed before signing in again."""
    require_author(request)
    return_to = local_path(sent.fields.get("return_to", ""), _CONVERSATION)
    answer = _Answer(sent.id, sent.fields.get("text", ""), return_to, "")
    return await _again(request, answer, done=sent.done)


async def post_delete_answer(request: Request) -> Response:
    """Take an own answer away, everywhere."""
    author, form = require_author(request), await read_fields(request)
    await in_thread(site_of(request).answering.delete, author, NoteId(request.path_params["id"]))
    return_to = local_path(form.get("return_to", ""), _CONVERSATION)
    return RedirectResponse(with_done(return_to, "deleted"), status_code=303)


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
