"""What authors must not lose, and what strangers must not be able to break."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup, Tag

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.app import new_id
from fedreview.services import browsing, rendering
from fedreview.services.accounts import SESSION_LIFE
from fedreview.services.overseeing import CONVERSATIONS_PER_PAGE, FOLLOWERS_SHOWN
from fedreview.storage import actors, threads
from tests.clock import Clock
from tests.databases import Statements
from tests.factories import a_note, a_remote_actor
from tests.fediverse import PretendActor, PretendServer
from tests.stories.site import PASSWORD, REVIEW, Published, Site, problems_of, said, soup
from tests.stories.test_forms import a_photo, problem_at, typed

pytestmark = pytest.mark.anyio

LONG = 'A long review,\n\nwritten "all" evening & <i>kept</i>.'


async def sent_privately(site: Site, alice: PretendActor) -> None:
    note = alice.note("A secret", to=[site.actor_id], cc=[])
    await alice.send(site.author_inbox, alice.create(note))
    await site.settle()


async def answered(site: Site, alice: PretendActor, review: Published) -> str:
    """Let alice answer; gives the path of the author's form."""
    await alice.send(site.inbox, alice.create(alice.note("And you?", in_reply_to=review.uri)))
    await site.settle()
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None
    return str(form["action"])


def sign_out(site: Site) -> None:
    """End the session of the author's browser, as time does."""
    site.author.cookies.clear()


def hidden_fields(response: httpx.Response) -> dict[str, str]:
    return {
        str(field["name"]): str(field["value"]).replace("\r\n", "\n")
        for field in soup(response).select("form[action='/login'] input[type=hidden]")
    }


async def sign_in_again(site: Site, refused: httpx.Response, **more: str) -> httpx.Response:
    """Fill the sign-in form in that came in place of what was asked for, as a browser does."""
    form = {**hidden_fields(refused), "username": "critic", "password": PASSWORD, **more}
    return await site.author.post("/login", files={k: (None, v) for k, v in form.items()})


async def test_an_answer_to_what_was_deleted_meanwhile_comes_back_as_it_was_typed(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("And you?", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await site.settle()
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None
    await alice.send(site.inbox, alice.activity("Delete", note["id"]))
    await site.settle()

    sent = {"text": "I agree", "return_to": review.path}
    answer = await site.author.post(str(form["action"]), data=sent)

    assert answer.status_code == 422
    assert typed(soup(answer), "text") == "I agree"
    assert "deleted" in said(soup(answer).select_one("main"))


@pytest.mark.parametrize("do", ["publish", "save", "preview"])
async def test_a_review_sent_without_a_session_is_still_there_after_signing_in(
    site: Site, do: str
) -> None:
    token = dict(site.author.cookies)
    sent = {**REVIEW, "body": LONG, "tags": "a, b", "do": do}
    sign_out(site)

    refused = await site.author.post("/studio/write", data=sent)
    wrong = await sign_in_again(site, refused, password="wrong password")
    resumed = await sign_in_again(site, wrong)

    assert token
    assert (refused.status_code, wrong.status_code, resumed.status_code) == (401, 422, 200)
    assert "what you wrote is still here" in said(soup(refused))
    page = soup(resumed)
    assert typed(page, "body") == LONG
    assert (typed(page, "tags"), typed(page, "rating")) == ("a, b", "8.5")
    assert "Signed in again" in said(page.select_one(".flash"))
    assert page.select_one("form[action='/studio/write'][data-unsaved]") is not None
    assert site.rows()["reviews"] == 0
    await site.published_at(await site.author.post("/studio/write", data={**sent, "do": "publish"}))


async def test_an_edit_sent_without_a_session_goes_on_with_its_review(
    site: Site, review: Published
) -> None:
    sign_out(site)
    path = f"/studio/reviews/{review.id}"

    refused = await site.author.post(path, data={**REVIEW, "body": LONG, "do": "update"})
    resumed = soup(await sign_in_again(site, refused))

    assert typed(resumed, "body") == LONG
    assert resumed.select_one(f"form[action='{path}'] button[value=update]") is not None


async def test_an_edit_becomes_a_new_review_when_somebody_else_signs_in(
    site: Site, review: Published
) -> None:
    site.parts.site.accounts.create(username="guest", name="Guest", password=PASSWORD)
    sign_out(site)

    path = f"/studio/reviews/{review.id}"
    refused = await site.author.post(path, data={**REVIEW, "body": LONG, "do": "update"})
    resumed = soup(await sign_in_again(site, refused, username="guest"))

    assert typed(resumed, "body") == LONG
    assert resumed.select_one("form[action='/studio/write'] input[name=new_id]") is not None


async def test_a_picture_that_could_not_be_carried_is_asked_for_again(site: Site) -> None:
    sign_out(site)

    refused = await site.author.post(
        "/studio/write", data={**REVIEW, "do": "publish"}, files={"cover": a_photo()}
    )
    resumed = await sign_in_again(site, refused)

    assert "Choose the picture once more" in said(soup(resumed).select_one(".flash"))
    assert typed(soup(resumed), "body") == REVIEW["body"]


async def test_an_answer_sent_without_a_session_is_still_there_after_signing_in(
    site: Site, alice: PretendActor, review: Published
) -> None:
    path = await answered(site, alice, review)
    sign_out(site)

    refused = await site.author.post(path, data={"text": LONG, "return_to": review.path})
    resumed = soup(await sign_in_again(site, refused))

    form = resumed.select_one("form[action$='/answer']")
    assert form is not None
    assert typed(resumed, "text") == LONG
    assert resumed.select_one(f"input[name=return_to][value='{review.path}']") is not None
    sent = await site.author.post(str(form["action"]), data={"text": typed(resumed, "text")})
    assert sent.status_code == 303


@pytest.mark.parametrize(
    ("path", "field"), [("/studio/settings", "summary"), ("/studio/following", "handle")]
)
async def test_short_forms_sent_without_a_session_are_filled_in_again(
    site: Site, path: str, field: str
) -> None:
    sign_out(site)

    refused = await site.author.post(path, data={field: "What I typed"})
    resumed = await sign_in_again(site, refused)

    assert resumed.status_code == 200
    assert typed(soup(resumed), field) == "What I typed"


async def test_no_password_is_carried_through_the_sign_in_form(site: Site) -> None:
    sign_out(site)

    refused = await site.author.post(
        "/studio/password", data={"old_password": "the-old-one", "new_password": "the-new-one"}
    )

    assert refused.status_code == 401
    assert "the-old-one" not in refused.text
    assert "the-new-one" not in refused.text


@pytest.mark.parametrize(
    "path", ["//evil.example/studio/write", "https://evil.example/", "/login", "/studio/password"]
)
async def test_signing_in_goes_on_with_forms_of_the_desk_only(site: Site, path: str) -> None:
    sign_out(site)
    form = {"kept_to": path, "username": "critic", "password": PASSWORD}

    answer = await site.author.post("/login", data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/studio")


async def test_who_asks_for_no_page_is_refused_as_before(site: Site) -> None:
    sign_out(site)

    answer = await site.author.post("/studio/preview", data=REVIEW, headers={"Accept": "*/*"})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json"


async def test_a_picture_that_is_too_large_costs_nothing_of_what_was_typed(site: Site) -> None:
    files = {"cover": ("big.jpg", b"\xff" * 15_000_000)}

    answer = await site.author.post(
        "/studio/write", data={**REVIEW, "rating": "11", "do": "publish"}, files=files
    )

    page = soup(answer)
    assert answer.status_code == 413
    assert "under 14.2 MB" in problem_at(page, "cover")
    assert problem_at(page, "rating") != ""
    assert typed(page, "body") == REVIEW["body"]
    limit = page.select_one("#field-cover[data-limit]")
    assert limit is not None
    assert int(str(limit["data-limit"])) < 15_000_000
    assert site.rows()["reviews"] == 0


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (413, {"content": b"x" * 63_000_000}),
        (400, {"content": b"no parts at all"}),
    ],
    ids=["too much", "broken"],
)
async def test_a_form_that_cannot_be_read_says_where_the_text_is(
    site: Site, status: int, sent: dict[str, Any]
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    answer = await site.author.post("/studio/write", headers=headers, **sent)

    assert answer.status_code == status
    assert "Press Back" in said(soup(answer))
    assert "under 14.2 MB" in said(soup(answer))


async def test_who_is_not_signed_in_cannot_send_more_than_an_author_may(site: Site) -> None:
    files = {"cover": ("big.jpg", b"\xff" * 16_000_000)}

    answer = await site.reader.post("/studio/write", data=REVIEW, files=files)

    assert answer.status_code == 401
    assert "too large to be kept" in said(soup(answer))


@pytest.mark.parametrize("is_published", [False, True])
async def test_enter_in_a_field_publishes_nothing(site: Site, is_published: bool) -> None:
    review = await site.publish() if is_published else None

    page = await site.desk(f"/studio/reviews/{review.id}" if review else "/studio/write")

    pressed_by_enter = page.select("form[data-guard] button")[0]
    assert pressed_by_enter["value"] == "preview"


@pytest.mark.parametrize(
    "before",
    [
        "0001-01-01T00:00:00%2B23:59_x",
        "9999-12-31T23:59:59-23:59_x",
        "0001-01-01T00:00:00Z_x",
        "9999-12-31T23:59:59Z_x",
        "nonsense",
        "_",
        "",
    ],
)
async def test_no_place_in_a_list_breaks_it(site: Site, review: Published, before: str) -> None:
    for path in ("/", "/@critic", "/studio/conversation"):
        answer = await site.author.get(f"{path}?before={before}")

        assert answer.status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"synopsis_source": "Netflix"},
        {"synopsis_url": "https://x.example/"},
        {"synopsis_source": "Netflix", "synopsis_url": "no address", "title": ""},
    ],
)
async def test_the_preview_alone_waits_for_the_synopsis(site: Site, sent: dict[str, str]) -> None:
    answer = await site.author.post("/studio/preview", data={**REVIEW, **sent})

    assert answer.status_code == 200
    assert "definitely worth watching" in said(soup(answer))


@pytest.mark.parametrize(
    ("accept", "kind"), [("text/html", "text/html"), (ACTIVITY_JSON, "application/json")]
)
async def test_a_bug_is_told_without_the_database(site: Site, accept: str, kind: str) -> None:
    with site.parts.database.transaction() as tx:
        tx.connection().exec_driver_sql("DROP TABLE settings")

    async with site.browser(must_work=False) as browser:
        answer = await browser.get("/", headers={"Accept": accept})

    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "Something broke here" in answer.text
    assert "settings" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/reviews/%00",
        "/@a%00b",
        "/media/%00",
        "/ap/reviews/%00",
        "/tags/a%00",
        "/?before=%00",
        "/.well-known/webfinger?resource=%00",
        "/users/critic/outbox?page=%00",
    ],
)
async def test_an_address_with_a_zero_is_refused(site: Site, path: str) -> None:
    answer = await site.reader.get(path)

    assert answer.status_code == 400
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/login", {"username": "cri\0tic", "password": PASSWORD}),
        ("/studio/settings", {"site_title": "A\0", "name": "Critic"}),
        ("/studio/write", {**REVIEW, "cover_kept": "\0", "do": "preview"}),
        ("/studio/following/remove", {"actor": "\0"}),
        ("/studio/settings", {"na\0me": "A", "site_title": "A"}),
    ],
)
async def test_a_form_with_a_zero_is_refused(site: Site, path: str, form: dict[str, str]) -> None:
    answer = await site.author.post(path, data=form)

    assert answer.status_code == 422


async def test_who_knows_of_a_deletion_is_told_of_it_again(site: Site, review: Published) -> None:
    await site.delete(review.id)
    as_json = {"Accept": ACTIVITY_JSON}
    first = await site.reader.get(review.uri, headers=as_json)

    again = await site.reader.get(
        review.uri, headers={**as_json, "If-None-Match": first.headers["etag"]}
    )

    assert (first.status_code, again.status_code) == (410, 410)
    assert again.json() == first.json()
    assert again.json()["type"] == "Tombstone"


async def test_a_redirect_reads_no_thread(
    site: Site, alice: PretendActor, review: Published, statements: Statements
) -> None:
    await answered(site, alice, review)

    with statements.recorded() as seen:
        to_document = await site.reader.get(review.path, headers={"Accept": ACTIVITY_JSON})
        to_page = await site.reader.get(review.uri)

    assert to_document.headers["location"] == review.uri
    assert to_page.headers["location"].endswith(review.path)
    assert len(seen) == 2


@pytest.mark.parametrize("name", ["likes", "shares"])
async def test_counting_reactions_reads_no_notes(
    site: Site, review: Published, name: str, statements: Statements
) -> None:
    with statements.recorded() as seen:
        collection = await site.document(f"{review.uri}/{name}")

    assert collection["totalItems"] == 0
    assert [statement for statement in seen if "FROM notes" in statement] == []


@pytest.mark.parametrize("path", ["/studio/people?a=b&c=d", "/studio/reviews/x?done=saved"])
async def test_signing_in_leads_to_the_very_page_that_was_asked_for(site: Site, path: str) -> None:
    asked = await site.reader.get(path)
    next_page = httpx.URL(asked.headers["location"]).params["next"]
    form = {"username": "critic", "password": PASSWORD, "next": next_page}

    answer = await site.reader.post("/login", data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, path)


async def test_webfinger_without_a_question_is_a_mistake(site: Site) -> None:
    assert (await site.reader.get("/.well-known/webfinger")).status_code == 400
    assert (await site.reader.get("/.well-known/webfinger?resource=")).status_code == 404


async def test_the_cookie_lives_as_long_as_the_session(site: Site, now: Clock) -> None:
    token = site.author.cookies["__Host-session"]
    fresh = await site.author.get("/studio")
    now.advance(timedelta(days=20))

    styles = await site.author.get("/static/site.css")
    now.advance(timedelta(minutes=11))
    used = await site.author.get("/studio")

    assert "set-cookie" not in fresh.headers
    assert "set-cookie" not in styles.headers
    assert f"Max-Age={int(SESSION_LIFE.total_seconds())}" in used.headers["set-cookie"]
    assert f"__Host-session={token};" in used.headers["set-cookie"]


async def test_signing_out_is_not_undone_by_a_longer_session(site: Site, now: Clock) -> None:
    now.advance(timedelta(days=20))

    answer = await site.author.post("/logout")

    assert len(answer.headers.get_list("set-cookie")) == 1
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_only_those_who_accepted_are_followed(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    for somebody in (alice, bob):
        await site.author.post("/studio/following", data={"handle": somebody.handle})
    await site.settle()
    [follow] = alice.server.activities("Follow")
    await alice.send(site.author_inbox, alice.activity("Accept", follow))
    await site.settle()

    assert (await site.document("/users/critic/following"))["totalItems"] == 1
    page = await site.desk("/studio/people")
    assert said(page.select_one("#following")) == "You follow 1"
    assert len(page.select("[aria-labelledby=following] li")) == 2


async def test_all_followers_are_counted_though_not_all_are_shown(site: Site, now: Clock) -> None:
    number = FOLLOWERS_SHOWN + 3
    with site.parts.database.transaction() as tx:
        for n in range(number):
            person = a_remote_actor(n)
            actors.save(tx, person, [])
            actors.add_follower(
                tx, site.account().id, person.id, follow=f"{person.id}/follow", now=now()
            )

    page = await site.desk("/studio/people")

    assert said(page.select_one("#followers")) == f"{number} followers"
    assert f"the newest {FOLLOWERS_SHOWN}" in said(page)


async def test_a_server_that_does_not_answer_is_counted_once(
    site: Site, social: PretendServer, alice: PretendActor, bob: PretendActor, now: Clock
) -> None:
    for somebody in (alice, bob):
        await somebody.send(site.author_inbox, somebody.activity("Follow", site.actor_id))
    await site.settle()
    social.is_down = True
    for n in range(3):
        await site.publish(review_title=f"Number {n}")
    await site.settle()

    failing = said((await site.desk("/studio")).select_one(".numbers"))
    for _ in range(40):
        now.advance(timedelta(hours=13))
        await site.settle()
    given_up = said((await site.desk("/studio")).select_one(".numbers"))

    assert "1 server does not answer; trying again" in failing
    assert "given up" not in failing
    assert "1 server was given up on" in given_up
    assert "not answer" not in given_up


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_full_page_leads_on_only_to_more(site: Site, review: Published, extra: int) -> None:
    with site.parts.database.transaction() as tx:
        for n in range(CONVERSATIONS_PER_PAGE + extra):
            threads.add(tx, a_note(n, review_id=review.id, in_reply_to=review.uri))

    page = await site.desk("/studio/conversation")

    older = page.select("a[rel=next]")
    assert len(page.select("ul.notes > li")) == CONVERSATIONS_PER_PAGE
    assert len(older) == extra
    for link in older:
        assert len((await site.desk(str(link["href"]))).select("ul.notes > li")) == 1


async def test_a_full_page_of_the_outbox_leads_on_only_to_more(site: Site) -> None:
    for n in range(20):
        await site.publish(review_title=f"Number {n}")

    full = await site.document("/users/critic/outbox?page=")
    await site.publish(review_title="One more")
    first = await site.document("/users/critic/outbox?page=")

    assert "next" not in full
    assert len((await site.document(first["next"]))["orderedItems"]) == 1


def buttons(page: Tag, text: str) -> list[str]:
    """Give the quiet buttons of the reply that says this."""
    reply = next(each for each in page.select("article.reply") if text in said(each))
    return [said(button).partition(" ")[0] for button in reply.select("form button.quiet")]


async def test_authors_take_away_their_own_answers_only(
    site: Site, alice: PretendActor, review: Published
) -> None:
    accounts = site.parts.site.accounts
    accounts.create(username="guest", name="Guest", password=PASSWORD)
    token, _ = accounts.sign_in(
        username="guest", password=PASSWORD, address="192.0.2.9", user_agent=""
    )
    path = await answered(site, alice, review)
    await site.author.post(path, data={"text": "By the author"})
    async with site.browser(token=token) as other:
        await other.post(path, data={"text": "By the guest"})

        as_author = await site.desk(review.path)
        as_guest = soup(await other.get(review.path))

    def offers(page: BeautifulSoup, words: str) -> bool:
        found = [each for each in page.select("article.reply") if words in said(each)]
        return bool(found[-1].select("a[href*='/delete']"))

    assert offers(as_author, "By the author")
    assert not offers(as_author, "By the guest")
    assert not offers(as_guest, "By the author")
    assert offers(as_guest, "By the guest")


async def test_a_published_review_cannot_be_emptied_by_saving(
    site: Site, review: Published
) -> None:
    answer = await site.author.post(
        f"/studio/reviews/{review.id}", data={**REVIEW, "body": "", "do": "save"}
    )

    assert answer.status_code == 422, problems_of(answer)
    assert problem_at(soup(answer), "body") != ""
    assert "definitely" in said(await site.page(review.path))


async def test_a_bad_picture_hides_no_other_problem_nor_the_picture_before(site: Site) -> None:
    first = await site.author.post(
        "/studio/write", data={**REVIEW, "do": "preview"}, files={"cover": a_photo()}
    )
    kept = soup(first).select_one("input[name=cover_kept]")
    assert kept is not None

    sent = {**REVIEW, "rating": "11", "do": "publish", "cover_kept": str(kept["value"])}
    answer = await site.author.post("/studio/write", data=sent, files={"cover": b"no picture"})

    page = soup(answer)
    assert problem_at(page, "cover") != ""
    assert problem_at(page, "rating") != ""
    assert page.select_one(f"input[name=cover_kept][value='{kept['value']}']") is not None


@pytest.mark.parametrize(
    "path", ["/studio/inbox", "/login/inbox", "/users/a/b/inbox", "/inbox/", "/studio/write/inbox"]
)
async def test_only_the_inboxes_take_posts_without_an_origin(site: Site, path: str) -> None:
    del site.reader.headers["Origin"]

    assert (await site.reader.post(path)).status_code == 403


@pytest.mark.parametrize("path", ["/inbox", "/actor/inbox", "/users/critic/inbox"])
async def test_the_three_inboxes_ask_for_no_origin(site: Site, path: str) -> None:
    del site.reader.headers["Origin"]

    assert (await site.reader.post(path)).status_code == 415


async def test_what_is_still_being_written_is_not_remembered(site: Site) -> None:
    remembered = (browsing._rendered, browsing._plain, rendering.without_spoilers)
    before = [cache.cache_info().misses for cache in remembered]
    body = f"Never seen before: {new_id()}"

    answer = await site.author.post("/studio/preview", data={**REVIEW, "body": body})

    assert "Never seen before" in answer.text
    assert [cache.cache_info().misses for cache in remembered] == before
