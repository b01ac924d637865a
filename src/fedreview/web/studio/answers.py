"""Write, correct and delete the author's answers; whom they may name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from starlette.responses import JSONResponse, RedirectResponse, Response

from fedreview.domain.circle import Named
from fedreview.domain.thread import NoteId
from fedreview.errors import InvalidInput, NotAllowed, NotFound
from fedreview.services.answering import answer_from_fields
from fedreview.services.conversation_views import Answerable
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import local_path, show_review, with_done
from fedreview.web.replies import page_in
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.studio.messages import address_of_talk
from fedreview.web.templating import page

REVIEW_ITSELF = "review"
"""Stands for the review where a form says what it answers."""

_REVIEWS = "/reviews/"
_CONVERSATION = "/studio/conversation"
_GONE = "What you answer has been deleted, or never stood here. Keep your words elsewhere."
_WAITS = "This reply waits to be approved. Approve it first, and answer it then."
_GONE_OWN = "This answer has been deleted, or is not yours. Keep your words elsewhere."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A form of an answer. action: where it is sent. title: of the page that shows it alone.

    about: what is answered, None when that is gone. people: where those who can be named are
    listed, or "".
    """

    action: str
    title: str
    send: str
    fields: Mapping[str, str]
    about: Answerable | None = None
    people: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def return_to(self) -> str:
        """Where to go when it is sent or left."""
        about = self.about.url if self.about else ""
        return local_path(self.fields.get("return_to", ""), about or _CONVERSATION)


async def _show(request: Request, form: _Form, *, done: str = "") -> Response:
    """Show a form of an answer on a page of its own."""
    return await page(
        request,
        "studio/answer.html",
        status=422 if form.problems else 200,
        headers=PRIVATE,
        done=done,
        action=form.action,
        title=form.title,
        send=form.send,
        about=form.about,
        people=form.people,
        form={"text": "", "warning": "", "language": "", **form.fields},
        problems=form.problems,
        is_unsaved=bool(done or form.problems),
        return_to=form.return_to,
    )


async def get_answer(request: Request) -> Response:
    """Show a note, what it answers, and the form to answer it: where a notice leads."""
    author, note_id = require_author(request), NoteId(request.path_params["id"])
    try:
        about = await in_thread(site_of(request).corresponding.answerable, author, note_id)
    except NotAllowed:
        return await _show(request, _answer_form(note_id, {}, None, {"text": _WAITS}))
    fields = {"language": about.language, **_asked(request)}
    return await _show(request, _answer_form(note_id, fields, about))


def _asked(request: Request) -> dict[str, str]:
    return {"return_to": request.query_params.get("return_to", "")}


def _answer_form(
    note_id: NoteId,
    fields: Mapping[str, str],
    about: Answerable | None,
    problems: Mapping[str, str] | None = None,
) -> _Form:
    is_private = about is not None and about.partner is not None
    return _Form(
        action=f"/studio/notes/{note_id}/answer",
        title="Answer privately" if is_private else "Answer",
        send="Send privately" if is_private else "Send answer",
        fields=fields,
        about=about,
        people="" if is_private else f"/studio/notes/{note_id}/people",
        problems=problems or {},
    )


async def _answerable(request: Request, note_id: NoteId) -> Answerable | None:
    """Look up what is answered; None when it is gone, or cannot be answered now."""
    author = require_author(request)
    try:
        return await in_thread(site_of(request).corresponding.answerable, author, note_id)
    except (NotFound, NotAllowed):
        return None


async def post_answer(request: Request) -> Response:
    """Answer a note; what cannot be sent comes back as it was typed."""
    author, form = require_author(request), await read_fields(request)
    note_id = NoteId(request.path_params["id"])
    try:
        answer = answer_from_fields(form)
        kept = await in_thread(site_of(request).answering.answer, author, note_id, answer)
    except InvalidInput as error:
        in_place = await _again_in_place(request, note_id, form, error.problems)
        return in_place or await _answer_again(request, note_id, form, error.problems)
    except NotAllowed:
        return await _answer_again(request, note_id, form, {"text": _WAITS})
    except NotFound:
        return await _answer_again(request, note_id, form, {"text": _GONE})
    if kept.audience != "public":
        talk = await in_thread(site_of(request).corresponding.partner_of, author, kept)
        return _sent(address_of_talk(talk), kept.id, "messaged")
    return _sent(local_path(form.get("return_to", ""), _CONVERSATION), kept.id, "answered")


def _sent(path: str, note_id: str, done: str) -> Response:
    return RedirectResponse(with_done(f"{path}#reply-{note_id}", done), status_code=303)


async def _answer_again(
    request: Request,
    note_id: NoteId,
    fields: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    done: str = "",
) -> Response:
    about = await _answerable(request, note_id)
    return await _show(request, _answer_form(note_id, fields, about, problems), done=done)


async def _again_in_place(
    request: Request, answering: str, form: Mapping[str, str], problems: Mapping[str, str]
) -> Response | None:
    """Show the answer where it was typed, if that is under a review which is there."""
    return_to = local_path(form.get("return_to", ""), "")
    if not return_to.startswith(_REVIEWS):
        return None
    slug = unquote(return_to.removeprefix(_REVIEWS).partition("?")[0])
    try:
        response = await show_review(
            request,
            slug,
            replies=max(page_in(return_to), 1),
            answering=answering,
            form=form,
            problems=problems,
        )
    except NotFound:
        return None
    response.status_code = 422
    return response


async def resume_answer(request: Request, sent: Interrupted) -> Response:
    """Show an answer as it was typed before signing in again."""
    return await _answer_again(request, NoteId(sent.id), sent.fields, {}, done=sent.done)


async def get_comment(request: Request) -> Response:
    """Show the form to answer a review itself."""
    review_id = request.path_params["id"]
    about = await _commentable(request, review_id)
    fields = {"language": about.language, **_asked(request)}
    return await _show(request, _comment_form(review_id, fields, about))


async def _commentable(request: Request, review_id: str) -> Answerable:
    author = require_author(request)
    return await in_thread(site_of(request).corresponding.commentable, author, review_id)


def _comment_form(
    review_id: str,
    fields: Mapping[str, str],
    about: Answerable | None,
    problems: Mapping[str, str] | None = None,
) -> _Form:
    return _Form(
        action=f"/studio/reviews/{review_id}/comment",
        title="Answer the review",
        send="Send answer",
        fields=fields,
        about=about,
        people=f"/studio/reviews/{review_id}/people",
        problems=problems or {},
    )


async def post_comment(request: Request) -> Response:
    """Answer a review itself; what cannot be sent comes back as it was typed."""
    author, form = require_author(request), await read_fields(request)
    review_id = request.path_params["id"]
    try:
        answer = answer_from_fields(form)
        kept = await in_thread(site_of(request).answering.comment, author, review_id, answer)
    except InvalidInput as error:
        in_place = await _again_in_place(request, REVIEW_ITSELF, form, error.problems)
        return in_place or await _comment_again(request, review_id, form, error.problems)
    except NotFound:
        return await _comment_again(request, review_id, form, {"text": _GONE})
    return _sent(local_path(form.get("return_to", ""), _CONVERSATION), kept.id, "answered")


async def _comment_again(
    request: Request,
    review_id: str,
    fields: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    done: str = "",
) -> Response:
    try:
        about = await _commentable(request, review_id)
    except NotFound:
        about = None
    return await _show(request, _comment_form(review_id, fields, about, problems), done=done)


async def resume_comment(request: Request, sent: Interrupted) -> Response:
    """Show an answer to a review as it was typed before signing in again."""
    return await _comment_again(request, sent.id, sent.fields, {}, done=sent.done)


async def get_correction(request: Request) -> Response:
    """Show an own answer as it was typed."""
    author, note_id = require_author(request), NoteId(request.path_params["id"])
    known = await in_thread(site_of(request).corresponding.correctable, author, note_id)
    fields = {"text": known.text, "warning": known.warning, "language": known.language}
    form = _correction_form(note_id, {**fields, **_asked(request)}, known.answer)
    return await _show(request, form)


def _correction_form(
    note_id: NoteId,
    fields: Mapping[str, str],
    about: Answerable | None,
    problems: Mapping[str, str] | None = None,
) -> _Form:
    is_private = about is not None and about.partner is not None
    return _Form(
        action=f"/studio/replies/{note_id}/edit",
        title="Edit your message" if is_private else "Edit your answer",
        send="Save",
        fields=fields,
        about=about,
        people="" if is_private else f"/studio/notes/{note_id}/people",
        problems=problems or {},
    )


async def post_correction(request: Request) -> Response:
    """Give an own answer other words."""
    author, form = require_author(request), await read_fields(request)
    note_id = NoteId(request.path_params["id"])
    try:
        answer = answer_from_fields(form)
        kept = await in_thread(site_of(request).correcting.correct, author, note_id, answer)
    except InvalidInput as error:
        return await _correction_again(request, note_id, form, error.problems)
    except NotFound:
        return await _correction_again(request, note_id, form, {"text": _GONE_OWN})
    path = local_path(form.get("return_to", "").partition("#")[0], _CONVERSATION)
    return _sent(path, kept.id, "corrected")


async def _correction_again(
    request: Request,
    note_id: NoteId,
    fields: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    done: str = "",
) -> Response:
    author = require_author(request)
    try:
        known = await in_thread(site_of(request).corresponding.correctable, author, note_id)
        about: Answerable | None = known.answer
    except NotFound:
        about = None
    return await _show(request, _correction_form(note_id, fields, about, problems), done=done)


async def resume_correction(request: Request, sent: Interrupted) -> Response:
    """Show a changed answer as it was typed before signing in again."""
    return await _correction_again(request, NoteId(sent.id), sent.fields, {}, done=sent.done)


async def get_deletion(request: Request) -> Response:
    """Ask whether an own answer is to be deleted."""
    author, note_id = require_author(request), NoteId(request.path_params["id"])
    known = await in_thread(site_of(request).corresponding.correctable, author, note_id)
    return await page(
        request,
        "studio/delete_answer.html",
        headers=PRIVATE,
        note_id=note_id,
        about=known.answer,
        return_to=local_path(_asked(request)["return_to"], known.answer.url or _CONVERSATION),
    )


async def post_deletion(request: Request) -> Response:
    """Take an own answer away, everywhere."""
    author, form = require_author(request), await read_fields(request)
    await in_thread(site_of(request).correcting.delete, author, NoteId(request.path_params["id"]))
    return_to = local_path(form.get("return_to", "").partition("#")[0], _CONVERSATION)
    return RedirectResponse(with_done(return_to, "deleted"), status_code=303)


async def get_people(request: Request) -> Response:
    """List whom an answer to a note may name."""
    author, note_id = require_author(request), NoteId(request.path_params["id"])
    return _listed(await in_thread(site_of(request).corresponding.people, author, note_id))


async def get_people_of_review(request: Request) -> Response:
    """List whom an answer to a review may name."""
    author, review_id = require_author(request), request.path_params["id"]
    return _listed(
        await in_thread(site_of(request).corresponding.people_of_review, author, review_id)
    )


def _listed(people: tuple[Named, ...]) -> Response:
    names = [{"handle": f"@{person.handle}", "name": person.name} for person in people]
    return JSONResponse(names, headers=PRIVATE)
