"""The author sees what became of everything that was sent, and what can be done about it."""

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from bs4 import BeautifulSoup

from fedreview.services.delivering import GIVE_UP_AFTER
from tests.clock import Clock
from tests.databases import Statements
from tests.fediverse import Neighbourhood, PretendActor, PretendServer
from tests.stories.site import Published, Site, soup
from tests.stories.test_acts import note_id
from tests.stories.test_inbox_thread import reply

pytestmark = pytest.mark.anyio

BOARD = "/studio/deliveries"
SERVERS = f"{BOARD}/servers"


async def follow(site: Site, *followers: PretendActor) -> None:
    for follower in followers:
        answer = await follower.send(site.author_inbox, follower.activity("Follow", site.actor_id))
        assert answer.status_code == 202
    await site.settle()


def say(server: PretendServer, *statuses: int) -> None:
    """Let the next inbox POSTs be answered so."""
    server.answers.extend(map(httpx.Response, statuses))


def words(page: BeautifulSoup) -> str:
    main = page.find("main")
    assert main
    return " ".join(main.get_text(" ").split())


async def press(site: Site, path: str, **fields: str) -> str:
    """Send a form and read the page that follows."""
    answer = await site.author.post(path, data=fields)
    assert answer.status_code == 303, answer.text
    return words(await site.desk(answer.headers["location"]))


async def table(site: Site, path: str) -> list[list[str]]:
    answer = await site.author.get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def where_it_went(site: Site, title: str) -> str:
    """Give the path of the page that says where a review went."""
    page = await site.desk(BOARD)
    [link] = [
        each for each in page.select('a[href^="/studio/deliveries/"]') if title in each.get_text()
    ]
    return str(link["href"])


async def test_at_first_the_board_says_what_will_stand_there(site: Site) -> None:
    assert "Nothing was sent in the last two weeks" in words(await site.desk(BOARD))
    assert "Nothing was sent to another server" in words(await site.desk(SERVERS))


async def test_what_was_sent_stands_there_in_words_with_what_became_of_it(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    await follow(site, alice, bob)
    review = await site.publish()
    say(bob.server, 503)
    await site.settle()
    await site.author.post(f"/studio/reviews/{review.id}/pin")
    await site.settle()

    page = await site.desk(BOARD)

    said = words(page)
    assert "Review pinned: BLAME! A Netflix Original" in said
    assert "Review published: BLAME! A Netflix Original 1 delivered 1 failing" in said
    assert f"Answer to the follow of @{alice.handle.removeprefix('@')}" in said
    assert page.select(f'a[href="{review.path}"]')
    one = words(await site.desk(await where_it_went(site, "published: BLAME")))
    assert "small.example It has a fault of its own. Last answer: 503 Service Unavailable." in one
    assert "social.example Delivered" in one


@pytest.mark.parametrize(
    ("state", "found"),
    [("failing", True), ("delivered", True), ("given-up", False), ("nonsense", True)],
)
async def test_the_board_shows_only_what_is_asked_for(
    site: Site, alice: PretendActor, state: str, found: bool
) -> None:
    await follow(site, alice)
    await site.publish()
    say(alice.server, 503)
    await site.settle()

    said = words(await site.desk(f"{BOARD}?state={state}"))

    is_review_wanted = state in {"failing", "nonsense"}
    assert ("Review published" in said) is is_review_wanted
    assert ("Nothing is like that" in said) is not found


async def test_a_server_is_named_with_a_reason_and_can_be_tried_again(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    await follow(site, alice, bob)
    await site.publish()
    say(alice.server, 429)
    await site.settle()
    alice.server.received.clear()

    servers = words(await site.desk(SERVERS))
    said = await press(site, f"{SERVERS}/social.example/resend")
    await site.settle()
    again = await press(site, f"{SERVERS}/social.example/resend")

    assert servers.index("social.example") < servers.index("small.example")
    assert "It asked us to slow down. Last answer: 429 Too Many Requests." in servers
    assert "1 delivery is tried again now." in said
    assert len(alice.server.activities("Create")) == 1
    assert "Nothing was left to try again" in again
    assert "It has taken everything so far." in again


async def test_what_was_given_up_is_delivered_after_all_and_once(
    site: Site, alice: PretendActor, bob: PretendActor, now: Clock
) -> None:
    await follow(site, alice, bob)
    await site.publish()
    say(alice.server, 422)
    say(bob.server, 422)
    await site.settle()
    rows = site.rows()["deliveries"]
    now.advance(GIVE_UP_AFTER)
    one = await where_it_went(site, "published")
    alice.server.received.clear()
    bob.server.received.clear()

    page = await site.desk(one)
    field = page.select_one('input[name="delivery"]')
    assert field
    first = await press(site, f"{one}/resend", delivery=str(field["value"]))
    second = await press(site, f"{BOARD}/resend")
    await site.settle()

    assert "1 delivery is tried again now." in first
    assert "1 delivery is tried again now." in second
    assert len(alice.server.activities("Create")) == 1
    assert len(bob.server.activities("Create")) == 1
    assert site.rows()["deliveries"] == rows
    assert "2 delivered" in words(await site.desk(one))


async def test_a_failure_after_trying_again_is_tried_for_another_week(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    await site.publish()
    say(alice.server, 422)
    await site.settle()
    now.advance(GIVE_UP_AFTER * 2)
    await press(site, f"{BOARD}/resend")
    say(alice.server, 503)
    await site.settle()

    said = words(await site.desk(f"{SERVERS}/social.example"))

    assert "1 failing" in said
    assert "Failed 1 time." in said


async def test_what_is_deleted_is_not_sent_any_more(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await follow(site, alice)
    other = await site.publish(review_title="Another")
    say(alice.server, 422)
    await site.settle()
    one = await where_it_went(site, "Another")
    await site.delete(other.id)
    await site.settle()

    page = await site.desk(one)
    said = await press(site, f"{one}/resend")

    assert "it is not sent any more" in words(page)
    assert not page.select(f'form[action="{one}/resend"]')
    assert "Nothing was left to try again" in said


async def test_to_stop_trying_ends_what_waits_for_a_server(site: Site, alice: PretendActor) -> None:
    await follow(site, alice)
    await site.publish()
    say(alice.server, 503)
    await site.settle()

    said = await press(site, f"{SERVERS}/social.example/stop")

    assert "1 delivery is given up." in said
    assert "1 given up" in said
    assert site.queues().deliveries == {"done": 1, "given up": 1}


async def test_the_tables_hold_what_the_pages_show_and_no_formula(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)
    await site.publish(review_title='=HYPERLINK("https://evil.example")')
    say(alice.server, 503)
    await site.settle()
    await site.author.post("/studio/takes", data={"kind": "film", "do": "publish", "text": "Ash."})
    one = await where_it_went(site, "HYPERLINK")

    sent = await table(site, f"{BOARD}/list.csv")
    inboxes = await table(site, f"{one}/list.csv")
    servers = await table(site, f"{SERVERS}/list.csv?show=trouble")
    server = await table(site, f"{SERVERS}/social.example/list.csv")

    assert [row[1] for row in sent[1:3]] == [
        "Take",
        'Review published: =HYPERLINK("https://evil.example")',
    ]
    [sent_at] = {row[2] for row in sent[2:3]}
    assert datetime.strptime(sent_at, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  (what a spreadsheet reads)
    assert inboxes[1][0] == "social.example"
    assert "503 Service Unavailable" in inboxes[1]
    assert [row[0] for row in servers] == ["server", "social.example"]
    assert [row[3] for row in server] == ["state", "failing", "on the way"]


async def test_a_server_is_found_by_a_part_of_its_name(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    await follow(site, alice, bob)
    await site.publish()
    await site.settle()
    one = await where_it_went(site, "published")

    servers = words(await site.desk(f"{SERVERS}?server=@kim@SMALL.exam"))
    page = words(await site.desk(f"{one}?server=https://small.example/about"))
    rows = await table(site, f"{one}/list.csv?server=small")
    nothing = words(await site.desk(f"{SERVERS}?server=100%25"))

    assert "small.example" in servers
    assert "social.example" not in servers
    assert "small.example Delivered" in page
    assert "social.example Delivered" not in page
    assert [row[0] for row in rows] == ["server", "small.example"]
    assert "was sent in the last two weeks to a server with 100% in its name" in nothing


async def test_times_are_on_the_clock_of_the_author(site: Site, alice: PretendActor) -> None:
    fields = {"best": "10", "worst": "0", "step": "0.5", "time_zone": "Asia/Kathmandu"}
    assert (await site.author.post("/studio/settings/rating", data=fields)).status_code == 303
    await follow(site, alice)
    await site.publish()
    say(alice.server, 503)
    await site.settle()

    page = await site.desk(f"{SERVERS}/social.example")

    local = site.clock().astimezone(ZoneInfo("Asia/Kathmandu"))
    assert f"is of {local.day} {local:%B %Y, %H:%M} ." in words(page)
    assert "Times are those of Asia/Kathmandu." in page.get_text()


async def test_nothing_is_offered_to_be_tried_again_while_all_is_well(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)
    await site.publish()
    await site.settle()

    assert "Try all again" not in words(await site.desk(BOARD))


async def test_while_something_is_sent_pages_say_how_far_it_has_come(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    await follow(site, alice, bob)
    published = await site.author.post("/studio/write", data={
        "kind": "film", "title": "Ash", "review_title": "Ash", "body": "Grey.", "language": "en",
        "spoilers": "none", "do": "publish",
    })  # fmt: skip

    after = soup(await site.author.get(published.headers["location"]))
    desk, board = await site.desk("/studio"), await site.desk(BOARD)
    [part] = desk.select(".fan-outs")
    ask = str(part["hx-get"])
    say(bob.server, 503)
    await site.settle()
    then = soup(await site.author.get(ask))

    for page in (after, desk, board):
        assert "0 of 2 servers have it." in page.select(".fan-outs")[0].get_text()
        assert page.select('script[src*="htmx"]')
    [progress] = then.select("progress")
    assert (progress["value"], progress["max"]) == ("1", "2")
    assert "What could not be delivered is tried again." in then.get_text()
    assert not then.select("[hx-get]")
    assert not (await site.desk("/studio")).select(".fan-outs")
    assert not (await site.page(published.headers["location"])).select(".fan-outs")
    signed_out = await site.reader.get(ask)
    assert (signed_out.status_code, signed_out.text) == (286, "")


async def test_a_notice_of_trouble_leads_to_the_server(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    await site.publish()
    say(alice.server, 422)
    await site.settle()

    page = await site.desk("/studio/notices")
    [link] = [each for each in page.select("a") if "refused something" in each.get_text()]
    answer = await site.author.get(str(link["href"]))

    assert answer.headers["location"] == f"{SERVERS}/social.example"


@pytest.mark.parametrize(
    "path",
    [
        f"{BOARD}/nothing",
        f"{BOARD}/nothing/list.csv",
        f"{SERVERS}/nobody.example",
        f"{SERVERS}/nobody.example/list.csv",
    ],
)
async def test_what_was_never_sent_is_not_found(site: Site, path: str) -> None:
    assert (await site.author.get(path)).status_code == 404


async def test_a_server_of_which_nothing_is_known_any_more_says_why(site: Site) -> None:
    page = soup(await site.author.get(f"{SERVERS}/nobody.example"))

    assert "Nothing that was sent to this server is remembered." in words(page)


@pytest.mark.parametrize("path", [BOARD, SERVERS, f"{SERVERS}/list.csv", f"{SERVERS}/a.example"])
async def test_only_an_author_sees_the_board(site: Site, path: str) -> None:
    answer = await site.reader.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


async def test_a_page_costs_the_same_however_many_servers_there_are(
    site: Site, neighbourhood: Neighbourhood, now: Clock, statements: Statements
) -> None:
    async def cost(path: str) -> int:
        with statements.recorded() as seen:
            assert (await site.author.get(path)).status_code == 200
        return len(seen)

    servers = [neighbourhood.server(f"s{n}.example") for n in range(8)]
    await follow(site, servers[0].person("kim"))
    await site.publish(review_title="One")
    say(servers[0], 503)
    await site.settle()
    paths = (BOARD, SERVERS, await where_it_went(site, "One"), f"{SERVERS}/s0.example")
    few = [await cost(path) for path in paths]
    await follow(site, *(server.person("kim") for server in servers[1:]))
    for number in range(4):
        for server in servers:
            say(server, 503)
        await site.publish(review_title=f"More {number}")
        await site.settle()
        now.advance(timedelta(minutes=1))
    paths = (BOARD, SERVERS, await where_it_went(site, "More 3"), f"{SERVERS}/s0.example")

    assert [await cost(path) for path in paths] == few


async def test_everything_that_an_author_does_is_named(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, alice, bob)
    await reply(site, alice, "Well said", review.uri)
    here = f"/studio/notes/{await note_id(site)}"
    answer = here.replace("notes", "replies")
    post = site.author.post

    await post(f"{answer}/answer", data={"text": "Ha."})
    await post(f"/studio/reviews/{review.id}/comment", data={"text": "One more thing."})
    await post("/studio/messages", data={"with": alice.id, "text": "Between us."})
    for act in ("like", "unlike", "boost", "unboost", "report"):
        await post(f"{here}/{act}")
    await post("/studio/following", data={"handle": f"@{alice.handle}"})
    await post("/studio/following/remove", data={"actor": alice.id})
    await post("/studio/followers/remove", data={"actor": bob.id})
    await post("/studio/blocks", data={"actor": bob.id})
    await post("/studio/blocks/remove", data={"actor": bob.id})
    await post("/studio/settings", data={"name": "The Critic", "site_title": "Reviews"})
    await post(f"/studio/reviews/{review.id}/pin")
    await post(f"/studio/reviews/{review.id}/unpin")

    page = await site.desk(BOARD)
    named = [" ".join(each.get_text().split()) for each in page.select(".sent-what")]
    assert named == [
        "Review unpinned: BLAME! A Netflix Original",
        "Review pinned: BLAME! A Netflix Original",
        "Profile changed",
        "No longer blocked: @bob@small.example",
        "Block of @bob@small.example",
        "Followers no more: @bob@small.example",
        "No longer followed: @alice@social.example",
        "Follow of @alice@social.example",
        "Report about a post of @alice@social.example",
        "Boost taken back, of a post of @alice@social.example",
        "Boost of a post of @alice@social.example",
        "Like taken back, of a post of @alice@social.example",
        "Like of a post of @alice@social.example",
        "Private message",
        "Answer under BLAME! A Netflix Original",
        "Answer to @alice@social.example",
        "Answer to the follow of @bob@small.example",
        "Answer to the follow of @alice@social.example",
    ]
    for link in page.select(".sent-what a"):
        assert not (await site.author.get(str(link["href"]))).is_error, link["href"]
