"""Getting in through somebody else."""

from pathlib import Path

import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS
from fedreview.storage import domains
from tests.clock import Clock
from tests.factories import a_domain_block
from tests.fediverse import Document, Neighbourhood, PretendActor, proved
from tests.stories.attacks.tricks import create, upload
from tests.stories.site import Prepared, Published, Site, running, thread

pytestmark = pytest.mark.anyio

PER_MINUTE = 20


@pytest.fixture
def blocked(site: Site, mallory: PretendActor, now: Clock) -> PretendActor:
    """Somebody whose whole server is blocked."""
    with site.parts.database.transaction() as tx:
        host = mallory.server.host
        domains.put_block(tx, a_domain_block(host))
    return mallory


def published(actor: PretendActor, review: Published) -> Document:
    """Let somebody write a reply which their server shows."""
    note = actor.note("Buy now!", in_reply_to=review.uri)
    path = note["id"].removeprefix(actor.server.url)
    actor.server.pages[path] = upload({"@context": ACTIVITY_STREAMS, **note})
    return note


@pytest.mark.parametrize("way", ["forwarded", "proved", "announced", "announced whole", "named"])
async def test_a_blocked_server_gets_nothing_in_through_another(
    site: Site, blocked: PretendActor, bob: PretendActor, review: Published, way: str
) -> None:
    note = published(blocked, review)
    made = blocked.create(note)
    activity = {
        "forwarded": made,
        "proved": proved(blocked, made),
        "announced": bob.activity("Announce", note["id"]),
        "announced whole": bob.activity("Announce", made),
        "named": bob.activity("Create", note["id"]),
    }[way]

    await bob.send(site.inbox, activity)
    await site.settle()

    assert thread(await site.page(review.path)) == []
    assert site.rows()["notes"] == 0


async def test_a_blocked_server_brings_nothing_of_another(
    site: Site,
    blocked: PretendActor,
    alice: PretendActor,
    neighbourhood: Neighbourhood,
    review: Published,
) -> None:
    note = published(alice, review)

    answer = await blocked.send(site.inbox, alice.create(note))
    await site.settle()

    assert answer.status_code == 403
    assert neighbourhood.times_asked(note["id"]) == 0
    assert thread(await site.page(review.path)) == []


async def test_a_flood_of_hearsay_asks_its_victim_only_so_often(
    prepared: Prepared, mallory: PretendActor, neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    victim = neighbourhood.server("victim.example").person("victim")
    async with running(
        prepared,
        tmp_path / "small",
        neighbourhood=neighbourhood,
        FEDREVIEW_INBOX_PER_MINUTE=str(PER_MINUTE),
    ) as site:
        review = await site.publish()

        for _ in range(3 * PER_MINUTE):
            told = victim.create(victim.note("x", in_reply_to=review.uri))
            await mallory.send(site.inbox, told)
        await site.settle()

    asked = [line for line in neighbourhood.asked if "victim.example" in line]
    assert 0 < len(asked) <= 2 * PER_MINUTE


async def test_hearsay_cannot_keep_the_true_word_out(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    true = alice.create(alice.note("What I said.", in_reply_to=review.uri))
    false = {**true, "object": {**true["object"], "content": "What she never said."}}

    await mallory.send(site.inbox, false)
    await site.settle()
    await create(alice, site, true["object"])
    await alice.send(site.inbox, true)
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "What I said.")]
