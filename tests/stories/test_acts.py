"""What the author does to others: like, boost, block, refuse a follower."""

from typing import Any

import pytest

from fedreview.activitypub.vocabulary import PUBLIC
from tests.fediverse import Document, PretendActor
from tests.stories.site import Published, Site, heading, said, thread
from tests.stories.studio_forms import flash, form_with, press, told
from tests.stories.test_inbox_reactions import counts, followers
from tests.stories.test_inbox_thread import reply, send

pytestmark = pytest.mark.anyio

TALK = "/studio/conversation"
PEOPLE = "/studio/people"


async def follow(site: Site, actor: PretendActor) -> Document:
    asked = actor.activity("Follow", site.actor_id)
    await send(site, actor, asked)
    return asked


async def note_id(site: Site) -> str:
    article = (await site.desk(TALK)).select_one("ul.notes article")
    assert article is not None
    return str(article["id"]).removeprefix("reply-")


def without(document: Document, *names: str) -> Document:
    return {name: value for name, value in document.items() if name not in names}


async def blocked(site: Site, actor: PretendActor) -> None:
    answer = await site.author.post("/studio/blocks", data={"actor": actor.id})
    assert answer.headers["location"] == f"{PEOPLE}?done=blocked"
    await site.settle()


async def test_a_like_goes_to_the_writer_alone_and_counts_here(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)
    note = await reply(site, alice, "Well said", review.uri)

    answer = await press(site, TALK, "Like")
    await site.settle()

    [like] = alice.server.activities("Like")
    [received] = [each for each in alice.server.received if each.activity == like]
    page = await site.page(review.path)
    assert await told(site, answer) == "Liked. Its writer is being told."
    assert (like["actor"], like["object"], like["to"]) == (site.actor_id, note["id"], [alice.id])
    assert received.path == "/users/alice/inbox"
    assert "proof" not in like
    assert bob.server.activities("Like") == []
    assert "1 like" in said(page.select_one(".thread .reply footer"))


async def test_a_boost_goes_to_followers_and_writer_with_a_proof_and_stands_in_the_outbox(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)
    note = await reply(site, alice, "Well said", review.uri)

    await press(site, TALK, "Boost")
    await site.settle()

    [boost] = bob.server.activities("Announce")
    outbox = await site.document(f"{site.actor_id}/outbox?page=")
    assert alice.server.activities("Announce") == [boost]
    assert (boost["object"], boost["to"]) == (note["id"], [PUBLIC])
    assert boost["cc"] == [f"{site.actor_id}/followers", alice.id]
    assert boost["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert boost["id"] in [each["id"] for each in outbox["orderedItems"]]
    assert "1 boost" in said((await site.page(review.path)).select_one(".thread footer"))


@pytest.mark.parametrize(("label", "type_"), [("Like", "Like"), ("Boost", "Announce")])
async def test_taking_it_back_repeats_the_whole_of_it(
    site: Site, alice: PretendActor, review: Published, label: str, type_: str
) -> None:
    await reply(site, alice, "Well said", review.uri)
    await press(site, TALK, label)
    await site.settle()
    pressed = form_with(await site.desk(TALK), label).select_one("button")

    await press(site, TALK, label)
    await site.settle()

    [done], [undo] = alice.server.activities(type_), alice.server.activities("Undo")
    outbox = await site.document(f"{site.actor_id}/outbox?page=")
    assert pressed is not None
    assert pressed["aria-pressed"] == "true"
    assert undo["object"] == without(done, "@context", "proof")
    assert ("proof" in undo) == (type_ == "Announce")
    assert done["id"] not in [each["id"] for each in outbox["orderedItems"]]
    assert site.rows()["reactions"] == 0


async def test_liking_twice_or_taking_back_what_was_not_liked_sends_nothing_more(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Well said", review.uri)
    here = f"/studio/notes/{await note_id(site)}"

    await site.author.post(f"{here}/unlike")
    await site.author.post(f"{here}/like")
    await site.author.post(f"{here}/like")
    await site.settle()

    assert len(alice.server.activities("Like")) == 1
    assert alice.server.activities("Undo") == []


async def test_what_its_writer_has_deleted_cannot_be_liked_and_the_page_says_so(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Hasty", review.uri)
    here = f"/studio/notes/{await note_id(site)}"
    await send(site, alice, alice.activity("Delete", note["id"]))

    answer = await site.author.post(f"{here}/like")
    await site.settle()

    assert "here no more" in await told(site, answer)
    assert alice.server.activities("Like") == []


async def test_a_private_message_can_be_liked_and_not_boosted(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Between us", review.uri, to=[site.actor_id], cc=[])
    here = f"/studio/notes/{await note_id(site)}"

    refused = await site.author.post(f"{here}/boost")
    await site.author.post(f"{here}/like")
    await site.settle()

    assert "cannot be boosted" in await told(site, refused)
    assert "Boost" not in said((await site.desk(TALK)).select_one("li.private footer"))
    assert alice.server.activities("Announce") == []
    assert len(alice.server.activities("Like")) == 1


async def test_ones_own_answer_is_not_liked(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Well said", review.uri)
    here = f"/studio/replies/{await note_id(site)}/answer"
    answered = await site.author.post(here, data={"text": "Thanks."})
    own = answered.headers["location"].rpartition("#reply-")[2]

    answer = await site.author.post(f"/studio/notes/{own}/like")

    assert await told(site, answer) == "That is your own."
    assert site.rows()["reactions"] == 0


async def test_a_block_ends_both_followings_and_is_told_with_them(
    site: Site, alice: PretendActor, review: Published
) -> None:
    asked = await follow(site, alice)
    await site.author.post("/studio/following", data={"handle": f"@{alice.handle}"})
    await site.settle()
    [ours] = alice.server.activities("Follow")
    await reply(site, alice, "You are wrong", review.uri)

    answer = await press(site, TALK, "Block @alice@social.example")
    await site.settle()

    [block], [reject] = alice.server.activities("Block"), alice.server.activities("Reject")
    [undo] = alice.server.activities("Undo")
    people = await site.desk(PEOPLE)
    assert answer.headers["location"] == f"{TALK}?done=blocked"
    assert (block["object"], block["to"], "proof" in block) == (alice.id, [alice.id], False)
    assert reject["object"] == without(asked, "@context", "to")
    assert undo["object"] == without(ours, "@context")
    assert await followers(site) == 0
    assert "You follow nobody yet" in said(people)
    assert "You block 1 person" in said(people)


async def test_what_a_blocked_person_wrote_is_hidden_and_comes_back_with_the_end_of_the_block(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    first = await reply(site, alice, "One", review.uri)
    await reply(site, bob, "Two", first["id"])

    await blocked(site, alice)
    during = await site.page(review.path)
    collection = await site.document(f"{review.uri}/replies")
    talk = said(await site.desk(TALK))
    answer = await press(site, PEOPLE, "Unblock")
    await site.settle()
    after = await site.page(review.path)

    [block], [undo] = alice.server.activities("Block"), alice.server.activities("Undo")
    assert thread(during) == [(0, "This reply is hidden here."), (1, "Two")]
    assert first["id"] not in str(collection)
    assert "One" not in talk
    assert "shown again" in await told(site, answer)
    assert thread(after) == [(0, "One"), (1, "Two")]
    assert undo["object"] == without(block, "@context")
    assert heading(after).startswith("2 thoughts")


async def test_what_the_author_had_hidden_before_stays_hidden_after_a_block(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Rude", review.uri)
    await press(site, TALK, "Hide")

    await blocked(site, alice)
    await press(site, PEOPLE, "Unblock")

    assert thread(await site.page(review.path)) == []
    assert "Rude" in said(await site.desk(TALK))


async def test_a_blocked_person_cannot_follow_answer_like_or_boost(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await send(site, alice, alice.activity("Like", "https://elsewhere.example/1"))
    under_it = await reply(site, bob, "A good reply", review.uri)
    await blocked(site, alice)

    asked = await follow(site, alice)
    note = await reply(site, alice, "Let me in", review.uri)
    await reply(site, alice, "Psst", review.uri, to=[site.actor_id], cc=[])
    for thing in (review.uri, under_it["id"]):
        await send(site, alice, alice.activity("Like", thing), alice.activity("Announce", thing))

    [reject] = alice.server.activities("Reject")
    assert reject["object"]["id"] == asked["id"]
    assert alice.server.activities("Accept") == []
    assert await followers(site) == 0
    assert thread(await site.page(review.path)) == [(0, "A good reply")]
    assert note["id"] not in str(await site.document(f"{review.uri}/context"))
    assert "Let me in" not in said(await site.desk(TALK))
    assert "Psst" not in said(await site.desk(TALK))
    assert await counts(site, review) == (0, 0)
    assert site.rows()["reactions"] == 0


async def test_a_reply_that_was_waiting_for_its_parent_is_hidden_when_it_comes_into_the_thread(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    parent = bob.note("Parent", in_reply_to=review.uri)
    await reply(site, alice, "Child", parent["id"], cc=[site.actor_id])
    await blocked(site, alice)

    await send(site, bob, bob.create(parent))

    assert thread(await site.page(review.path)) == [(0, "Parent")]


async def test_an_edit_does_not_show_what_a_block_hides(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "One", review.uri)
    await blocked(site, alice)

    await send(site, alice, alice.activity("Update", {**note, "content": "<p>Two</p>"}))

    assert thread(await site.page(review.path)) == []


async def test_a_deleted_reply_does_not_come_back_with_the_end_of_a_block(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "One", review.uri)
    await blocked(site, alice)
    await send(site, alice, alice.activity("Delete", note["id"]))

    await press(site, PEOPLE, "Unblock")

    assert thread(await site.page(review.path)) == []


async def test_blocking_twice_sends_one_block(site: Site, alice: PretendActor) -> None:
    await follow(site, alice)

    await blocked(site, alice)
    await blocked(site, alice)

    assert len(alice.server.activities("Block")) == 1


async def test_what_waits_for_a_blocked_person_is_not_sent_but_what_takes_back_is(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await reply(site, bob, "One", review.uri)
    await press(site, TALK, "Like")

    await blocked(site, bob)

    assert [each.activity["type"] for each in bob.server.received] == ["Block"]


@pytest.mark.parametrize("path", ["/studio/blocks", "/studio/followers/remove"])
async def test_nobody_known_cannot_be_blocked_or_removed(site: Site, path: str) -> None:
    answer = await site.author.post(path, data={"actor": "https://nowhere.example/users/x"})

    assert answer.status_code == 404


async def test_a_removed_follower_gets_nothing_more_and_may_ask_again(
    site: Site, alice: PretendActor
) -> None:
    asked = await follow(site, alice)

    answer = await press(site, PEOPLE, "Remove this follower")
    await site.publish()
    await site.settle()
    removed = await followers(site)
    again = await site.author.post("/studio/followers/remove", data={"actor": alice.id})
    await follow(site, alice)

    [reject] = alice.server.activities("Reject")
    assert await told(site, answer) == "They follow you no more."
    assert reject["object"] == without(asked, "@context", "to")
    assert alice.server.activities("Create") == []
    assert (removed, again.status_code, await followers(site)) == (0, 404, 1)


async def test_a_block_of_the_author_that_was_taken_back_before_it_came_does_nothing(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)
    block = alice.activity("Block", site.actor_id)

    await send(site, alice, alice.activity("Undo", block), block)

    assert await followers(site) == 1


async def test_who_refuses_to_be_followed_is_shown_so(site: Site, alice: PretendActor) -> None:
    await site.author.post("/studio/following", data={"handle": f"@{alice.handle}"})
    await site.settle()
    [ours] = alice.server.activities("Follow")
    inner: dict[str, Any] = without(ours, "@context")

    await send(site, alice, alice.activity("Accept", inner), alice.activity("Reject", inner))

    assert "Declined" in said(await site.desk(PEOPLE))


async def test_the_desk_is_for_authors_only(site: Site) -> None:
    paths = ("notes/x/like", "blocks", "followers/remove", "accounts/move", "reports/x/done")
    for path in paths:
        assert (await site.reader.post(f"/studio/{path}")).status_code == 401
    for path in ("reports", "quotes", "accounts", "notes/x/report"):
        answer = await site.reader.get(f"/studio/{path}")
        assert answer.headers["location"].startswith("/login")


async def test_flashes_are_said_where_the_form_led(site: Site, alice: PretendActor) -> None:
    await follow(site, alice)

    answer = await site.author.post("/studio/blocks", data={"actor": alice.id})

    page = await site.author.get(answer.headers["location"])
    assert flash(page).startswith("Blocked.")
