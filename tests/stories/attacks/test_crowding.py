"""Pushing in at the door: in front of others in their group, or into the whole of the queue."""

import asyncio
import json
from pathlib import Path

import pytest

from fedreview.activitypub.parse import read_heading
from fedreview.services.admitting import Admission, Vouched
from fedreview.services.proving import Verdict
from fedreview.services.receiving import SHARE_OF_LARGEST
from fedreview.services.throttling import PERIOD
from tests.fediverse import Document, Neighbourhood, PretendActor
from tests.stories.attacks.tricks import create, end_unsigned
from tests.stories.site import Prepared, Published, Site, running, thread

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/activity+json"}
PER_MINUTE = 40
QUEUE_LIMIT = 50


def vouched(activity: Document, *, by: PretendActor, is_proved: bool) -> Vouched:
    """Make what the door keeps when this actor's server has brought an activity."""
    return Vouched(
        activity=read_heading(activity),
        place="social.example",
        verdict=Verdict(sender=by.server.host, is_proved=is_proved),
        body=json.dumps(activity).encode(),
    )


@pytest.mark.parametrize("comes_last", [True, False])
async def test_hearsay_in_the_same_group_does_not_take_the_place_of_the_true_word(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published, comes_last: bool
) -> None:
    true = alice.create(alice.note("What I said.", in_reply_to=review.uri))
    false = {**true, "object": {**true["object"], "content": "<p>What she never said.</p>"}}
    group = [
        vouched(true, by=alice, is_proved=True),
        vouched(false, by=mallory, is_proved=False),
    ]

    admitting = site.parts.site.receiving.admitting
    outcomes = await asyncio.to_thread(admitting.keep_all, group if comes_last else group[::-1])
    await site.settle()

    assert set(outcomes) == {Admission.STORED, Admission.SEEN_BEFORE}
    assert thread(await site.page(review.path)) == [(0, "What I said.")]


async def test_unsigned_ends_of_accounts_fill_no_more_than_a_share_of_the_queue(
    prepared: Prepared,
    alice: PretendActor,
    bob: PretendActor,
    neighbourhood: Neighbourhood,
    tmp_path: Path,
) -> None:
    async with running(
        prepared,
        tmp_path / "small",
        neighbourhood=neighbourhood,
        FEDREVIEW_INBOX_PER_MINUTE="10000",
        FEDREVIEW_QUEUE_LIMIT=str(QUEUE_LIMIT),
    ) as site:
        review = await site.publish()
        await create(alice, site, alice.note("A wall.", in_reply_to=review.uri))

        answers = await end_unsigned(alice, site, QUEUE_LIMIT)
        honest = await bob.send(site.inbox, bob.activity("Like", review.uri))

    assert answers.count(202) == QUEUE_LIMIT // 10
    assert set(answers) == {202, 429}
    assert honest.status_code == 202


async def test_large_bodies_count_for_what_it_takes_to_read_them(
    prepared: Prepared, neighbourhood: Neighbourhood, alice: PretendActor, tmp_path: Path
) -> None:
    async with running(
        prepared,
        tmp_path / "small",
        neighbourhood=neighbourhood,
        FEDREVIEW_INBOX_PER_MINUTE=str(PER_MINUTE),
    ) as site:
        review = await site.publish()
        longest = alice.note("x" * 400_000, in_reply_to=review.uri)
        welcome = await create(alice, site, longest)
        site.clock.advance(PERIOD)
        answers = [
            (await site.reader.post("/inbox", content=b"x" * 400_000, headers=JSON)).status_code
            for _ in range(PER_MINUTE)
        ]

    assert welcome == 202
    assert answers.count(400) < 2 * SHARE_OF_LARGEST
    assert answers[-1] == 429
