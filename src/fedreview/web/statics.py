"""The files of our pages, packed once."""

import hashlib
import mimetypes
from functools import cache

from starlette.responses import Response

from fedreview.errors import NotFound
from fedreview.web.answering import answered, ready_answer
from fedreview.web.state import Request
from fedreview.web.templating import STATIC_DIR

_FOR_A_YEAR = "public, max-age=31536000, immutable"
_FOR_NOW = "no-cache"


@cache
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in STATIC_DIR.iterdir() if path.is_file()}


async def get_static(request: Request) -> Response:
    """Give a stylesheet, script or picture; what names its version may be kept for long."""
    name = request.path_params["name"]
    body = _files().get(name)
    if body is None:
        raise NotFound("no such file")
    digest = hashlib.sha256(body).hexdigest()
    is_this_version = request.query_params.get("v") == digest[:10]
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    ready = await ready_answer(
        request,
        body,
        etag=f'"{digest[:32]}-{"this" if is_this_version else "any"}"',
        media_type=media_type,
        headers={"Cache-Control": _FOR_A_YEAR if is_this_version else _FOR_NOW},
    )
    return answered(request, ready)
