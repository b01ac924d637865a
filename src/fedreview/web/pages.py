"""The public pages."""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteId, Thread
from fedreview.errors import DiskRefuses
from fedreview.services.views import PageVersion
from fedreview.web.answering import (
    answered,
    known_answer,
    picture_answer,
    ready_answer,
    unchanged_answer,
)
from fedreview.web.documents import etag_of
from fedreview.web.keeping import versioned_etag
from fedreview.web.negotiation import wants_activity
from fedreview.web.replies import page_asked_for, to_right_page
from fedreview.web.state import Request, in_thread, signed_in, site_of
from fedreview.web.templating import add_vary, language_of, page, theme_version
from fedreview.web.tongues import later
from fedreview.web.turning import listing_of

_VARY = {"Vary": "Accept, Cookie"}
PROBLEMS = (
    later("Write something first."),
    later("Use at most 20000 characters."),
    later("Use at most 300 characters for the content warning."),
    later("Type a language tag such as en or pt-BR."),
)
"""What the service says of an answer under a review, for the translators."""

_FOR_A_YEAR = "public, max-age=31536000, immutable"


def shallow(value: Any) -> dict[str, Any]:
    """Give a view's fields as a template's context."""
    return {field.name: getattr(value, field.name) for field in fields_of(value)}


async def public_page(
    request: Request,
    name: str,
    *,
    version: PageVersion | None = None,
    headers: Mapping[str, str] = _VARY,
    **context: Any,
) -> Response:
    """Render a page that everybody may keep, unless somebody is signed in.

    version: of what the page shows, when it is known: then it is kept here too.
    """
    response = await page(
        request, name, headers=headers, info=version.info if version else None, **context
    )
    if signed_in(request):
        response.headers["Cache-Control"] = "private, no-store"
        return response
    shared = _shared({**headers, "Vary": response.headers["Vary"]})
    body = bytes(response.body)
    if version and _is_the_same_for_all(request):
        etag = _etag(request, version)
    else:
        etag = etag_of(request.url.path, repr(sorted(shared.items())), body)
    ready = await ready_answer(request, body, etag=etag, media_type="text/html", headers=shared)
    return answered(request, ready, until=version.until if version else None)


def _is_the_same_for_all(request: Request) -> bool:
    return not signed_in(request) and not {"done", "before"} & request.query_params.keys()


def _kept_page(
    request: Request, version: PageVersion, headers: Mapping[str, str]
) -> Response | None:
    """Answer without making the page, when the client has it or it was kept here."""
    if not _is_the_same_for_all(request):
        return None
    etag = _etag(request, version)
    kept = known_answer(request, etag, until=version.until)
    if kept:
        return kept
    response = unchanged_answer(request, etag, _shared(headers))
    if response:
        add_vary(response.headers, version.info)
        response.headers.add_vary_header("Accept-Encoding")
    return response


def _etag(request: Request, version: PageVersion) -> str:
    """Name the page in the reader's language and the site's theme: nobody is given another's."""
    language = language_of(request, version.info)
    replies = str(page_asked_for(request.query_params))
    made_of = (version.tag, language.tag, theme_version(request), replies)
    return versioned_etag(request.url.path, "\n".join(made_of))


def _shared(headers: Mapping[str, str]) -> dict[str, str]:
    return {**headers, "Cache-Control": "public, max-age=0, must-revalidate"}


async def get_front(request: Request) -> Response:
    """Show the newest reviews, or how to set the site up."""
    browsing = site_of(request).browsing
    version = await in_thread(browsing.front_version)
    if not version.is_set_up:
        return await page(request, "setup_needed.html")
    kept = _kept_page(request, version, _VARY)
    if kept:
        return kept
    listing = await in_thread(browsing.front, before=request.query_params.get("before"))
    return await public_page(
        request, "front.html", version=listing.version, **listing_of(request, listing)
    )


async def get_review(request: Request) -> Response:
    """Show a review with its conversation."""
    replies = page_asked_for(request.query_params)
    return await show_review(request, request.path_params["slug"], replies=replies)


async def show_review(
    request: Request,
    slug: str,
    *,
    replies: int,
    answering: str = "",
    form: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    """Show a review; with an answer that could not be sent, still as it was typed.

    replies: which page of them. answering: the id of the note that it answers, "review" for
    the review itself.

    Raises NotFound.
    """
    browsing = site_of(request).browsing
    version = await in_thread(browsing.review_version, slug)
    if wants_activity(request):
        return RedirectResponse(version.ap_url, status_code=302, headers=_VARY)
    link = f'<{version.ap_url}>; rel="alternate"; type="application/activity+json"'
    headers = {**_VARY, "Link": link}
    kept = _kept_page(request, version, headers)
    if kept:
        return kept
    view = await in_thread(browsing.review, slug, replies=replies)
    if view.thread.number != replies and not answering:
        return to_right_page(request, view.thread.number)
    context = {
        **shallow(view),
        **await _beside(request, view.thread, review_id=view.review.id),
        "answering": answering,
        "answer_form": form or {},
        "answer_problems": problems or {},
    }
    return await public_page(
        request, "review.html", version=view.version, headers=headers, page=context
    )


async def _beside(
    request: Request,
    thread: Thread | None,
    *,
    review_id: ReviewId | None = None,
    note_id: NoteId | None = None,
) -> dict[str, Any]:
    """Give what an author who is signed in sees and can do in a thread."""
    found = signed_in(request)
    if found is None or thread is None:
        return {"can_answer": False, "given": {}, "people": ()}
    beside = await in_thread(
        site_of(request).corresponding.beside,
        found.author,
        thread,
        review_id=review_id,
        note_id=note_id,
    )
    return {"can_answer": True, **shallow(beside)}


async def get_work(request: Request) -> Response:
    """Show a work with all its reviews."""
    view = await in_thread(site_of(request).browsing.work, request.path_params["slug"])
    if wants_activity(request):
        return RedirectResponse(view.ap_url, status_code=302, headers=_VARY)
    return await public_page(request, "work.html", **shallow(view))


async def get_person(request: Request) -> Response:
    """Show an author with their reviews."""
    before = request.query_params.get("before")
    view = await in_thread(
        site_of(request).browsing.person, request.path_params["username"], before=before
    )
    if wants_activity(request):
        return RedirectResponse(view.ap_url, status_code=302, headers=_VARY)
    return await public_page(
        request,
        "person.html",
        person=view.person,
        handle=view.handle,
        followers=view.followers,
        ap_url=view.ap_url,
        pinned=view.pinned,
        moved_to=view.moved_to,
        kinds=view.kinds,
        takes=view.takes,
        **listing_of(request, view.listing),
    )


async def get_note(request: Request) -> Response:
    """Show a take, or an author's answer to something elsewhere."""
    replies = page_asked_for(request.query_params)
    view = await in_thread(
        site_of(request).browsing.note, request.path_params["id"], replies=replies
    )
    if wants_activity(request):
        return RedirectResponse(view.ap_url, status_code=302, headers=_VARY)
    if view.take is None:
        return await public_page(request, "note.html", **shallow(view))
    if view.thread and view.thread.number != replies:
        return to_right_page(request, view.thread.number)
    # As far as the templates of threads go, this is the page of a review.
    thread = {
        "thread": view.thread,
        "here": request.url.path,
        "author_id": view.author_id,
        **await _beside(request, view.thread, note_id=view.note.id),
        "answering": "",
        "answer_form": {},
        "answer_problems": {},
    }
    return await public_page(request, "take.html", **shallow(view), page=thread)


async def get_takes(request: Request) -> Response:
    """Show the newest takes."""
    before = request.query_params.get("before")
    view = await in_thread(site_of(request).browsing.takes, before=before)
    path = request.url.path
    return await public_page(
        request,
        "takes.html",
        here=f"{path}?{urlencode({'before': before})}" if before else path,
        takes=view.takes,
        older=f"{path}?before={view.older}" if view.older else None,
        newer=path if before else None,
    )


async def get_media(request: Request) -> Response:
    """Give a picture, never as anything but a picture."""
    site, name = site_of(request), request.path_params["name"]
    cover = await in_thread(site.browsing.picture, name)
    path = await in_thread(site.picturing.find, cover)
    # The name is a hash of the content.
    return await picture_answer(
        request, path, media_type=cover.media_type, version=name, cache=_FOR_A_YEAR
    )


async def get_avatar(request: Request) -> Response:
    """Give our copy of somebody's picture; it is there already, or nobody is asked for it."""
    path = await in_thread(site_of(request).portraying.find, request.path_params["name"])
    return await _copied(request, path)


async def get_copy(request: Request) -> Response:
    """Give our copy of an emoji or picture; it is there already, or nobody is asked for it."""
    path = await in_thread(site_of(request).copying.find, request.path_params["name"])
    return await _copied(request, path)


async def _copied(request: Request, path: Path) -> Response:
    # Not kept: tidying removes files, and says nothing of it in the database.
    return await picture_answer(
        request,
        path,
        media_type="image/webp",
        version=path.name,
        cache=_FOR_A_YEAR,
        keeps=False,
    )


async def get_health(request: Request) -> Response:
    """Say that the site answers, and can reach and write its database."""
    try:
        await in_thread(site_of(request).maintaining.ping)
    except DiskRefuses as error:
        # Also for who watches only the status: reading goes on, but somebody must make room.
        headers = {"Cache-Control": "no-store", "Retry-After": "60"}
        return PlainTextResponse(f"Pages can be read. {error}", 503, headers=headers)
    return Response("ok", media_type="text/plain", headers={"Cache-Control": "no-store"})


def with_done(path: str, what: str, **more: str) -> str:
    """Add what has been done to an address, for the next page to say."""
    before, _, fragment = path.partition("#")
    joined = "&" if "?" in before else "?"
    tail = f"#{fragment}" if fragment else ""
    return f"{before}{joined}{urlencode({'done': what, **more})}{tail}"


def local_path(text: str, default: str) -> str:
    """Take an address to go back to only when it is a path on this site.

    Source: BookWyrm CVE-2022-35953, an open redirect by ``next=``.
    """
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if is_path and text.isprintable() and "\\" not in text else default
