"""httpx's requests over the guarded network: idle connections, resumed TLS sessions."""

import asyncio
import math
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import certifi
import httpx

from fedreview.errors import ConfigurationError
from fedreview.federation.connection import Connection
from fedreview.federation.guard import GuardedNetwork

Origin: TypeAlias = tuple[str, str, int]

MOST_IDLE = 100
MOST_IDLE_PER_HOST = 4
IDLE_SECONDS = 20.0
"""Shorter than the servers' own patience: a connection that they close costs another try."""

MOST_SESSIONS = 1_000
SESSION_SECONDS = 6 * 3600.0
"""A certificate that was checked counts for so long, as the other side's tickets do."""

_PORTS = {"https": 443, "http": 80}


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Trust what the system trusts. Make it once: each one costs some 40 ms.

    ca_file: PEM file of further authorities.

    Raises ConfigurationError when the file cannot be used.
    """
    where = ssl.get_default_verify_paths()
    # By their names: "the system's" alone makes OpenSSL 3 read the whole folder of certificates
    # in each handshake, as it looks there for the one between a server's and its root.
    try:
        context = ssl.create_default_context(cafile=where.cafile, capath=where.capath)
    except OSError:
        # There is a file, and nothing in it: OpenSSL by itself does not mind.
        context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(cafile=certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise ConfigurationError(
                [f"FEDREVIEW_CA_FILE: no certificates can be read from {ca_file}"]
            ) from error
    return context


class GuardedTransport(httpx.AsyncBaseTransport):
    """Carry httpx's requests over a network of ours; how many at once is the caller's decision.

    Why not httpcore or aiohttp: docs/adr/0033-the-way-out.md.
    """

    def __init__(self, *, network: GuardedNetwork, tls: ssl.SSLContext) -> None:
        self._network = network
        self._tls = tls
        self._idle = _Idle()
        self._sessions = _Sessions()
        self._open: set[Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the answer's body is read by whoever asked.

        Raises RemoteRefused when the address is none to speak to, httpx.HTTPError or OSError.
        """
        message = _written(request, await request.aread())
        url = request.url
        origin = (url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme])
        waits: Mapping[str, float] = request.extensions["timeout"]
        connection = self._idle.take(origin)
        if connection is not None:
            try:
                return await self._exchange(connection, origin, message, waits)
            except (httpx.RemoteProtocolError, OSError):
                # The other side had closed it in the meantime. It cannot have read the request
                # and kept silent, or if so: receivers know an activity again by its id.
                if connection.has_answered:
                    raise
        connection = await self._connect(origin, waits)
        return await self._exchange(connection, origin, message, waits)

    async def _connect(self, origin: Origin, waits: Mapping[str, float]) -> Connection:
        scheme, host, port = origin
        is_tls = scheme == "https"

        def make() -> Connection:
            return Connection(
                tls=self._tls if is_tls else None,
                name=host,
                session=self._sessions.find(origin) if is_tls else None,
                when_lost=self._forget,
            )

        connection = await self._network.connect(host, port, make)
        if connection.is_usable:
            # Else its end was told already, and nothing would ever take it out again.
            self._open.add(connection)
        with ExitStack() as in_failure:
            in_failure.callback(connection.close)
            # A session that a server stumbles over is not shown to it again.
            in_failure.callback(self._sessions.forget, origin)
            await connection.prepare(seconds=waits["connect"])
            in_failure.pop_all()
        return connection

    async def _exchange(
        self, connection: Connection, origin: Origin, message: bytes, waits: Mapping[str, float]
    ) -> httpx.Response:
        with ExitStack() as in_failure:
            in_failure.callback(connection.close)
            if connection.times_used == 0:
                # As in the handshake: it may have stumbled over the session only now.
                in_failure.callback(self._sessions.forget, origin)
            head = await connection.send(message, write=waits["write"], read=waits["read"])
            in_failure.pop_all()
        body = _Body(self, connection, origin, seconds=waits["read"])
        return httpx.Response(head.status, headers=head.headers, stream=body)

    def release(self, connection: Connection, origin: Origin) -> None:
        """Take a connection back when its answer was read, or is given up."""
        if connection.is_new_session and self._sessions.is_worth_keeping(origin):
            self._sessions.keep(origin, connection.session)
        if connection.rest():
            self._idle.put(origin, connection)
        else:
            connection.close()

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._idle.forget(connection)

    async def aclose(self) -> None:
        """Close every connection."""
        self._idle.clear()
        for connection in tuple(self._open):
            connection.close()


class _Body(httpx.AsyncByteStream):
    def __init__(
        self, transport: GuardedTransport, connection: Connection, origin: Origin, *, seconds: float
    ) -> None:
        self._transport = transport
        self._connection: Connection | None = connection
        self._origin = origin
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection is not None:
            piece = await self._connection.receive(seconds=self._seconds)
            if piece is None:
                return
            yield piece

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.release(connection, self._origin)


class _Idle:
    """Connections that wait for another request, the longest waiting first."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Connection, Origin] = OrderedDict()
        self._by_origin: dict[Origin, list[Connection]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def take(self, origin: Origin) -> Connection | None:
        """Give the one to this server that was used last."""
        while found := self._by_origin.get(origin):
            connection = found[-1]
            self.forget(connection)
            if connection.is_usable:
                return connection
        return None

    def put(self, origin: Origin, connection: Connection) -> None:
        """Keep one; the one that has waited longest makes room."""
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        alike = self._by_origin.setdefault(origin, [])
        alike.append(connection)
        self._waiting[connection] = origin
        if len(alike) > MOST_IDLE_PER_HOST:
            self._close(alike[0])
        if len(self._waiting) > MOST_IDLE:
            self._close(next(iter(self._waiting)))
        if self._timer is None:
            self._timer = loop.call_later(IDLE_SECONDS, self._sweep, loop)

    def forget(self, connection: Connection) -> None:
        """Drop one that is used again, or lost."""
        origin = self._waiting.pop(connection, None)
        if origin is not None:
            alike = self._by_origin[origin]
            alike.remove(connection)
            if not alike:
                del self._by_origin[origin]

    def clear(self) -> None:
        """Close them all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for connection in tuple(self._waiting):
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        self.forget(connection)
        connection.close()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        for connection in tuple(self._waiting):
            left = connection.idle_since + IDLE_SECONDS - loop.time()
            if left > 0:
                self._timer = loop.call_later(left, self._sweep, loop)
                return
            self._close(connection)


class _Sessions:
    """The latest TLS session of each server that is met again, the oldest first.

    Where nobody went twice in SESSION_SECONDS, perhaps nobody will: to take a session out of
    OpenSSL costs about as much as to resume it spares.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Origin, tuple[float, ssl.SSLSession | None]] = OrderedDict()

    def find(self, origin: Origin) -> ssl.SSLSession | None:
        """Give one that is still worth trying."""
        kept_at, session = self._kept.get(origin, (0.0, None))
        return session if _is_recent(kept_at) else None

    def forget(self, origin: Origin) -> None:
        """Drop the session of a server, if there is one."""
        self._kept.pop(origin, None)

    def is_worth_keeping(self, origin: Origin) -> bool:
        """Tell whether the server was met before, and remember that it was now."""
        met_at, _ = self._kept.get(origin, (-math.inf, None))
        if _is_recent(met_at):
            return True
        self.keep(origin, None)
        return False

    def keep(self, origin: Origin, session: ssl.SSLSession | None) -> None:
        """Remember one in place of the last; None for a meeting without."""
        self.forget(origin)
        if len(self._kept) >= MOST_SESSIONS:
            self._kept.popitem(last=False)
        self._kept[origin] = (asyncio.get_running_loop().time(), session)


def _is_recent(time: float) -> bool:
    return asyncio.get_running_loop().time() - time < SESSION_SECONDS


def _written(request: httpx.Request, body: bytes) -> bytes:
    """Write a request whose body is in memory.

    Raises httpx.LocalProtocolError rather than let a header become two.
    """
    start = b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)
    lines = [start, *(b"%b: %b" % header for header in request.headers.raw)]
    head = b"\r\n".join(lines)
    breaks = len(lines) - 1
    if (head.count(b"\r"), head.count(b"\n"), start.count(b" ")) != (breaks, breaks, 2):
        raise httpx.LocalProtocolError("a line break or blank where none may be")
    return b"%b\r\n\r\n%b" % (head, body)
