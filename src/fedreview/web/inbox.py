"""Where other servers leave activities."""

import asyncio
from datetime import timedelta
from typing import assert_never

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from fedreview.services.admitting import Admission
from fedreview.services.proving import InboxRequest
from fedreview.web.state import Request, site_of

BODY_WITHIN = timedelta(seconds=30)
_MEDIA_TYPES = frozenset({"application/activity+json", "application/ld+json", "application/json"})


async def post_inbox(request: Request) -> Response:
    """Take an activity for one author or for all; 202 says that it is safely stored."""
    receiving = site_of(request).receiving
    address = request.client.host if request.client else ""
    receiving.let_in(address)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES or request.headers.get("content-encoding"):
        return JSONResponse({"error": "Send application/activity+json, not encoded."}, 415)
    admission = await receiving.admit(
        InboxRequest(
            method=request.method,
            raw_target=_raw_target(request),
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in request.headers.raw
            ),
            body=await _body(request),
            username=request.path_params.get("username"),
            address=address,
        )
    )
    match admission:
        case Admission.STORED | Admission.SEEN_BEFORE | Admission.NOT_OURS_TO_KNOW:
            return Response(status_code=202)
        case Admission.NOT_WANTED:
            return JSONResponse({"error": "Your server is blocked here."}, 403)
        case other:
            assert_never(other)


async def _body(request: Request) -> bytes:
    """Read the body whole, or give up on a sender who drips it."""
    try:
        async with asyncio.timeout(BODY_WITHIN.total_seconds()):
            return await request.body()
    except TimeoutError as error:
        raise HTTPException(408) from error


def _raw_target(request: Request) -> bytes:
    """Give path and query as they were sent: signatures cover these very bytes."""
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    path = path.partition(b"?")[0]
    return path + b"?" + query if query else path
