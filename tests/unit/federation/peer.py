"""A server on a loopback socket that answers well or badly, as each test tells it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

ACTIVITY = "application/activity+json"
SITE = "peer.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


Page = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Peer:
    port: int = 0
    scheme: str = "http"
    pages: dict[str, Page] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    resumed: list[bool] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    changes: asyncio.Condition = field(default_factory=asyncio.Condition)

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def serve(self, path: str, document: Mapping[str, object], *, type_: str = ACTIVITY) -> None:
        self.pages[path] = page(json.dumps(document).encode(), type_=type_)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        tls = writer.get_extra_info("ssl_object")
        if tls is not None:
            self.resumed.append(tls.session_reused)
        try:
            while request := await _receive(reader):
                self.received.append(request)
                path = request.target.partition("?")[0]
                answer = self.pages.get(request.target) or self.pages.get(path) or page(status=404)
                await answer(request, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()
            async with self.changes:
                self.changes.notify_all()

    async def until_open(self, number: int) -> None:
        """Wait until so many connections are left."""
        async with asyncio.timeout(5), self.changes:
            await self.changes.wait_for(lambda: len(self.tasks) == number)


async def _receive(reader: asyncio.StreamReader) -> Received | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = tuple(
        (name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines)
    )
    length = int(dict(headers).get("content-length", "0"))
    return Received(
        method=method, target=target, headers=headers, body=await reader.readexactly(length)
    )


def page(body: bytes = b"", *, status: int = 200, type_: str = ACTIVITY, **headers: str) -> Page:
    async def answer(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, type_=type_, content_length=str(len(body)), **headers) + body)

    return answer


def head(status: int = 200, *, type_: str = ACTIVITY, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {type_}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def in_turn(*pages: Page) -> Page:
    waiting = list(pages)

    async def answer(request: Received, writer: asyncio.StreamWriter) -> None:
        await waiting.pop(0)(request, writer)

    return answer


def redirect(to: str, *, status: int = 302) -> Page:
    return page(status=status, Location=to)


async def silent(_: Received, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def hang_up(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.close()


def drip(start: bytes, *, every: float = 0.02) -> Page:
    """One byte at a time: each soon enough for a reader that only minds the gaps."""

    async def answer(_: Received, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        writer.write(start)
        while True:
            writer.write(b" ")
            await writer.drain()
            tick = asyncio.Event()
            loop.call_later(every, tick.set)
            await tick.wait()

    return answer


@asynccontextmanager
async def running_peer(tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    peer = Peer(scheme="https" if tls else "http")
    server = await asyncio.start_server(peer.talk, "127.0.0.1", 0, ssl=tls)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in tuple(peer.tasks):
            task.cancel()
        await asyncio.gather(*peer.tasks, return_exceptions=True)
        await server.wait_closed()


async def to_loopback(_: str, __: int) -> list[IPv4Address]:
    return [IPv4Address("127.0.0.1")]


def server_side(certificate: Path, names: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    return context
