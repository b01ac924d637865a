"""Too much at once: whoever sends it is slowed down, and nobody else."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.typing import EventDict

from fedreview.services.admitting import COME_BACK_AFTER, LOOK_AT_QUEUE_EVERY
from fedreview.services.patience import MOST_AT_ONCE_PER_SITE
from tests.clock import Clock
from tests.fediverse import Neighbourhood, PretendActor, PretendServer, a_key, proved
from tests.stories.site import Prepared, Published, Site, running, thread

pytestmark = pytest.mark.anyio

PER_MINUTE = 20
QUEUE_LIMIT = 50


@pytest.fixture
async def site(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    """A site that takes little."""
    async with running(
        prepared,
        tmp_path / "reviews",
        neighbourhood=neighbourhood,
        FEDREVIEW_INBOX_PER_MINUTE=str(PER_MINUTE),
        FEDREVIEW_QUEUE_LIMIT=str(QUEUE_LIMIT),
    ) as site:
        yield site


async def like(actor: PretendActor, site: Site, review: Published) -> int:
    return (await actor.send(site.inbox, actor.activity("Like", review.uri))).status_code


def from_address(site: Site, address: str) -> None:
    """Let what other servers send come from this address."""
    site._transport.client = (address, 40_000)


async def test_what_one_server_sends_beyond_its_measure_has_to_wait(
    site: Site, alice: PretendActor, review: Published
) -> None:
    answers = []
    for number in range(PER_MINUTE + 1):
        from_address(site, f"198.51.100.{number}")
        answers.append(await like(alice, site, review))
        await site.settle()

    assert answers == [202] * PER_MINUTE + [429]


async def test_the_admin_reads_once_a_minute_who_is_slowed_down(
    site: Site, alice: PretendActor, review: Published, logs: list[EventDict], now: Clock
) -> None:
    for minute in range(2):
        for number in range(3 * PER_MINUTE):
            from_address(site, f"198.51.{minute}.{number}")
            await like(alice, site, review)
            await site.settle()
        now.advance(timedelta(minutes=1))

    told = [line for line in logs if line["event"] == "slowed down"]
    refused = [line for line in logs if line.get("status") == 429]
    assert [line["sender"] for line in told] == ["social.example"] * 2
    assert {line["log_level"] for line in refused} == {"debug"}


async def test_a_server_that_waits_is_heard_again(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    for _ in range(PER_MINUTE):
        await like(alice, site, review)
        await site.settle()
    refused = await alice.send(site.inbox, alice.activity("Like", review.uri))

    now.advance(timedelta(seconds=int(refused.headers["retry-after"])))

    assert refused.status_code == 429
    assert await like(alice, site, review) == 202


async def test_the_flood_of_one_server_leaves_the_others_alone(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    for _ in range(2 * PER_MINUTE):
        await like(alice, site, review)
        await site.settle()
    from_address(site, "203.0.113.7")
    note = bob.note("In the quiet.", in_reply_to=review.uri)

    answer = await bob.send(site.inbox, bob.create(note))
    await site.settle()

    assert answer.status_code == 202
    assert thread(await site.page(review.path)) == [(0, "In the quiet.")]


async def test_whoever_brings_anothers_words_again_and_again_does_not_use_up_their_measure(
    site: Site, alice: PretendActor, review: Published
) -> None:
    brought = proved(alice, alice.activity("Like", review.uri))
    forged = a_key(alice.key.id, "forged")
    answers = []
    for number in range(2 * PER_MINUTE):
        from_address(site, f"203.0.113.{number}")
        answers.append((await alice.send(site.inbox, brought, key=forged)).status_code)

    from_address(site, "198.51.100.9")

    assert set(answers) == {202}
    assert await like(alice, site, review) == 202


async def test_hearsay_uses_up_the_measure_of_whoever_brings_it_ten_times_as_fast(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    answers = []
    for number in range(5):
        from_address(site, f"203.0.113.{number}")
        told = alice.create(alice.note("Hearsay.", in_reply_to=review.uri))
        answers.append((await bob.send(site.inbox, told)).status_code)

    from_address(site, "198.51.100.9")

    assert answers == [202, 202, 429, 429, 429]
    assert await like(alice, site, review) == 202


async def test_bad_signatures_use_up_the_patience_with_their_address(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    from_address(site, "203.0.113.66")
    forged = a_key(alice.key.id, "forged")

    answers = [
        (await alice.send(site.inbox, alice.activity("Like", review.uri), key=forged)).status_code
        for _ in range(5)
    ]
    from_address(site, "203.0.113.7")

    assert answers == [401, 401, 429, 429, 429]
    assert await like(alice, site, review) == 202
    assert await like(bob, site, review) == 202


async def test_names_of_servers_that_do_not_answer_use_it_up_too(
    site: Site, alice: PretendActor, review: Published
) -> None:
    alice.server.is_down = True

    answers = [await like(alice, site, review) for _ in range(5)]

    assert answers == [503, 503, 429, 429, 429]


async def test_whoever_is_met_while_we_ask_too_much_already_pays_nothing_for_it(
    site: Site, alice: PretendActor, review: Published
) -> None:
    patience = site.parts.site.receiving.proving.acquainting.patience
    with ExitStack() as questions:
        for _ in range(MOST_AT_ONCE_PER_SITE):
            questions.enter_context(patience.asking(alice.id))
        answers = [await like(alice, site, review) for _ in range(5)]

    assert answers == [503] * 5
    assert await like(alice, site, review) == 202


async def test_addresses_of_one_ipv6_network_count_as_one(
    site: Site, alice: PretendActor, review: Published
) -> None:
    forged = a_key(alice.key.id, "forged")

    answers = []
    for number in range(4):
        from_address(site, f"2001:db8:0:1::{number:x}")
        sent = await alice.send(site.inbox, alice.activity("Like", review.uri), key=forged)
        answers.append(sent.status_code)
    from_address(site, "2001:db8:0:2::1")

    assert answers == [401, 401, 429, 429]
    assert await like(alice, site, review) == 202


async def test_a_full_queue_asks_everybody_to_come_back(
    site: Site, neighbourhood: Neighbourhood, review: Published, now: Clock
) -> None:
    answers = []
    for number in range(QUEUE_LIMIT + 1):
        now.advance(LOOK_AT_QUEUE_EVERY)
        person = neighbourhood.server(f"server{number}.example").person("kim")
        answers.append(await person.send(site.inbox, person.activity("Like", review.uri)))
    await site.settle()
    now.advance(LOOK_AT_QUEUE_EVERY)
    late = await like(person, site, review)

    assert [answer.status_code for answer in answers] == [202] * QUEUE_LIMIT + [503]
    assert answers[-1].headers["retry-after"] == str(int(COME_BACK_AFTER.total_seconds()))
    assert late == 202


async def test_one_server_can_fill_a_tenth_of_the_queue(
    site: Site, social: PretendServer, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    answers = [await like(alice, site, review) for _ in range(QUEUE_LIMIT // 10 + 1)]

    assert answers == [202] * (QUEUE_LIMIT // 10) + [429]
    assert await like(bob, site, review) == 202


async def test_subdomains_have_one_tenth_of_the_queue_together(
    site: Site, neighbourhood: Neighbourhood, bob: PretendActor, review: Published
) -> None:
    hosts = [f"s{number}.evil.example" for number in range(QUEUE_LIMIT // 10 + 1)]
    people = [neighbourhood.server(host).person("mallory") for host in hosts]

    answers = [await like(person, site, review) for person in people]

    assert answers == [202] * (QUEUE_LIMIT // 10) + [429]
    assert await like(bob, site, review) == 202
