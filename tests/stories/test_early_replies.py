"""A reply that comes before the reply it answers, from a server that names no conversation."""

from datetime import timedelta

import pytest

from tests.clock import Clock
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, thread

pytestmark = pytest.mark.anyio


async def test_a_reply_that_overtakes_its_parent_finds_its_place(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    parent = alice.note("First", in_reply_to=review.uri, cc=[])
    child = bob.note("Second", in_reply_to=parent["id"], to=parent["to"], cc=[])

    await bob.send(site.inbox, bob.create(child))
    await site.settle()
    await alice.send(site.inbox, alice.create(parent))
    await site.settle()
    now.advance(timedelta(seconds=10))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "First"), (1, "Second")]


async def test_a_reply_whose_parent_never_comes_is_dropped_after_some_minutes(
    site: Site, bob: PretendActor, review: Published, now: Clock
) -> None:
    stray = bob.note("Stray", in_reply_to="https://elsewhere.example/notes/1", cc=[])
    await bob.send(site.inbox, bob.create(stray))

    for _ in range(8):
        await site.settle()
        now.advance(timedelta(minutes=15))

    assert site.queues().arrivals == {"done": 1}
    assert site.rows()["notes"] == 0
    assert thread(await site.page(review.path)) == []
