"""A relay before a server: it writes down what goes over the wire, and may meddle as proxies do."""

import http.client
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

from tests.servers import SETTLED_WITHIN, eventually

RELAY_SECONDS = 30.0

Headers = list[tuple[str, str]]
"""As on the wire: in order, with their capitals."""

LENGTH = "content-length"

# These belong to one connection, and a relay has two.
_OF_ONE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as its sender sent it, and what it was answered."""

    method: str
    target: str
    headers: Headers
    body: bytes
    status: int
    answer: httpx.Headers

    def header(self, name: str) -> str:
        """Give the value of a header, by its name in lower case; "" when there is none."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def scheme(self) -> str:
        """How it is signed: cavage, rfc9421, both with a plus between them, or none."""
        marks = {
            "cavage": 'keyid="' in self.header("signature").lower(),
            "rfc9421": bool(self.header("signature-input")),
        }
        return "+".join(scheme for scheme, is_there in marks.items() if is_there) or "none"

    @property
    def key_id(self) -> str:
        """Whose signature it says it is; "" when it says nothing."""
        said = f"{self.header('signature')}, {self.header('signature-input')}"
        found = re.search(r'keyid="([^"]+)"', said, re.IGNORECASE)
        return found[1] if found else ""

    @property
    def covered(self) -> list[str]:
        """What the signature covers, in its order."""
        found = re.search(r"\(([^)]*)\)", self.header("signature-input")) or re.search(
            r'headers="([^"]*)"', self.header("signature")
        )
        return found[1].replace('"', "").split() if found else []

    @property
    def activity(self) -> dict[str, Any]:
        """The JSON object in the body; empty when there is none."""
        told: dict[str, Any] = json.loads(self.body) if self.body.startswith(b"{") else {}
        return told


class Tap:
    """A server on loopback that hands everything on to another one, to the byte.

    upstream: the port of the server behind it; told when that is known.
    meddle: what this proxy does to the headers of a request on the way.
    """

    def __init__(self) -> None:
        self.upstream = 0
        self.meddle: Callable[[Headers], Headers] = list
        self._seen: list[Seen] = []
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """As what the world knows the server behind it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def log(self) -> str:
        """What came through, a line for each request."""
        lines = (
            f"{seen.status} {seen.method} {seen.target} {seen.scheme} {seen.key_id} "
            f"({' '.join(seen.covered)}) {seen.activity.get('type')} {seen.activity.get('id')}"
            for seen in self.all()
        )
        return "\n".join(lines)

    def all(self) -> list[Seen]:
        """Give everything that was answered so far, the oldest first."""
        with self._lock:
            return list(self._seen)

    def add(self, seen: Seen) -> None:
        """Write a request down; done before its sender gets the answer."""
        with self._lock:
            self._seen.append(seen)

    def deliveries(self, activity: str) -> list[Seen]:
        """Give each try to deliver the activity with this id."""
        return [
            seen
            for seen in self.all()
            if seen.method == "POST" and seen.activity.get("id") == activity
        ]

    def delivered(self, activity: str, timeout: float = SETTLED_WITHIN) -> list[Seen]:
        """Wait until the activity with this id is taken, and give each try."""

        def look() -> list[Seen]:
            tries = self.deliveries(activity)
            assert tries, f"{activity} has not come: {self.log}"
            assert tries[-1].status == 202, f"{activity} is refused: {self.log}"
            return tries

        return eventually(look, timeout)

    def fetches(self, url: str) -> list[Seen]:
        """Give each try to fetch this document of the server behind it."""
        target = url.removeprefix(self.url)
        return [seen for seen in self.all() if seen.method == "GET" and seen.target == target]


class _Server(ThreadingHTTPServer):
    def __init__(self, tap: Tap) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.tap = tap


class _Relay(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.relay(b"")

    def do_POST(self) -> None:
        self.relay(self.rfile.read(int(self.headers["Content-Length"])))

    def relay(self, body: bytes) -> None:
        tap, headers = self.server.tap, list(self.headers.items())
        status, answer, content = self.ask(tap.upstream, tap.meddle(headers), body)
        seen = Seen(
            method=self.command,
            target=self.path,
            headers=headers,
            body=body,
            status=status,
            answer=httpx.Headers(answer),
        )
        tap.add(seen)
        self.send_response_only(status)
        for name, value in answer:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def ask(self, port: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=RELAY_SECONDS)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in _lasting(headers):
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
        except OSError as error:
            return 502, [("Content-Length", "0"), ("Tap-Error", repr(error))], b""
        finally:
            upstream.close()
        kept = [pair for pair in _lasting(answer.getheaders()) if pair[0].lower() != LENGTH]
        return answer.status, [*kept, (LENGTH, str(len(content)))], content

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest's output is for failures."""


def _lasting(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in _OF_ONE_CONNECTION]
