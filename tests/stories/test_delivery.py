"""How an activity gets to where it belongs, whatever the other side does."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedreview.app import build_parts, running_worker
from fedreview.services.delivering import GIVE_UP_AFTER, LEASE
from fedreview.signatures.verify import Scheme
from fedreview.storage.hosts import LONGEST_REST, REST_AFTER
from tests.clock import Clock
from tests.fediverse import Neighbourhood, PretendActor, PretendServer
from tests.stories.site import Published, Site, prepare, running

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)


async def follow(site: Site, *followers: PretendActor) -> None:
    for follower in followers:
        answer = await follower.send(site.author_inbox, follower.activity("Follow", site.actor_id))
        assert answer.status_code == 202
    await site.settle()
    for follower in followers:
        follower.server.knocks.clear()
        follower.server.received.clear()


def say(server: PretendServer, *statuses: int, **headers: str) -> None:
    """Let the next inbox POSTs be answered so."""
    server.answers.extend(httpx.Response(status, headers=headers) for status in statuses)


async def tries_of(
    site: Site, server: PretendServer, now: Clock, steps: Iterable[timedelta]
) -> list[int]:
    """Move on step by step, and count the knocks at the end of each."""
    counted = []
    for step in steps:
        now.advance(step)
        await site.settle()
        counted.append(len(server.knocks))
    return counted


async def test_a_server_with_trouble_is_tried_again_after_longer_and_longer_waits(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    say(alice.server, 500, 502, 503)
    await site.publish()
    await site.settle()

    tries = await tries_of(
        site,
        alice.server,
        now,
        [MINUTE * 0.9, MINUTE * 0.7, MINUTE * 1.8, MINUTE * 1.3, MINUTE * 3.8, MINUTE * 2.3],
    )

    assert tries == [1, 2, 2, 3, 3, 4]
    assert len(alice.server.activities("Create")) == 1
    assert site.queues().deliveries == {"done": 2}


async def test_a_server_that_names_a_time_is_not_disturbed_before_it(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    say(alice.server, 429, **{"Retry-After": "3600"})
    await site.publish()
    await site.settle()

    tries = await tries_of(site, alice.server, now, [MINUTE * 59, MINUTE * 2])

    assert tries == [1, 2]
    assert len(alice.server.activities("Create")) == 1


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_a_server_that_says_no_is_not_asked_again(
    site: Site, alice: PretendActor, now: Clock, status: int
) -> None:
    await follow(site, alice)
    say(alice.server, status, status)
    await site.publish()
    await site.settle()

    before = len(alice.server.knocks)
    now.advance(timedelta(days=2))
    await site.settle()

    assert len(alice.server.knocks) == before
    assert site.queues().deliveries == {"done": 1, "given up": 1}


async def test_a_server_that_reads_only_the_newer_signatures_is_remembered(
    site: Site, neighbourhood: Neighbourhood
) -> None:
    modern = neighbourhood.server("modern.example", reads=frozenset({Scheme.RFC9421}))
    await follow(site, modern.person("mia"))
    await site.publish()
    await site.settle()

    await site.publish(review_title="Another")
    await site.settle()

    assert modern.knocks == ["rfc9421", "rfc9421"]
    assert len(modern.activities("Create")) == 2


async def test_the_newer_signature_is_tried_where_the_older_is_refused(
    site: Site, neighbourhood: Neighbourhood
) -> None:
    modern = neighbourhood.server("modern.example", reads=frozenset({Scheme.RFC9421}))
    mia = modern.person("mia")

    await mia.send(site.author_inbox, mia.activity("Follow", site.actor_id))
    await site.settle()

    assert modern.knocks == ["cavage", "rfc9421"]
    assert [each.scheme for each in modern.received] == [Scheme.RFC9421]


async def test_a_server_that_never_answers_holds_up_nobody(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    slow = neighbourhood.server("slow.example", shares_inbox=False)
    await follow(site, alice, *(slow.person(f"p{n}") for n in range(5)))
    slow.gate = asyncio.Event()
    for n in range(5):
        await site.publish(review_title=f"Number {n}")

    async with running_worker(site.parts.worker):
        await alice.server.until_received(5)
        hanging = len(slow.received)
        slow.gate.set()
        await slow.until_received(25)

    assert hanging == 0
    assert site.queues().deliveries == {"done": 6 + 5 + 25}


async def test_a_host_that_fails_again_and_again_is_left_alone_for_a_while(
    site: Site, neighbourhood: Neighbourhood, now: Clock
) -> None:
    small = neighbourhood.server("small.example", shares_inbox=False)
    await follow(site, *(small.person(f"p{n}") for n in range(REST_AFTER + 5)))
    say(small, *([503] * (REST_AFTER + 5)))
    await site.publish()
    await site.settle()
    first = len(small.knocks)

    await site.publish(review_title="Meanwhile")
    await site.settle()
    resting = len(small.knocks)
    small.answers.clear()
    now.advance(LONGEST_REST)
    await site.settle()

    assert REST_AFTER <= first <= REST_AFTER + 1
    assert resting == first
    assert {each["object"]["name"] for each in small.activities("Create")} == {
        "BLAME! A Netflix Original – 8.5/10",
        "Meanwhile – 8.5/10",
    }


async def test_a_resting_host_that_speaks_to_us_is_awake(
    site: Site, neighbourhood: Neighbourhood, review: Published
) -> None:
    small = neighbourhood.server("small.example", shares_inbox=False)
    people = [small.person(f"p{n}") for n in range(REST_AFTER + 3)]
    await follow(site, *people)
    say(small, *([503] * len(people)))
    await site.publish(review_title="During the outage")
    await site.settle()
    resting = len(small.knocks)
    small.answers.clear()

    like = people[0].activity("Like", review.uri)
    await people[0].send(site.inbox, like)
    await site.settle()

    assert resting < len(people)
    assert len(small.knocks) > resting
    assert small.activities("Create") != []


async def test_after_a_week_of_failures_it_is_given_up(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    alice.server.is_down = True
    await site.publish()
    await site.settle()

    queued_at = now()
    while site.queues().deliveries.get("failing"):
        now.advance(timedelta(hours=19))
        await site.settle()
        assert now() - queued_at < GIVE_UP_AFTER * 2

    assert now() - queued_at >= GIVE_UP_AFTER
    assert site.queues().deliveries == {"done": 1, "given up": 1}


async def test_a_delivery_that_fails_for_days_is_still_tried(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    alice.server.is_down = True
    await site.publish()
    for _ in range(6):
        await site.settle()
        now.advance(timedelta(hours=20))
    alice.server.is_down = False

    await site.settle()

    assert len(alice.server.activities("Create")) == 1


async def test_a_lease_runs_out_and_another_worker_goes_on(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    await site.publish()
    delivering = site.parts.worker.delivering
    [lost] = await asyncio.to_thread(delivering.lease, limit=10, busy=())

    await site.settle()
    before = len(alice.server.knocks)
    now.advance(LEASE)
    await site.settle()

    assert lost.delivery.host == "social.example"
    assert (before, len(alice.server.knocks)) == (0, 1)
    assert site.queues().deliveries == {"done": 2}


async def test_what_a_worker_had_to_drop_is_taken_up_at_once(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)
    await site.publish()
    delivering = site.parts.worker.delivering
    leased = await asyncio.to_thread(delivering.lease, limit=10, busy=())

    await asyncio.to_thread(delivering.give_back, leased)
    await site.settle()

    assert len(alice.server.activities("Create")) == 1


async def test_two_workers_send_nothing_twice(
    database_url: str, neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    where: dict[str, Any] = {"FEDREVIEW_DATABASE_URL": database_url}
    prepared = await asyncio.to_thread(
        prepare, "https://reviews.example", "critic", tmp_path / "new", **where
    )
    servers = [neighbourhood.server(f"s{n}.example", shares_inbox=False) for n in range(6)]
    async with running(prepared, tmp_path / "one", neighbourhood=neighbourhood, **where) as site:
        await follow(site, *(server.person(f"p{n}") for server in servers for n in range(4)))
        for n in range(3):
            await site.publish(review_title=f"Number {n}")
        other = build_parts(site.settings, now=neighbourhood.now, transport=neighbourhood)

        await asyncio.gather(site.settle(), other.worker.run_until_idle())
        await site.settle()

        deliveries = site.queues().deliveries
        await other.aclose()

    sent = [
        (server.host, each.path, each.activity["id"])
        for server in servers
        for each in server.received
    ]
    assert len(sent) == len(set(sent)) == 6 * 4 * 3
    assert deliveries == {"done": 24 + 72}


async def test_a_server_that_says_which_signature_it_wants_gets_it(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)
    alice.server.reads = frozenset({Scheme.RFC9421})
    alice.server.wants = 'theirs=("@method" "@target-uri" "content-digest" "date");nonce="n1"'

    for title in ("BLAME!", "NOiSE"):
        await site.publish(title=title)
        await site.settle()

    assert alice.server.knocks == ["cavage", "rfc9421", "rfc9421"]
    assert [each.scheme for each in alice.server.received] == [Scheme.RFC9421] * 2
