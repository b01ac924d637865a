"""What an author hears of in the desk."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from tests.clock import Clock
from tests.fediverse import Document, Neighbourhood, PretendActor
from tests.stories.site import Published, Site, follow, said, soup
from tests.stories.studio_forms import attribute, press, told
from tests.stories.test_inbox_thread import reply, send
from tests.stories.test_moderation import lead, rule
from tests.stories.test_moderation import press as decide
from tests.stories.test_takes import post_take, uri_of

pytestmark = pytest.mark.anyio

NOTICES = "/studio/notices"


def lines(page: BeautifulSoup) -> list[str]:
    """Give what the notices say, without their times."""
    found = page.select(".notices > li > .notice-line > a, .notices summary")
    for each in page.select(".notices .when, .notices .badge"):
        each.decompose()
    return [words(each) for each in found]


def words(element: Tag | None) -> str:
    """Give what an element says, as it is read."""
    return " ".join(element.get_text().split()) if element else ""


async def notices(site: Site, query: str = "") -> list[str]:
    return lines(await site.desk(f"{NOTICES}{query}"))


async def unread(site: Site) -> str:
    return said((await site.desk("/studio")).select_one(".studio-nav .badge"))


def private(actor: PretendActor, site: Site, text: str) -> Document:
    return actor.note(text, to=[site.actor_id], cc=[], **naming(site))


def naming(site: Site) -> dict[str, Any]:
    return {"tag": [{"type": "Mention", "href": site.actor_id}]}


async def test_without_anything_the_page_says_what_will_come(site: Site) -> None:
    page = await site.desk(NOTICES)

    assert "Nothing yet." in said(page)
    assert page.select_one(".studio-nav a[href='/studio/notices'] .badge") is None


async def test_a_reply_is_news_until_it_is_opened(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "So <b>true</b>.", review.uri)

    page = await site.desk(NOTICES)
    before = await unread(site)
    link = page.select_one(".notice-line a")
    assert link is not None
    opened = await site.author.get(str(link["href"]))

    [kept] = (await site.page(review.path)).select("article[id^=reply-]")
    note_id = str(kept["id"]).removeprefix("reply-")
    assert words(link) == "Alice replied to “BLAME! A Netflix Original”"
    assert "So true." in said(page.select_one(".notices"))
    assert before == "1 new"
    assert opened.status_code == 303
    assert opened.headers["location"] == f"/replies/{note_id}"
    assert await unread(site) == ""
    answer = page.select_one(f"a[href='/studio/replies/{note_id}/answer']")
    assert said(answer).startswith("Answer")


async def test_a_reply_that_arrives_twice_is_told_once(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("So true.", in_reply_to=review.uri)

    await send(site, alice, alice.create(note), alice.create(note))

    assert len(await notices(site)) == 1


async def test_a_deleted_reply_is_no_news(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "So true.", review.uri)

    await send(site, alice, alice.activity("Delete", note["id"]))

    assert await notices(site) == []
    assert await unread(site) == ""


async def test_nothing_is_heard_of_who_is_blocked_before_or_after(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await reply(site, alice, "So true.", review.uri)
    await follow(site, alice)

    await site.author.post("/studio/blocks", data={"actor": alice.id})
    await send(site, alice, alice.create(alice.note("Again", in_reply_to=review.uri)))
    await send(site, alice, alice.activity("Like", review.uri))

    assert await notices(site) == []


async def test_a_mention_and_a_message_are_told_apart(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    mention = alice.note("Look at @critic", cc=[site.actor_id], **naming(site))
    await send(site, alice, alice.create(mention))
    await send(site, bob, bob.create(private(bob, site, "A secret")))

    page = await site.desk(NOTICES)
    message, mentioned = page.select(".notice-line > a")
    opened = [await site.author.get(str(link["href"])) for link in (message, mentioned)]
    led = [answer.headers["location"] for answer in opened]

    assert said(message) == "You have a private message from Bob"
    assert said(mentioned) == "Alice mentioned you"
    assert led[0].startswith("/studio/messages/talk?with=https%3A%2F%2Fsmall.example")
    assert "A secret" in said(await site.desk(led[0]))
    assert led[1].startswith("/studio/conversation#reply-")


async def test_a_content_warning_hides_the_text_here_too(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "She dies.", review.uri, summary="The end")

    page = said(await site.desk(NOTICES))

    assert "Content warning: The end" in page
    assert "She dies" not in page


async def test_thirty_seven_followers_are_one_piece_of_news(
    site: Site, neighbourhood: Neighbourhood
) -> None:
    crowd = neighbourhood.server("crowd.example")
    people = [crowd.person(f"fan{number}") for number in range(5)]
    await follow(site, *people)

    page = await site.desk(NOTICES)
    link = page.select_one(".notice-line > a")
    assert link is not None
    opened = await site.author.get(str(link["href"]))

    assert lines(page) == ["Fan4, Fan3 and 3 others follow you"]
    assert opened.headers["location"] == "/studio/people#followers"
    assert await unread(site) == ""


async def test_who_follows_no_more_is_no_news_and_none_a_second_time(
    site: Site, alice: PretendActor
) -> None:
    asked = alice.activity("Follow", site.actor_id)
    await send(site, alice, asked)
    first = await notices(site)
    await site.author.get(f"{NOTICES}/1")

    await send(site, alice, alice.activity("Undo", asked))
    gone = await notices(site)
    await send(site, alice, alice.activity("Follow", site.actor_id))

    assert first == ["Alice follows you"]
    assert gone == []
    assert await unread(site) == ""


async def test_likes_and_boosts_of_one_thing_stand_together(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    like = alice.activity("Like", review.uri)
    await send(site, alice, like)
    await send(site, bob, bob.activity("Like", review.uri), bob.activity("Announce", review.uri))

    together = await notices(site)
    await send(site, alice, alice.activity("Undo", like))

    assert together == [
        "Bob boosted “BLAME! A Netflix Original”",
        "Bob and Alice like “BLAME! A Netflix Original”",
    ]
    assert (await notices(site))[1] == "Bob likes “BLAME! A Netflix Original”"


async def test_many_replies_under_one_review_are_folded_together(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    await reply(site, alice, "One", review.uri)
    await reply(site, bob, "Two", review.uri)
    await reply(site, alice, "Three", review.uri)

    page = await site.desk(NOTICES)

    assert lines(page) == ["Alice and Bob replied to “BLAME! A Netflix Original”"]
    assert len(page.select("details a[href^='/studio/notices/']")) == 3

    now.advance(timedelta(days=1))
    await reply(site, bob, "Four", review.uri)
    assert len(await notices(site)) == 2


async def test_an_answer_to_an_answer_of_ones_own_is_a_reply(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    take = uri_of(site, await post_take(site, text="Short and good."))
    first = await reply(site, alice, "Hm", take)

    await reply(site, bob, "Ha", first["id"])

    page = await site.desk(NOTICES)
    assert [words(link) for link in page.select(".notice-line > a")] == [
        "Bob replied to you",
        "Alice replied to you",
    ]


async def test_reports_and_quotes_lead_to_their_pages(
    site: Site, neighbourhood: Neighbourhood, alice: PretendActor, review: Published
) -> None:
    elsewhere = neighbourhood.server("watch.example").person("actor", type="Application")
    await send(site, elsewhere, elsewhere.activity("Flag", [review.uri], content="Spam"))
    post = alice.note("Read this", quoteUrl=review.uri)
    await send(site, alice, alice.create(post))

    found = await notices(site)
    opened = [(await site.author.get(f"{NOTICES}/{n}")).headers["location"] for n in (1, 2)]

    assert found == [
        "Alice quotes “BLAME! A Netflix Original”",
        "watch.example reports something on this site",
    ]
    assert opened == ["/studio/reports", "/studio/quotes"]

    await send(site, alice, alice.activity("Delete", post["id"]))
    assert len(await notices(site)) == 1


async def test_everything_is_marked_as_read_and_unread_again(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    await reply(site, alice, "So true.", review.uri)
    await site.author.get(f"{NOTICES}/1")
    now.advance(timedelta(hours=1))
    await follow(site, bob)
    await follow(site, alice)

    answer = await press(site, NOTICES, "Mark all as read")
    marked = await unread(site)
    undo = soup(await site.author.get(answer.headers["location"])).select_one("form.notice input")
    assert undo is not None
    undone = await site.author.post(f"{NOTICES}/unread", data={"marked_at": str(undo["value"])})

    assert (await told(site, answer)) == "Marked as read."
    assert marked == ""
    assert (await told(site, undone)) == "Unread again."
    assert await unread(site) == "2 new"


async def test_what_came_after_the_page_was_shown_stays_unread(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await reply(site, alice, "So true.", review.uri)
    shown = (await site.desk(NOTICES)).select_one("input[name=up_to]")
    assert shown is not None

    await follow(site, bob)
    await site.author.post(f"{NOTICES}/read", data={"up_to": str(shown["value"])})

    assert await unread(site) == "1 new"


async def test_notices_are_shown_of_one_kind(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await follow(site, alice)
    await reply(site, alice, "So true.", review.uri)

    assert await notices(site, "?kind=follow") == ["Alice follows you"]
    assert "nothing of this kind" in said(await site.desk(f"{NOTICES}?kind=report"))
    assert len(await notices(site, "?kind=nonsense&before=x")) == 2


async def test_times_are_those_of_the_author(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await site.author.post(
        "/studio/settings/rating",
        data={
            "best": "10",
            "worst": "0",
            "step": "0.5",
            "time_zone": "Asia/Tokyo",
        },
    )
    await reply(site, alice, "So true.", review.uri)

    page = await site.desk(NOTICES)

    assert said(page.select_one(".notices .when")) == "1 May 2024, 21:00"
    assert "Times are those of Asia/Tokyo" in said(page)


async def test_old_notes_that_are_fetched_late_are_no_news(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    long_ago = (now() - timedelta(days=9)).isoformat()

    await reply(site, alice, "Years ago", review.uri, published=long_ago)

    assert await notices(site) == []


async def test_a_server_that_takes_nothing_for_a_day_is_trouble_once_a_day(
    site: Site, bob: PretendActor, review: Published, now: Clock
) -> None:
    await follow(site, bob)
    bob.server.is_down = True
    await site.publish(title="Another")

    for _ in range(16):
        now.advance(timedelta(hours=4))
        await site.settle()

    found = [line for line in await notices(site) if "follows" not in line]
    assert found[0] == (
        "small.example has not taken anything for a day. It is tried again for up to a week."
    )
    assert 2 <= len(found) <= 3


async def test_notices_are_for_their_author_alone(site: Site, alice: PretendActor) -> None:
    await follow(site, alice)

    assert (await site.reader.get(NOTICES)).status_code in {303, 401}
    assert (await site.author.get(f"{NOTICES}/99")).status_code == 404
    assert (await site.author.get(f"{NOTICES}/none")).status_code == 404
    assert (await site.author.post(f"{NOTICES}/unread", data={"marked_at": "x"})).status_code == 303
    assert (
        await site.author.post(f"{NOTICES}/unread", data={"marked_at": "2024-05-01"})
    ).status_code == 303
    assert (await site.author.post(f"{NOTICES}/read", data={"up_to": "x"})).status_code == 303


async def test_a_reply_that_waits_leads_to_where_it_is_decided_and_then_to_the_page(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    await reply(site, alice, "So true.", review.uri)

    waiting = await notices(site)
    opened = await site.author.get(f"{NOTICES}/1")
    page = await site.desk("/studio/waiting")
    note_id = attribute(page, "article[id^=reply-]", "id").removeprefix("reply-")
    await decide(site, "approve")
    shown = await site.author.get(f"{NOTICES}/1")

    assert waiting == [
        "Alice wrote a reply that waits for your decision, to “BLAME! A Netflix Original”"
    ]
    assert opened.headers["location"] == f"/studio/waiting#reply-{note_id}"
    assert shown.headers["location"] == f"/replies/{note_id}"
    assert await notices(site) == ["Alice replied to “BLAME! A Netflix Original”"]


async def test_what_a_rule_sets_aside_is_no_news(
    site: Site, alice: PretendActor, review: Published
) -> None:
    rule(site, "casino", verdict="spam")

    await reply(site, alice, "Win in my casino", review.uri)
    await send(site, alice, alice.create(private(alice, site, "Win in my casino")))

    assert await notices(site) == []
