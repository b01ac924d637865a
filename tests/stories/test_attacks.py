"""What hostile servers and hostile browsers try, each named after the attack."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.types import Message, Receive, Scope

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS
from fedreview.errors import RemoteFailure
from fedreview.services.accounts import MOST_FAILURES_OF_ADDRESS, MOST_FAILURES_OF_NAME
from fedreview.services.patience import MOST_AT_ONCE_PER_SITE
from fedreview.services.proving import REFETCH_KEY_AFTER
from fedreview.storage import domains
from fedreview.web import inbox
from tests.clock import Clock
from tests.factories import a_domain_block
from tests.fediverse import (
    PATIENCE_SECONDS,
    Document,
    Neighbourhood,
    PretendActor,
    PretendServer,
    a_key,
    signed_post,
)
from tests.stories.site import REVIEW, Published, Site, said, thread

pytestmark = pytest.mark.anyio

EVIL = "evil.example"
CROSS_SITE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def change(actor: PretendActor, **properties: object) -> None:
    """Let an account's document say something else."""
    actor.server.documents[f"/users/{actor.name}"] |= properties


class Tarpit(httpx.AsyncBaseTransport):
    """A server whose slow paths answer nobody before the gate opens.

    held: how many requests hang now. most_held: how many did at once.
    """

    def __init__(self, server: httpx.AsyncBaseTransport, *, slow: str) -> None:
        self._server = server
        self._slow = slow
        self.gate = asyncio.Event()
        self.held = 0
        self.most_held = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._slow in str(request.url):
            self.held += 1
            self.most_held = max(self.held, self.most_held)
            await self.gate.wait()
            self.held -= 1
            return httpx.Response(404)
        return await self._server.handle_async_request(request)


@asynccontextmanager
async def working(site: Site) -> AsyncIterator[None]:
    """Let the site's own worker run meanwhile."""
    worker = asyncio.create_task(site.parts.worker.run())
    try:
        yield
    finally:
        site.parts.worker.stop()
        await worker


async def unsigned(site: Site, activity: Document) -> httpx.Response:
    return await site.reader.post(
        "/inbox", content=json.dumps(activity), headers={"Content-Type": ACTIVITY_JSON}
    )


# Too much of something


@pytest.mark.parametrize("piece", ["[]", "{}", '""', "1"])
async def test_a_megabyte_of_nothing_is_refused_before_it_is_read(
    site: Site, mallory: PretendActor, piece: str
) -> None:
    rows = json.loads(f"[{','.join([piece] * 999)}]")
    activity = mallory.activity("Like", site.actor_id, x=[rows] * 200)

    response = await unsigned(site, activity)

    assert response.status_code == 400


async def test_one_server_that_hangs_leaves_room_for_everybody_else(
    site: Site, evil: PretendServer, alice: PretendActor, review: Published
) -> None:
    neighbourhood = evil.neighbourhood
    tarpit = Tarpit(evil, slow="/slow/")
    neighbourhood.places[EVIL] = tarpit
    for number in range(45):
        person = evil.person(f"mallory{number}")
        await person.send(site.inbox, person.activity("Create", f"{evil.url}/slow/{number}"))
    reply = alice.note("A wall without end.", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(reply))

    async with working(site), asyncio.timeout(PATIENCE_SECONDS):
        shown: list[tuple[int, str]] = []
        while not shown:
            shown = thread(await site.page(review.path))
        held = tarpit.held
        tarpit.gate.set()

    assert 0 < held <= tarpit.most_held <= MOST_AT_ONCE_PER_SITE


async def test_keys_that_nobody_has_do_not_flood_a_third_server(
    site: Site, neighbourhood: Neighbourhood
) -> None:
    victim = Tarpit(neighbourhood.server("victim.example"), slow="/users/")
    for name in ("victim.example", "www.victim.example"):
        neighbourhood.places[name] = victim

    async def knock(number: int) -> int:
        host = "www.victim.example" if number % 2 else "victim.example"
        actor = f"https://{host}/users/{number}"
        activity = {
            "@context": ACTIVITY_STREAMS,
            "id": f"{actor}/likes/1",
            "type": "Like",
            "actor": actor,
            "object": site.actor_id,
        }
        body = json.dumps(activity).encode()
        key = a_key(f"{actor}#main-key")
        return (await signed_post(neighbourhood, site.inbox, body, key=key)).status_code

    knocks = [asyncio.create_task(knock(number)) for number in range(40)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        for refused in asyncio.as_completed(knocks[:]):
            await refused
            if sum(task.done() for task in knocks) >= 40 - MOST_AT_ONCE_PER_SITE:
                break
        while victim.held < MOST_AT_ONCE_PER_SITE:  # noqa: ASYNC110  (it counts, and sets nothing)
            await asyncio.sleep(0)
        victim.gate.set()
        answers = await asyncio.gather(*knocks)

    assert victim.most_held == MOST_AT_ONCE_PER_SITE
    assert answers.count(503) == 40 - MOST_AT_ONCE_PER_SITE


async def test_a_refused_key_is_remembered_without_the_requests_that_named_it(
    site: Site, mallory: PretendActor
) -> None:
    change(mallory, type="Note")
    acquainting = site.parts.site.receiving.proving.acquainting

    async def depth() -> int:
        with pytest.raises(RemoteFailure) as caught:
            await acquainting.fetch_key_owner(mallory.key.id)
        return len(caught.traceback)

    await depth()
    second = await depth()
    for _ in range(3):
        third = await depth()

    assert third == second


IN_PIECES: list[list[tuple[bytes, bytes]]] = [[], [(b"content-length", b"900")]]
"""Without a length, as nobody sends it, and as everybody does."""


async def upload(site: Site, receive: Receive, length: list[tuple[bytes, bytes]]) -> list[int]:
    """Let a body come to the inbox piece by piece, and give the statuses of the answers."""
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/inbox",
        "raw_path": b"/inbox",
        "query_string": b"",
        "headers": [
            (b"host", b"reviews.example"),
            (b"content-type", ACTIVITY_JSON.encode()),
            *length,
        ],
        "client": ("198.51.100.9", 40_000),
        "server": ("reviews.example", 443),
        "scheme": "https",
        "http_version": "1.1",
    }

    async def send(message: Message) -> None:
        sent.append(message)

    await site._served(scope, receive, send)
    return [message["status"] for message in sent if "status" in message]


@pytest.mark.parametrize("length", IN_PIECES)
async def test_an_upload_that_breaks_off_is_no_bug_of_ours(
    site: Site, length: list[tuple[bytes, bytes]]
) -> None:
    pieces: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return pieces.pop(0)

    assert await upload(site, receive, length) == [400]


@pytest.mark.parametrize("length", IN_PIECES)
async def test_an_upload_that_does_not_end_is_given_up(
    site: Site, monkeypatch: pytest.MonkeyPatch, length: list[tuple[bytes, bytes]]
) -> None:
    monkeypatch.setattr(inbox, "BODY_WITHIN", timedelta(milliseconds=20))
    pieces: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Message:
        if not pieces:
            await asyncio.Event().wait()
        return pieces.pop()

    assert await upload(site, receive, length) == [408]


# Asking for others


async def test_a_create_that_points_elsewhere_makes_us_ask_nobody(
    site: Site, neighbourhood: Neighbourhood, mallory: PretendActor
) -> None:
    neighbourhood.server("victim.example")
    target = "https://victim.example/expensive"

    await mallory.send(site.inbox, mallory.activity("Create", target))
    await mallory.send(site.inbox, mallory.activity("Update", target))
    await site.settle()

    assert neighbourhood.times_asked(target) == 0
    assert site.queues().arrivals == {"done": 2}


# Posing as somebody else


async def test_a_writer_cannot_link_to_somebody_elses_profile_and_post(
    site: Site, mallory: PretendActor, alice: PretendActor, review: Published
) -> None:
    change(mallory, name="Alice", url="https://social.example/@alice")
    note = mallory.note("I, Alice.", in_reply_to=review.uri, url="https://social.example/@alice/1")

    await mallory.send(site.inbox, mallory.create(note))
    await site.settle()

    links = [str(link["href"]) for link in (await site.page(review.path)).select(".thread a")]
    elsewhere = [link for link in links if not link.startswith(("#", "/interact?"))]
    assert elsewhere == [mallory.id, note["id"]]


async def test_an_update_cannot_move_the_link_to_somebody_elses_post(
    site: Site, mallory: PretendActor, review: Published
) -> None:
    note = mallory.note("I, Mallory.", in_reply_to=review.uri)
    await mallory.send(site.inbox, mallory.create(note))
    changed = {**note, "url": "https://social.example/@alice/1"}

    await mallory.send(site.inbox, mallory.activity("Update", changed))
    await site.settle()

    assert "social.example" not in str((await site.page(review.path)).select_one(".thread"))


async def test_a_name_that_is_somebody_elses_is_not_shown_as_a_handle(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    impostor = social.person("impostor")
    change(impostor, preferredUsername="alice", name="Alice")

    await impostor.send(
        site.inbox, impostor.create(impostor.note("I, Alice.", in_reply_to=review.uri))
    )
    await site.settle()

    who = said((await site.page(review.path)).select_one(".thread .who"))
    assert alice.handle not in who
    assert who.endswith("@social.example")


@pytest.mark.parametrize("key", ["good", "other"])
async def test_a_neighbour_cannot_take_somebodys_key(
    site: Site, alice: PretendActor, social: PretendServer, key: str
) -> None:
    await alice.send(site.inbox, alice.activity("Follow", site.actor_id))
    thief = social.person("thief", key=key)
    own = thief.document()["publicKey"]
    change(thief, publicKey=[own, {**own, "id": alice.key.id}])
    await thief.send(site.inbox, thief.activity("Follow", site.actor_id))

    answer = await alice.send(site.inbox, alice.activity("Follow", site.actor_id))

    assert answer.status_code == 202


@pytest.mark.parametrize("key", ["good", "other"])
async def test_a_neighbour_cannot_claim_a_key_before_its_owner_comes(
    site: Site, now: Clock, alice: PretendActor, social: PretendServer, key: str
) -> None:
    thief = social.person("thief", key=key)
    own = thief.document()["publicKey"]
    change(thief, publicKey=[own, {**own, "id": alice.key.id}])
    await thief.send(site.inbox, thief.activity("Follow", site.actor_id))

    now.advance(REFETCH_KEY_AFTER)
    answer = await alice.send(site.inbox, alice.activity("Follow", site.actor_id))

    assert answer.status_code == 202


@pytest.mark.parametrize("spelling", ["evil.example:443", "EVIL.example", "evil.example."])
async def test_a_blocked_host_stays_blocked_however_it_is_spelt(
    site: Site, now: Clock, mallory: PretendActor, spelling: str
) -> None:
    with site.parts.database.transaction() as tx:
        domains.put_block(tx, a_domain_block(EVIL))
    actor = mallory.id.replace(EVIL, spelling)
    key = a_key(f"{actor}#main-key")
    change(mallory, id=actor, publicKey={**mallory.document()["publicKey"], "id": key.id})
    change(mallory, publicKey={**mallory.document()["publicKey"], "id": key.id, "owner": actor})
    activity = {**mallory.activity("Follow", site.actor_id), "actor": actor}

    answer = await mallory.send(site.inbox, activity, key=key)

    assert answer.status_code == 403
    assert site.queues().arrivals == {}


# Finding out what is private


async def test_an_unsigned_copy_does_not_tell_whether_a_message_was_sent(
    site: Site, alice: PretendActor
) -> None:
    message = alice.create(alice.note("Between us.", to=[site.actor_id], cc=[]))
    assert (await alice.send(site.inbox, message)).status_code == 202
    never_sent = {**message, "id": f"{message['id']}9"}

    answers = [await unsigned(site, message), await unsigned(site, never_sent)]

    assert [answer.status_code for answer in answers] == [401, 401]


async def test_no_shared_cache_keeps_an_error(site: Site) -> None:
    answers = [
        await browser.get("/nothing", headers={"Accept": accept})
        for browser in (site.reader, site.author)
        for accept in ("text/html", ACTIVITY_JSON)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


# Browsers


@pytest.mark.parametrize("before", ["0001-01-01T00:00:00+23:59_x", "9999-12-31T23:59:59-23:59_x"])
async def test_a_place_beyond_the_calendar_is_the_first_page(
    site: Site, review: Published, before: str
) -> None:
    response = await site.reader.get("/", params={"before": before})

    assert response.status_code == 200
    assert review.path in response.text


@pytest.mark.parametrize(
    "path", ["/studio/reviews/inbox", "/studio/reviews/inbox%3F", "/studio/replies/inbox%23/hide"]
)
async def test_a_foreign_form_is_refused_though_its_path_looks_like_an_inbox(
    site: Site, path: str
) -> None:
    response = await site.author.post(path, data=REVIEW, headers=CROSS_SITE)

    assert response.status_code == 403


async def test_a_password_cannot_be_guessed_under_two_spellings_of_a_name(site: Site) -> None:
    browser = site.browser()
    spellings = ["critic", "@critic", "CRITIC", " @Critic "] * MOST_FAILURES_OF_NAME

    answers = [
        (await browser.post("/login", data={"username": name, "password": "a guess"})).status_code
        for name in spellings[: MOST_FAILURES_OF_NAME + 1]
    ]

    assert answers == [422] * MOST_FAILURES_OF_NAME + [429]


async def test_a_subscriber_with_a_million_addresses_counts_once(site: Site) -> None:
    answers = []
    for number in range(MOST_FAILURES_OF_ADDRESS + 1):
        browser = site.browser(address=f"2001:db8:1:1::{number:x}")
        form = {"username": f"nobody{number}", "password": "a guess"}
        answers.append((await browser.post("/login", data=form)).status_code)

    assert answers == [422] * MOST_FAILURES_OF_ADDRESS + [429]
    other = site.browser(address="2001:db8:1:2::1")
    answer = await other.post("/login", data={"username": "nobody", "password": "a guess"})
    assert answer.status_code == 422


async def test_a_flood_of_passwords_does_not_hold_up_the_pages(site: Site) -> None:
    async def guess(number: int) -> None:
        form = {"username": f"nobody{number}", "password": "a guess"}
        await site.browser(address=f"203.0.113.{number}").post("/login", data=form)

    guesses = [asyncio.create_task(guess(number)) for number in range(80)]
    await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)
    await site.reader.get("/")
    still_waiting = sum(not task.done() for task in guesses)
    await asyncio.gather(*guesses)

    assert still_waiting > len(guesses) / 2
