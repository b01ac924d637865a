"""Answer with what is public: kept for the next who asks, and shared with all who ask now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.types import Scope

from fedreview.web.ready import (
    SMALLEST_PACKED,
    Asked,
    Ready,
    Sent,
    is_text,
    names,
    packed_etag,
    ready_of,
)
from fedreview.web.security import protections
from fedreview.web.state import Request, in_thread, site_of

PLACE = "fedreview.place"
"""Where in a request's scope the place stands that its answer is kept at."""

LARGEST_PICTURE = 512 * 1024
"""Bytes; larger ones are read from the disk for each who asks."""


@dataclass(slots=True)
class Place:
    """What becomes of one answer that several may be waiting for.

    ready: the answer, once there is one that others may have.
    until: when it becomes another by itself, whatever is in the database; None for never.
    """

    ready: Ready | None = None
    until: datetime | None = None


def asked_of(scope: Scope) -> Asked:
    """Give the headers of a request, of each name the first, as Starlette reads them too."""
    return dict(reversed(scope["headers"]))


def known_answer(request: Request, etag: str, *, until: datetime | None = None) -> Response | None:
    """Answer with what was kept under an ETag, if it still is."""
    ready = site_of(request).kept.find(etag)
    return answered(request, ready, until=until) if ready else None


def unchanged_answer(request: Request, etag: str, headers: Mapping[str, str]) -> Response | None:
    """Answer 304 to who has this version already, although it is not kept here any more."""
    given = request.headers.get("if-none-match", "")
    known = next((each for each in (etag, packed_etag(etag)) if names(given, each)), None)
    return Response(status_code=304, headers={**headers, "ETag": known}) if known else None


async def ready_answer(
    request: Request,
    body: bytes,
    *,
    etag: str,
    media_type: str,
    headers: Mapping[str, str],
) -> Ready:
    """Make an answer ready and keep it, or find it as it was made before."""
    site = site_of(request)
    kept = site.kept.find(etag)
    if kept:
        return kept
    guarded = {**headers, **protections(is_https=site.is_https)}
    if len(body) >= SMALLEST_PACKED and is_text(media_type):
        ready = await in_thread(ready_of, body, etag=etag, media_type=media_type, headers=guarded)
    else:
        ready = ready_of(body, etag=etag, media_type=media_type, headers=guarded)
    site.kept.keep(ready)
    return ready


def answered(request: Request, ready: Ready, *, until: datetime | None = None) -> Response:
    """Answer what this request asked for, and let the others have it who ask for the same."""
    place = request.scope.get(PLACE)
    if isinstance(place, Place):
        place.ready, place.until = ready, until
    return Sent(*ready.answer(asked_of(request.scope)))


async def picture_answer(
    request: Request, path: Path, *, media_type: str, version: str, cache: str, keeps: bool = True
) -> Response:
    """Answer with a picture; a part of it, or a large one, is read from the disk.

    version: names its content. keeps: whether it is kept while nothing changes in the database.
    """
    etag, headers = f'"{version}"', {"Cache-Control": cache}
    kept = known_answer(request, etag) if keeps else None
    if kept and "range" not in request.headers:
        return kept
    unchanged = unchanged_answer(request, etag, headers)
    if unchanged:
        return unchanged
    size = (await in_thread(path.stat)).st_size
    if not keeps or "range" in request.headers or size > LARGEST_PICTURE:
        return FileResponse(path, media_type=media_type, headers={**headers, "ETag": etag})
    body = await in_thread(path.read_bytes)
    ready = await ready_answer(request, body, etag=etag, media_type=media_type, headers=headers)
    return answered(request, ready)
