"""Write, preview, send, change and delete takes."""

import re

from starlette.responses import RedirectResponse, Response

from fedreview.domain.take import Take
from fedreview.domain.thread import NoteId
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.taking import FIELDS, take_from_fields
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.studio.choices import KINDS, with_language
from fedreview.web.templating import page

_TAKES = "/studio/takes"
_NEW_ID = re.compile(r"[0-9a-z]{1,40}")


async def get_takes(request: Request) -> Response:
    """Show the empty form, and the author's takes."""
    require_author(request)
    return await _show(request, {"new_id": site_of(request).taking.new_id()})


async def get_take(request: Request) -> Response:
    """Show the form with a take of the author."""
    author, note_id = require_author(request), NoteId(request.path_params["id"])
    fields = await in_thread(site_of(request).taking.fields, author, note_id)
    return await _show(request, fields, take_id=note_id)


async def resume_take(request: Request, sent: Interrupted) -> Response:
    """Show the form as it was filled in before signing in again.

    Somebody else may have signed in, or the take is gone: then it becomes a new one.
    """
    author, site = require_author(request), site_of(request)
    take_id = sent.id
    try:
        await in_thread(site.taking.fields, author, NoteId(take_id))
    except NotFound:
        take_id = ""
        sent.fields["new_id"] = site.taking.new_id()
    return await _show(request, sent.fields, take_id=take_id, done=sent.done)


async def _show(
    request: Request,
    fields: dict[str, str],
    *,
    take_id: str = "",
    problems: dict[str, str] | None = None,
    preview: Take | None = None,
    done: str = "",
) -> Response:
    author, site = require_author(request), site_of(request)
    before = request.query_params.get("before")
    own = await in_thread(site.browsing.takes, before=before, author=author)
    seen_by = await in_thread(site.previewing.take, author, preview) if preview else None
    return await page(
        request,
        "studio/takes.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        done=done,
        unsaved=bool(problems or preview or done),
        form={**dict.fromkeys(FIELDS, ""), "kind": "film", "language": "en", **fields},
        problems=problems or {},
        kinds=KINDS,
        languages=with_language(fields.get("language", "")),
        scale_hint=f"{author.scale.hint}.",
        action=f"{_TAKES}/{take_id}" if take_id else _TAKES,
        take_id=take_id,
        seen_by=seen_by,
        takes=own.takes,
        older=f"{_TAKES}?before={own.older}" if own.older else None,
        newer=_TAKES if before else None,
    )


async def post_takes(request: Request) -> Response:
    """Preview or send a new take; bad input brings the form back as it was typed."""
    return await _act(request, "")


async def post_take(request: Request) -> Response:
    """Preview or change a known one."""
    return await _act(request, request.path_params["id"])


async def _act(request: Request, take_id: str) -> Response:
    author, fields = require_author(request), await read_fields(request)
    taking = site_of(request).taking
    scale = await in_thread(taking.scale_of, author, NoteId(take_id)) if take_id else author.scale
    try:
        take = take_from_fields(fields, scale=scale)
    except InvalidInput as error:
        return await _show(request, fields, take_id=take_id, problems=error.problems)
    if fields.get("do") != "publish":
        return await _show(request, fields, take_id=take_id, preview=take)
    if take_id:
        kept = await in_thread(taking.update, author, NoteId(take_id), take)
        return _go(f"/notes/{kept.id}", "updated")
    wanted = fields.get("new_id", "")
    new_id = NoteId(wanted) if _NEW_ID.fullmatch(wanted) else None
    kept = await in_thread(taking.publish, author, take, new_id=new_id)
    return _go(f"/notes/{kept.id}", "take_published")


async def post_delete_take(request: Request) -> Response:
    """Take one away, everywhere."""
    author, note_id = require_author(request), NoteId(request.path_params["id"])
    await in_thread(site_of(request).taking.delete, author, note_id)
    return _go(_TAKES, "take_deleted")


def _go(path: str, done: str) -> Response:
    return RedirectResponse(with_done(path, done), status_code=303)
