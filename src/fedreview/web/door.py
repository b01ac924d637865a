"""What stands before the inbox: takes at once what is as nearly everything that arrives is.

A plain activity is admitted and answered here, past routes, sessions and forms, which have
nothing to say about it. Everything else goes on to where every request goes: what is odd before
anything of it is read, and what is refused together with the refusal, to be answered there.
"""

import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from fedreview.errors import FedreviewError
from fedreview.services.admitting import Admission
from fedreview.web.inbox import FOUND, MEDIA_TYPES, admit
from fedreview.web.ready import RawHeaders, raw_headers, send_ready
from fedreview.web.security import protections
from fedreview.web.state import Site

SHARED: Final = frozenset({"/inbox", "/actor/inbox"})

_PERSONAL = re.compile(r"/users/([A-Za-z0-9_.-]{1,64})/inbox")
_TYPES = frozenset(name.encode() for name in MEDIA_TYPES)
_ODD = frozenset({b"content-encoding", b"transfer-encoding"})
_LENGTH = re.compile(rb"[0-9]{1,9}")


class Door:
    """ASGI middleware before the inboxes. limit_bytes: of a body."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._taken = {is_https: _taken(is_https=is_https) for is_https in (False, True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "POST" or not self._is_plain(scope):
            await self._app(scope, receive, send)
            return
        site: Site = scope["state"]["site"]
        personal = _PERSONAL.fullmatch(scope["path"])
        client = scope["client"]
        try:
            site.receiving.let_in(client[0] if client else "")
            found = await admit(site.receiving, scope, receive, personal and personal[1])
        except (FedreviewError, HTTPException, ClientDisconnect) as error:
            scope[FOUND] = error
        else:
            if found is not Admission.NOT_WANTED:
                await send_ready(send, 202, list(self._taken[site.is_https]), b"", "POST")
                return
            scope[FOUND] = found
        await self._app(scope, receive, send)

    def _is_plain(self, scope: Scope) -> bool:
        """Tell whether it is for an inbox, of a type that we read, and not too long."""
        path = scope["path"]
        if (path not in SHARED and not _PERSONAL.fullmatch(path)) or scope["query_string"]:
            return False
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        return (
            headers.get(b"content-type", b"").partition(b";")[0].strip().lower() in _TYPES
            # What is said twice, others may read differently.
            and len(headers) == len(scope["headers"])
            and _ODD.isdisjoint(headers)
            and _LENGTH.fullmatch(length) is not None
            and int(length) <= self._limit_bytes
        )


def _taken(*, is_https: bool) -> RawHeaders:
    return raw_headers({"Content-Length": "0", **protections(is_https=is_https)})
