"""One connection to another server: TCP, TLS within when asked for, one exchange at a time."""

import asyncio
import ssl
from collections.abc import Callable

import httpx

from fedreview.federation.answers import AnswerReader

_PIECE_BYTES = 65_536
_MOST_WAITING_BYTES = 262_144

_LARGEST_SESSION_BYTES = 16_384
"""Of all that came for TLS alone: certificates and tickets, which a session holds."""


class Connection(asyncio.Protocol):
    """Carries requests one after another.

    It does TLS itself, over OpenSSL's memory buffers: asyncio's own layer takes no session to
    resume, and holds 256 KB for each connection whether or not anything is received.

    tls, name: the context, and whom the certificate must name; without a context it is plain.
    session: from an earlier connection to the same server, to spare both sides a handshake.
    when_lost: called once, when the connection is gone.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None,
        name: str,
        session: ssl.SSLSession | None,
        when_lost: Callable[["Connection"], None],
    ) -> None:
        self.idle_since = 0.0
        self.times_used = 0
        self._transport: asyncio.Transport  # from connection_made on
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        if tls is not None:
            self._tls = tls.wrap_bio(
                self._received, self._unsent, server_hostname=name, session=session
            )
        self._is_ready = self._tls is None
        self._when_lost = when_lost
        self._reader: AnswerReader | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._failure: Exception | None = None
        self._is_congested = self._is_held = False
        self._overhead_bytes = 0

    @property
    def is_usable(self) -> bool:
        """Whether a request can be tried on it."""
        return self._failure is None and not self._transport.is_closing()

    @property
    def has_answered(self) -> bool:
        """Whether any byte of an answer to the latest request has come."""
        return self._reader is not None and self._reader.has_begun

    @property
    def is_new_session(self) -> bool:
        """Whether `session` is worth asking for, which takes 0.15 ms, and small enough to keep.

        A resumed one is used again and again. RFC 8446 C.4 warns that others can follow a
        client by that; ours says in plain words whose it is.
        """
        is_new = self._tls is not None and self.times_used == 1 and not self._tls.session_reused
        return is_new and self._overhead_bytes <= _LARGEST_SESSION_BYTES

    @property
    def session(self) -> ssl.SSLSession | None:
        """What lets the next connection resume this one's TLS, when the server offers that."""
        session = self._tls.session if self._tls else None
        return session if session and (session.has_ticket or session.id) else None

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the open connection."""
        self._transport = transport  # type: ignore[assignment]  # loops do not say which kind
        if self._tls:
            self._advance(self._tls, b"")

    def data_received(self, data: bytes) -> None:
        """Take bytes; what nobody asked for ends the connection."""
        if self._failure is not None:
            return
        if self._tls:
            self._advance(self._tls, data)
        else:
            self._take(data)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end."""
        if self._failure is None:
            try:
                if exc is None and self._reader is not None:
                    self._reader.feed_end()
            except httpx.RemoteProtocolError as error:
                exc = error
            self._failure = exc or httpx.RemoteProtocolError("the connection was closed")
        self._when_lost(self)
        self._wake()

    def pause_writing(self) -> None:
        """Note that the other side takes nothing at present."""
        self._is_congested = True

    def resume_writing(self) -> None:
        """Note that it takes more."""
        self._is_congested = False
        self._wake()

    # What the transport asks for.

    async def prepare(self, *, seconds: float) -> None:
        """Wait for the end of the TLS handshake, at most so long in all.

        Raises httpx.ConnectTimeout, OSError (ssl.SSLError among them) or httpx.ProtocolError.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not self._is_ready:
            await self._news(end - loop.time(), httpx.ConnectTimeout("no TLS in time"))

    async def send(self, request: bytes, *, write: float, read: float) -> AnswerReader:
        """Send a whole request and wait for the head of its answer.

        An answer may come before all of the request has left: it is taken.
        write, read: seconds to wait for the other side to take, and to say, something.

        Raises httpx.TimeoutException, httpx.ProtocolError or OSError.
        """
        reader = self._reader = AnswerReader()
        self.times_used += 1
        self._write(request)
        while self._is_congested and not reader.has_head:
            await self._news(write, httpx.WriteTimeout("takes nothing"))
        while not reader.has_head:
            await self._news(read, httpx.ReadTimeout("says nothing"))
        return reader

    async def receive(self, *, seconds: float) -> bytes | None:
        """Give the next piece of the answer's body, None at its end; raises as `send`."""
        reader = self._reader
        while reader is not None:
            if piece := reader.take():
                self._let_come(reader)
                return piece
            if reader.is_complete:
                break
            await self._news(seconds, httpx.ReadTimeout("says nothing more"))
        return None

    def rest(self) -> bool:
        """Get ready for the next request; False when there can be none."""
        reader, self._reader = self._reader, None
        is_empty = not self._transport.get_write_buffer_size()
        return bool(reader and reader.allows_another and is_empty and self.is_usable)

    def close(self) -> None:
        """Say goodbye when that needs no waiting, else hang up."""
        transport = self._transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() or not self._is_ready or self._failure:
            transport.abort()
            return
        if self._tls:
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                # It wants to read the other side's goodbye, which we need not wait for.
                self._flush()
        transport.close()

    # Within.

    def _advance(self, tls: ssl.SSLObject, data: bytes) -> None:
        """Let TLS work on what came."""
        self._received.write(data)
        self._overhead_bytes += len(data)
        try:
            if not self._is_ready:
                tls.do_handshake()
                self._is_ready = True
            while piece := tls.read(_PIECE_BYTES):
                self._overhead_bytes -= len(piece)
                self._take(piece)
            # The other side has said goodbye.
            self._transport.abort()
        except ssl.SSLWantReadError:
            # The end of the handshake leaves with the first request, which follows at once.
            if self.times_used or not self._is_ready:
                self._flush()
        except OSError as error:
            # The alert that says why goes out first.
            self._flush()
            self._fail(error)

    def _take(self, data: bytes) -> None:
        if self._failure is not None:
            return
        if self._reader is None:
            self._fail(httpx.RemoteProtocolError("an answer to no question"))
            return
        try:
            self._reader.feed(data)
        except httpx.RemoteProtocolError as error:
            self._fail(error)
            return
        if self._reader.waiting_bytes > _MOST_WAITING_BYTES and not self._is_held:
            self._is_held = True
            self._transport.pause_reading()

    def _let_come(self, reader: AnswerReader) -> None:
        if self._is_held and not reader.waiting_bytes:
            self._is_held = False
            self._transport.resume_reading()

    def _write(self, data: bytes) -> None:
        if self._tls:
            self._tls.write(data)
            self._flush()
        else:
            self._transport.write(data)

    def _flush(self) -> None:
        if self._unsent.pending and not self._transport.is_closing():
            self._transport.write(self._unsent.read())

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._transport.abort()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _news(self, seconds: float, otherwise: Exception) -> None:
        """Wait until something has happened, at most so long."""
        if self._failure is not None:
            raise self._failure
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(seconds, _give_up, waiter, otherwise)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None


def _give_up(waiter: asyncio.Future[None], error: Exception) -> None:
    if not waiter.done():
        waiter.set_exception(error)
