import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.errors import RemoteRefused
from fedreview.federation.guard import (
    AddressPolicy,
    GuardedNetwork,
    IPAddress,
    Resolver,
    SystemResolver,
)
from tests.unit.federation.peer import Peer

PUBLIC = AddressPolicy()
PRIVATE = AddressPolicy(allow_private=True)


class Line(asyncio.Protocol):
    """A connection that says nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.transport.get_extra_info("peername")
        return host, port

    def close(self) -> None:
        self.transport.close()


@pytest.mark.parametrize(
    ("given_url", "normal"),
    [
        ("https://Site.Example", "https://site.example/"),
        ("https://site.example./users/anna", "https://site.example/users/anna"),
        ("https://site.example:443/a?b=c#d", "https://site.example/a?b=c"),
        ("https://site.example/a?", "https://site.example/a"),
        ("https://site.example?x=site.example/", "https://site.example/?x=site.example/"),
        ("https://site.example?a=%2F", "https://site.example/?a=%2F"),
        ("https://site.example/%40anna%2Fb//c", "https://site.example/%40anna%2Fb//c"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("HTTPS://site.example/", "https://site.example/"),
        ("https://under_score.site.example/", "https://under_score.site.example/"),
    ],
)
def test_every_spelling_of_a_url_becomes_one(given_url: str, normal: str) -> None:
    assert str(PUBLIC.check_url(given_url)) == normal


@pytest.mark.parametrize(
    "url",
    [
        "http://site.example/",
        "ftp://site.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "acct:anna@site.example",
        "//site.example/",
        "/users/anna",
        "",
        "https://",
        "https:///users/anna",
        "https://user@site.example/",
        "https://user:pass@site.example/",
        "https://good.example\\@evil.example/",
        "https://site.example:80/",
        "https://site.example:8443/",
        "https://site.example:0/",
        "https://site.example:99999/",
        "https://site.example..",
        "https://.site.example/",
        "https://site..example/",
        "https://-site.example/",
        "https://%31%32%37.0.0.1/",
        "https://site%2eexample/",
        "https://site.exa mple/",
        "https://site.example\n.evil.example/",
        "https://ＥＸＡＭＰＬＥ.com/",
        "https://ex\udc00.com/",
        "https://site.example/\udc00",
        f"https://site.example/{'a' * 2048}",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
    ],
)
def test_a_url_that_no_server_has_is_refused(url: str) -> None:
    with pytest.raises(RemoteRefused):
        PUBLIC.check_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "printer",
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0X7F.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.0x1",
        "127.0.0.0x",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "8.8.8.8",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1%25eth0]",
        "[2606:4700:4700::1111]",
        "site.1",
    ],
)
def test_an_address_or_a_local_name_in_place_of_a_host_name_is_refused(host: str) -> None:
    with pytest.raises(RemoteRefused):
        PUBLIC.check_url(f"https://{host}/")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/", "http://localhost/", "https://[::1]:3000/", "https://peer/"]
)
def test_in_development_local_urls_are_fine(url: str) -> None:
    assert str(PRIVATE.check_url(url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "http://me@peer/",
        "http:///x",
        "http://a b/",
        "https://0177.0.0.01./",
    ],
)
def test_even_in_development_a_url_must_be_one(url: str) -> None:
    with pytest.raises(RemoteRefused):
        PRIVATE.check_url(url)


def test_a_port_may_be_allowed() -> None:
    policy = AddressPolicy(ports=frozenset({443, 8443}))

    assert policy.check_url("https://site.example:8443/").port == 8443


@given(st.one_of(st.text(), st.text().map("https://site.example/{}".format)))
def test_any_text_is_refused_or_has_a_form_that_stays(text: str) -> None:
    try:
        once = PUBLIC.check_url(text)
    except RemoteRefused:
        return

    assert str(PUBLIC.check_url(str(once))) == str(once)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::10.0.0.1",
        "::ffff:0.0.0.0",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::192.168.0.1",
        "64:ff9b:1::1",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:7f00:1::80ff:fffe",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_outside_the_public_internet_is_refused(address: str) -> None:
    with pytest.raises(RemoteRefused):
        PUBLIC.check_address(ip_address(address))

    PRIVATE.check_address(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "198.17.255.255",
        "223.255.255.255",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ],
)
def test_an_address_of_the_public_internet_passes(address: str) -> None:
    PUBLIC.check_address(ip_address(address))


@given(st.ip_addresses(v=4))
def test_a_disguise_changes_no_verdict(address: IPv4Address) -> None:
    inside = int(address)
    disguised = [IPv6Address(0xFFFF << 32 | inside), IPv6Address(0x64FF9B << 96 | inside)]

    assert {_is_refused(each) for each in disguised} == {_is_refused(address)}


def _is_refused(address: IPAddress) -> bool:
    try:
        PUBLIC.check_address(address)
    except RemoteRefused:
        return True
    return False


def always(*addresses: str) -> Resolver:
    async def resolve(_: str, __: int) -> Sequence[IPAddress]:
        return [ip_address(address) for address in addresses]

    return resolve


@pytest.mark.anyio
async def test_one_private_address_among_public_ones_refuses_them_all() -> None:
    network = GuardedNetwork(policy=PUBLIC, resolver=always("8.8.8.8", "127.0.0.1"))

    with pytest.raises(RemoteRefused):
        await network.connect("nip.example", 443, Line)


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "0177.0.0.1", "::1", "localhost"])
async def test_what_the_system_reads_as_a_local_address_is_refused(host: str) -> None:
    resolver = SystemResolver()
    network = GuardedNetwork(policy=PUBLIC, resolver=resolver)

    with pytest.raises(RemoteRefused):
        await network.connect(host, 443, Line)

    resolver.close()


@pytest.mark.anyio
async def test_a_name_is_looked_up_once_and_the_checked_address_is_used(peer: Peer) -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def rebinding(_: str, __: int) -> Sequence[IPAddress]:
        return [ip_address(address) for address in answers.pop(0)]

    network = GuardedNetwork(policy=PRIVATE, resolver=rebinding)

    line = await network.connect("rebinding.example", peer.port, Line)

    assert line.address == ("127.0.0.1", peer.port)
    assert answers == [["169.254.169.254"]]
    line.close()


@pytest.mark.anyio
async def test_when_one_address_is_dead_the_next_is_tried(peer: Peer) -> None:
    network = GuardedNetwork(policy=PRIVATE, resolver=always("::1", "127.0.0.9", "127.0.0.1"))

    line = await network.connect("peer.example", peer.port, Line)

    assert line.address == ("127.0.0.1", peer.port)
    line.close()


@pytest.mark.anyio
async def test_only_the_first_two_addresses_of_a_family_are_tried(peer: Peer) -> None:
    resolver = always("127.0.0.7", "127.0.0.8", "127.0.0.1")
    network = GuardedNetwork(policy=PRIVATE, resolver=resolver)

    with pytest.raises(httpx.ConnectError):
        await network.connect("peer.example", peer.port, Line)


@pytest.mark.anyio
async def test_a_name_without_an_address_cannot_be_reached() -> None:
    network = GuardedNetwork(policy=PUBLIC, resolver=always())

    with pytest.raises(httpx.ConnectError):
        await network.connect("empty.example", 443, Line)


@pytest.mark.anyio
async def test_a_name_that_nobody_knows_cannot_be_reached() -> None:
    async def unknown(_: str, __: int) -> Sequence[IPAddress]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    network = GuardedNetwork(policy=PUBLIC, resolver=unknown)

    with pytest.raises(httpx.ConnectError):
        await network.connect("gone.example", 443, Line)


@pytest.mark.anyio
async def test_a_name_that_cannot_be_looked_up_cannot_be_reached() -> None:
    resolver = SystemResolver()
    network = GuardedNetwork(policy=PUBLIC, resolver=resolver)

    with pytest.raises(httpx.ConnectError):
        await network.connect("a" * 64 + ".example", 443, Line)

    resolver.close()


@pytest.mark.anyio
async def test_a_name_server_that_never_answers_is_given_up() -> None:
    async def hang(_: str, __: int) -> Sequence[IPAddress]:
        await asyncio.Event().wait()
        return []

    network = GuardedNetwork(policy=PUBLIC, resolver=hang, deadline=timedelta(milliseconds=50))

    with pytest.raises(httpx.ConnectTimeout):
        await network.connect("slow.example", 443, Line)


@pytest.fixture
def dead_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let look-ups of evil.example hang, others answer; gives the names that hang."""
    hanging: list[str] = []
    may_end = threading.Event()

    def look_up(host: str, *_: object, **__: object) -> list[object]:
        if host.endswith("evil.example"):
            hanging.append(host)
            may_end.wait()
        return [(0, 0, 0, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield hanging
    may_end.set()


@pytest.mark.anyio
async def test_dead_name_servers_of_one_site_hold_up_no_other(dead_names: list[str]) -> None:
    resolver = SystemResolver()

    async def in_vain(host: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await resolver(host, 443)

    for number in range(100):
        await in_vain(f"n{number}.evil.example")
    async with asyncio.timeout(4):
        found = await resolver("good.example", 443)

    assert found == [ip_address("192.0.2.1")]
    assert 0 < len(dead_names) < 10
    resolver.close()


@pytest.mark.anyio
async def test_a_name_is_looked_up_by_one_thread_for_all_who_ask(dead_names: list[str]) -> None:
    resolver = SystemResolver()
    waiting = [asyncio.create_task(resolver("evil.example", 443)) for _ in range(20)]

    await asyncio.wait(waiting, timeout=0.05)

    assert dead_names == ["evil.example"]
    for each in waiting:
        each.cancel()
    resolver.close()
