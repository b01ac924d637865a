"""Readers go before deliveries: few are leased at one stroke while somebody reads."""

import asyncio
from dataclasses import replace

import pytest

from fedreview.services.preceding import REMEMBERED_FOR
from fedreview.storage import queues
from fedreview.worker import DELIVERIES_AT_ONCE, LEASED_BESIDE_READERS
from tests.factories import an_activity
from tests.stories.site import Site

pytestmark = pytest.mark.anyio

HOSTS = 60


async def test_readers_keep_what_is_leased_at_one_stroke_small(site: Site) -> None:
    worker, author = site.parts.worker, site.account()
    activity = replace(
        an_activity(author_id=author.id, created_at=worker.now()), actor=site.actor_id
    )
    places = [(f"https://h{n}.example/inbox", f"h{n}.example") for n in range(HOSTS)]
    with site.parts.database.transaction() as tx:
        queues.send(tx, activity, places)

    worker.precedence.ask()
    beside_readers = worker._lease_deliveries(DELIVERIES_AT_ONCE, [])
    await asyncio.sleep(REMEMBERED_FOR.total_seconds())
    alone = worker._lease_deliveries(DELIVERIES_AT_ONCE, beside_readers)

    assert len(beside_readers) == LEASED_BESIDE_READERS
    assert len(alone) == HOSTS - LEASED_BESIDE_READERS
