"""Leave to reply and to quote: who has it, how it is asked for, given, refused and taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.domain.moderation import RepliesMode, Who
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteId, NoteState
from fedreview.services.permitting import MOST_REFUSED, Permitting
from fedreview.services.spreading import Spreading
from fedreview.storage import conduct, reviews, threads
from fedreview.storage.conduct import AuthorConduct, ReviewConduct
from fedreview.storage.threads import StoredNote
from tests.clock import START
from tests.fediverse import Document, PretendActor
from tests.stories.site import Published, Site, follow
from tests.stories.studio_forms import answer_newest
from tests.stories.test_inbox_thread import reply, send
from tests.stories.test_quotes import request as quote_request

pytestmark = pytest.mark.anyio


def lead(site: Site, review: Published, **said: Any) -> None:
    """Set how the conversation under a review is led, as the desk does."""
    publishing = site.parts.site.publishing
    spreading = Spreading(urls=publishing.urls, sending=publishing.sending, now=publishing.now)
    with site.parts.database.transaction() as tx:
        known = reviews.get(tx, review.id)
        spreading.lead(tx, known, ReviewConduct(**said))


def permitting(site: Site) -> Permitting:
    return Permitting(sending=site.parts.site.publishing.sending)


def keep(site: Site, note: Document, review: Published, *, state: NoteState) -> StoredNote:
    """Keep a reply as it stands after somebody was asked to look at it."""
    kept = StoredNote(
        id=NoteId("waiting"),
        uri=note["id"],
        type="Note",
        actor=note["attributedTo"],
        in_reply_to=note["inReplyTo"],
        html=note["content"],
        published_at=START,
        arrived_at=START,
        audience="public",
        review_id=ReviewId(review.id),
        state=state,
        host="social.example",
    )
    with site.parts.database.transaction() as tx:
        return threads.add(tx, kept)


async def decide(site: Site, uri: str, state: NoteState) -> None:
    """Decide about a reply, as moderation does."""
    with site.parts.database.transaction() as tx:
        note = threads.find(tx, uri)
        assert note is not None
        changed = replace(note, state=state)
        threads.change(tx, changed)
        permitting(site).decided(tx, changed, accepted=state is NoteState.SHOWN)
    await site.settle()


def asking(actor: PretendActor, note: Document, **more: Any) -> Document:
    return actor.activity("ReplyRequest", note["inReplyTo"], **{"instrument": note, **more})


async def rule(site: Site, uri: str, name: str = "canReply") -> Document:
    found: Document = (await site.document(uri))["interactionPolicy"][name]
    return found


async def status(site: Site, url: str) -> int:
    return (await site.reader.get(url)).status_code


async def test_a_changed_policy_is_told_once_and_calls_nothing_edited(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await follow(site, alice)
    before = await site.document(review.uri)

    lead(site, review, mode=RepliesMode.ALL)
    lead(site, review, mode=RepliesMode.ALL, closes_after_days=0)
    await site.settle()

    [update] = alice.server.activities("Update")
    after = await site.document(review.uri)
    assert "updated" not in update["object"]
    assert update["object"]["interactionPolicy"] == after["interactionPolicy"]
    assert after["interactionPolicy"]["canReply"] == {
        "automaticApproval": [site.actor_id],
        "manualApproval": [PUBLIC],
    }
    assert {**after, "interactionPolicy": None} == {**before, "interactionPolicy": None}


async def test_a_policy_that_only_time_has_changed_is_served_at_once(
    site: Site, review: Published
) -> None:
    lead(site, review, closes_after_days=3)
    before = await site.reader.get(review.uri, headers={"Accept": "application/activity+json"})

    site.clock.advance(timedelta(days=3))
    after = await site.reader.get(
        review.uri,
        headers={
            "Accept": "application/activity+json",
            "If-None-Match": before.headers["etag"],
        },
    )

    assert after.status_code == 200
    told = after.json()["interactionPolicy"]["canReply"]
    assert told == {"automaticApproval": [site.actor_id]}


async def test_answers_and_takes_have_the_policy_of_the_thread_they_stand_in(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, review, who_replies=Who.FOLLOWERS)
    await follow(site, alice)
    await reply(site, alice, "Hm", review.uri)
    own = await answer_newest(site, "Ha.")
    author = site.account()
    with site.parts.database.transaction() as tx:
        conduct.set_of_author(tx, author.id, AuthorConduct(who_quotes=Who.NOBODY))
    taken = await site.author.post(
        "/studio/takes", data={"text": "Rain.", "language": "en", "do": "publish"}
    )
    assert taken.status_code == 303
    elsewhere = alice.note("Not under a review", to=[PUBLIC], cc=[site.actor_id])
    await send(site, alice, alice.create(elsewhere))
    outside = await answer_newest(site, "Where?")
    outbox = await site.document(f"{site.actor_id}/outbox?page=1")
    take = next(
        each["object"]
        for each in outbox["orderedItems"]
        if each["object"].get("content", "").startswith("<p>Rain.")
    )

    followers = {"automaticApproval": [site.actor_id, f"{site.actor_id}/followers"]}
    assert await rule(site, own) == followers
    assert await rule(site, review.uri) == followers
    assert take["interactionPolicy"]["canReply"] == {"automaticApproval": [PUBLIC]}
    assert take["interactionPolicy"]["canQuote"] == {"automaticApproval": [site.actor_id]}
    assert await rule(site, outside) == {"automaticApproval": [PUBLIC]}


async def test_a_reply_that_asks_where_everybody_may_is_shown_and_let(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("May I?", in_reply_to=review.uri)
    alice.server.publish(note)

    await send(site, alice, asking(alice, note), asking(alice, note, instrument=note["id"]))
    await send(site, alice, alice.create(note))

    accepts = alice.server.activities("Accept")
    leave = await site.document(accepts[0]["result"])
    assert [each["result"] for each in accepts] == [leave["id"]] * 2
    assert accepts[0]["object"]["instrument"] == note["id"]
    assert leave["type"] == "ReplyAuthorization"
    assert leave["attributedTo"] == site.actor_id
    assert (leave["interactingObject"], leave["interactionTarget"]) == (note["id"], review.uri)
    assert (await site.document(f"{review.uri}/replies"))["first"]["items"] == [note["id"]]


async def test_a_reply_by_its_id_alone_is_fetched_and_let(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("By my name", in_reply_to=review.uri)
    alice.server.publish(note)

    await send(site, alice, asking(alice, note, instrument=note["id"]))

    assert len(alice.server.activities("Accept")) == 1
    assert (await site.document(f"{review.uri}/replies"))["first"]["items"] == [note["id"]]


async def test_a_reply_that_waits_gets_its_answer_when_somebody_has_looked(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, review, mode=RepliesMode.ALL)
    note = alice.note("Please", in_reply_to=review.uri)
    keep(site, note, review, state=NoteState.HELD)

    await send(site, alice, asking(alice, note), asking(alice, note))
    assert alice.server.activities("Accept") == []
    await decide(site, note["id"], NoteState.SHOWN)
    await decide(site, note["id"], NoteState.SHOWN)
    await send(site, alice, asking(alice, note))

    first, again = alice.server.activities("Accept")
    assert await status(site, first["result"]) == 200
    assert again["result"] == first["result"]
    assert alice.server.activities("Reject") == []


async def test_a_reply_that_is_refused_hears_so_and_hears_it_again(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("Buy!", in_reply_to=review.uri)
    keep(site, note, review, state=NoteState.HELD)
    await send(site, alice, asking(alice, note))

    await decide(site, note["id"], NoteState.SPAM)
    await send(site, alice, asking(alice, note))

    assert [each["object"]["type"] for each in alice.server.activities("Reject")] == [
        "ReplyRequest",
        "ReplyRequest",
    ]
    assert alice.server.activities("Accept") == []


async def test_leave_ends_with_the_hiding_of_the_reply_and_comes_back_with_it(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)
    note = alice.note("Loud", in_reply_to=review.uri)
    await send(site, alice, asking(alice, note))
    [accept] = alice.server.activities("Accept")
    leave = accept["result"]
    with site.parts.database.snapshot() as tx:
        kept = threads.find(tx, note["id"])
    assert kept is not None

    await site.author.post(f"/studio/replies/{kept.id}/hide")
    await site.settle()
    hidden = await status(site, leave)
    await site.author.post(f"/studio/replies/{kept.id}/show")
    await site.settle()

    for server in (alice.server, bob.server):
        [end] = server.activities("Delete")
        assert (end["actor"], end["object"], end["to"]) == (site.actor_id, leave, [PUBLIC])
        assert "proof" in end
    assert hidden == 404
    assert await status(site, leave) == 200
    assert alice.server.activities("Accept")[-1]["result"] == leave


async def test_leave_ends_with_the_reply_and_with_what_it_answers(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    deleted = alice.note("Soon gone", in_reply_to=review.uri)
    staying = bob.note("Staying", in_reply_to=review.uri)
    await send(site, alice, asking(alice, deleted))
    await send(site, bob, asking(bob, staying))
    leaves = [actor.server.activities("Accept")[0]["result"] for actor in (alice, bob)]

    await send(site, alice, alice.activity("Delete", deleted["id"]))
    between = [await status(site, leave) for leave in leaves]
    await site.delete(review.id)

    assert between == [404, 200]
    assert [await status(site, leave) for leave in leaves] == [404, 404]


async def test_a_followers_reply_that_did_not_ask_is_let_before_all_followers(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    lead(site, review, who_replies=Who.FOLLOWERS)
    await follow(site, alice, bob)

    note = await reply(site, alice, "As ever", review.uri)

    for server in (alice.server, bob.server):
        [accept] = [each for each in server.activities("Accept") if "result" in each]
        assert (accept["object"], accept["target"]) == (note["id"], review.uri)
        assert accept["to"] == [alice.id]
        assert accept["cc"] == [PUBLIC, f"{site.actor_id}/followers"]
        assert "proof" in accept
        assert (await site.document(accept["result"]))["interactingObject"] == note["id"]


async def test_a_reply_that_did_not_ask_and_waits_is_answered_after_it_was_looked_at(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("Hello", in_reply_to=review.uri)
    kept = keep(site, note, review, state=NoteState.HELD)
    await send(site, alice, alice.activity("Like", review.uri))
    with site.parts.database.transaction() as tx:
        permitting(site).asked(tx, kept, site.account())

    await decide(site, note["id"], NoteState.REMOVED)

    [reject] = alice.server.activities("Reject")
    assert (reject["object"], reject["target"]) == (note["id"], review.uri)
    assert "result" not in reject


async def test_where_everybody_may_reply_nobody_who_did_not_ask_is_told_anything(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Hello", review.uri)

    await decide(site, note["id"], NoteState.REMOVED)

    assert alice.server.received == []
    assert site.rows()["approvals"] == 0


async def test_a_private_reply_is_let_for_it_is_for_the_author_alone(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, review, mode=RepliesMode.ALL)
    note = alice.note("Between us", in_reply_to=review.uri, to=[site.actor_id], cc=[])

    await send(site, alice, asking(alice, note))

    [accept] = alice.server.activities("Accept")
    assert accept["to"] == [alice.id]
    assert (await site.document(f"{review.uri}/replies"))["totalItems"] == 0


async def test_a_block_refuses_what_waits_and_ends_what_was_let(
    site: Site, alice: PretendActor, review: Published
) -> None:
    shown, waits = (alice.note(text, in_reply_to=review.uri) for text in ("One", "Two"))
    keep(site, waits, review, state=NoteState.HELD)
    await send(site, alice, asking(alice, shown), asking(alice, waits))
    [accept] = alice.server.activities("Accept")

    await site.author.post("/studio/blocks", data={"actor": alice.id})
    await site.settle()
    third = alice.note("Three", in_reply_to=review.uri)
    await send(site, alice, asking(alice, third))

    refused = [each["object"]["instrument"] for each in alice.server.activities("Reject")]
    [end] = alice.server.activities("Delete")
    assert refused == [waits["id"], third["id"]]
    assert end["object"] == accept["result"]
    assert await status(site, accept["result"]) == 404


async def test_who_is_refused_and_goes_on_asking_gets_no_more_answers(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, alice.activity("Like", review.uri))
    await site.author.post("/studio/blocks", data={"actor": alice.id})
    author = site.account()
    with site.parts.database.transaction() as tx:
        for n in range(MOST_REFUSED + 5):
            permitting(site).refuse(
                tx,
                author,
                reply=f"{alice.id}/notes/{n}",
                target=review.uri,
                asker=alice.id,
                request=f"{alice.id}/requests/{n}",
            )
    await site.settle()

    assert len(alice.server.activities("Reject")) == MOST_REFUSED
    assert site.rows()["approvals"] == MOST_REFUSED


async def test_nobody_gets_leave_for_the_reply_of_another_or_to_something_else(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    theirs = bob.note("Mine", in_reply_to=review.uri)
    to_bob = alice.note("To bob", in_reply_to=theirs["id"])
    posed = {**alice.note("Posed", in_reply_to=review.uri), "id": f"{bob.id}/notes/77"}
    draft = await site.author.post("/studio/write", data={"title": "Secret", "do": "save"})
    secret = draft.headers["location"].partition("?")[0].rpartition("/")[2]
    to_draft = alice.note("Early", in_reply_to=f"{site.base_url}/ap/reviews/{secret}")

    await send(
        site,
        alice,
        asking(alice, theirs),
        alice.activity("ReplyRequest", review.uri, instrument=to_bob),
        asking(alice, posed),
        asking(alice, to_draft),
        asking(alice, theirs, instrument=theirs["id"]),
    )

    assert alice.server.received == []
    assert site.rows()["approvals"] == 0
    assert site.rows()["notes"] == 0


async def test_a_reply_that_was_deleted_before_it_asks_is_not_kept(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("Too late", in_reply_to=review.uri)

    await send(site, alice, alice.activity("Delete", note["id"]), asking(alice, note))

    assert alice.server.received == []
    assert site.rows()["approvals"] == 0


@pytest.mark.parametrize(
    ("who", "type"),
    [
        (Who.EVERYONE, "Accept"),
        (Who.FOLLOWERS, "Accept"),
        (Who.FOLLOWING, "Reject"),
        (Who.NOBODY, "Reject"),
    ],
)
async def test_leave_to_quote_has_whom_the_review_lets(
    site: Site, alice: PretendActor, review: Published, who: Who, type: str
) -> None:
    await follow(site, alice)
    lead(site, review, who_quotes=who)

    await send(site, alice, quote_request(alice, review.uri))

    [answer] = [each for each in alice.server.activities(type) if "instrument" in each["object"]]
    assert ("result" in answer) is (type == "Accept")


async def test_leave_to_quote_stays_when_fewer_may_quote_later(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, quote_request(alice, review.uri))

    lead(site, review, who_quotes=Who.NOBODY)
    await send(site, alice, quote_request(alice, review.uri))

    first, again = alice.server.activities("Accept")
    assert first["result"] == again["result"]
    assert await status(site, first["result"]) == 200


async def test_whom_the_author_follows_may_quote_where_only_those_may(
    site: Site, alice: PretendActor, review: Published
) -> None:
    lead(site, review, who_quotes=Who.FOLLOWING)
    await site.author.post("/studio/following", data={"handle": alice.handle})
    await site.settle()
    [asked] = alice.server.activities("Follow")
    await send(site, alice, alice.activity("Accept", asked))

    await send(site, alice, quote_request(alice, review.uri))

    [accept] = alice.server.activities("Accept")
    assert "result" in accept
