"""Who may come in, and how guessing, foreign forms and old sessions are kept out."""

import json
import traceback
from datetime import timedelta
from itertools import product
from pathlib import Path

import httpx
import pytest
from structlog.typing import EventDict

from fedreview.services.accounts import (
    FAILURES_COUNT_FOR,
    MOST_FAILURES_OF_ADDRESS,
    MOST_FAILURES_OF_NAME,
    SESSION_LIFE,
)
from tests.clock import Clock
from tests.databases import migrate
from tests.fediverse import Neighbourhood, PretendActor
from tests.stories.site import (
    PASSWORD,
    REVIEW,
    Prepared,
    Published,
    Site,
    running,
    said,
    settings_of,
    soup,
)

pytestmark = pytest.mark.anyio

COOKIE = "__Host-session"
PROXY = "127.0.0.1"
FORMS = ("/studio/write", "/login", "/logout", "/studio/settings", "/studio/following")
FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://reviews.example.evil.example"},
    {"Origin": "https://["},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example", "Referer": "https://reviews.example/"},
)
LEADS_TO = {
    "/studio/people": "/studio/people",
    "/reviews/blame?x=1#reply-2": "/reviews/blame?x=1#reply-2",
    "https://evil.example/": "/studio",
    "//evil.example/": "/studio",
    "/\\evil.example": "/studio",
    "/\t/evil.example": "/studio",
    "\\\\evil.example": "/studio",
    "javascript:alert(1)": "/studio",
    "studio/people": "/studio",
    "/\r\nSet-Cookie: a=b": "/studio",
}


async def sign_in(browser: httpx.AsyncClient, password: str = PASSWORD, **more: str) -> int:
    form = {"username": "critic", "password": password, **more}
    return (await browser.post("/login", data=form)).status_code


async def test_signing_in_opens_the_desk(site: Site) -> None:
    answer = await site.reader.post("/login", data={"username": "critic", "password": PASSWORD})

    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio")
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert "Good to see you" in said(await site.page("/studio"))


@pytest.mark.parametrize(
    ("username", "password"), [("critic", "wrong password"), ("nobody", PASSWORD), ("", "")]
)
async def test_a_wrong_name_and_a_wrong_password_look_the_same(
    site: Site, username: str, password: str
) -> None:
    answer = await site.reader.post("/login", data={"username": username, "password": password})

    assert answer.status_code == 422
    assert said(soup(answer).select_one("#problem-password")) == "Name or password is wrong."
    assert "set-cookie" not in answer.headers
    assert password == "" or password not in answer.text


async def test_guessing_one_name_is_stopped_from_wherever_it_comes(site: Site, now: Clock) -> None:
    for n in range(MOST_FAILURES_OF_NAME):
        async with site.browser(address=f"203.0.113.{n}") as guesser:
            assert await sign_in(guesser, "guess") == 422

    async with site.browser(address="203.0.113.99") as guesser:
        stopped = await guesser.post("/login", data={"username": "critic", "password": PASSWORD})
        now.advance(FAILURES_COUNT_FOR)
        later = await sign_in(guesser)

    assert (stopped.status_code, stopped.headers["retry-after"]) == (429, "900")
    assert "Too many wrong passwords" in stopped.text
    assert later == 303


async def test_guessing_from_one_address_is_stopped_whatever_the_name(site: Site) -> None:
    for n in range(MOST_FAILURES_OF_ADDRESS):
        assert await sign_in(site.reader, "guess", username=f"name{n}") == 422

    here = await sign_in(site.reader)
    async with site.browser(address="203.0.113.1") as elsewhere:
        assert await sign_in(elsewhere) == 303

    assert here == 429


@pytest.mark.parametrize(("peer", "believed"), [(PROXY, True), ("203.0.113.50", False)])
async def test_the_address_behind_a_proxy_is_believed_of_a_trusted_one_only(
    site: Site, peer: str, believed: bool
) -> None:
    async with site.browser(address=peer) as browser:
        forwarded = {"X-Forwarded-For": "192.0.2.77"}
        form = {"username": "critic", "password": PASSWORD}
        answer = await browser.post("/login", data=form, headers=forwarded)

    assert answer.status_code == 303
    [newest, *_] = [
        session.address
        for session in site.parts.site.accounts.sessions(site.account())
        if session.address != "192.0.2.1"
    ]
    assert newest == ("192.0.2.77" if believed else peer)


async def test_a_form_from_another_site_is_refused(site: Site) -> None:
    before = site.rows()

    for path, headers in product(FORMS, FOREIGN):
        answer = await site.author.post(path, data={**REVIEW, "do": "publish"}, headers=headers)

        assert (path, headers, answer.status_code) == (path, headers, 403)
    assert site.rows() == before
    assert (await site.author.get("/studio")).status_code == 200


async def test_a_form_that_says_not_where_it_is_from_is_refused(site: Site) -> None:
    del site.author.headers["Origin"]

    answer = await site.author.post("/studio/write", data={**REVIEW, "do": "publish"})

    assert answer.status_code == 403


async def test_an_ended_session_is_out(site: Site, now: Clock) -> None:
    async with site.browser() as other:
        await sign_in(other)
        form = (await site.desk("/studio/settings")).select_one("form[action$='/revoke']")
        assert form is not None

        await site.author.post(str(form["action"]))

        answer = await other.get("/studio")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/studio")
        refused = await other.post("/studio/write", data={**REVIEW, "do": "publish"})
        assert refused.status_code == 401
    assert (await site.author.get("/studio")).status_code == 200
    assert site.rows()["reviews"] == 0


async def test_nobody_ends_the_session_of_somebody_else(site: Site) -> None:
    accounts = site.parts.site.accounts
    accounts.create(username="guest", name="Guest", password="another long password")
    token, _ = accounts.sign_in(
        username="guest", password="another long password", address="192.0.2.9", user_agent=""
    )
    [session] = accounts.sessions(site.account())

    async with site.browser(token=token) as guest:
        await guest.post(f"/studio/sessions/{session.id}/revoke")

    assert (await site.author.get("/studio")).status_code == 200


async def test_signing_out_ends_the_session_itself(site: Site) -> None:
    token = site.author.cookies[COOKIE]

    answer = await site.author.post("/logout")

    assert "Max-Age=0" in answer.headers["set-cookie"]
    async with site.browser(token=token) as thief:
        assert (await thief.get("/studio")).status_code == 303


async def test_an_unused_session_ends(site: Site, now: Clock) -> None:
    now.advance(SESSION_LIFE - timedelta(days=1))
    assert (await site.author.get("/studio")).status_code == 200
    now.advance(SESSION_LIFE - timedelta(days=1))
    assert (await site.author.get("/studio")).status_code == 200
    now.advance(SESSION_LIFE)

    assert (await site.author.get("/studio")).status_code == 303


async def test_a_new_password_signs_every_browser_out(site: Site) -> None:
    new = "another fine password"

    wrong = await site.author.post(
        "/studio/password", data={"old_password": "wrong", "new_password": new}
    )
    right = await site.author.post(
        "/studio/password", data={"old_password": PASSWORD, "new_password": new}
    )

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert (await site.author.get("/studio")).status_code == 303
    assert await sign_in(site.reader) == 422
    assert await sign_in(site.reader, new) == 303


async def test_signing_in_leads_on_within_this_site_only(site: Site) -> None:
    for asked, goes_to in LEADS_TO.items():
        form = {"username": "critic", "password": PASSWORD, "next": asked}

        answer = await site.reader.post("/login", data=form)

        assert (asked, answer.status_code) == (asked, 303)
        assert answer.headers["location"] == goes_to


@pytest.mark.parametrize("return_to", ["//evil.example/", "https://evil.example/"])
async def test_hiding_a_reply_leads_back_within_this_site_only(
    site: Site, alice: PretendActor, review: Published, return_to: str
) -> None:
    await alice.send(site.inbox, alice.create(alice.note("Hi", in_reply_to=review.uri)))
    await site.settle()
    form = (await site.desk(review.path)).select_one("form[action$='/hide']")
    assert form is not None

    answer = await site.author.post(str(form["action"]), data={"return_to": return_to})

    assert answer.headers["location"] == "/studio/conversation?done=hidden"


SETUP = {
    "site_title": "Second Reel",
    "username": "ana",
    "name": "Ana Núñez",
    "password": "a long new password",
}


@pytest.fixture
def empty(tmp_path: Path) -> Prepared:
    """A site that has a schema and its own actor, but no author."""
    folder = tmp_path / "empty"
    folder.mkdir()
    migrate(settings_of("https://new.example", folder).database_url)
    return Prepared(base_url="https://new.example", username="ana", path=folder, token="")


async def test_the_setup_link_makes_the_first_author_once(
    empty: Prepared, tmp_path: Path, neighbourhood: Neighbourhood
) -> None:
    async with running(empty, tmp_path / "new", neighbourhood=neighbourhood) as site:
        site.parts.site.accounts.initialise()
        token = site.parts.site.accounts.offer_setup()
        assert token
        before = await site.reader.get("/")

        shown = await site.reader.get(f"/setup?token={token}")
        made = await site.reader.post("/setup", data={**SETUP, "token": token})
        async with site.browser() as second:
            link = await second.get(f"/setup?token={token}")
            again = await second.post("/setup", data={**SETUP, "username": "eve", "token": token})

        assert "set up" in said(soup(before)).lower()
        assert shown.status_code == 200
        assert (made.status_code, made.headers["location"]) == (303, "/studio?done=welcome")
        assert (await site.reader.get("/studio")).status_code == 200
        assert (link.status_code, link.headers["location"]) == (303, "/login")
        assert again.status_code == 403
        assert [author.username for author in site.parts.site.accounts.authors()] == ["ana"]
        assert (await site.document("https://new.example/users/ana"))["name"] == "Ana Núñez"


@pytest.mark.parametrize("token", ["", "wrong", "é"])
async def test_nobody_sets_the_site_up_without_the_link(
    empty: Prepared, tmp_path: Path, neighbourhood: Neighbourhood, token: str
) -> None:
    async with running(empty, tmp_path / "new", neighbourhood=neighbourhood) as site:
        site.parts.site.accounts.initialise()
        site.parts.site.accounts.offer_setup()

        shown = await site.reader.get("/setup", params={"token": token})
        made = await site.reader.post("/setup", data={**SETUP, "token": token})

        assert (shown.status_code, made.status_code) == (403, 403)
        assert site.rows()["authors"] == 0


async def test_a_mistake_during_setup_keeps_the_link_and_what_was_typed(
    empty: Prepared, tmp_path: Path, neighbourhood: Neighbourhood
) -> None:
    async with running(empty, tmp_path / "new", neighbourhood=neighbourhood) as site:
        site.parts.site.accounts.initialise()
        token = site.parts.site.accounts.offer_setup() or ""

        wrong = {**SETUP, "token": token, "username": "Ana N.", "password": "short"}
        answer = await site.reader.post("/setup", data=wrong)
        page = soup(answer)
        made = await site.reader.post("/setup", data={**SETUP, "token": token})

        assert answer.status_code == 422
        assert str(page.select("input[name=username]")).count("Ana N.") == 1
        assert "short" not in str(page.select("input[name=password]"))
        assert made.status_code == 303


async def test_no_secret_is_ever_logged(
    site: Site, alice: PretendActor, review: Published, logs: list[EventDict]
) -> None:
    token = site.author.cookies[COOKIE]
    with site.parts.database.transaction() as tx:
        tx.connection().exec_driver_sql("DROP TABLE login_failures")
    async with site.browser(must_work=False) as browser:
        broken = await sign_in(browser, "a guess at the password")
    await site.reader.get("/setup?token=secret-setup-token")
    await alice.send(site.author_inbox, alice.activity("Follow", site.actor_id))
    await site.settle()
    alice.server.is_down = True
    await site.publish(review_title="Another")
    await site.settle()
    await alice.send(
        site.inbox, alice.activity("Like", review.uri), changes={"Signature": 'keyId="x",a="b"'}
    )

    said_so = "".join(
        repr(entry) + "".join(traceback.format_exception(entry["exc_info"]))
        if isinstance(entry.get("exc_info"), BaseException)
        else json.dumps(entry, default=repr)
        for entry in logs
    )

    assert broken == 500
    assert {entry["event"] for entry in logs} >= {"unexpected error", "refused", "delivery failed"}
    for secret in (PASSWORD, "a guess at", token, "secret-setup-token", "PRIVATE KEY", "argon2"):
        assert secret not in said_so
