"""A clock that is put right, by an hour or a day, loses nothing, and leaves nothing stuck."""

from datetime import timedelta

import httpx
import pytest

from fedreview.services.delivering import HOST_REST, LEASE
from fedreview.services.handling.applying import LEASE as LEASE_OF_ARRIVAL
from fedreview.storage.hosts import REST_AFTER
from tests.clock import Clock
from tests.fediverse import PretendActor, PretendServer
from tests.stories.site import REVIEW, Published, Site, follow, said, thread

pytestmark = pytest.mark.anyio

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def creates(server: PretendServer) -> int:
    return len(server.activities("Create"))


async def test_what_was_queued_before_the_clock_was_put_back_goes_out_at_once(
    site: Site, alice: PretendActor, social: PretendServer, review: Published, now: Clock
) -> None:
    await follow(site, alice)
    await site.publish(review_title="Before")
    await alice.send(site.inbox, alice.create(alice.note("Early", in_reply_to=review.uri)))

    now.advance(-HOUR)
    await site.settle()

    assert creates(social) == 1
    assert thread(await site.page(review.path)) == [(0, "Early")]


async def test_what_failed_before_the_clock_was_put_back_waits_no_longer_than_it_would_have(
    site: Site, alice: PretendActor, social: PretendServer, now: Clock
) -> None:
    await follow(site, alice)
    social.answers.append(httpx.Response(503))
    await site.publish()
    await site.settle()
    social.knocks.clear()

    now.advance(-HOUR)
    await site.settle()
    at_once = len(social.knocks)
    now.advance(2 * MINUTE)
    await site.settle()

    assert at_once == 0
    assert creates(social) == 1


async def test_a_host_that_rests_does_not_rest_for_longer_when_the_clock_is_put_back(
    site: Site, alice: PretendActor, social: PretendServer, now: Clock
) -> None:
    await follow(site, alice)
    social.answers.extend([httpx.Response(503)] * REST_AFTER)
    await site.publish()
    for _ in range(REST_AFTER):
        await site.settle()
        now.advance(HOST_REST * 3)

    now.advance(-HOST_REST * 3)
    await site.settle()
    now.advance(-HOUR)
    await site.settle()
    now.advance(HOST_REST * 3)
    await site.settle()

    assert creates(social) == 1


async def test_what_a_dead_worker_held_is_free_after_its_lease_though_the_clock_was_put_back(
    site: Site, alice: PretendActor, social: PretendServer, review: Published, now: Clock
) -> None:
    await follow(site, alice)
    await site.publish(review_title="Held")
    await alice.send(site.inbox, alice.create(alice.note("Held too", in_reply_to=review.uri)))
    worker = site.parts.worker
    held = worker.delivering.lease(limit=9, busy=())
    taken = worker.handling.lease(limit=9, except_actors=())

    now.advance(-HOUR)
    await site.settle()
    before = creates(social)
    now.advance(max(LEASE, LEASE_OF_ARRIVAL))
    await site.settle()

    assert (len(held), len(taken), before) == (1, 1, 0)
    assert creates(social) == 1
    assert thread(await site.page(review.path)) == [(0, "Held too")]


async def test_a_worker_that_starts_after_the_clock_was_put_back_finds_out_by_itself(
    site: Site, alice: PretendActor, social: PretendServer, now: Clock
) -> None:
    await follow(site, alice)
    await site.publish()
    site.parts.worker.timekeeping.rewinding._seen.at = None

    now.advance(-HOUR)
    await site.settle()

    assert creates(social) == 1


async def test_a_little_back_and_forth_of_the_clock_changes_nothing(
    site: Site, alice: PretendActor, social: PretendServer, now: Clock
) -> None:
    await follow(site, alice)
    social.answers.append(httpx.Response(503))
    await site.publish()
    await site.settle()
    social.knocks.clear()

    for _ in range(5):
        now.advance(-MINUTE / 2)
        await site.settle()
        now.advance(MINUTE / 2)
        await site.settle()

    assert social.knocks == []


async def test_a_day_that_is_skipped_sends_and_applies_everything_once(
    site: Site, alice: PretendActor, social: PretendServer, review: Published, now: Clock
) -> None:
    await follow(site, alice)
    social.answers.append(httpx.Response(503))
    await site.publish(review_title="Late")
    await site.settle()
    await alice.send(site.inbox, alice.create(alice.note("Late too", in_reply_to=review.uri)))
    site.parts.worker.handling.lease(limit=9, except_actors=())

    now.advance(DAY)
    await site.settle()
    await site.settle()

    assert creates(social) == 1
    assert thread(await site.page(review.path)) == [(0, "Late too")]
    assert site.queues().deliveries == {"done": 2}


async def test_a_time_that_a_person_chose_stays_as_it_is(
    site: Site, alice: PretendActor, social: PretendServer, now: Clock
) -> None:
    await follow(site, alice)
    fields = {**REVIEW, "do": "schedule", "publish_on": "2024-05-01T12:30"}
    await site.author.post("/studio/write", data=fields)
    await site.settle()

    counted = []
    for step in (-HOUR, HOUR, DAY, -DAY, DAY):
        now.advance(step)
        await site.settle()
        counted.append(creates(social))

    assert counted == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("jump", [-HOUR, -DAY, HOUR, DAY])
async def test_whoever_is_signed_in_stays_so(site: Site, now: Clock, jump: timedelta) -> None:
    now.advance(jump)

    assert "Sign out" in said(await site.desk("/studio"))


async def test_a_crowd_that_was_slowed_down_is_let_in_again_when_the_clock_is_put_back(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    receiving = site.parts.site.receiving
    for _ in range(receiving.addresses.per_minute):
        receiving.addresses.take("198.51.100.9")
        receiving.servers.take(alice.server.host)
    note = alice.create(alice.note("Too much", in_reply_to=review.uri))
    refused = await alice.send(site.inbox, note)

    now.advance(-HOUR)
    taken = await alice.send(site.inbox, note)

    assert (refused.status_code, taken.status_code) == (429, 202)
