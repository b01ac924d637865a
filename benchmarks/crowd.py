"""Many people on many servers who answer a review: their documents, keys and signed requests.

Each server is an address of loopback of its own, for the site counts what a host and what an
address sends. Everything is signed before a clock runs, and sent by a process of its own.
"""

import asyncio
import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.signatures import cavage, rfc9421
from fedreview.signatures.keys import PrivateKey, generate_rsa, public_pem

CONNECTIONS = 32
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
WORDS = (
    "<p>I walked that corridor, and I would walk it again: "
    "the light at its end is worth each of its doors.</p>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request as it goes over the wire. source: the address of loopback that it comes from."""

    source: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of the requests. seconds: from the first to the last answer."""

    seconds: float
    statuses: dict[int, int]
    milliseconds: list[float]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody on a server of their own."""

    number: int
    port: int
    pem: str

    @property
    def address(self) -> str:
        """Where their server is, and whence it sends."""
        return f"127.7.{self.number // 250}.{self.number % 250 + 1}"

    @property
    def host(self) -> str:
        """Their server as URLs name it."""
        return f"{self.address}:{self.port}"

    @property
    def id(self) -> str:
        """Their ActivityPub id."""
        return f"http://{self.host}/users/mara"

    @cached_property
    def key(self) -> PrivateKey:
        """What they sign with."""
        return PrivateKey.load(f"{self.id}#main-key", self.pem)

    def document(self, path: str) -> dict[str, object]:
        """Give what their server says: who they are, or what their handle leads to."""
        if path.startswith("/.well-known/webfinger"):
            link = {"rel": "self", "type": ACTIVITY_JSON, "href": self.id}
            return {"subject": f"acct:mara@{self.host}", "links": [link]}
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.id,
            "type": "Person",
            "preferredUsername": "mara",
            "name": f"Mara {self.number}",
            "inbox": f"{self.id}/inbox",
            "publicKey": {
                "id": self.key.id,
                "owner": self.id,
                "publicKeyPem": public_pem(self.pem),
            },
        }

    def reply(self, number: int, *, to: str, author: str) -> bytes:
        """Write the Create of a public reply, as Mastodon would."""
        now = datetime.now(UTC).isoformat()
        note = {
            "id": f"{self.id}/statuses/{number}",
            "type": "Note",
            "attributedTo": self.id,
            "inReplyTo": to,
            "content": WORDS,
            "published": now,
            "to": [PUBLIC],
            "cc": [f"{self.id}/followers", author],
            "tag": [{"type": "Mention", "href": author, "name": "@anna"}],
            "url": f"http://{self.host}/@mara/{number}",
            "sensitive": False,
        }
        activity = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{note['id']}/activity",
            "type": "Create",
            "actor": self.id,
            "published": now,
            "to": note["to"],
            "cc": note["cc"],
            "object": note,
        }
        return json.dumps(activity).encode()

    def signed(self, body: bytes, *, inbox: str, newer: bool) -> Signed:
        """Sign a request to the inbox. newer: by RFC 9421 and not by the older draft."""
        scheme = rfc9421 if newer else cavage
        signed = scheme.sign(
            self.key,
            method="POST",
            url=inbox,
            body=body,
            now=datetime.now(UTC),
            content_type=ACTIVITY_JSON,
        )
        headers = {
            **signed,
            "User-Agent": "crowd (+http://localhost)",
            "Accept": ACTIVITY_JSON,
            "Content-Type": ACTIVITY_JSON,
            "Content-Length": str(len(body)),
        }
        path = "/" + inbox.partition("://")[2].partition("/")[2]
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return Signed(
            source=self.address, data=f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
        )


@contextmanager
def gathered(many: int) -> Iterator[tuple[Person, ...]]:
    """Give so many people, while a server answers who they are."""
    people: dict[str, Person] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            document = people[str(self.headers["Host"])].document(self.path)
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", ACTIVITY_JSON)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    # All of loopback, and only for as long as the benchmark runs.
    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    crowd = tuple(
        Person(number=number, port=server.server_port, pem=generate_rsa()) for number in range(many)
    )
    people.update({person.host: person for person in crowd})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield crowd
    finally:
        server.shutdown()
        server.server_close()


def replies(
    people: Sequence[Person], many: int, *, start: int, inbox: str, to: str, author: str
) -> list[Signed]:
    """Sign so many replies, each by the next in the round; the schemes take turns.

    start: the number of the first, for one number is one note of a person.
    """
    return [
        people[n % len(people)].signed(
            people[n % len(people)].reply(n, to=to, author=author),
            inbox=inbox,
            newer=n // len(people) % 2 == 1,
        )
        for n in range(start, start + many)
    ]


def send(requests: Sequence[Signed], *, port: int, connections: int = CONNECTIONS) -> Sent:
    """Send everything over so many connections that are kept open, from a process of its own."""
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    process = context.Process(target=_run, args=(answers, list(requests), port, connections))
    process.start()
    sent: Sent = answers.get()
    process.join()
    return sent


def _run(
    answers: "multiprocessing.SimpleQueue[Sent]",
    requests: list[Signed],
    port: int,
    connections: int,
) -> None:
    answers.put(asyncio.run(_send_all(requests, port, connections)))


async def _send_all(requests: list[Signed], port: int, connections: int) -> Sent:
    """Let each connection carry what comes from its address; each address has one at least."""
    by_source: dict[str, list[bytes]] = {}
    for request in requests:
        by_source.setdefault(request.source, []).append(request.data)
    statuses: dict[int, int] = {}
    milliseconds: list[float] = []
    places = asyncio.Semaphore(connections)
    begun = time.perf_counter()

    async def carry(source: str, load: list[bytes]) -> None:
        reader, writer = await _connected(source, port)
        for data in load:
            async with places:
                started = time.perf_counter()
                writer.write(data)
                status = await _answer(reader)
                milliseconds.append((time.perf_counter() - started) * 1000)
                statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(carry(source, load) for source, load in by_source.items()))
    return Sent(seconds=time.perf_counter() - begun, statuses=statuses, milliseconds=milliseconds)


async def _connected(source: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(source, 0), family=socket.AF_INET
    )
    return reader, writer


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if length:
        await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
