import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from fedreview.errors import RemoteRefused, RemoteUnavailable
from fedreview.federation import connection, transport
from fedreview.federation.client import FederationClient
from fedreview.federation.connection import Connection
from fedreview.federation.guard import AddressPolicy, GuardedNetwork
from fedreview.signatures.keys import PrivateKey
from tests.unit.federation.conftest import QUICK, ClientMaker
from tests.unit.federation.peer import (
    SITE,
    Peer,
    Received,
    hang_up,
    head,
    in_turn,
    page,
    running_peer,
    server_side,
    to_loopback,
)

pytestmark = pytest.mark.anyio

BODY = b"{}"
BIG = b"x" * 3_000_000
LONG = b"x" * 20_000_000

Post = Callable[[str], Awaitable[object]]
P = TypeVar("P", bound=asyncio.Protocol)


class Deaf(asyncio.Protocol):
    def __init__(self, says: bytes, lines: list[asyncio.Transport]) -> None:
        self.says, self.lines = says, lines

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        # Python before 3.11.4 begins to read after this, whatever was said before.
        asyncio.get_running_loop().call_soon(transport.pause_reading)
        transport.write(self.says)
        self.lines.append(transport)


@asynccontextmanager
async def a_deaf_server(*, says: bytes = b"") -> AsyncIterator[int]:
    """Run a server that reads nothing at all, and give its port."""
    lines: list[asyncio.Transport] = []
    loop = asyncio.get_running_loop()
    door = socket.socket()
    # Or the system may take all of it in the server's place.
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    door.bind(("127.0.0.1", 0))
    server = await loop.create_server(lambda: Deaf(says, lines), sock=door)
    try:
        yield door.getsockname()[1]
    finally:
        server.close()
        for line in lines:
            line.abort()


@pytest.fixture
def post(client: FederationClient, key: PrivateKey) -> Post:
    return lambda inbox: client.post_activity(inbox, BODY, key=key)


async def test_a_server_met_twice_before_is_spared_the_handshake(
    make_client: ClientMaker, certificate: Path, key: PrivateKey
) -> None:
    client = make_client(ca_file=certificate, resolver=to_loopback)
    async with running_peer(server_side(certificate, [])) as peer:
        peer.pages["/inbox"] = page(status=202, Connection="close")

        for _ in range(4):
            await client.post_activity(peer.url("/inbox", host=SITE), BODY, key=key)

        assert peer.resumed == [False, False, True, True]
        await client.aclose()


async def test_a_session_that_a_server_stumbles_over_is_shown_to_it_once(
    make_client: ClientMaker, certificate: Path, key: PrivateKey
) -> None:
    client = make_client(ca_file=certificate, resolver=to_loopback)
    async with running_peer(server_side(certificate, [])) as peer:
        taken = page(status=202, Connection="close")
        peer.pages["/inbox"] = in_turn(taken, taken, hang_up, taken)
        for _ in range(2):
            await client.post_activity(peer.url("/inbox", host=SITE), BODY, key=key)

        with pytest.raises(RemoteUnavailable):
            await client.post_activity(peer.url("/inbox", host=SITE), BODY, key=key)
        await client.post_activity(peer.url("/inbox", host=SITE), BODY, key=key)

        assert peer.resumed == [False, False, True, False]
        await client.aclose()


async def test_a_session_that_takes_much_room_is_not_kept(
    make_client: ClientMaker, certificate: Path, key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_LARGEST_SESSION_BYTES", 500)
    client = make_client(ca_file=certificate, resolver=to_loopback)
    async with running_peer(server_side(certificate, [])) as peer:
        peer.pages["/inbox"] = page(status=202, Connection="close")

        for _ in range(3):
            await client.post_activity(peer.url("/inbox", host=SITE), BODY, key=key)

        assert peer.resumed == [False, False, False]
        await client.aclose()


async def test_a_session_of_one_name_opens_no_other(
    make_client: ClientMaker, certificate: Path, key: PrivateKey
) -> None:
    client = make_client(ca_file=certificate, resolver=to_loopback)
    async with running_peer(server_side(certificate, [])) as peer:
        peer.pages["/inbox"] = page(status=202, Connection="close")
        for _ in range(3):
            await client.post_activity(peer.url("/inbox", host=SITE), BODY, key=key)

        with pytest.raises(RemoteUnavailable, match="certificate"):
            await client.post_activity(peer.url("/inbox", host="other.example"), BODY, key=key)

        assert peer.resumed == [False, False, True]
        assert len(peer.received) == 3
        await client.aclose()


async def test_the_oldest_session_makes_room_for_the_next(
    make_client: ClientMaker,
    certificate: Path,
    key: PrivateKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "MOST_SESSIONS", 1)
    client = make_client(ca_file=certificate, resolver=to_loopback)
    async with (
        running_peer(server_side(certificate, [])) as first,
        running_peer(server_side(certificate, [])) as second,
    ):
        for peer in (first, second, second, second, first, first):
            peer.pages["/inbox"] = page(status=202, Connection="close")
            await client.post_activity(peer.url("/inbox", host=SITE), BODY, key=key)

        assert (first.resumed, second.resumed) == ([False, False, False], [False, False, True])
        await client.aclose()


async def test_a_body_without_length_ends_with_the_goodbye_of_tls(
    make_client: ClientMaker, certificate: Path
) -> None:
    async def until_closed(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + BIG)
        writer.close()

    client = make_client(ca_file=certificate, resolver=to_loopback)
    async with running_peer(server_side(certificate, [])) as peer:
        peer.pages["/cover"] = until_closed

        answer = await client.get_bytes(
            peer.url("/cover", host=SITE), accept="image/*", limit_bytes=len(BIG)
        )

        assert answer.body == BIG
        await client.aclose()


async def test_a_reader_who_is_slow_holds_up_the_server_and_loses_nothing(peer: Peer) -> None:
    carrier = open_carrier()
    peer.pages["/cover"] = page(BIG)
    response = await carrier.handle_async_request(a_request(peer.url("/cover")))
    loop, received = asyncio.get_running_loop(), bytearray()

    async for piece in response.aiter_raw():
        assert len(piece) <= 2 * 262_144
        received += piece
        turn = loop.create_future()
        loop.call_later(0.005, turn.set_result, None)
        await turn

    assert bytes(received) == BIG
    await response.aclose()
    await carrier.aclose()


async def test_who_accepts_and_does_not_speak_tls_is_given_up(
    make_client: ClientMaker, key: PrivateKey
) -> None:
    waits = replace(QUICK, connect=timedelta(milliseconds=100))
    client = make_client(resolver=to_loopback, deadlines=waits)

    async with a_deaf_server() as port:
        with pytest.raises(RemoteUnavailable, match="no TLS in time"):
            await client.post_activity(f"https://{SITE}:{port}/inbox", BODY, key=key)


async def test_a_connection_closed_in_the_meantime_is_replaced_unseen(
    post: Post, peer: Peer
) -> None:
    peer.pages["/inbox"] = in_turn(page(status=202), hang_up, page(status=202))

    for _ in range(2):
        await post(peer.url("/inbox"))

    assert (peer.connections, len(peer.received)) == (2, 3)


async def test_a_new_connection_that_breaks_is_not_replaced(post: Post, peer: Peer) -> None:
    peer.pages["/inbox"] = in_turn(page(status=202), hang_up, hang_up, page(status=202))
    await post(peer.url("/inbox"))

    with pytest.raises(RemoteUnavailable):
        await post(peer.url("/inbox"))

    assert (peer.connections, len(peer.received)) == (2, 3)


async def test_an_answer_that_breaks_off_is_not_asked_for_again(post: Post, peer: Peer) -> None:
    async def begin(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 202 Acc")
        writer.close()

    peer.pages["/inbox"] = in_turn(page(status=202), begin)
    await post(peer.url("/inbox"))

    with pytest.raises(RemoteUnavailable):
        await post(peer.url("/inbox"))

    assert len(peer.received) == 2


async def test_a_reset_in_mid_answer_is_worth_another_try(
    client: FederationClient, peer: Peer
) -> None:
    async def reset(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head(content_length="100") + b"{")
        await writer.drain()
        writer.transport.abort()

    peer.pages["/n"] = reset

    with pytest.raises(RemoteUnavailable):
        await client.get_json(peer.url("/n"), accept=("application/json",))


async def test_a_second_answer_is_never_taken_for_that_of_the_next_request(
    post: Post, peer: Peer
) -> None:
    async def answer_twice(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head(202, content_length="0") + head(410, content_length="0"))

    peer.pages["/inbox"] = in_turn(answer_twice, page(status=202))

    for _ in range(2):
        await post(peer.url("/inbox"))

    assert peer.connections == 2


async def test_an_answer_to_no_question_ends_the_connection(post: Post, peer: Peer) -> None:
    lines: list[asyncio.StreamWriter] = []

    async def answer(_: Received, writer: asyncio.StreamWriter) -> None:
        lines.append(writer)
        writer.write(head(202, content_length="0"))

    peer.pages["/inbox"] = answer
    await post(peer.url("/inbox"))

    lines[0].write(head(410, content_length="0"))

    await peer.until_open(0)
    await post(peer.url("/inbox"))
    assert peer.connections == 2


async def test_an_answer_before_the_request_has_left_is_taken(
    client: FederationClient, key: PrivateKey
) -> None:
    async with a_deaf_server(says=head(413, content_length="0")) as port:
        with pytest.raises(RemoteRefused, match="413"):
            await client.post_activity(f"http://127.0.0.1:{port}/inbox", LONG, key=key)


async def test_who_takes_nothing_is_given_up(make_client: ClientMaker, key: PrivateKey) -> None:
    client = make_client(deadlines=replace(QUICK, write=timedelta(milliseconds=100)))

    async with a_deaf_server() as port:
        with pytest.raises(RemoteUnavailable, match="takes nothing"):
            await client.post_activity(f"http://127.0.0.1:{port}/inbox", LONG, key=key)


async def test_few_idle_connections_are_kept_and_only_for_a_while(
    post: Post, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "IDLE_SECONDS", 0.3)
    peer.pages["/inbox"] = page(status=202)

    await asyncio.gather(*(post(peer.url("/inbox")) for _ in range(10)))

    await peer.until_open(transport.MOST_IDLE_PER_HOST)
    await peer.until_open(0)


async def test_the_longest_idle_makes_room_for_the_next(
    post: Post, peer: Peer, stranger: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_IDLE", 1)
    for each in (peer, stranger):
        each.pages["/inbox"] = page(status=202)
        await post(each.url("/inbox"))

    await peer.until_open(0)
    await stranger.until_open(1)


def open_carrier(kind: type[GuardedNetwork] = GuardedNetwork) -> transport.GuardedTransport:
    network = kind(policy=AddressPolicy(allow_private=True), resolver=to_loopback)
    return transport.GuardedTransport(network=network, tls=transport.tls_context())


def a_request(url: str, *, method: str = "GET", **headers: str) -> httpx.Request:
    waits = dict.fromkeys(("connect", "read", "write"), 2.0)
    return httpx.Request(method, url, headers=headers, extensions={"timeout": waits})


@pytest.mark.parametrize("value", ["a\r\nHost: b", "a\nb", "a\rb"])
async def test_a_header_that_could_be_read_as_two_never_leaves(peer: Peer, value: str) -> None:
    carrier = open_carrier()

    with pytest.raises(httpx.LocalProtocolError):
        await carrier.handle_async_request(a_request(peer.url(), X=value))

    assert peer.connections == 0


async def test_a_method_with_a_blank_in_it_never_leaves(peer: Peer) -> None:
    carrier = open_carrier()

    with pytest.raises(httpx.LocalProtocolError):
        await carrier.handle_async_request(a_request(peer.url(), method="GET /x HTTP/1.1"))

    assert peer.connections == 0


class BusyNetwork(GuardedNetwork):
    """Gives a connection when the process comes to it: the other side has hung up by then."""

    async def connect(self, host: str, port: int, make: Callable[[], P]) -> P:
        has_ended = asyncio.Event()

        def watched() -> P:
            connection = make()
            assert isinstance(connection, Connection)
            tell = connection._when_lost

            def note(lost: Connection) -> None:
                tell(lost)
                has_ended.set()

            connection._when_lost = note
            return connection

        connection = await super().connect(host, port, watched)
        await has_ended.wait()
        return connection


async def test_nothing_is_left_of_who_hangs_up_at_once() -> None:
    carrier = open_carrier(BusyNetwork)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    with pytest.raises((OSError, httpx.RemoteProtocolError)):
        await carrier.handle_async_request(a_request(f"https://{SITE}:{port}/"))

    assert not carrier._open
    server.close()
