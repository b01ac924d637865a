"""Where other servers leave activities."""

import asyncio
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, assert_never

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope

from fedreview.services.admitting import Admission
from fedreview.services.proving import InboxRequest
from fedreview.services.receiving import Receiving
from fedreview.web.state import Request, site_of

BODY_WITHIN = timedelta(seconds=30)
MEDIA_TYPES: Final = frozenset(
    {"application/activity+json", "application/ld+json", "application/json"}
)
FOUND: Final = "fedreview.found_at_the_door"
"""Where in the scope stands what became of it, an `Admission` or an error, once `Door` knows."""


async def post_inbox(request: Request) -> Response:
    """Take an activity for one author or for all; 202 says that it is safely stored."""
    found: Admission | Exception | None = request.scope.get(FOUND)
    if isinstance(found, Exception):
        raise found
    receiving = site_of(request).receiving
    if found is None:
        receiving.let_in(_address(request.scope))
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in MEDIA_TYPES or request.headers.get("content-encoding"):
            return JSONResponse({"error": "Send application/activity+json, not encoded."}, 415)
        username = request.path_params.get("username")
        found = await admit(receiving, request.scope, request.receive, username)
    match found:
        case Admission.STORED | Admission.SEEN_BEFORE | Admission.NOT_OURS_TO_KNOW:
            return Response(status_code=202)
        case Admission.NOT_WANTED:
            return JSONResponse({"error": "Your server is blocked here."}, 403)
        case other:
            assert_never(other)


async def admit(
    receiving: Receiving, scope: Scope, receive: Receive, username: str | None
) -> Admission:
    """Read an activity and hand it over. username: whose inbox it came to, None for that of all.

    Raises what `Receiving.admit` does, HTTPException for a sender who drips it, and
    ClientDisconnect.
    """
    return await receiving.admit(
        InboxRequest(
            method="POST",
            raw_target=_raw_target(scope),
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in scope["headers"]
            ),
            body=await _body(receive),
            username=username,
            address=_address(scope),
        )
    )


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


async def _body(receive: Receive) -> bytes:
    """Read the body whole, or give up on a sender who drips it."""
    reading = _pieces(receive).__await__()
    try:
        awaited = next(reading)
    except StopIteration as whole:
        # It came with the headers, as nearly all do. A clock for each costs as much as the JSON.
        body: bytes = whole.value
        return body
    try:
        async with asyncio.timeout(BODY_WITHIN.total_seconds()):
            return await _Begun(reading, awaited)
    except TimeoutError as error:
        raise HTTPException(408) from error


async def _pieces(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class _Begun:
    """Something that has begun to run, and now waits. awaited: for what."""

    rest: Generator[Any, Any, bytes]
    awaited: object

    def __await__(self) -> Generator[Any, Any, bytes]:
        with closing(self.rest):
            yield self.awaited
            return (yield from self.rest)


def _raw_target(scope: Scope) -> bytes:
    """Give path and query as they were sent: signatures cover these very bytes."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    path = path.partition(b"?")[0]
    return path + b"?" + query if query else path
