"""Reports that come in, and those that go out."""

from datetime import timedelta

import pytest

from fedreview.services.handling.reports import MOST_OPEN
from tests.clock import Clock
from tests.fediverse import Document, Neighbourhood, PretendActor
from tests.stories.site import PASSWORD, Published, Site, said, soup
from tests.stories.studio_forms import answer_newest, one, press, told
from tests.stories.test_inbox_thread import reply, send

pytestmark = pytest.mark.anyio

REPORTS = "/studio/reports"


@pytest.fixture
def elsewhere(neighbourhood: Neighbourhood) -> PretendActor:
    """The instance actor of a server that reports."""
    return neighbourhood.server("watch.example").person("actor", type="Application")


def flag(actor: PretendActor, *objects: str, text: str = "Spam") -> Document:
    return actor.activity("Flag", list(objects), content=text)


async def report_link(site: Site) -> str:
    link = (await site.desk("/studio/conversation")).select_one("article a[href*='/report?']")
    assert link is not None
    return str(link["href"])


async def test_a_report_says_what_is_meant_why_and_by_which_server(
    site: Site, elsewhere: PretendActor, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Buy now", review.uri)
    text = "Sells <b>things</b>\nevery day"

    await send(site, elsewhere, flag(elsewhere, site.actor_id, review.uri, note["id"], text=text))

    page = await site.desk(REPORTS)
    links = [str(link["href"]) for link in page.select("article a")]
    assert "From watch.example" in said(page)
    assert "Sells <b>things</b> every day" in said(page.select_one("blockquote"))
    assert links[:2] == ["/@critic", review.path]
    assert links[2].startswith("/replies/")
    assert "A reply by Alice" in said(page)
    assert said(page.select_one(".studio-nav [href$=conversation] .badge")) == "1 waiting"


async def test_a_report_is_kept_once_and_only_with_what_is_here(
    site: Site, elsewhere: PretendActor, review: Published
) -> None:
    about_us = flag(elsewhere, review.uri, "https://elsewhere.example/notes/1")

    await send(site, elsewhere, about_us, about_us)

    page = await site.desk(REPORTS)
    assert site.rows()["reports"] == 1
    assert len(page.select("article li")) == 1


async def test_a_report_of_what_is_not_here_is_not_kept(
    site: Site, elsewhere: PretendActor
) -> None:
    answer = await site.author.post("/studio/write", data={"title": "Secret", "do": "save"})
    draft = answer.headers["location"].partition("?")[0].rpartition("/")[2]

    await send(
        site,
        elsewhere,
        flag(elsewhere, "https://elsewhere.example/users/x"),
        flag(elsewhere, f"{site.base_url}/ap/reviews/{draft}"),
    )

    assert site.rows()["reports"] == 0


async def test_a_report_is_done_with_and_opened_again(
    site: Site, elsewhere: PretendActor, review: Published
) -> None:
    await send(site, elsewhere, flag(elsewhere, review.uri))

    done = await press(site, REPORTS, "Done")
    resolved = await site.desk(REPORTS)
    reopened = await press(site, REPORTS, "Open again")

    assert (await told(site, done)).startswith("Done.")
    assert resolved.select(".studio-nav [href$=conversation] .badge") == []
    assert resolved.select_one("#resolved") is not None
    assert (await told(site, reopened)).startswith("Open again.")
    assert (
        said((await site.desk(REPORTS)).select_one(".studio-nav [href$=conversation] .badge"))
        == "1 waiting"
    )


async def test_what_was_reported_and_is_gone_is_named_without_a_link(
    site: Site, elsewhere: PretendActor, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Buy now", review.uri)
    await send(site, elsewhere, flag(elsewhere, note["id"]))

    await send(site, alice, alice.activity("Delete", note["id"]))

    page = await site.desk(REPORTS)
    assert "Something that is here no more" in said(page)
    assert page.select("article a") == []


async def test_an_answer_can_be_reported_as_well(
    site: Site, elsewhere: PretendActor, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Hm", review.uri)
    own = await answer_newest(site, "Ha.")

    await send(site, elsewhere, flag(elsewhere, own))

    assert "An answer by an author here" in said(await site.desk(REPORTS))


async def test_a_server_that_reports_without_end_keeps_its_newest_and_leaves_others_alone(
    site: Site, elsewhere: PretendActor, alice: PretendActor, review: Published, now: Clock
) -> None:
    await send(site, alice, flag(alice, review.uri, text="By hand"))
    for number in range(MOST_OPEN + 2):
        now.advance(timedelta(seconds=1))
        answer = await elsewhere.send(site.inbox, flag(elsewhere, review.uri, text=f"No {number}"))
        assert answer.status_code == 202
    await site.settle()

    page = said(await site.desk(REPORTS))

    assert site.rows()["reports"] == MOST_OPEN + 1
    assert f"No {MOST_OPEN + 1}" in page
    assert "No 0 " not in page


async def test_a_report_to_the_origin_comes_from_the_site_and_names_no_author(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Buy now", review.uri)

    answer = await press(site, await report_link(site), "Send the report", comment="Sells things")
    await site.settle()

    [received] = [each for each in alice.server.received if each.activity["type"] == "Flag"]
    activity = received.activity
    assert (await told(site, answer)).startswith("Reported.")
    assert answer.headers["location"].startswith("/studio/conversation?done=reported#reply-")
    assert activity["actor"] == f"{site.base_url}/actor"
    assert activity["object"] == [alice.id, note["id"]]
    assert activity["content"] == "Sells things"
    assert received.path == "/users/alice/inbox"
    assert site.username not in str({**activity, "id": ""})


async def test_a_report_that_is_too_long_comes_back_as_it_was_typed(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Buy now", review.uri)

    answer = await press(site, await report_link(site), "Send the report", comment="x" * 5001)

    page = soup(answer)
    assert answer.status_code == 422
    assert "at most 5000 characters" in said(page.select_one(".problems"))
    assert said(page.select_one("textarea")) == "x" * 5001


async def test_a_report_typed_without_a_session_is_not_lost(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Buy now", review.uri)
    path = (await report_link(site)).partition("?")[0]

    asked = soup(await site.reader.post(path, data={"comment": "Sells things"}))
    kept = {str(f["name"]): str(f.get("value", "")) for f in asked.select("main input[name]")}
    signed_in = {"username": site.username, "password": PASSWORD}
    answer = await site.reader.post("/login", data={**kept, **signed_in})

    assert asked.select_one("input[name=kept-comment]") is not None
    assert answer.status_code == 200
    assert said(soup(answer).select_one("textarea")) == "Sells things"


async def test_an_own_answer_or_an_unknown_note_cannot_be_reported(site: Site) -> None:
    assert (await site.author.get("/studio/notes/none/report")).status_code == 404
    assert (await site.author.post("/studio/notes/none/report")).status_code == 404


async def test_a_reported_reply_is_read_hidden_and_forwarded_on_the_spot(
    site: Site, elsewhere: PretendActor, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Buy now", review.uri)
    await send(site, elsewhere, flag(elsewhere, note["id"], text="Sells things"))

    page = await site.desk(REPORTS)
    forward = one(page, "article a[href*='/report?']")
    form = await press(site, REPORTS, "Hide")
    sent = await press(site, str(forward["href"]), "Send the report", comment="Sells things")
    await site.settle()

    offered = await site.desk(str(forward["href"]))
    [received] = alice.server.activities("Flag")
    server = one(page, "article a[href^='/studio/servers/server']")
    assert said(one(page, "article .reply-text")) == "Buy now"
    assert said(forward) == "Forward to social.example"
    assert said(one(offered, "textarea")) == "Sells things"
    assert server["href"] == "/studio/servers/server?domain=social.example"
    assert (await told(site, form)).startswith("Hidden")
    assert sent.headers["location"].startswith("/studio/reports?done=reported")
    assert received["object"] == [alice.id, note["id"]]
    assert "Show again" in said(await site.desk(REPORTS))
