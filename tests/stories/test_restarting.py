"""A worker that starts takes back at once what the one before it had leased and not finished."""

import pytest

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
