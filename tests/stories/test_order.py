"""Things happen in the order in which they were said, and once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.typing import EventDict

from fedreview.app import running_worker
from fedreview.services.delivering import FIRST_WAIT, LEASE, MISSING_FOR
from fedreview.services.handling import applying
from fedreview.storage.hosts import REST_AFTER
from tests.clock import Clock
from tests.databases import Statements
from tests.fediverse import Neighbourhood, PretendActor, PretendServer
from tests.stories.site import Published, Site
from tests.waiting import until

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


async def follow(site: Site, *followers: PretendActor) -> None:
    for follower in followers:
        await follower.send(site.author_inbox, follower.activity("Follow", site.actor_id))
    await site.settle()
    for follower in followers:
        follower.server.received.clear()


async def delete(site: Site, review: Published) -> None:
    await site.delete(review.id)


async def followers(site: Site) -> int:
    collection = await site.document(f"{site.actor_id}/followers")
    number: int = collection["totalItems"]
    return number


def types(server: PretendServer) -> list[str]:
    return [each.activity["type"] for each in server.received]


def shown(actor: PretendActor, words: str, **more: str) -> str:
    """Let somebody write a note that others fetch; gives its id."""
    return str(actor.server.publish(actor.note(words, **more))["id"])


class SlowToShow(httpx.AsyncBaseTransport):
    """Stands before a server, and lets nobody read there before the gate is open."""

    def __init__(self, server: PretendServer) -> None:
        self._server = server
        self.gate = asyncio.Event()
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            self.asked.append(str(request.url))
            await self.gate.wait()
        return await self._server.handle_async_request(request)


async def test_a_review_that_was_deleted_before_it_arrived_does_not_come_back(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    alice.server.is_down = True
    review = await site.publish()
    await site.settle()
    await delete(site, review)
    alice.server.is_down = False

    await site.settle()
    now.advance(DAY)
    await site.settle()

    assert types(alice.server) == ["Delete"]
    assert site.queues().deliveries == {"done": 2, "cancelled": 1}


async def test_what_waits_for_a_server_arrives_there_in_the_order_in_which_it_was_said(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    alice.server.is_down = True
    review = await site.publish()
    await site.settle()
    changed = {"title": "BLAME!", "body": "Better at second sight.", "do": "update"}
    await site.author.post(f"/studio/reviews/{review.id}", data=changed)
    await site.publish(review_title="Another")
    await site.settle()
    alice.server.is_down = False

    await site.settle()
    too_early = types(alice.server)
    now.advance(FIRST_WAIT * 2)
    await site.settle()

    assert too_early == []
    assert types(alice.server) == ["Create", "Update", "Create"]


async def test_whoever_followed_from_an_inbox_that_is_gone_follows_no_more(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    carol = alice.server.person("carol")
    await follow(site, alice, carol, bob)
    alice.server.answers.extend([httpx.Response(410)] * 2)

    await site.publish()
    await site.settle()

    assert await followers(site) == 1
    assert types(bob.server) == ["Create"]


@pytest.mark.parametrize(("wait", "left"), [(MISSING_FOR * 0.9, 1), (MISSING_FOR, 0), (DAY * 8, 1)])
async def test_an_inbox_that_is_not_found_is_gone_only_when_it_stays_so(
    site: Site, alice: PretendActor, now: Clock, wait: timedelta, left: int
) -> None:
    await follow(site, alice)
    alice.server.answers.extend([httpx.Response(404)] * 4)

    await site.publish()
    await site.settle()
    first = await followers(site)
    now.advance(wait)
    await site.publish(review_title="Another")
    await site.settle()

    assert first == 1
    assert await followers(site) == left


async def test_an_inbox_that_took_something_between_is_not_gone(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    for statuses in ([404, 404], [], [404, 404]):
        alice.server.answers.extend(httpx.Response(status) for status in statuses)
        await site.publish(review_title=f"At {now()}")
        await site.settle()
        now.advance(MISSING_FOR)

    assert await followers(site) == 1


async def test_a_server_that_says_no_is_alive(
    site: Site, neighbourhood: Neighbourhood, now: Clock
) -> None:
    small = neighbourhood.server("small.example", shares_inbox=False)
    people = [small.person(f"p{n}") for n in range(REST_AFTER * 2)]
    await follow(site, *people)
    small.answers.extend(httpx.Response(n) for n in ([503] * (REST_AFTER - 1) + [422]) * 2)

    await site.publish()
    await site.settle()

    assert not small.answers
    assert site.queues().deliveries == {
        "done": len(people),
        "failing": (REST_AFTER - 1) * 2,
        "given up": 2,
    }


async def test_an_arrival_that_two_workers_apply_has_its_effect_once(
    site: Site, alice: PretendActor
) -> None:
    await alice.send(site.author_inbox, alice.activity("Follow", site.actor_id))
    handling = site.parts.worker.handling
    [arrival] = await asyncio.to_thread(handling.lease, limit=9, except_actors=())

    await asyncio.gather(handling.apply(arrival), handling.apply(arrival))
    await site.settle()

    assert types(alice.server) == ["Accept"]


async def test_ten_replies_are_applied_with_as_many_statements_as_two(
    site: Site, neighbourhood: Neighbourhood, statements: Statements
) -> None:
    review = await site.publish()
    asked = []
    for many in (2, 10):
        for n in range(many):
            person = neighbourhood.server(f"s{many}-{n}.example").person("p")
            note = person.note("Seen it.", in_reply_to=review.uri)
            await person.send(site.inbox, person.create(note))
        with statements.recorded() as seen:
            await site.settle()
        asked.append(len(seen))

    assert site.queues().arrivals == {"done": 12}
    assert asked[1] <= asked[0] + 2


async def test_one_that_cannot_be_kept_with_others_fails_alone(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    review = await site.publish()
    bob = neighbourhood.server("other.example").person("bob")
    for actor in (alice, bob):
        note = actor.note("Seen it.", in_reply_to=review.uri)
        await actor.send(site.author_inbox, actor.create(note))
    # Of two with one id, the database keeps the first.
    handling = replace(site.parts.worker.handling, new_id=lambda: "same")
    first, second = await asyncio.to_thread(handling.lease, limit=9, except_actors=())

    outcomes = await asyncio.gather(
        handling.apply(first), handling.apply(second), return_exceptions=True
    )

    assert [isinstance(outcome, IntegrityError) for outcome in outcomes] == [False, True]
    assert site.queues().arrivals == {"done": 1, "waiting": 1}


async def test_a_worker_that_fails_after_another_has_applied_it_changes_nothing(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await alice.send(site.author_inbox, alice.activity("Follow", site.actor_id))
    handling = site.parts.worker.handling
    [arrival] = await asyncio.to_thread(handling.lease, limit=9, except_actors=())
    await handling.apply(arrival)

    await asyncio.to_thread(handling.put_back, arrival, TimeoutError())
    now.advance(DAY)
    await site.settle()

    assert site.queues().arrivals == {"done": 1}
    assert types(alice.server) == ["Accept"]


async def test_what_somebody_says_next_waits_until_the_first_is_applied(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    note = shown(alice, "I was slow to show.", in_reply_to=review.uri)
    for person in (alice, bob):
        await person.send(site.inbox, person.activity("Follow", site.actor_id))
    await site.settle()
    slow = SlowToShow(alice.server)
    alice.server.neighbourhood.places[alice.server.host] = slow

    await alice.send(site.inbox, alice.activity("Create", note))
    await alice.send(site.inbox, alice.activity("Like", review.uri))
    async with running_worker(site.parts.worker):
        await asyncio.to_thread(until, lambda: slow.asked == [note])
        now.advance(applying.LEASE)
        await bob.send(site.inbox, bob.activity("Like", review.uri))
        await asyncio.to_thread(until, lambda: site.rows()["reactions"] == 1)
        meanwhile = site.queues().arrivals
        slow.gate.set()
        await asyncio.to_thread(until, lambda: site.rows()["reactions"] == 2)

    assert meanwhile == {"done": 3, "waiting": 2}
    assert slow.asked == [note]
    assert site.rows()["notes"] == 1


def break_writing(site: Site, table: str) -> None:
    """Let the disk be full for whoever puts a row of this table back into its queue."""
    with site.parts.database.transaction() as tx:
        tx.execute(
            text(
                f"CREATE TRIGGER full BEFORE UPDATE OF failures ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        )


def mend_writing(site: Site) -> None:
    with site.parts.database.transaction() as tx:
        tx.execute(text("DROP TRIGGER full"))


async def test_a_delivery_that_cannot_even_be_put_back_is_taken_up_when_its_lease_has_run_out(
    site: Site, alice: PretendActor, bob: PretendActor, now: Clock, logs: list[EventDict]
) -> None:
    await follow(site, alice, bob)
    alice.server.is_down = True
    break_writing(site, "deliveries")
    await site.publish()

    await site.settle()
    meanwhile = types(bob.server)
    mend_writing(site)
    alice.server.is_down = False
    now.advance(LEASE)
    await site.settle()

    assert [each["event"] for each in logs].count("could not be put back") == 1
    assert meanwhile == types(alice.server) == ["Create"]


async def test_an_arrival_that_cannot_even_be_put_back_is_taken_up_when_its_lease_has_run_out(
    site: Site, alice: PretendActor, bob: PretendActor, now: Clock, logs: list[EventDict]
) -> None:
    await follow(site, alice)
    note = shown(alice, "Hello.")
    await alice.send(site.inbox, alice.activity("Create", note))
    await bob.send(site.inbox, bob.activity("Follow", site.actor_id))
    alice.server.is_down = True
    break_writing(site, "arrivals")

    await site.settle()
    meanwhile = site.queues().arrivals
    mend_writing(site)
    alice.server.is_down = False
    now.advance(applying.LEASE)
    await site.settle()

    assert [each["event"] for each in logs].count("could not be put back") == 1
    assert meanwhile == {"done": 2, "waiting": 1}
    assert site.queues().arrivals == {"done": 3}


async def test_a_worker_without_work_writes_nothing(
    site: Site, statements: Statements, review: Published
) -> None:
    await site.settle()

    with statements.recorded() as seen:
        await site.settle()

    assert seen
    assert all(statement.lstrip().startswith("SELECT") for statement in seen)
    assert statements.commits == 0
