"""Making us do to others, or to ourselves, what costs the attacker little."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS
from fedreview.errors import RemoteRefused
from fedreview.services.handling import applying, forwarding
from fedreview.services.handling.holes import REPLIES_AFTER
from fedreview.services.refilling import MOST_IN_VAIN
from fedreview.storage import domains
from fedreview.storage.inboxes import MOST_ELSEWHERE
from tests.clock import Clock
from tests.factories import a_domain_block
from tests.fediverse import PATIENCE_SECONDS, Neighbourhood, PretendActor, PretendServer
from tests.stories.attacks.tricks import change, create, end_unsigned
from tests.stories.site import Prepared, Published, Site, running, said, thread
from tests.stories.studio_forms import press

pytestmark = pytest.mark.anyio

TALK = "/studio/conversation"
PER_MINUTE = 100
QUEUE_LIMIT = 50


async def test_a_boost_that_an_author_took_back_cannot_be_brought_again(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    await create(alice, site, alice.note("Well said", in_reply_to=review.uri))
    await press(site, TALK, "Boost")
    await site.settle()
    [boost] = alice.server.activities("Announce")
    await press(site, TALK, "Boost")
    await site.settle()

    await mallory.send(site.inbox, boost)
    await site.settle()

    assert "boost" not in said((await site.page(review.path)).select_one(".thread footer"))
    assert site.rows()["actors"] == 1


async def test_we_are_not_made_to_ask_ourselves(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    like = {**mallory.activity("Like", review.uri), "actor": site.actor_id}

    await mallory.send(site.inbox, {**like, "id": f"{site.actor_id}/likes/1"})

    assert [line for line in mallory.server.neighbourhood.asked if site.host in line] == [
        f"POST {site.inbox}"
    ]


async def test_nobody_else_ends_a_private_message(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    note = alice.note("Between us", to=[site.actor_id], cc=[])
    await create(alice, site, note)

    await mallory.send(site.inbox, alice.activity("Delete", note["id"]))
    await mallory.send(
        site.inbox, mallory.activity("Announce", alice.activity("Delete", note["id"]))
    )
    await site.settle()

    assert "Between us" in said((await site.desk(TALK)).select_one("li.private"))


async def test_unsigned_ends_of_accounts_do_not_fill_the_place_of_their_server(
    prepared: Prepared,
    alice: PretendActor,
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

        await end_unsigned(alice, site, QUEUE_LIMIT // 2)
        answer = await alice.send(site.inbox, alice.activity("Like", review.uri))

    assert answer.status_code == 202


async def test_hearsay_that_fails_late_does_not_take_the_true_word_with_it(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    true = alice.create(alice.note("What I said.", in_reply_to=review.uri))
    await mallory.send(site.inbox, true)
    handling = site.parts.worker.handling
    [hearsay] = handling.lease(limit=1, except_actors=())

    await alice.send(site.inbox, true)
    handling.put_back(hearsay, RemoteRefused("not to be had"))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "What I said.")]


async def test_one_server_cannot_send_all_its_words_through_us(
    site: Site, mallory: PretendActor, bob: PretendActor, review: Published
) -> None:
    await bob.send(site.inbox, bob.activity("Follow", site.actor_id))
    await site.settle()
    notes = [
        mallory.note("x", in_reply_to=review.uri)
        for _ in range(2 * forwarding.PASSED_ON_PER_MINUTE)
    ]

    for note in notes:
        made = {**mallory.create(note), "signature": {"type": "RsaSignature2017"}}
        await mallory.send(site.inbox, made)
        await site.settle()
    passed_on = len(bob.server.forwarded)
    for note in notes:
        delete = mallory.activity("Delete", note["id"], signature={"type": "RsaSignature2017"})
        await mallory.send(site.inbox, delete)
        await site.settle()

    assert passed_on == forwarding.PASSED_ON_PER_MINUTE
    assert len(bob.server.forwarded) == 2 * forwarding.PASSED_ON_PER_MINUTE


async def test_followers_cannot_all_be_read_in_the_inboxes_of_somebody_else(
    site: Site, neighbourhood: Neighbourhood, evil: PretendServer
) -> None:
    victim = neighbourhood.server("victim.example")
    evil.shares_inbox = False
    for number in range(2 * MOST_ELSEWHERE):
        person = evil.person(f"m{number}", inbox=f"{victim.url}/users/u{number}/inbox")
        await person.send(site.inbox, person.activity("Follow", site.actor_id))
    await site.settle()
    before = len(victim.knocks)

    await site.publish()
    await site.settle()

    assert len(victim.knocks) - before == MOST_ELSEWHERE


@pytest.mark.parametrize("host", ["evil.example:443", "evil.example."])
async def test_another_spelling_of_a_host_makes_no_room_for_more_reports(
    site: Site, evil: PretendServer, review: Published, host: str
) -> None:
    person = evil.person("mallory")
    spelt = f"https://{host}/users/mallory"
    change(person, id=spelt, inbox=f"{spelt}/inbox")
    evil.documents["/users/mallory"]["publicKey"]["owner"] = spelt

    for _ in range(2):
        report = {**person.activity("Flag", [review.uri]), "actor": spelt}
        await person.send(site.inbox, report)
    await site.settle()

    assert site.rows()["reports"] == 0


@pytest.mark.parametrize("way", ["announced", "forwarded"])
async def test_nobody_makes_us_ask_again_and_again_for_a_comment_that_we_have(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published, way: str
) -> None:
    note = alice.note("A wall.", in_reply_to=review.uri)
    alice.server.documents[note["id"].removeprefix(alice.server.url)] = {
        "@context": ACTIVITY_STREAMS,
        **note,
    }

    for number in range(20):
        made = {**alice.create(note), "id": f"{alice.id}/made-up/{number}"}
        announced = mallory.activity("Announce", made)
        await mallory.send(site.inbox, announced if way == "announced" else made)
        await site.settle()

    assert thread(await site.page(review.path)) == [(0, "A wall.")]
    assert alice.server.neighbourhood.times_asked(note["id"]) == 1


async def test_a_list_of_what_is_not_there_sends_us_to_few(
    site: Site, neighbourhood: Neighbourhood, evil: PretendServer, review: Published, now: Clock
) -> None:
    victims = [neighbourhood.server(f"victim.example{number}") for number in range(20)]
    evil.documents["/replies"] = {
        "@context": ACTIVITY_STREAMS,
        "id": f"{evil.url}/replies",
        "type": "Collection",
        "items": [f"{victim.url}/notes/{number}" for number in range(5) for victim in victims],
    }
    mallory = evil.person("mallory")
    note = mallory.note("x", in_reply_to=review.uri, replies=f"{evil.url}/replies")
    await create(mallory, site, note)

    now.advance(REPLIES_AFTER)
    await site.settle()

    tried = {line for line in neighbourhood.asked if "victim" in line}
    assert len(tried) == MOST_IN_VAIN


@pytest.mark.parametrize("spelling", ["evil.example", "EVIL.example.", "evil.example:443"])
async def test_an_author_is_led_to_no_blocked_server_by_another_spelling(
    site: Site, neighbourhood: Neighbourhood, mallory: PretendActor, now: Clock, spelling: str
) -> None:
    with site.parts.database.transaction() as tx:
        host = mallory.server.host
        domains.put_block(tx, a_domain_block(host))

    for address in (f"https://{spelling}/users/mallory", f"@mallory@{spelling}"):
        await site.author.post("/authorize_interaction", data={"uri": address})

    assert neighbourhood.asked == []


async def test_an_arrival_that_waits_for_a_slow_origin_ends_before_its_lease(
    site: Site, mallory: PretendActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "LONGEST", timedelta(milliseconds=100))
    await mallory.send(site.inbox, mallory.activity("Like", site.actor_id))
    await mallory.send(site.inbox, mallory.activity("Create", f"{mallory.server.url}/slow"))
    mallory.server.neighbourhood.places["evil.example"] = httpx.MockTransport(hang)

    async with asyncio.timeout(PATIENCE_SECONDS):
        await site.settle()

    assert site.queues().arrivals == {"done": 1, "waiting": 1}


async def hang(_: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    return httpx.Response(404)
