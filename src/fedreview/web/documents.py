"""ActivityStreams and other JSON as HTTP answers, with ETag and negotiation."""

import hashlib
import json
from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from fedreview.activitypub.dialects.bookwyrm import SOFTWARE as BOOKWYRM
from fedreview.activitypub.vocabulary import ACTIVITY_JSON, Json
from fedreview.services.describing import Found
from fedreview.services.views import ReviewVersion
from fedreview.web.keeping import versioned_etag
from fedreview.web.negotiation import is_bookwyrm, wants_html
from fedreview.web.state import Request, site_of

_VARY = {"Vary": "Accept"}
CACHE = "public, max-age=180"
"""Short: a boosted review is fetched by thousands of servers within a minute."""


def etag_of(body: bytes) -> str:
    """Make a strong validator of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_unchanged(request: Request, etag: str) -> bool:
    """Tell whether the client has this version already."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or etag in (
        item.strip().removeprefix("W/") for item in given.split(",")
    )


def json_answer(
    request: Request,
    document: Mapping[str, Json],
    *,
    media_type: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a public JSON document, or 304 when the client has it.

    status: only a 200 becomes a 304; whoever asks again must be told again that it is gone.
    """
    return public_answer(
        request, _written(document), media_type=media_type, status=status, headers=headers
    )


def public_answer(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with something that any script anywhere may read, as `json_answer` does."""
    etag = etag_of(body)
    shared = {**_shared(etag), **(headers or {})}
    if status == 200 and is_unchanged(request, etag):
        return Response(status_code=304, headers=shared)
    return Response(body, status_code=status, media_type=media_type, headers=shared)


def _written(document: Mapping[str, Json]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _shared(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": CACHE, "Access-Control-Allow-Origin": "*"}


def activity_answer(request: Request, found: Found) -> Response:
    """Answer with an ActivityStreams document, or send a browser to its page."""
    if found.page and wants_html(request):
        return page_instead(found.page)
    return json_answer(
        request,
        found.document,
        media_type=ACTIVITY_JSON,
        status=410 if found.document.get("type") == "Tombstone" else 200,
        headers=_beside(found.page),
    )


def page_instead(url: str) -> Response:
    """Send a browser to the page that shows the same."""
    return RedirectResponse(url, status_code=302, headers=_VARY)


def _beside(page: str) -> dict[str, str]:
    return {**_VARY, "Link": f'<{page}>; rel="alternate"; type="text/html"'} if page else _VARY


def versioned_answer(
    request: Request, version: ReviewVersion, found: Found | None
) -> Response | None:
    """Answer with a review's document, kept from before or else as it was found now.

    Returns None when it has to be found first.
    """
    etag, headers = _of_variant(request, version)
    if is_unchanged(request, etag):
        return Response(status_code=304, headers=headers)
    kept = site_of(request).kept
    if found:
        kept.keep(etag, _written(found.document))
    body = _written(found.document) if found else kept.find(etag)
    return Response(body, media_type=ACTIVITY_JSON, headers=headers) if body else None


def _of_variant(request: Request, version: ReviewVersion) -> tuple[str, dict[str, str]]:
    """Give validator and headers of the document for whoever asks.

    Of a book's review there are two. Vary tells them apart; but there are caches that do not
    listen to it, so the one that only BookWyrm wants is for nobody else to keep.
    """
    is_for_bookwyrm = version.is_of_book and is_bookwyrm(request)
    tag = f"{version.tag}\n{BOOKWYRM}" if is_for_bookwyrm else version.tag
    etag = versioned_etag(request.url.path, tag)
    headers = {**_shared(etag), **_beside(version.page_url)}
    if version.is_of_book:
        headers["Vary"] = "Accept, User-Agent"
    if is_for_bookwyrm:
        headers["Cache-Control"] = CACHE.replace("public", "private")
    return etag, headers
