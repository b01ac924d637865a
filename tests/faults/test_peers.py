"""Whatever another server does: nothing is lost, nobody else waits for it, and all is bounded."""

import asyncio
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fedreview.app import parts as app_parts
from fedreview.app import running_worker
from fedreview.errors import RemoteFailure, RemoteRefused, RemoteUnavailable
from fedreview.federation.client import FederationClient
from fedreview.federation.exchange import Deadlines
from fedreview.services.delivering import LONGEST_WAIT, MISSING_FOR
from fedreview.storage import actors
from fedreview.storage.hosts import REST_AFTER
from fedreview.storage.queue_tables import DeliveryRow, HostRow
from tests.clock import Clock
from tests.factories import a_remote_actor
from tests.faults.peers import (
    DOMAIN,
    LIMIT_SENT,
    Certificates,
    Peer,
    Talk,
    bomb,
    close,
    drip,
    flood,
    flood_in_chunks,
    hang,
    hear_and_hang,
    hearing,
    reset,
    saying,
    serving,
    well,
)
from tests.fediverse import Neighbourhood
from tests.stories.site import Prepared, Site, prepare, running

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

HASTY = Deadlines(
    connect=timedelta(seconds=1),
    read=timedelta(seconds=2),
    write=timedelta(seconds=2),
    whole=timedelta(seconds=2),
    farewell=timedelta(milliseconds=200),
)
MINUTE = timedelta(minutes=1)
GIGABYTES = "Content-Length: 5000000000"
CHUNKED = "Transfer-Encoding: chunked"
JSON = "Content-Type: application/activity+json"
FETCHED_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One way to go wrong.

    talk: once there is a connection; None never accepts one, and "gone" is not even there.
    state: of a delivery after one try. reason: what is kept of why, as a pattern.
    certificate: which one is shown; "" speaks no TLS.
    """

    talk: Talk | str | None
    state: str = "waiting"
    reason: str = ""
    certificate: str = "good"
    newest: ssl.TLSVersion | None = None
    family: socket.AddressFamily = socket.AF_INET


SLOW = "[Tt]ime|took longer"
BROKEN = "."
SORTS = {
    "gone": Sort(talk="gone", reason=BROKEN),
    "before-accept": Sort(talk=None, reason=SLOW),
    "after-accept": Sort(talk=hang, certificate="", reason=SLOW),
    "after-tls": Sort(talk=hang, reason=SLOW),
    "after-request": Sort(talk=hear_and_hang, reason=SLOW),
    "after-headers": Sort(talk=saying(202, GIGABYTES, then=hang), state="done"),
    "after-headers-of-500": Sort(talk=saying(500, GIGABYTES, then=hang), reason="500"),
    "drips-headers": Sort(talk=hearing(b"HTTP/1.1 202 OK\r\nX-Slow: ", drip), reason=SLOW),
    "drips-a-body": Sort(talk=saying(202, GIGABYTES, then=drip), state="done"),
    "resets": Sort(talk=reset, reason=BROKEN),
    "resets-after-request": Sort(talk=hearing(b"", reset), reason=BROKEN),
    "closes": Sort(talk=hearing(b"", close), reason=BROKEN),
    "dies-in-the-status": Sort(talk=hearing(b"HTTP/1.1 20", close), reason=BROKEN),
    "dies-in-the-headers": Sort(talk=hearing(b"HTTP/1.1 202 OK\r\nDa", close), reason=BROKEN),
    "dies-in-the-body": Sort(talk=saying(202, GIGABYTES, then=close), state="done"),
    "speaks-ssh": Sort(talk=hearing(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", close), reason=BROKEN),
    "huge": Sort(talk=saying(200, JSON, GIGABYTES, then=flood), state="done"),
    "endless": Sort(talk=saying(200, JSON, CHUNKED, then=flood_in_chunks), state="done"),
    "huge-500": Sort(talk=saying(500, GIGABYTES, then=flood), reason="500"),
    "bomb": Sort(
        talk=saying(200, JSON, "Content-Encoding: gzip", "Connection: close", then=bomb),
        state="done",
    ),
    "self-signed": Sort(talk=well, certificate="self_signed", reason="self.signed"),
    "wrong-name": Sort(talk=well, certificate="of_another", reason="[Hh]ostname|not valid for"),
    "expired": Sort(talk=well, certificate="expired", reason="expired"),
    "old-tls": Sort(talk=well, newest=ssl.TLSVersion.TLSv1_1, reason=BROKEN),
    "no-tls": Sort(talk=well, certificate="", reason=BROKEN),
    "only-ipv6": Sort(talk=well, family=socket.AF_INET6, state="done"),
    "in-circles": Sort(talk=saying(307, "Location: /inbox"), reason="307"),
    "moved": Sort(talk=saying(301, "Location: https://elsewhere.example/inbox"), reason="301"),
    "maintained": Sort(talk=saying(302, "Location: /maintenance.html"), reason="302"),
    **{
        f"says-{status}": Sort(talk=saying(status), state="given up", reason=str(status))
        for status in (400, 403, 404, 405, 410, 413, 422, 501)
    },
    **{
        f"says-{status}": Sort(talk=saying(status), reason=str(status))
        for status in (401, 408, 429, 500, 502, 503, 504)
    },
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare("https://reviews.example", "critic", tmp_path_factory.mktemp("reviews"))


@dataclass(slots=True)
class World:
    """A site whose client speaks to real sockets, and the servers around it."""

    site: Site
    now: Clock
    certificates: Certificates
    around: Neighbourhood
    peers: dict[str, Peer]

    async def add(self, name: str, sort: Sort) -> Peer:
        """Let a server of this sort be there."""
        peer = self.peers[name] = Peer(name, family=sort.family)
        peer.reserve().close()
        if sort.talk is None:
            await peer.do_not_accept()
        elif callable(sort.talk):
            await self.serve(peer, sort)
        return peer

    async def serve(self, peer: Peer, sort: Sort) -> None:
        """Let a server go on in another way."""
        file = getattr(self.certificates, sort.certificate) if sort.certificate else None
        assert callable(sort.talk)
        await peer.serve(sort.talk, serving(file, sort.newest) if file else None)

    async def resolve(self, name: str, _: int) -> list[IPv4Address | IPv6Address]:
        """Give the address of a server by its name."""
        found = self.peers.get(name.removesuffix(f".{DOMAIN}"))
        if found is None:
            raise OSError(f"no such host: {name}")
        return [found.address]

    def follow(self, peer: Peer, people: int = 1) -> None:
        """Let people of a server follow the author, each with an inbox of their own."""
        with self.site.parts.database.transaction() as tx:
            for n in range(people):
                person = a_remote_actor(n, host=peer.host, shared_inbox="")
                actors.save(tx, person, ())
                actors.add_follower(
                    tx,
                    self.site.account().id,
                    person.id,
                    follow=f"{person.id}#follow",
                    now=self.now(),
                )

    def rows(self, peer: Peer) -> list[DeliveryRow]:
        """Read the deliveries to a server, the first first."""
        mine = select(DeliveryRow).where(DeliveryRow.host == peer.host).order_by(DeliveryRow.id)
        with self.site.parts.database.snapshot() as tx:
            found = list(tx.scalars(mine))
            tx.expunge_all()
        return found

    def host(self, peer: Peer) -> HostRow | None:
        """Read what is known about a server."""
        with self.site.parts.database.snapshot() as tx:
            found = tx.get(HostRow, peer.host)
            tx.expunge_all()
        return found

    def followers_at(self, peer: Peer) -> int:
        """Count the inboxes of a server that a new review would go to."""
        with self.site.parts.database.snapshot() as tx:
            inboxes = actors.follower_inboxes(tx, self.site.account().id)
        return sum(f"//{peer.host}/" in inbox for inbox in inboxes)


MakeWorld = Callable[..., Any]


@pytest.fixture
def make_world(
    prepared: Prepared,
    certificates: Certificates,
    now: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> MakeWorld:
    """Open a world. deadlines: of its site's client."""

    @asynccontextmanager
    async def make(deadlines: Deadlines = HASTY) -> AsyncIterator[World]:
        peers: dict[str, Peer] = {}

        async def resolve(name: str, port: int) -> list[IPv4Address | IPv6Address]:
            return await world.resolve(name, port)

        def speaking(**given: Any) -> FederationClient:
            return FederationClient(
                **{**given, "transport": None, "resolver": resolve, "deadlines": deadlines}
            )

        monkeypatch.setattr(app_parts, "FederationClient", speaking)
        settings: dict[str, Any] = {
            "FEDREVIEW_ALLOW_PRIVATE_NETWORK": "1",
            "FEDREVIEW_CA_FILE": str(certificates.authority),
        }
        around = Neighbourhood(now)
        async with running(prepared, tmp_path / "site", neighbourhood=around, **settings) as site:
            world = World(site=site, now=now, certificates=certificates, around=around, peers=peers)
            try:
                yield world
            finally:
                for peer in peers.values():
                    await peer.stop()

    return make


async def test_every_sort_of_trouble_ends_in_its_way_and_is_over_when_the_server_is_well(
    make_world: MakeWorld,
) -> None:
    async with make_world() as world:
        for name, sort in SORTS.items():
            world.follow(await world.add(name, sort))
        await world.site.publish()
        await world.site.settle()

        for name, sort in SORTS.items():
            [row] = world.rows(world.peers[name])
            assert (name, row.state) == (name, sort.state)
            assert re.search(sort.reason, row.last_error), (name, row.last_error)
            assert row.last_status == _status(name, sort), name
        # What the operating system holds for both ends is sent, and not read by us.
        assert {n: p.sent for n, p in world.peers.items() if p.sent > LIMIT_SENT / 2} == {}
        assert world.peers["in-circles"].knocks == 1
        assert world.peers["says-404"].knocks == 2

        ill = [name for name, sort in SORTS.items() if sort.state == "waiting"]
        for name in ill:
            await world.serve(world.peers[name], Sort(talk=well))
        world.now.advance(2 * MINUTE)
        await world.site.settle()

        states = {name: world.rows(world.peers[name])[0].state for name in ill}
        assert states == dict.fromkeys(ill, "done")
        assert {name: len(world.peers[name].taken) for name in ill} == dict.fromkeys(ill, 1) | {
            "expired": 1
        }


def _status(name: str, sort: Sort) -> int | None:
    if sort.reason.isdecimal():
        return int(sort.reason)
    if sort.state != "done":
        return None
    return 200 if name in {"huge", "endless", "bomb"} else 202


async def test_no_document_is_believed_and_no_more_is_read_than_is_allowed(
    make_world: MakeWorld,
) -> None:
    refused = {"huge", "endless", "bomb", "in-circles", "says-404", "says-410", "says-501"}
    failed = {
        "gone",
        "before-accept",
        "after-accept",
        "after-tls",
        "after-request",
        "drips-headers",
        "resets",
        "dies-in-the-status",
        "self-signed",
        "wrong-name",
        "expired",
        "old-tls",
        "no-tls",
        "says-429",
        "says-503",
    }
    async with make_world() as world:
        client = world.site.parts.client
        for name in refused | failed:
            await world.add(name, SORTS[name])

        async def fetch(name: str) -> type[RemoteFailure]:
            with pytest.raises(RemoteFailure) as failure:
                await client.get_document(f"https://{world.peers[name].host}/inbox", key=None)
            return failure.type

        names = sorted(refused | failed)
        ends = dict(zip(names, await asyncio.gather(*map(fetch, names)), strict=True))

    assert {name for name, end in ends.items() if end is RemoteRefused} == refused
    assert {name for name, end in ends.items() if end is RemoteUnavailable} == failed
    for name in ("huge", "endless"):
        assert world.peers[name].sent < LIMIT_SENT / 2


async def test_a_server_of_ipv6_alone_is_reached_by_its_name_and_by_its_address(
    make_world: MakeWorld,
) -> None:
    async with make_world() as world:
        peer = await world.add("six", Sort(talk=well, family=socket.AF_INET6))
        client = world.site.parts.client

        by_name = await client.get_document(f"https://{peer.host}/", key=None)
        plain = Sort(talk=well, certificate="", family=socket.AF_INET6)
        await world.serve(peer, plain)
        world.peers["::1"] = peer
        by_address = await client.get_document(f"http://[::1]:{peer.port}/", key=None)

    assert (by_name.json, by_address.json) == ({}, {})


async def test_those_who_hang_hold_up_nobody(make_world: MakeWorld) -> None:
    hanging = ("before-accept", "after-accept", "after-tls", "after-request", "drips-headers")
    async with make_world(Deadlines()) as world:
        for name in hanging:
            world.follow(await world.add(name, SORTS[name]), people=4)
        for n in range(30):
            world.follow(await world.add(f"well-{n}", Sort(talk=well)))
        await world.site.publish()
        await world.site.publish(review_title="Another")

        async with running_worker(world.site.parts.worker):
            async with asyncio.timeout(20):
                while any(len(world.peers[f"well-{n}"].taken) < 2 for n in range(30)):
                    await asyncio.to_thread(world.site.queues)
            states = {row.state for name in hanging for row in world.rows(world.peers[name])}
            failures = sum(
                row.failures for name in hanging for row in world.rows(world.peers[name])
            )
            for name in hanging:
                await world.peers[name].stop()

    assert states == {"waiting"}
    assert failures == 0


async def test_an_hour_of_500_is_met_with_patience_and_then_all_arrives_in_order(
    make_world: MakeWorld,
) -> None:
    async with make_world() as world:
        peer = await world.add("ill", SORTS["says-500"])
        world.follow(peer)
        for n in range(3):
            await world.site.publish(review_title=f"Number {n}")
        for _ in range(60):
            await world.site.settle()
            world.now.advance(MINUTE)
        tries = peer.knocks
        [row, *_] = world.rows(peer)

        await world.serve(peer, Sort(talk=well))
        for _ in range(12):
            await world.site.settle()
            world.now.advance(10 * MINUTE)

        assert 4 <= tries <= 8
        assert (row.last_status, row.state) == (500, "waiting")
        names = [json.loads(body)["object"]["name"] for body in peer.taken]
        assert names == [f"Number {n} – 8.5/10" for n in range(3)]
        known = world.host(peer)
        assert known is not None
        assert (known.failures, known.resting_until) == (0, None)


WISHES = {
    "seconds": ("3600", 60 * MINUTE, 60 * MINUTE),
    "date": ("Wed, 01 May 2024 14:00:00 GMT", 120 * MINUTE, 120 * MINUTE),
    "zero": ("0", MINUTE, 1.5 * MINUTE),
    "negative": ("-5", MINUTE, 1.5 * MINUTE),
    "year": ("31536000", LONGEST_WAIT, LONGEST_WAIT),
    "date-in-a-year": ("Thu, 01 May 2025 12:00:00 GMT", LONGEST_WAIT, LONGEST_WAIT),
    "date-a-year-ago": ("Mon, 01 May 2023 12:00:00 GMT", MINUTE, 1.5 * MINUTE),
    "endless": ("9" * 400, MINUTE, 1.5 * MINUTE),
    "garbage": ("soon", MINUTE, 1.5 * MINUTE),
}


async def test_a_wish_to_be_left_alone_is_granted_within_reason(make_world: MakeWorld) -> None:
    async with make_world() as world:
        for name, (asked, _, _) in WISHES.items():
            talk = saying(429, f"Retry-After: {asked}")
            world.follow(await world.add(name, Sort(talk=talk)))
        await world.site.publish()
        await world.site.settle()

        for name, (_, least, most) in WISHES.items():
            [row] = world.rows(world.peers[name])
            wait = row.due_at - world.now()
            assert least <= wait <= most, (name, wait)


async def test_who_asks_to_be_left_alone_is_left_alone_by_all_deliveries(
    make_world: MakeWorld,
) -> None:
    async with make_world() as world:
        peer = await world.add("busy", Sort(talk=saying(503, "Retry-After: 3600")))
        other = await world.add("well", Sort(talk=well))
        world.follow(peer, people=6)
        world.follow(other)
        await world.site.publish()
        await world.site.settle()
        first = peer.knocks
        await world.serve(peer, Sort(talk=well))
        world.now.advance(59 * MINUTE)
        await world.site.settle()
        meanwhile = peer.knocks
        world.now.advance(2 * MINUTE)
        await world.site.settle()

        assert (first, meanwhile) == (2, 2)
        assert len(peer.taken) == 6
        assert len(other.taken) == 1


async def test_who_is_gone_follows_no_more_and_who_is_missing_has_a_day(
    make_world: MakeWorld,
) -> None:
    async with make_world() as world:
        gone = await world.add("gone", SORTS["says-410"])
        missing = await world.add("missing", SORTS["says-404"])
        big = await world.add("small", SORTS["says-413"])
        followed = []
        for peer in (gone, missing, big):
            world.follow(peer)
        for wait in (timedelta(0), MISSING_FOR):
            world.now.advance(wait)
            await world.site.publish(review_title=f"After {wait}")
            await world.site.settle()
            followed.append([world.followers_at(peer) for peer in (gone, missing, big)])

        assert followed == [[0, 1, 1], [0, 0, 1]]
        assert [row.state for row in world.rows(big)] == ["given up", "given up"]
        assert "413" in world.rows(big)[0].last_error


async def test_a_server_that_rests_is_tried_again_as_soon_as_it_signs_something(
    make_world: MakeWorld,
) -> None:
    async with make_world() as world:
        peer = await world.add("ill", SORTS["resets"])
        world.follow(peer, people=REST_AFTER + 3)
        mara = world.around.server(peer.host).person("mara")
        peer.documents["/users/mara"] = json.dumps(mara.document()).encode()
        await world.site.publish()
        await world.site.settle()
        resting = world.host(peer)
        await world.serve(peer, Sort(talk=well))

        sent = await mara.send(
            world.site.author_inbox, mara.activity("Follow", world.site.actor_id)
        )
        await world.site.settle()

        assert resting is not None
        assert resting.resting_until is not None
        assert sent.status_code == 202
        assert {json.loads(body)["type"] for body in peer.taken} == {"Create", "Accept"}
