"""A worker that starts takes back at once what the one before it had leased and not finished."""

import pytest

from fedreview.storage import errands
from fedreview.storage.errands import ErrandKind
from tests.clock import Clock
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, thread

pytestmark = pytest.mark.anyio


async def test_a_reply_that_a_dead_worker_had_leased_is_applied_by_the_next_one(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await alice.send(site.inbox, alice.create(alice.note("Held", in_reply_to=review.uri)))
    leased = site.parts.worker.handling.lease(limit=1, except_actors=())
    await site.settle()
    before = thread(await site.page(review.path))

    site.parts.site.maintaining.reclaim()
    await site.settle()

    assert len(leased) == 1
    assert before == []
    assert thread(await site.page(review.path)) == [(0, "Held")]


async def test_an_errand_that_a_dead_worker_had_leased_is_run_by_the_next_one(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    with site.parts.database.transaction() as tx:
        errands.add(tx, ErrandKind.ACTOR, alice.id, now=now())
    leased = site.parts.worker.gathering.lease(limit=1, except_sites=())
    await site.settle()
    before = site.rows()["actors"]

    site.parts.site.maintaining.reclaim()
    await site.settle()

    assert len(leased) == 1
    assert before == 0
    assert site.rows()["actors"] == 1


async def test_an_errand_that_a_stopped_worker_had_not_finished_is_given_back(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    with site.parts.database.transaction() as tx:
        errands.add(tx, ErrandKind.ACTOR, alice.id, now=now())
    gathering = site.parts.worker.gathering
    leased = gathering.lease(limit=1, except_sites=())

    gathering.give_back(leased)

    assert gathering.lease(limit=1, except_sites=()) == leased
