"""Replies wait for a reason, are decided about, and every decision can be undone."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from fedreview.domain.moderation import KEEP_SET_ASIDE, Severity
from fedreview.storage import domains
from fedreview.storage.domains import DomainBlock
from tests.clock import Clock
from tests.databases import Statements
from tests.fediverse import Document, PretendActor, PretendServer
from tests.stories.site import PASSWORD, Published, Site, follow, heading, said, soup, thread

pytestmark = pytest.mark.anyio


async def send(site: Site, actor: PretendActor, *activities: Document) -> None:
    for activity in activities:
        answer = await actor.send(site.inbox, activity)
        assert answer.status_code == 202, answer.text
        await site.settle()


async def reply(site: Site, actor: PretendActor, text: str, under: str, **more: Any) -> Document:
    note = actor.note(text, in_reply_to=under, **more)
    await send(site, actor, actor.create(note))
    return note


async def desk(site: Site, path: str) -> BeautifulSoup:
    """Read a page of the desk; nothing about its markup is asked here, so the quick way."""
    return BeautifulSoup((await site.author.get(path)).text, "html.parser")


async def public(site: Site, path: str) -> BeautifulSoup:
    return BeautifulSoup((await site.reader.get(path)).text, "html.parser")


def lead(site: Site, **fields: str) -> None:
    kept = {"replies_mode": "open", "closes_after_days": "0", "most_links": "3"}
    site.parts.site.ruling.change_site(site.account(), {**kept, **fields})


def invite(site: Site, who: str) -> None:
    fields = {"who_replies": who, "who_quotes": "everyone"}
    site.parts.site.ruling.change_author(site.account(), fields)


def rule(site: Site, phrase: str, verdict: str = "hold") -> None:
    site.parts.site.ruling.add_rule(site.account(), phrase, verdict)


def reasons(page: BeautifulSoup) -> list[str]:
    return [said(each.select_one(".about .badge")) for each in page.select(".held")]


async def waiting(site: Site) -> list[str]:
    """Tell why each reply waits."""
    return reasons(await desk(site, "/studio/waiting"))


async def aside(site: Site) -> list[str]:
    return reasons(await desk(site, "/studio/set-aside"))


async def press(
    site: Site, act: str, number: int = 0, *, path: str = "/studio/waiting"
) -> BeautifulSoup:
    """Press a button of the n-th reply, and give the page after it."""
    buttons = (await desk(site, path)).select(f"[data-act='{act}']")
    answer = await site.author.post(path, data={"one": str(buttons[number]["value"])})
    assert answer.status_code == 303
    return await desk(site, answer.headers["location"])


async def undo(site: Site, page: BeautifulSoup) -> BeautifulSoup:
    form = page.select_one("form[action='/studio/moderation/undo']")
    assert form is not None
    fields = {str(each["name"]): str(each["value"]) for each in form.select("input")}
    answer = await site.author.post("/studio/moderation/undo", data=fields)
    return await desk(site, answer.headers["location"])


def notice(page: BeautifulSoup) -> str:
    return said(page.select_one(".stroke [role=status]"))


async def log(site: Site, about: str = "") -> list[str]:
    page = await desk(site, f"/studio/log?about={about}")
    return [said(each.select_one("p")) for each in page.select(".log > li")]


async def test_the_first_reply_waits_and_approving_it_trusts_its_writer(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="first")
    await reply(site, alice, "One", review.uri)

    assert thread(await public(site, review.path)) == []
    assert await waiting(site) == ["First reply of somebody new"]
    done = await press(site, "approve")

    assert notice(done).startswith("Approved: it is shown now.")
    assert thread(await public(site, review.path)) == [(0, "One")]
    await reply(site, alice, "Two", review.uri)
    assert len(thread(await public(site, review.path))) == 2
    trusted = await desk(site, "/studio/trusted")
    assert "Since a first approval" in said(trusted.select_one(".people li"))


async def test_undoing_an_approval_takes_the_trust_back_as_well(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="first")
    await reply(site, alice, "One", review.uri)

    done = await undo(site, await press(site, "approve"))

    assert notice(done) == "Undone."
    assert thread(await public(site, review.path)) == []
    assert await waiting(site) == ["First reply of somebody new"]
    assert (await desk(site, "/studio/trusted")).select(".people li") == []
    answer = await site.author.post("/studio/moderation/undo", data={"batch": "nonsense"})
    assert answer.status_code == 404


async def test_a_held_reply_stands_nowhere_until_it_is_approved(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    note = await reply(site, alice, "Findable", review.uri)

    async def seen() -> tuple[bool, ...]:
        collection = await site.document(f"{review.uri}/replies")
        context = await site.document(f"{review.uri}/context?page=1")
        return (
            note["id"] in str(collection),
            note["id"] in str(context),
            collection["totalItems"] == 1,
            "1 reply" in said((await public(site, "/")).select_one(".card")),
            "1 thought" in heading(await public(site, review.path)),
            "Findable" in (await site.reader.get("/feed.json")).text,
        )

    assert await seen() == (False,) * 6
    await press(site, "approve")
    assert await seen() == (True, True, True, True, True, False)


async def test_likes_and_boosts_never_wait(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="closed")

    await send(site, alice, alice.activity("Like", review.uri))

    assert "1 like" in said((await public(site, review.path)).select_one(".tallies"))


async def test_who_is_not_invited_waits(site: Site, alice: PretendActor, review: Published) -> None:
    invite(site, "following")

    await reply(site, alice, "Me too", review.uri)

    assert await waiting(site) == ["You do not follow them"]


async def test_followers_reply_where_followers_may(
    site: Site, alice: PretendActor, review: Published
) -> None:
    invite(site, "followers")
    await follow(site, alice)

    await reply(site, alice, "Me too", review.uri)

    assert thread(await public(site, review.path)) == [(0, "Me too")]


async def test_a_conversation_closes_after_its_days_and_the_page_says_so(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    lead(site, closes_after_days="10")
    assert "Replies are closed" not in said(await public(site, review.path))
    first = await reply(site, alice, "In time", review.uri)

    now.advance(timedelta(days=10))
    await reply(site, alice, "Too late", first["id"])

    assert "Replies are closed." in said(await public(site, review.path))
    assert await waiting(site) == ["The conversation is closed"]


async def test_a_review_has_its_own_way_and_is_closed_from_its_page(
    site: Site, alice: PretendActor, review: Published
) -> None:
    where = f"/studio/reviews/{review.id}"
    wrong = await site.author.post(f"{where}/conduct", data={"closes_after_days": "soon"})
    assert "whole number" in said(soup(wrong).select_one(".problem"))
    fields = {"replies_mode": "all", "closes_after_days": "", "who_replies": "", "who_quotes": ""}
    await site.author.post(f"{where}/conduct", data=fields)
    assert "after the author has looked at them" in said(await public(site, review.path))

    await site.author.post(f"{where}/close", data={"return_to": review.path})
    await reply(site, alice, "Hello?", review.uri)

    assert "Replies are closed." in said(await public(site, review.path))
    assert await waiting(site) == ["The conversation is closed"]
    lead(site, replies_mode="closed")
    await site.author.post(f"{where}/reopen", data={"return_to": review.path})
    assert "Replies are closed." not in said(await public(site, review.path))


async def test_what_a_silenced_server_says_waits(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    silence = DomainBlock(domain="social.example", severity=Severity.SILENCE, created_at=now())
    with site.parts.database.transaction() as tx:
        domains.put_block(tx, silence)

    await reply(site, alice, "Psst", review.uri)

    assert await waiting(site) == ["Their server is silenced"]
    await press(site, "trust")
    await reply(site, alice, "Thanks", review.uri)
    assert [text for _, text in thread(await public(site, review.path))] == ["Psst", "Thanks"]


async def test_links_wait_and_mentions_are_none(
    site: Site, alice: PretendActor, review: Published
) -> None:
    link = '<a href="https://shop.example/{}">x</a> '
    mention = '<a class="mention" href="https://reviews.example/@critic">@critic</a>'

    await reply(site, alice, link.format(1) * 3 + mention * 9, review.uri)
    await reply(site, alice, "".join(link.format(n) for n in range(4)), review.uri)

    assert len(thread(await public(site, review.path))) == 1
    assert await waiting(site) == ["Has 4 links"]


async def test_words_hold_or_set_aside_by_the_text_alone(
    site: Site, social: PretendServer, review: Published
) -> None:
    rule(site, "casino")
    rule(site, "無料", "spam")
    named = social.person("named")
    social.documents["/users/named"]["name"] = "Casino Casino"

    await reply(site, named, "A film", review.uri)
    await reply(site, named, "The CA<b>SI</b>NO scene", review.uri)
    await reply(site, named, "今だけ無料です", review.uri)
    await reply(site, named, "Quiet", review.uri, summary="a casino")

    assert thread(await public(site, review.path)) == [(0, "A film")]
    assert await waiting(site) == ["Has the words “ casino ”"] * 2
    assert await aside(site) == ["Has the words “ 無料 ”"]
    assert any("The site held @named@social.example" in line for line in await log(site, "named"))


async def test_an_edit_that_brings_a_word_in_waits_again_and_a_held_one_stays(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    rule(site, "casino")
    note = await reply(site, alice, "A film", review.uri)

    async def edit(text: str) -> None:
        now.advance(timedelta(minutes=1))
        changed = {**note, "content": f"<p>{text}</p>", "updated": now().isoformat()}
        await send(site, alice, alice.activity("Update", changed))

    await edit("A casino")
    assert thread(await public(site, review.path)) == []
    assert await waiting(site) == ["Has the words “ casino ”"]
    await edit("A film after all")
    assert await waiting(site) == ["Has the words “ casino ”"]
    await press(site, "approve")
    assert thread(await public(site, review.path)) == [(0, "A film after all")]


async def test_nothing_is_approved_that_was_edited_since_it_was_read(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    lead(site, replies_mode="all")
    note = await reply(site, alice, "Kind", review.uri)
    button = (await desk(site, "/studio/waiting")).select_one("[data-act=approve]")
    assert button is not None

    now.advance(timedelta(minutes=1))
    rude = {**note, "content": "<p>Rude</p>", "updated": now().isoformat()}
    await send(site, alice, alice.activity("Update", rude))
    answer = await site.author.post("/studio/waiting", data={"one": str(button["value"])})

    assert "One was left as it is" in notice(await desk(site, answer.headers["location"]))
    assert thread(await public(site, review.path)) == []


async def test_an_approved_reply_waits_again_when_its_words_change_where_all_are_read(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    lead(site, replies_mode="all")
    note = await reply(site, alice, "Kind", review.uri)
    await press(site, "approve")

    now.advance(timedelta(minutes=1))
    rude = {**note, "content": "<p>Rude</p>", "updated": now().isoformat()}
    await send(site, alice, alice.activity("Update", rude))

    assert thread(await public(site, review.path)) == []
    assert await waiting(site) == ["Every reply is looked at first"]


async def test_what_comes_before_its_parent_is_judged_when_it_comes_home(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    parent = alice.note("Parent", in_reply_to=review.uri)
    mention = {"type": "Mention", "href": site.actor_id}
    await reply(site, bob, "Child", parent["id"], tag=[mention])
    assert await waiting(site) == []

    await send(site, alice, alice.create(parent))

    assert len(await waiting(site)) == 2
    assert thread(await public(site, review.path)) == []


async def test_a_private_message_that_becomes_public_is_judged_as_a_reply(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    lead(site, replies_mode="all")
    note = alice.note("For you", in_reply_to=review.uri, to=[site.actor_id], cc=[])
    await send(site, alice, alice.create(note))
    assert await waiting(site) == []

    now.advance(timedelta(minutes=1))
    open_now = {**note, "to": ["https://www.w3.org/ns/activitystreams#Public"]}
    await send(site, alice, alice.activity("Update", {**open_now, "updated": now().isoformat()}))

    assert await waiting(site) == ["Every reply is looked at first"]


async def test_replies_deep_below_a_take_wait_like_all_others(
    site: Site, alice: PretendActor
) -> None:
    await site.author.post(
        "/studio/takes", data={"kind": "film", "do": "publish", "text": "A take."}
    )
    page = await public(site, "/takes")
    path = next(str(a["href"]) for a in page.select("a[href*='/notes/']"))
    take = f"{site.base_url}/ap/notes/{path.rpartition('/')[2].partition('#')[0]}"
    first = await reply(site, alice, "Shown", take)
    lead(site, replies_mode="all")

    await reply(site, alice, "Held", first["id"])

    item = (await desk(site, "/studio/waiting")).select_one(".held")
    assert "On A take." in said(item)
    assert "Alice : Shown" in said(item) or "alice" in said(item).lower()
    await press(site, "approve")
    assert [text for _, text in thread(await public(site, path))] == ["Shown", "Held"]


async def test_messages_and_mentions_meet_only_the_words_of_spam(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="closed")
    rule(site, "casino")
    rule(site, "pills", "spam")

    for text in ("Hello from a casino", "Buy pills"):
        note = alice.note(text, to=[site.actor_id], cc=[])
        await send(site, alice, alice.create(note))

    assert await waiting(site) == []
    assert await aside(site) == ["Has the words “ pills ”"]
    assert "casino" in said(await desk(site, "/studio/conversation"))
    assert "Buy pills" not in " ".join(await log(site))


async def test_everything_that_is_ticked_is_done_at_once_and_undone_at_once(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    for number in range(3):
        await reply(site, alice if number else bob, f"No {number}", review.uri)
    page = await desk(site, "/studio/waiting?choose=all")
    picks = [str(box["value"]) for box in page.select("[name=pick][checked]")]

    answer = await site.author.post("/studio/waiting", data={"do": "spam", "pick": picks})
    done = await desk(site, answer.headers["location"])

    assert "3 replies" in notice(done)
    assert await aside(site) == ["You called it spam"] * 3
    await undo(site, done)
    assert await waiting(site) == ["Every reply is looked at first"] * 3
    nothing = await site.author.post("/studio/waiting", data={"do": "spam"})
    assert "Nothing was chosen" in notice(await desk(site, nothing.headers["location"]))


async def test_what_is_shown_can_be_put_aside_from_the_conversation(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Rude", review.uri)
    form = (await desk(site, "/studio/conversation")).select_one("form[action$='/put-aside']")
    assert form is not None

    answer = await site.author.post(str(form["action"]), data={"do": "spam"})
    page = await desk(site, answer.headers["location"])

    assert reasons(page) == ["You called it spam"]
    assert thread(await public(site, review.path)) == []
    await undo(site, page)
    assert thread(await public(site, review.path)) == [(0, "Rude")]
    assert (await site.author.post("/studio/replies/nothing/put-aside")).status_code == 404


async def test_hiding_keeps_the_place_and_can_be_undone_from_the_log(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    first = await reply(site, alice, "Rude", review.uri)
    await reply(site, bob, "Kind", first["id"])
    shown = (await desk(site, review.path)).select_one("form[action$='/hide']")
    assert shown is not None
    await site.author.post(str(shown["action"]))
    assert thread(await public(site, review.path))[0][1].startswith("This reply is hidden")

    await undo(site, await desk(site, "/studio/log"))

    assert thread(await public(site, review.path)) == [(0, "Rude"), (1, "Kind")]


async def test_blocking_a_person_takes_all_of_theirs_out_of_the_queue_and_comes_back(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    for text in ("One", "Two"):
        await reply(site, alice, text, review.uri)
    await reply(site, bob, "Three", review.uri)

    done = await press(site, "block")
    await site.settle()

    assert "Blocked: @alice@social.example" in notice(done)
    assert len(await waiting(site)) == 1
    assert len(await aside(site)) == 2
    assert alice.server.received[-1].activity["type"] == "Block"
    await undo(site, done)
    await site.settle()
    assert alice.server.received[-1].activity["type"] == "Undo"
    assert len(await waiting(site)) == 3


async def test_blocking_a_server_does_the_same_for_all_of_it(
    site: Site, social: PretendServer, bob: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    for name in ("alice", "carol"):
        await reply(site, social.person(name), name, review.uri)
    await reply(site, bob, "Three", review.uri)

    done = await press(site, "block_server")

    assert "Blocked: social.example" in notice(done)
    assert len(await waiting(site)) == 1
    await undo(site, done)
    assert len(await waiting(site)) == 3


async def test_trusting_shows_what_waits_of_the_same_person_but_not_for_its_words(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="first")
    rule(site, "casino")
    for text in ("One", "Two", "A casino"):
        await reply(site, alice, text, review.uri)

    done = await press(site, "trust")

    assert "Trusted: @alice@social.example . Shown now: 2 replies." in notice(done)
    assert await waiting(site) == ["Has the words “ casino ”"]
    await undo(site, done)
    assert len(await waiting(site)) == 3


async def test_two_windows_do_not_undo_one_another(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    note = await reply(site, alice, "One", review.uri)
    old = await desk(site, "/studio/waiting")
    delete = old.select_one("[data-act=delete]")
    assert delete is not None
    done = await press(site, "approve")

    answer = await site.author.post("/studio/waiting", data={"one": str(delete["value"])})
    assert "One was left" in notice(await desk(site, answer.headers["location"]))
    assert len(thread(await public(site, review.path))) == 1

    await send(site, alice, alice.activity("Delete", note["id"]))
    left = await undo(site, done)
    assert "One was left" in notice(left)
    assert await waiting(site) == []


async def test_what_its_writer_has_deleted_meanwhile_is_not_approved(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    note = await reply(site, alice, "One", review.uri)
    button = (await desk(site, "/studio/waiting")).select_one("[data-act=approve]")
    assert button is not None

    await send(site, alice, alice.activity("Delete", note["id"]))
    await site.author.post("/studio/waiting", data={"one": str(button["value"])})

    assert thread(await public(site, review.path)) == []
    assert await waiting(site) == await aside(site) == []


async def test_what_was_set_aside_is_brought_back(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    await reply(site, alice, "One", review.uri)
    await press(site, "delete")
    assert await aside(site) == ["You removed it"]
    assert "Kept until" in said(await desk(site, "/studio/set-aside"))

    await press(site, "approve", path="/studio/set-aside")

    assert await aside(site) == []
    assert thread(await public(site, review.path)) == [(0, "One")]


@pytest.mark.parametrize("way", ["erase", "empty", "time"])
async def test_what_goes_for_ever_leaves_an_honest_place_and_does_not_come_again(
    site: Site, alice: PretendActor, review: Published, now: Clock, way: str
) -> None:
    lead(site, replies_mode="all")
    parent = await reply(site, alice, "Secret words", review.uri)
    await reply(site, alice, "Child", parent["id"])
    await press(site, "approve", 1)
    await press(site, "delete")
    gap = thread(await public(site, review.path))[0]
    assert gap[1]
    assert "deleted by its writer" not in gap[1]

    if way == "erase":
        await press(site, "erase", path="/studio/set-aside")
    elif way == "empty":
        await site.author.post("/studio/set-aside", data={"do": "empty"})
    else:
        now.advance(KEEP_SET_ASIDE + timedelta(seconds=1))
        site.parts.site.maintaining.tidy()
    again = {**alice.create(parent), "id": f"{parent['id']}/again"}
    await send(site, alice, again)

    assert await aside(site) == []
    assert thread(await public(site, review.path)) == [gap, (1, "Child")]
    await send(site, alice, alice.activity("Delete", parent["id"]))
    assert "deleted by its writer" in thread(await public(site, review.path))[0][1]


async def test_an_approved_reply_is_passed_on_if_others_can_check_it(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)
    lead(site, replies_mode="all")
    followers = f"{site.actor_id}/followers"
    await reply(site, alice, "For all", review.uri, cc=[followers])
    await reply(site, alice, "For few", review.uri)
    assert bob.server.forwarded == []

    first, second = await press(site, "approve"), await press(site, "approve")
    await site.settle()

    assert [b"For all" in body for body in bob.server.forwarded] == [True]
    assert "not passed on" not in notice(first)
    assert "not passed on" in notice(second)


async def test_nobody_decides_about_replies_to_others(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    await reply(site, alice, "One", review.uri)
    picks = (await desk(site, "/studio/waiting")).select("[data-act]")
    site.parts.site.accounts.create(username="other", name="Other", password=PASSWORD)
    token, _ = site.parts.site.accounts.sign_in(
        username="other", password=PASSWORD, address="192.0.2.1", user_agent="Firefox"
    )
    other = site.browser(token=token)

    page = soup(await other.get("/studio/waiting"))
    for button in picks:
        await other.post("/studio/waiting", data={"one": str(button["value"])})
    closed = await other.post(f"/studio/reviews/{review.id}/close")
    undone = await other.post("/studio/moderation/undo", data={"batch": "x"})

    assert page.select(".held") == []
    assert (closed.status_code, undone.status_code) == (404, 404)
    assert await waiting(site) == ["Every reply is looked at first"]
    await other.aclose()


async def test_odd_replies_can_be_decided_about(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    for text in ("<img src=x>", "😀", "x" * 10_000, ""):
        await reply(site, alice, text, review.uri)

    page = await desk(site, "/studio/waiting")
    answer = await site.author.post(
        "/studio/waiting",
        data={"do": "approve", "pick": [str(box["value"]) for box in page.select("[name=pick]")]},
    )

    assert len(page.select(".held")) == 4
    assert "No words" in said(page)
    assert "4 replies" in notice(await desk(site, answer.headers["location"]))
    assert any("no words" in line for line in await log(site))


async def test_the_queue_costs_the_same_for_many_as_for_one(
    site: Site, social: PretendServer, review: Published, statements: Statements
) -> None:
    lead(site, replies_mode="all")

    async def cost() -> int:
        with statements.recorded() as seen:
            await desk(site, "/studio/waiting")
        return len(seen)

    first = await reply(site, social.person("p0"), "0", review.uri)
    few = await cost()
    for number in range(1, 8):
        await reply(site, social.person(f"p{number}"), str(number), first["id"])

    assert await cost() <= few + 1


async def test_rules_are_tried_removed_and_brought_back(site: Site) -> None:
    empty = await site.author.post("/studio/rules", data={"phrase": "\u200b", "verdict": "hold"})
    assert empty.status_code == 422
    rule(site, "casino")

    async def tried(text: str) -> str:
        answer = await site.author.post("/studio/rules/test", data={"text": text})
        return said(soup(answer).select_one("#test ~ .notice"))

    assert await tried("The casino") == "It would wait for you, for the words “ casino ”."
    assert "4 links" in await tried(" https://a.example" * 4)
    assert await tried("A film") == "It would be shown at once."
    button = (await desk(site, "/studio/rules")).select_one("form[action$='/remove']")
    assert button is not None
    removed = await site.author.post(str(button["action"]))
    assert await tried("The casino") == "It would be shown at once."
    await undo(site, await desk(site, removed.headers["location"]))
    assert await tried("The casino") != "It would be shown at once."


async def test_settings_say_what_is_wrong_and_lose_nothing(site: Site) -> None:
    sent = {"replies_mode": "first", "closes_after_days": "soon", "most_links": "7"}

    answer = await site.author.post("/studio/settings/conduct", data=sent)
    page = soup(answer)

    assert answer.status_code == 422
    assert "whole number" in said(page.select_one("#problem-closes_after_days"))
    kept = page.select_one("#field-closes_after_days")
    assert kept is not None
    assert kept["value"] == "soon"
    chosen = page.select_one("#field-replies_mode [selected]")
    assert chosen is not None
    assert chosen["value"] == "first"
    for path, name in (("/studio/rules/links", "most_links"), ("/studio/trusted", "handle")):
        wrong = await site.author.post(path, data={name: "nonsense"})
        assert wrong.status_code == 422
        assert "nonsense" in wrong.text


async def test_somebody_is_trusted_by_hand_and_no_more(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "One", review.uri)
    lead(site, replies_mode="first")
    answer = await site.author.post("/studio/trusted", data={"handle": "@alice@social.example"})
    page = await desk(site, answer.headers["location"])
    assert "Trusted: @alice@social.example" in notice(page)
    assert "By hand" in said(page.select_one(".people li"))

    answer = await site.author.post("/studio/trusted/remove", data={"actor": alice.id})
    await reply(site, alice, "Two", review.uri)

    assert await waiting(site) == ["First reply of somebody new"]
    await undo(site, await desk(site, answer.headers["location"]))
    assert "By hand" in said((await desk(site, "/studio/trusted")).select_one(".people li"))


async def test_the_log_is_kept_for_a_year_and_shows_a_server_alone(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    lead(site, replies_mode="all")
    await reply(site, alice, "One", review.uri)
    await reply(site, bob, "Two", review.uri)
    await press(site, "spam")

    assert len(await log(site)) == 4
    assert len(await log(site, "@alice@social.example")) == 2
    assert len(await log(site, "small.example")) == 1
    now.advance(timedelta(days=366))
    site.parts.site.maintaining.tidy()
    assert await log(site) == []


async def test_the_desk_says_how_much_waits(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, replies_mode="all")
    await reply(site, alice, "One", review.uri)

    page = await desk(site, "/studio")

    said_there = [said(each) for each in page.select(".studio-nav .badge")]
    assert said_there == ["1 new", "1 waiting"]
