"""ActivityStreams and other JSON as HTTP answers, with ETag and negotiation."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from starlette.responses import RedirectResponse, Response

from fedreview.activitypub.dialects.bookwyrm import SOFTWARE as BOOKWYRM
from fedreview.activitypub.vocabulary import ACTIVITY_JSON, Json
from fedreview.services.describing import Found
from fedreview.services.views import ReviewVersion
from fedreview.web.answering import answered, known_answer, ready_answer, unchanged_answer
from fedreview.web.keeping import versioned_etag
from fedreview.web.negotiation import is_bookwyrm, wants_html
from fedreview.web.state import Request

_VARY = {"Vary": "Accept"}
CACHE = "public, max-age=180, stale-while-revalidate=60"
"""Short: a boosted review is fetched by thousands of servers within a minute."""


def etag_of(*parts: str | bytes) -> str:
    """Make a strong validator of what an answer is made of."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\n")
    return f'"{digest.hexdigest()[:32]}"'


async def json_answer(
    request: Request,
    document: Mapping[str, Json],
    *,
    media_type: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    until: datetime | None = None,
) -> Response:
    """Answer with a public JSON document, or 304 when the client has it.

    status: only a 200 becomes a 304; whoever asks again must be told again that it is gone.
    until: when the document becomes another by itself.
    """
    return await public_answer(
        request,
        _written(document),
        media_type=media_type,
        status=status,
        headers=headers,
        until=until,
    )


async def public_answer(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    until: datetime | None = None,
) -> Response:
    """Answer with something that any script anywhere may read, as `json_answer` does."""
    path, more = request.url.path, headers or {}
    # Of the headers too: what is kept under it is sent with them.
    etag = etag_of(path, media_type, repr(sorted(more.items())), body)
    shared = {**shared_headers(), **more}
    if status != 200:
        return Response(
            body, status_code=status, media_type=media_type, headers={**shared, "ETag": etag}
        )
    ready = await ready_answer(request, body, etag=etag, media_type=media_type, headers=shared)
    return answered(request, ready, until=until)


def _written(document: Mapping[str, Json]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def shared_headers() -> dict[str, str]:
    """Give the headers of what everybody may read and keep for a while."""
    return {"Cache-Control": CACHE, "Access-Control-Allow-Origin": "*"}


async def activity_answer(request: Request, found: Found) -> Response:
    """Answer with an ActivityStreams document, or send a browser to its page."""
    if found.page and wants_html(request):
        return page_instead(found.page)
    return await json_answer(
        request,
        found.document,
        media_type=ACTIVITY_JSON,
        status=410 if found.document.get("type") == "Tombstone" else 200,
        headers=_beside(found.page),
        until=found.until,
    )


def page_instead(url: str) -> Response:
    """Send a browser to the page that shows the same."""
    return RedirectResponse(url, status_code=302, headers=_VARY)


def _beside(page: str) -> dict[str, str]:
    return {**_VARY, "Link": f'<{page}>; rel="alternate"; type="text/html"'} if page else _VARY


async def versioned_answer(
    request: Request, version: ReviewVersion, found: Found | None
) -> Response | None:
    """Answer with a review's document, kept from before or else as it was found now.

    Returns None when it has to be found first.
    """
    etag, headers = _of_variant(request, version)
    if found is None:
        kept = known_answer(request, etag, until=version.until)
        return kept or unchanged_answer(request, etag, headers)
    ready = await ready_answer(
        request, _written(found.document), etag=etag, media_type=ACTIVITY_JSON, headers=headers
    )
    return answered(request, ready, until=version.until)


def _of_variant(request: Request, version: ReviewVersion) -> tuple[str, dict[str, str]]:
    """Give validator and headers of the document for whoever asks.

    Of a book's review there are two. Vary tells them apart; but there are caches that do not
    listen to it, so the one that only BookWyrm wants is for nobody else to keep.
    """
    is_for_bookwyrm = version.is_of_book and is_bookwyrm(request)
    tag = f"{version.tag}\n{BOOKWYRM}" if is_for_bookwyrm else version.tag
    etag = versioned_etag(request.url.path, tag)
    headers = {**shared_headers(), **_beside(version.page_url)}
    if version.is_of_book:
        headers["Vary"] = "Accept, User-Agent"
    if is_for_bookwyrm:
        headers["Cache-Control"] = CACHE.replace("public", "private")
    return etag, headers
