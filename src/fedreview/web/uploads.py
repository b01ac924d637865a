"""How much of a form with a picture is taken, and what happens beyond."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fedreview.web.state import Request, signed_in

TOLERANCE = 4
"""How many times the limit is read from an author: so that too large a picture can be refused
at its field, with everything that was typed beside it."""


class UploadLimit:
    """ASGI middleware of the routes that take pictures: no handler reads more than the limit.

    In place of Starlette's own limit, which answers a bare line where an author may be about
    to lose a long text.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        limit = self._limit * TOLERANCE if signed_in(Request(scope)) else self._limit
        read = 0

        async def receive_limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_limited, send)
