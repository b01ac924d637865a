"""ActivityStreams and other JSON as HTTP answers, with ETag and negotiation."""

import hashlib
import json
from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, Json
from fedreview.services.describing import Found
from fedreview.web.negotiation import wants_html
from fedreview.web.state import Request

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
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a public JSON document, or 304 when the client has it."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    etag = etag_of(body)
    shared = {
        "ETag": etag,
        "Cache-Control": CACHE,
        "Access-Control-Allow-Origin": "*",
        **(headers or {}),
    }
    if is_unchanged(request, etag):
        return Response(status_code=304, headers=shared)
    return Response(body, media_type=media_type, headers=shared)


def activity_answer(request: Request, found: Found) -> Response:
    """Answer with an ActivityStreams document, or send a browser to its page."""
    headers = {"Vary": "Accept"}
    if found.page and wants_html(request):
        return RedirectResponse(found.page, status_code=302, headers=headers)
    if found.page:
        headers["Link"] = f'<{found.page}>; rel="alternate"; type="text/html"'
    answer = json_answer(request, found.document, media_type=ACTIVITY_JSON, headers=headers)
    if found.document.get("type") == "Tombstone":
        answer.status_code = 410
    return answer
