"""Clients that begin a request and never end its head, and those that say nothing at all."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from fedreview.cli.doorstep import LARGEST_HEAD_BYTES, MOST_HEADERS, Doorstep

pytestmark = pytest.mark.anyio

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CONNECTIONS = 3


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Impatient(Doorstep):
    """Waits for no time at all."""

    head_within = 0.05
    look_every = 0.01


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    body = b"hello"
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(protocol: type[Doorstep] = Doorstep) -> AsyncIterator[int]:
    """Serve on some port; at most CONNECTIONS at once."""
    config = uvicorn.Config(
        hello, http=protocol, ws="none", limit_concurrency=CONNECTIONS, log_config=None
    )
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in tuple(state.connections):
            each.transport.abort()


async def answer_to(port: int, pieces: Iterable[bytes]) -> bytes:
    """Send piece after piece, and give all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "begun",
    [b"GET /", b"GET / HTTP/1.1\r\nX: ", REQUEST + b"GET / HTTP/1.1\r\nX: "],
    ids=["address", "header", "second"],
)
async def test_a_head_without_end_is_cut(begun: bytes) -> None:
    endless = [begun, *[b"a" * 65_536] * (LARGEST_HEAD_BYTES // 4_096)]

    async with serving() as port, asyncio.timeout(4):
        answer = await answer_to(port, endless)

    assert b" 200 " not in answer.removeprefix(b"HTTP/1.1 200 OK" if REQUEST in begun else b"")


async def test_many_small_headers_are_too_many() -> None:
    many = b"".join(b"X-%d: a\r\n" % number for number in range(MOST_HEADERS + 1))
    request = b"GET / HTTP/1.1\r\nHost: a\r\n" + many + b"\r\n"

    async with serving() as port:
        answer = await answer_to(port, [request])

    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "pieces",
    [[], [b"\r\n"], [b"GET / HTTP/1.1\r\nHost:"], [REQUEST, b"\r\n"]],
    ids=["nothing", "blank", "half", "after one"],
)
async def test_who_is_silent_for_long_is_let_go(pieces: list[bytes]) -> None:
    async with serving(Impatient) as port, asyncio.timeout(4):
        answer = await answer_to(port, pieces)

    assert answer.count(b"hello") == pieces.count(REQUEST)


async def test_a_request_under_way_is_not_let_go() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"

    async with serving(Impatient) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"a")
        silent = await answer_to(port, [])
        writer.write(b"b")
        answer = await reader.read()
        writer.close()

    assert silent == b""
    assert answer.endswith(b"hello")


async def test_those_who_say_nothing_make_room_for_those_who_come() -> None:
    async with serving() as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS * 2)]
        answer = await answer_to(port, [b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
        for _, writer in silent:
            writer.close()

    assert answer.startswith(b"HTTP/1.1 200 ")
