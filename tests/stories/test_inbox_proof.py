"""Who may leave what at the door."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.services.acquainting import FORGET_FAILURE_AFTER
from fedreview.services.proving import REFETCH_KEY_AFTER
from fedreview.signatures.verify import Scheme
from fedreview.storage import domains
from tests.clock import Clock
from tests.factories import a_domain_block
from tests.fediverse import Neighbourhood, PretendActor, PretendServer, a_key, signed_post
from tests.stories.site import Published, Site, heading, thread

pytestmark = pytest.mark.anyio

TWO_IDS = (
    b'{"@context":"https://www.w3.org/ns/activitystreams","id":"https://social.example/1",'
    b'"id":"https://social.example/2","type":"Like","actor":"https://social.example/users/alice",'
    b'"object":"https://reviews.example/ap/reviews/x"}'
)


async def leave_reply(actor: PretendActor, site: Site, review: Published, text: str) -> int:
    note = actor.note(text, in_reply_to=review.uri)
    return (await actor.send(site.inbox, actor.create(note))).status_code


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("personal", [True, False])
async def test_a_signed_reply_stands_under_the_review(
    site: Site, alice: PretendActor, review: Published, scheme: Scheme, personal: bool
) -> None:
    note = alice.note("A wall without end.", in_reply_to=review.uri)

    inbox = site.author_inbox if personal else site.inbox
    answer = await alice.send(inbox, alice.create(note), scheme=scheme)
    await site.settle()

    page = await site.page(review.path)
    assert answer.status_code == 202
    assert heading(page) == "1 thought on “ BLAME! A Netflix Original ”"
    assert thread(page) == [(0, "A wall without end.")]


async def test_a_signature_by_another_key_leaves_no_trace_beside_the_key_itself(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await alice.send(site.inbox, alice.activity("Like", review.uri))
    await site.settle()
    before = site.rows()
    note = alice.note("Not hers.", in_reply_to=review.uri)

    forged = a_key(alice.key.id, "forged")
    answer = await alice.send(site.inbox, alice.create(note), key=forged)
    await site.settle()

    assert answer.status_code == 401
    assert answer.headers["accept-signature"].startswith("sig1=")
    assert site.rows() == before
    assert thread(await site.page(review.path)) == []


async def test_an_unsigned_activity_leaves_no_trace(
    site: Site, alice: PretendActor, review: Published, neighbourhood: Neighbourhood
) -> None:
    before = site.rows()
    asked = len(neighbourhood.asked)
    body = json.dumps(alice.create(alice.note("Hello.", in_reply_to=review.uri))).encode()

    answer = await site.reader.post(
        site.inbox, content=body, headers={"Content-Type": ACTIVITY_JSON}
    )

    assert answer.status_code == 401
    assert site.rows() == before
    assert neighbourhood.asked[asked:] == []


async def test_a_good_signature_does_not_speak_for_somebody_else(
    site: Site, social: PretendServer, alice: PretendActor, review: Published
) -> None:
    mallory = social.person("mallory", key="mallory")
    like = alice.activity("Like", review.uri)

    answer = await mallory.send(site.inbox, like)
    await site.settle()

    assert answer.status_code == 401
    assert "accept-signature" not in answer.headers
    assert site.rows()["arrivals"] == 0
    assert (await site.document(review.uri))["likes"]["totalItems"] == 0


async def test_a_key_of_one_host_does_not_sign_for_another(
    site: Site, neighbourhood: Neighbourhood, alice: PretendActor, review: Published
) -> None:
    mallory = neighbourhood.server("evil.example").person("mallory")

    answer = await mallory.send(site.inbox, alice.activity("Like", review.uri))

    assert answer.status_code == 401
    assert site.rows()["actors"] == 0


async def test_an_activity_with_an_id_of_another_host_is_refused(
    site: Site, alice: PretendActor, review: Published
) -> None:
    like = {**alice.activity("Like", review.uri), "id": "https://elsewhere.example/likes/1"}

    assert (await alice.send(site.inbox, like)).status_code == 401


async def test_a_key_is_fetched_once_for_twenty_requests_at_the_same_time(
    site: Site, alice: PretendActor, review: Published, neighbourhood: Neighbourhood
) -> None:
    likes = [alice.activity("Like", review.uri) for _ in range(20)]

    answers = await asyncio.gather(*(alice.send(site.inbox, like) for like in likes))

    assert [answer.status_code for answer in answers] == [202] * 20
    assert neighbourhood.times_asked(alice.id) == 1


async def test_a_sender_whose_server_cannot_be_reached_is_told_to_come_back(
    site: Site, alice: PretendActor, review: Published
) -> None:
    alice.server.is_down = True

    answer = await alice.send(site.inbox, alice.activity("Like", review.uri))

    assert answer.status_code == 503
    assert site.rows()["arrivals"] == 0


async def test_a_key_that_could_not_be_had_is_not_asked_for_again_at_once(
    site: Site,
    alice: PretendActor,
    review: Published,
    neighbourhood: Neighbourhood,
    now: Clock,
) -> None:
    alice.server.is_down = True
    like = alice.activity("Like", review.uri)
    for _ in range(5):
        assert (await alice.send(site.inbox, like)).status_code == 503
    asked_in_vain = neighbourhood.times_asked(alice.id)

    alice.server.is_down = False
    still = await alice.send(site.inbox, like)
    now.advance(FORGET_FAILURE_AFTER)
    later = await alice.send(site.inbox, like)

    assert asked_in_vain == 1
    assert (still.status_code, later.status_code) == (503, 202)


async def test_a_key_that_has_changed_is_fetched_anew(
    site: Site,
    alice: PretendActor,
    review: Published,
    neighbourhood: Neighbourhood,
    now: Clock,
) -> None:
    assert await leave_reply(alice, site, review, "With the old key.") == 202
    renewed = alice.server.person("alice", key="renewed")

    too_early = await leave_reply(renewed, site, review, "With the new key.")
    now.advance(REFETCH_KEY_AFTER)
    later = await leave_reply(renewed, site, review, "With the new key.")

    assert (too_early, later) == (401, 202)
    assert neighbourhood.times_asked(alice.id) == 2


async def test_a_body_that_was_changed_on_the_way_is_refused(
    site: Site, alice: PretendActor, review: Published
) -> None:
    like = alice.activity("Like", review.uri)
    other = json.dumps({**like, "object": f"{site.base_url}/ap/reviews/other"}).encode()

    answer = await alice.send(site.inbox, like, sent_body=other)

    assert answer.status_code == 401
    assert site.rows()["arrivals"] == 0


@pytest.mark.parametrize(
    ("late_by", "status"),
    [
        (timedelta(hours=11), 202),
        (timedelta(hours=13), 401),
        (timedelta(minutes=-50), 202),
        (timedelta(hours=-2), 401),
    ],
)
async def test_a_signature_lasts_half_a_day(
    site: Site,
    alice: PretendActor,
    review: Published,
    late_by: timedelta,
    status: int,
) -> None:
    for scheme in Scheme:
        like = alice.activity("Like", review.uri)

        answer = await alice.send(site.inbox, like, late_by=late_by, scheme=scheme)

        assert answer.status_code == status


async def test_a_request_for_another_host_is_refused(
    site: Site, alice: PretendActor, review: Published
) -> None:
    body = json.dumps(alice.activity("Like", review.uri)).encode()
    elsewhere = Neighbourhood(alice.server.neighbourhood.now)
    elsewhere.places["other.example"] = site

    answer = await signed_post(elsewhere, "https://other.example/inbox", body, key=alice.key)

    assert answer.status_code == 401
    assert site.rows()["arrivals"] == 0


async def test_what_comes_twice_is_applied_once(
    site: Site, alice: PretendActor, review: Published
) -> None:
    create = alice.create(alice.note("Only once.", in_reply_to=review.uri))

    for inbox in (site.inbox, site.author_inbox, site.inbox):
        assert (await alice.send(inbox, create)).status_code == 202
        await site.settle()

    assert thread(await site.page(review.path)) == [(0, "Only once.")]
    assert site.rows()["arrivals"] == 1


async def test_a_flood_of_the_same_activity_is_kept_once(
    site: Site, alice: PretendActor, review: Published
) -> None:
    create = alice.create(alice.note("Only once.", in_reply_to=review.uri))

    answers = await asyncio.gather(*(alice.send(site.inbox, create) for _ in range(10)))
    await site.settle()

    assert [answer.status_code for answer in answers] == [202] * 10
    assert site.rows()["arrivals"] == 1


async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(
    site: Site, alice: PretendActor, review: Published
) -> None:
    create = alice.create(alice.note("x" * 1_100_000, in_reply_to=review.uri))

    answer = await alice.send(site.inbox, create)

    assert answer.status_code == 413
    assert site.rows()["arrivals"] == 0


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_another_media_type_is_refused(
    site: Site, alice: PretendActor, review: Published, media_type: str
) -> None:
    like = alice.activity("Like", review.uri)

    answer = await alice.send(site.inbox, like, media_type=media_type)

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "media_type",
    [
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/activity+json; charset=utf-8",
    ],
)
async def test_the_media_types_of_activitystreams_are_taken(
    site: Site, alice: PretendActor, review: Published, media_type: str
) -> None:
    like = alice.activity("Like", review.uri)

    answer = await alice.send(site.inbox, like, media_type=media_type)

    assert answer.status_code == 202


async def test_a_packed_body_is_refused(site: Site, alice: PretendActor, review: Published) -> None:
    like = alice.activity("Like", review.uri)

    answer = await alice.send(site.inbox, like, changes={"Content-Encoding": "gzip"})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"type": "Like"}',
        b"\xff\xfe",
        b"[" * 50_000,
        TWO_IDS,
    ],
)
async def test_what_is_no_activity_is_called_so(
    site: Site, alice: PretendActor, body: bytes
) -> None:
    answer = await signed_post(alice.server.neighbourhood, site.inbox, body, key=alice.key)

    assert answer.status_code == 400
    assert site.rows()["arrivals"] == 0


async def test_the_inbox_of_nobody_is_not_there(site: Site, alice: PretendActor) -> None:
    follow = alice.activity("Follow", f"{site.base_url}/users/nobody")

    answer = await alice.send(f"{site.base_url}/users/nobody/inbox", follow)

    assert answer.status_code == 404


async def test_nothing_is_wanted_from_a_blocked_host(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    with site.parts.database.transaction() as tx:
        domains.put_block(tx, a_domain_block(alice.server.host))

    assert await leave_reply(alice, site, review, "Buy now!") == 403
    assert site.rows()["arrivals"] == 0


async def test_the_end_of_an_account_nobody_here_knows_is_taken_without_a_look(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    alice.server.say_nothing_of(alice)

    answer = await alice.send(site.inbox, alice.activity("Delete", alice.id))

    assert answer.status_code == 202
    assert neighbourhood.times_asked(alice.id) == 0
    assert site.rows()["arrivals"] == 0


async def test_the_end_of_a_known_account_is_believed_by_the_key_we_have(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await leave_reply(alice, site, review, "Farewell.")
    await site.settle()
    alice.server.say_nothing_of(alice)

    answer = await alice.send(site.inbox, alice.activity("Delete", alice.id))
    await site.settle()

    assert answer.status_code == 202
    assert thread(await site.page(review.path)) == []
    assert site.rows()["actors"] == site.rows()["remote_keys"] == 0


async def test_an_unproved_end_of_a_known_account_is_not_believed(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await leave_reply(alice, site, review, "Still here.")
    await site.settle()

    forged = a_key(alice.key.id, "forged")
    answer = await alice.send(site.inbox, alice.activity("Delete", alice.id), key=forged)
    await site.settle()

    assert answer.status_code == 401
    assert thread(await site.page(review.path)) == [(0, "Still here.")]


async def test_a_key_document_that_is_somebody_elses_does_not_count(
    site: Site, social: PretendServer, alice: PretendActor, review: Published
) -> None:
    mallory = social.person("mallory", key="mallory")
    social.documents["/users/mallory"]["publicKey"]["owner"] = alice.id

    answer: httpx.Response = await mallory.send(site.inbox, alice.activity("Like", review.uri))

    assert answer.status_code == 401
    assert site.rows()["arrivals"] == 0
