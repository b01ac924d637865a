"""Read one HTTP/1.1 answer from bytes as they come, within bounds; no sockets here."""

from collections import deque

import httptools
import httpx

EXTRA_LIMIT_BYTES = 65_536
"""For all that is not body: status line, headers, trailers, sizes of chunks, interim answers."""

EXTRA_PER_BYTE = 16
"""How much more of that each byte of the body allows: tiny chunks are a nuisance, but lawful."""

MOST_HEADERS = 200

_CHUNKED = b"chunked"


class AnswerReader:
    """Takes bytes and gives the head and the pieces of the body of one answer.

    status, headers: once `has_head`; names as they came. waiting_bytes: of the body, not yet
    taken. is_complete: whether the answer has ended. is_clean: whether nothing came behind its
    end. has_begun: whether any byte of it has come.

    Its grammar is llhttp's, strict: two lengths, a length beside chunks, bare line feeds and
    folded headers are refused, so that nobody between us and the server can read another
    answer than we do.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.waiting_bytes = 0
        self.has_head = self.is_complete = False
        self.is_clean = True
        self.has_begun = False
        self._is_interim = self._ends_with_connection = self._keeps_alive = False
        self._extra = self._body = 0
        self._fresh: list[bytes] = []
        self._waiting: deque[bytes] = deque()
        self._parser = httptools.HttpResponseParser(self)

    @property
    def allows_another(self) -> bool:
        """Whether the connection may carry a further request."""
        return self.is_complete and self.is_clean and self._keeps_alive

    def feed(self, data: bytes) -> None:
        """Take what came. Raises httpx.RemoteProtocolError when it is no answer within bounds."""
        self.has_begun = True
        if self.is_complete:
            self.is_clean = False
            return
        before = self._body
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            raise httpx.RemoteProtocolError("another protocol than HTTP") from error
        except httptools.HttpParserCallbackError as error:
            raise httpx.RemoteProtocolError(str(error.__context__)) from error
        except httptools.HttpParserError as error:
            self._check_fault(error)
        self._gather()
        self._extra += len(data) - (self._body - before)
        if self._extra > EXTRA_LIMIT_BYTES + EXTRA_PER_BYTE * self._body:
            raise httpx.RemoteProtocolError("more around the answer than in it")

    def _gather(self) -> None:
        """Make one piece of all that came at once: a chunk may be a single byte."""
        if self._fresh:
            piece = b"".join(self._fresh)
            self._fresh.clear()
            self._waiting.append(piece)
            self.waiting_bytes += len(piece)

    def take(self) -> bytes:
        """Give the next piece of the body, empty when none waits."""
        piece = self._waiting.popleft() if self._waiting else b""
        self.waiting_bytes -= len(piece)
        return piece

    def _check_fault(self, error: httptools.HttpParserError) -> None:
        """Let the fault pass when it is behind the end of the answer."""
        if not self.is_complete:
            raise httpx.RemoteProtocolError(f"not HTTP: {error}") from error
        self.is_clean = False

    def feed_end(self) -> None:
        """Take the end of the connection. Raises httpx.RemoteProtocolError in mid-answer."""
        if self.is_complete:
            return
        if not (self.has_head and self._ends_with_connection):
            raise httpx.RemoteProtocolError("the connection ended before the answer did")
        self.is_complete, self.is_clean = True, False

    def on_message_begin(self) -> None:
        """Note that a further answer begins, which nobody asked for."""
        if self.is_complete:
            self.is_clean = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers are dropped."""
        if self.has_head:
            return
        self.headers.append((name, value))
        if len(self.headers) > MOST_HEADERS:
            raise ValueError(f"more than {MOST_HEADERS} headers")

    def on_headers_complete(self) -> None:
        """Read from the head how the body will end."""
        if self.is_complete:
            return
        status = self._parser.get_status_code()
        if self._parser.get_http_version() not in {"1.0", "1.1"} or not 100 <= status < 600:
            raise ValueError("not an answer in HTTP/1.1")
        self._is_interim = status < 200
        if self._is_interim:
            self.headers.clear()
            return
        self.status = status
        self._ends_with_connection = not self._has_length()
        self.has_head = True

    def _has_length(self) -> bool:
        names = [name.lower() for name, _ in self.headers]
        codings = [value for name, value in self.headers if name.lower() == b"transfer-encoding"]
        if codings and [coding.strip().lower() for coding in codings] != [_CHUNKED]:
            raise ValueError("a transfer coding that nobody asked for")
        return bool(codings) or b"content-length" in names

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if not self.is_complete:
            self._body += len(piece)
            self._fresh.append(piece)

    def on_message_complete(self) -> None:
        """Note the end, unless it was an interim answer such as 103."""
        if self._is_interim:
            self._is_interim = False
        elif not self.is_complete:
            # Only here: llhttp forgets it at the end of the message.
            self._keeps_alive = self._parser.should_keep_alive()
            self.is_complete = True
