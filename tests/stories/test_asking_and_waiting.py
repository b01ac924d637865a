"""Leave to reply where an author looks at replies first: asked for, decided at the desk, told."""

import pytest

from fedreview.activitypub.vocabulary import PUBLIC
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, follow, thread
from tests.stories.test_asking_first import asking, rule, status
from tests.stories.test_inbox_thread import reply, send
from tests.stories.test_moderation import press, undo, waiting

pytestmark = pytest.mark.anyio


async def lead(site: Site, review: Published, **fields: str) -> None:
    """Fill in the form that says how the conversation under a review is led."""
    kept = {"replies_mode": "", "closes_after_days": "", "who_replies": "", "who_quotes": ""}
    sent = {**kept, **fields}
    answer = await site.author.post(f"/studio/reviews/{review.id}/conduct", data=sent)
    assert answer.status_code == 303, answer.text
    await site.settle()


async def test_a_reply_that_asks_is_let_when_it_is_approved_and_not_when_that_is_undone(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await lead(site, review, replies_mode="all")
    note = alice.note("Please", in_reply_to=review.uri)

    await send(site, alice, asking(alice, note), asking(alice, note))
    assert alice.server.received == []
    assert thread(await site.page(review.path)) == []
    done = await press(site, "approve")
    await site.settle()
    [accept] = alice.server.activities("Accept")
    shown = await status(site, accept["result"])
    await undo(site, done)
    await site.settle()

    [end] = alice.server.activities("Delete")
    assert shown == 200
    assert end["object"] == accept["result"]
    assert await status(site, accept["result"]) == 404
    await press(site, "approve")
    await site.settle()
    assert [each["result"] for each in alice.server.activities("Accept")] == [end["object"]] * 2
    assert await status(site, accept["result"]) == 200


@pytest.mark.parametrize("act", ["hide", "delete", "spam", "block"])
async def test_a_reply_that_asks_is_refused_by_every_no(
    site: Site, alice: PretendActor, review: Published, act: str
) -> None:
    await lead(site, review, replies_mode="all")
    note = alice.note("Please", in_reply_to=review.uri)
    await send(site, alice, asking(alice, note))

    await press(site, act)
    await site.settle()

    [reject] = alice.server.activities("Reject")
    assert reject["object"]["instrument"] == note["id"]
    assert alice.server.activities("Accept") == []


async def test_who_is_trusted_has_leave_at_once_though_the_post_promises_nothing(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await lead(site, review, replies_mode="first")
    first, second = (alice.note(text, in_reply_to=review.uri) for text in ("One", "Two"))
    await send(site, alice, asking(alice, first))
    await press(site, "approve")

    await send(site, alice, asking(alice, second))

    asked = [each["object"]["instrument"] for each in alice.server.activities("Accept")]
    assert asked == [first["id"], second["id"]]
    assert (await rule(site, review.uri))["manualApproval"] == [PUBLIC]


async def test_a_reply_that_did_not_ask_is_let_before_all_when_it_is_approved(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)
    await lead(site, review, replies_mode="all")
    note = await reply(site, alice, "Hello", review.uri)
    assert alice.server.received == []

    await press(site, "approve")
    await site.settle()

    for server in (alice.server, bob.server):
        [accept] = [each for each in server.activities("Accept") if "result" in each]
        assert (accept["object"], accept["target"]) == (note["id"], review.uri)
        assert accept["cc"] == [PUBLIC, f"{site.actor_id}/followers"]


async def test_who_was_not_invited_waits_and_a_follower_does_not(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, alice)
    await lead(site, review, who_replies="followers")

    notes = [actor.note("Me", in_reply_to=review.uri) for actor in (alice, bob)]
    for actor, note in zip((alice, bob), notes, strict=True):
        await send(site, actor, asking(actor, note))

    assert alice.server.activities("Accept")[-1]["object"]["instrument"] == notes[0]["id"]
    assert bob.server.received == []
    assert len(await waiting(site)) == 1


async def test_closing_and_reopening_at_the_desk_is_told_each_once(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await follow(site, alice)

    await lead(site, review, replies_mode="closed")
    await lead(site, review, replies_mode="closed")
    await site.author.post(f"/studio/reviews/{review.id}/reopen")
    await site.settle()

    closed, reopened = (each["object"] for each in alice.server.activities("Update"))
    assert closed["interactionPolicy"]["canReply"] == {"automaticApproval": [site.actor_id]}
    assert reopened["interactionPolicy"]["canReply"] == {"automaticApproval": [PUBLIC]}
    assert "updated" not in reopened
