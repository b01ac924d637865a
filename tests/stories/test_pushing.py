"""Notices are shown by browsers, by way of a push service that nobody trusts."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from fedreview.services.pushing import MOST_AT_ONCE, MOST_BROWSERS
from fedreview.storage.conversation_tables import NoticeRow, PushSubscriptionRow
from tests.browsers import Browser
from tests.clock import Clock
from tests.fediverse import Neighbourhood, PretendActor
from tests.stories.site import Published, Site, said
from tests.stories.studio_forms import press, told
from tests.stories.test_inbox_reactions import send

pytestmark = pytest.mark.anyio

SETTINGS = "/studio/settings"


@dataclass(slots=True)
class PushService(httpx.AsyncBaseTransport):
    """A service that a browser listens to; it can read nothing of what it passes on."""

    browser: Browser
    answers: list[httpx.Response] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else httpx.Response(201)

    def shown(self) -> list[dict[str, Any]]:
        """Give what the browser shows, and forget it."""
        opened = [self.browser.read(request.content) for request in self.requests]
        self.requests.clear()
        return [json.loads(each) for each in opened if each]


@pytest.fixture
def service(neighbourhood: Neighbourhood) -> PushService:
    made = PushService(Browser())
    neighbourhood.places["push.example"] = made
    return made


async def subscribe(site: Site, browser: Browser, name: str = "one") -> httpx.Response:
    sent = {"p256dh": browser.p256dh, "auth": browser.auth}
    endpoint = f"https://push.example/send/{name}"
    return await site.author.post("/studio/push", data={"endpoint": endpoint, **sent})


def note(site: Site, subject: str, *, kind: str = "reply", actor: str = "") -> None:
    """Write down that an author should hear of something."""
    row = NoticeRow(
        author_id=site.account().id,
        kind=kind,
        subject=subject,
        actor=actor,
        detail="The secret words",
        created_at=site.clock(),
    )
    with site.parts.database.transaction() as tx:
        tx.add(row)


def kept(site: Site) -> list[PushSubscriptionRow]:
    with site.parts.database.snapshot() as tx:
        return list(tx.scalars(select(PushSubscriptionRow)))


async def test_a_browser_shows_who_did_what_and_no_word_of_it(
    site: Site, alice: PretendActor, review: Published, service: PushService
) -> None:
    await send(site, alice, alice.activity("Like", review.uri))
    note(site, "before", actor=alice.id)
    await subscribe(site, service.browser)

    note(site, "after", actor=alice.id)
    await site.settle()

    [request] = service.requests
    [shown] = service.shown()
    assert (shown["title"], shown["line"]) == ("Alice replied", "reviews.example")
    assert shown["url"].startswith("/studio/notices/")
    assert request.url == "https://push.example/send/one"
    assert request.headers["authorization"].startswith("vapid t=")
    assert request.headers["content-encoding"] == "aes128gcm"
    assert (request.headers["ttl"], request.headers["urgency"]) == ("86400", "normal")
    assert request.headers["topic"] == shown["tag"]
    assert b"Alice" not in request.content
    await site.settle()
    assert service.requests == []


async def test_of_many_notices_a_browser_says_only_how_many_there_are(
    site: Site, service: PushService
) -> None:
    await subscribe(site, service.browser)

    for number in range(MOST_AT_ONCE + 1):
        note(site, str(number))
    await site.settle()

    assert [each["title"] for each in service.shown()] == ["4 new notices"]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_listens_no_more_is_forgotten(
    site: Site, service: PushService, status: int
) -> None:
    await subscribe(site, service.browser)
    service.answers.append(httpx.Response(status))

    note(site, "one")
    await site.settle()

    assert kept(site) == []


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_service_that_does_not_answer_is_asked_again_later_and_later(
    site: Site, now: Clock, service: PushService, status: int
) -> None:
    await subscribe(site, service.browser)
    service.answers += [httpx.Response(status)] * 2
    note(site, "one")

    await site.settle()
    await site.settle()
    at_once = len(service.requests)
    now.advance(timedelta(minutes=1))
    await site.settle()
    now.advance(timedelta(minutes=1))
    await site.settle()
    too_early = len(service.requests)
    error = said((await site.desk(SETTINGS)).select_one("#push ~ .sessions"))
    now.advance(timedelta(minutes=1))
    await site.settle()

    assert (at_once, too_early, len(service.requests)) == (1, 2, 3)
    assert f"push.example/send/one answered {status}" in error
    assert [(each.failures, each.last_error) for each in kept(site)] == [(0, "")]


async def test_what_is_a_day_old_or_read_is_not_shown_any_more(
    site: Site, now: Clock, service: PushService
) -> None:
    await subscribe(site, service.browser)
    service.answers += [httpx.Response(503)]
    note(site, "one")
    await site.settle()

    now.advance(timedelta(days=1, minutes=1))
    await site.settle()
    with site.parts.database.transaction() as tx:
        tx.execute(update(NoticeRow).values(read_at=now(), created_at=now()))
    await site.settle()

    assert len(service.requests) == 1


async def test_a_service_says_how_long_it_wants_to_be_left_alone(
    site: Site, now: Clock, service: PushService
) -> None:
    await subscribe(site, service.browser)
    service.answers.append(httpx.Response(429, headers={"Retry-After": "3600"}))
    note(site, "one")
    await site.settle()

    now.advance(timedelta(minutes=59))
    await site.settle()
    early = len(service.requests)
    now.advance(timedelta(minutes=2))
    await site.settle()

    assert (early, len(service.requests)) == (1, 2)


async def test_each_browser_gets_a_notice_once_though_another_is_out_of_reach(
    site: Site, now: Clock, service: PushService, neighbourhood: Neighbourhood
) -> None:
    other = PushService(Browser(), answers=[httpx.Response(503)])
    neighbourhood.places["other.example"] = other
    sent = {"p256dh": other.browser.p256dh, "auth": other.browser.auth}
    await subscribe(site, service.browser)
    await site.author.post("/studio/push", data={"endpoint": "https://other.example/", **sent})

    note(site, "one")
    await site.settle()
    now.advance(timedelta(hours=1))
    await site.settle()

    assert (len(service.requests), len(other.requests)) == (1, 2)
    with site.parts.database.snapshot() as tx:
        assert list(tx.scalars(select(NoticeRow.pushed_at))) == [now()]


async def test_the_settings_list_browsers_test_them_and_remove_them(
    site: Site, service: PushService
) -> None:
    await subscribe(site, service.browser)
    page = await site.desk(SETTINGS)
    section = page.select_one("[data-push-key]")

    tested = await press(site, SETTINGS, "Show a test")
    shown = service.shown()
    service.answers.append(httpx.Response(503))
    failed = await press(site, SETTINGS, "Show a test")
    removed = await press(site, SETTINGS, "Remove")

    assert section is not None
    assert len(str(section["data-push-key"])) == 87
    assert (await told(site, tested)).startswith("Sent.")
    assert [each["title"] for each in shown] == ["It works"]
    assert "did not take it" in await told(site, failed)
    assert "any more" in await told(site, removed)
    assert kept(site) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": ""},
        {"endpoint": "javascript:alert(1)"},
        {"endpoint": f"https://push.example/{'x' * 5_000}"},
        {"p256dh": "<b>"},
        {"auth": ""},
    ],
)
async def test_what_no_browser_sends_is_refused_in_words(
    site: Site, service: PushService, wrong: dict[str, str]
) -> None:
    browser = service.browser
    right = {"endpoint": "https://push.example/", "p256dh": browser.p256dh, "auth": browser.auth}

    answer = await site.author.post("/studio/push", data={**right, **wrong})

    assert answer.status_code == 422
    assert answer.text.startswith("The browser gave")
    assert kept(site) == []


async def test_no_more_browsers_are_kept_than_anybody_has(site: Site, service: PushService) -> None:
    for number in range(MOST_BROWSERS):
        await subscribe(site, service.browser, str(number))

    again = await subscribe(site, service.browser, "0")
    more = await subscribe(site, service.browser, "more")

    assert (again.status_code, more.status_code) == (204, 422)
    assert len(kept(site)) == MOST_BROWSERS


async def test_only_the_author_can_subscribe_and_the_worker_is_a_script(
    site: Site, service: PushService
) -> None:
    browser = service.browser
    sent = {"endpoint": "https://push.example/", "p256dh": browser.p256dh, "auth": browser.auth}

    stranger = await site.reader.post("/studio/push", data=sent)
    worker = await site.reader.get("/push-worker.js")

    assert stranger.status_code in {303, 401}
    assert kept(site) == []
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    assert (await site.author.post("/studio/push/none/remove")).status_code == 404
