"""How long, and how large, the head of a request may be: uvicorn would wait and grow for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD_BYTES = 65_536
MOST_HEADERS = 200

HEAD_WITHIN_SECONDS = 20.0
"""From connecting, or the last answer, to the end of a head; the proxies in deploy/ allow 10."""

LOOK_EVERY_SECONDS = 5.0

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"connection: close\r\ncontent-length: 0\r\n\r\n"
)


class Doorstep(HttpToolsProtocol):
    """One client's connection, which is closed when no whole request head comes.

    A proxy in front does as much by itself. Without one a single client could fill the memory
    with one endless head, or take every connection there is and say nothing: who has been
    silent for longest makes room for who comes.

    head_within, look_every: seconds. waits_since: for a request, None while there is one.
    """

    head_within = HEAD_WITHIN_SECONDS
    look_every = LOOK_EVERY_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waits_since: float | None = None
        self._is_in_head = False
        self._head_bytes = 0
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, if need be in the place of one that says nothing."""
        super().connection_made(transport)
        self.waits_since = self.loop.time()
        if self.limit_concurrency and len(self.connections) >= self.limit_concurrency:
            self._make_room()
        self._watch = self.loop.call_later(self.look_every, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch no more."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, as long as the head that they are of may still become one."""
        is_going_on = self._is_in_head
        super().data_received(data)
        if is_going_on and self._is_in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD_BYTES or len(self.headers or ()) > MOST_HEADERS:
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Let the request in. Raises ValueError, which is answered 400, for too many headers."""
        if len(self.headers) > MOST_HEADERS:
            raise ValueError(f"more than {MOST_HEADERS} headers")
        self.waits_since, self._is_in_head = None, False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, unless it is here already."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self.waits_since = self.loop.time()

    def _look(self) -> None:
        """Close the connection when its client has said too little for too long."""
        since = self.waits_since
        if since is not None and self.loop.time() - since > self.head_within:
            self.transport.abort()
        elif not self.transport.is_closing():
            self._watch = self.loop.call_later(self.look_every, self._look)

    def _make_room(self) -> None:
        """Close the connection that has been waiting for a request for longest."""
        silent = [
            (each.waits_since, number, each)
            for number, each in enumerate(self.connections)
            if isinstance(each, Doorstep) and each is not self and each.waits_since is not None
        ]
        if silent:
            *_, longest = min(silent)
            self.connections.discard(longest)
            longest.transport.abort()
