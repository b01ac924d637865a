"""One request and its answer, within bounds of time and size that the other side cannot stretch."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import httpx

from fedreview.errors import RemoteUnavailable
from fedreview.federation.reading import read_body

FAREWELL_LIMIT_BYTES = 65_536

_NETWORK_FAILURES = (OSError, httpx.HTTPError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long to wait for other servers.

    connect: for looking up the name and connecting; and again for the TLS handshake.
    read, write: between two pieces of an answer or a request.
    whole: for one document with all its redirects and knocks, or for one knock at an inbox.
    farewell: for the rest of an answer whose status said enough.
    """

    connect: timedelta = timedelta(seconds=5)
    read: timedelta = timedelta(seconds=10)
    write: timedelta = timedelta(seconds=10)
    whole: timedelta = timedelta(seconds=30)
    farewell: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What another server said.

    url: where it said so, after redirects.
    headers: by lower-case name.
    body: unpacked; empty unless the status is 200.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Exchange:
    """Send requests and read answers, one at a time; follow nothing, sign nothing.

    It speaks to the transport itself, for httpx's client would keep strangers' cookies and
    unpack their answers without a limit.
    """

    def __init__(
        self, *, transport: httpx.AsyncBaseTransport, deadlines: Deadlines, user_agent: str
    ) -> None:
        self._transport = transport
        self._deadlines = deadlines
        self._user_agent = user_agent
        connect = deadlines.connect.total_seconds()
        waits = {
            "connect": connect,
            "read": deadlines.read.total_seconds(),
            "write": deadlines.write.total_seconds(),
            "pool": connect,
        }
        self._extensions = {"timeout": waits}

    def request(
        self, method: str, target: httpx.URL, headers: Mapping[str, str], body: bytes | None = None
    ) -> httpx.Request:
        """Make a request that names this site and gives its deadlines to the transport."""
        common = {
            "Host": target.netloc.decode("ascii"),
            "User-Agent": self._user_agent,
            "Accept-Encoding": "gzip",
        }
        if body is not None:
            common["Content-Length"] = str(len(body))
        # With a stream of its own httpx has nothing to add, and does not read the headers twice.
        return httpx.Request(
            method,
            target,
            headers={**common, **headers},
            stream=httpx.ByteStream(body or b""),
            extensions=self._extensions,
        )

    @asynccontextmanager
    async def within_deadline(self, host: str) -> AsyncIterator[None]:
        """Hold the deadline for a whole answer.

        Raises RemoteUnavailable when it passes, or the network or the other side breaks down.
        """
        whole = self._deadlines.whole.total_seconds()
        try:
            async with asyncio.timeout(whole):
                yield
        except TimeoutError as error:
            raise RemoteUnavailable(f"{host} took longer than {whole:g} seconds") from error
        except _NETWORK_FAILURES as error:
            kind = type(error).__name__
            raise RemoteUnavailable(f"{host}: {kind}: {str(error)[:200]}") from error

    async def fetch(self, request: httpx.Request, *, limit_bytes: int) -> Answer:
        """Send a request and read the answer; to be called within a deadline.

        Raises RemoteRefused when the body is longer than the limit, or packed as nobody asked.
        """
        response = await self._transport.handle_async_request(request)
        body = b""
        try:
            if response.status_code == 200:
                encoding = response.headers.get("content-encoding", "")
                body = await read_body(_raw(response), encoding=encoding, limit_bytes=limit_bytes)
            else:
                await self._discard(response)
        finally:
            await response.aclose()
        return _answer(request, response, body)

    async def post(self, request: httpx.Request) -> Answer:
        """Send a request whose answer matters for its status alone, within a deadline of its own.

        Raises RemoteUnavailable when there was no answer.
        """
        async with self.within_deadline(request.url.host):
            response = await self._transport.handle_async_request(request)
        # Outside the deadline: an activity that was taken must not count as lost because the
        # server dawdles over a body that nobody reads.
        try:
            await self._discard(response)
        finally:
            await response.aclose()
        return _answer(request, response, b"")

    async def _discard(self, response: httpx.Response) -> None:
        """Read a short body to its end, for only then can the connection be used again."""
        if response.headers.get("content-length") == "0":
            return
        received = 0
        with suppress(*_NETWORK_FAILURES):
            async with asyncio.timeout(self._deadlines.farewell.total_seconds()):
                async for chunk in _raw(response):
                    received += len(chunk)
                    if received > FAREWELL_LIMIT_BYTES:
                        return

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()


def _raw(response: httpx.Response) -> AsyncIterable[bytes]:
    """Give the body as it comes over the wire; httpx would unpack it without a limit."""
    return cast("httpx.AsyncByteStream", response.stream)


def _answer(request: httpx.Request, response: httpx.Response, body: bytes) -> Answer:
    return Answer(
        url=str(request.url),
        status=response.status_code,
        headers=dict(response.headers),
        body=body,
    )
