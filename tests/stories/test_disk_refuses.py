"""When nothing can be written, nothing that somebody typed is lost, and all can be read."""

from datetime import timedelta

import pytest
from structlog.typing import EventDict

from fedreview.services.accounts import TOUCH_AFTER
from fedreview.storage import conduct
from tests.disks import refusing
from tests.fediverse import PretendActor
from tests.stories.site import PASSWORD, REVIEW, Published, Site, said, soup
from tests.stories.test_forms import typed

pytestmark = pytest.mark.anyio

LONG = 'A long text,\n\nwritten "all" evening & <i>kept</i>.'


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/studio/write", "body"),
        ("/studio/reviews/{id}", "body"),
        ("/studio/reviews/{id}/comment", "text"),
        ("/studio/takes", "text"),
        ("/studio/settings", "summary"),
    ],
)
async def test_a_form_comes_back_as_it_was_typed(
    site: Site, review: Published, path: str, field: str
) -> None:
    await site.author.get("/studio/settings")
    sent = {**REVIEW, "do": "publish", "name": "Critic", "site_title": "T", "work": review.id}
    with refusing(site.parts.database):
        answer = await site.author.post(path.format(id=review.id), data={**sent, field: LONG})

    page = soup(answer)
    assert answer.status_code == 503
    assert typed(page, field) == LONG
    assert "Nothing was saved" in said(page.select_one(".flash"))
    assert answer.headers["retry-after"] == "300"
    assert answer.headers["cache-control"] == "no-store"


async def test_scores_of_aspects_come_back_too(site: Site) -> None:
    sent = {**REVIEW, "do": "publish", "aspect.Story": "7.5"}
    with refusing(site.parts.database):
        answer = await site.author.post("/studio/write", data=sent)

    scores = [str(each["value"]) for each in soup(answer).select("input[name^='aspect.']")]
    assert "7.5" in scores


async def test_a_comment_of_a_guest_comes_back(site: Site, review: Published) -> None:
    with site.parts.database.transaction() as tx:
        conduct.set_of_author(tx, site.account().id, conduct.AuthorConduct(welcomes_guests=True))
    # The first who opens the form has a key made for all.
    form = (await site.page(f"{review.path}/comment")).select("main form input")
    given = {str(each["name"]): str(each.get("value", "")) for each in form}
    site.clock.advance(timedelta(seconds=20))
    with refusing(site.parts.database):
        sent = {**given, "name": "Ellen", "text": LONG}
        answer = await site.reader.post(f"{review.path}/comment", data=sent)

    assert answer.status_code == 503
    assert typed(soup(answer), "text") == LONG
    assert "the disk is full" in said(soup(answer).select_one(".problems"))


async def test_who_was_signed_out_meanwhile_keeps_the_form_until_there_is_room(site: Site) -> None:
    site.author.cookies.clear()
    sent = {**REVIEW, "body": LONG, "do": "publish"}
    refused = soup(await site.author.post("/studio/write", data=sent))
    hidden = refused.select("form[action='/login'] input[type=hidden]")
    kept = {str(each["name"]): str(each["value"]) for each in hidden}
    form = {**kept, "username": "critic", "password": PASSWORD}
    with refusing(site.parts.database):
        during = await site.author.post("/login", data=form)
    after = await site.author.post("/login", data=form)

    assert during.status_code == 503
    assert "the disk of this site is full" in said(soup(during).select_one(".problems"))
    assert soup(during).select_one("input[name='kept-body']") is not None
    assert typed(soup(after), "body") == LONG


async def test_an_inbox_keeps_no_promise_that_it_cannot(
    site: Site, alice: PretendActor, review: Published, logs: list[EventDict]
) -> None:
    follow = alice.activity("Follow", site.actor_id)
    with refusing(site.parts.database):
        during = [await alice.send(site.author_inbox, follow) for _ in range(3)]
        pages = [await site.author.get(path) for path in (review.path, "/studio", "/")]
        health = await site.reader.get("/healthz")
    healed = await site.reader.get("/healthz")
    after = await alice.send(site.author_inbox, follow)
    await site.settle()

    assert [answer.status_code for answer in during] == [503] * 3
    assert during[0].headers["retry-after"] == "300"
    assert [answer.status_code for answer in pages] == [200] * 3
    assert (health.status_code, "cannot be written" in health.text) == (503, True)
    assert (healed.status_code, after.status_code) == (200, 202)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
        "nothing can be saved"
    ]


async def test_a_session_that_cannot_be_prolonged_is_still_one(site: Site) -> None:
    site.clock.advance(TOUCH_AFTER + timedelta(minutes=1))

    with refusing(site.parts.database):
        answer = await site.author.get("/studio/write")

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
