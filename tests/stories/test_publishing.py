import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.signatures.integrity import check_proof
from fedreview.signatures.keys import PublicKey
from tests.clock import Clock
from tests.fediverse import Neighbourhood, PretendActor, PretendServer
from tests.stories.site import REVIEW, Published, Site, follow, said

pytestmark = pytest.mark.anyio

AS_JSON = {"Accept": ACTIVITY_JSON}


async def save_draft(site: Site, **fields: str) -> str:
    answer = await site.author.post("/studio/write", data={**REVIEW, **fields, "do": "save"})
    assert answer.status_code == 303
    return str(answer.headers["location"].partition("?")[0])


async def test_publishing_sends_one_copy_to_each_server_that_shares_an_inbox(
    site: Site, social: PretendServer, bob: PretendActor
) -> None:
    carol = bob.server.person("carol")
    await follow(site, social.person("alice"), social.person("dave"), bob, carol)

    await site.publish()
    await site.settle()

    def paths(server: PretendServer) -> list[str]:
        return [each.path for each in server.received if each.activity["type"] == "Create"]

    assert paths(social) == ["/inbox"]
    assert sorted(paths(bob.server)) == ["/users/bob/inbox", "/users/carol/inbox"]


async def test_a_published_review_is_proved_for_those_it_is_passed_on_to(
    site: Site, alice: PretendActor, social: PretendServer, now: Clock
) -> None:
    await follow(site, alice)
    await site.publish()
    await site.settle()
    [create] = social.activities("Create")
    [method] = (await site.document(site.actor_id))["assertionMethod"]

    key = PublicKey.from_multibase(method["id"], site.actor_id, method["publicKeyMultibase"])

    check_proof(create, key, now=now())
    assert create["object"]["attributedTo"] == site.actor_id


async def test_publishing_a_draft_twice_publishes_it_once(
    site: Site, alice: PretendActor, social: PretendServer
) -> None:
    await follow(site, alice)
    draft = await save_draft(site)
    sent = {**REVIEW, "do": "publish"}

    first, second = await asyncio.gather(
        site.author.post(draft, data=sent), site.author.post(draft, data=sent)
    )
    await site.settle()

    assert first.status_code == second.status_code == 303
    assert len(social.activities("Create")) == 1
    assert (await site.page("/")).select("article") != []
    assert site.rows()["reviews"] == 1


async def test_sending_the_same_new_review_twice_publishes_it_once(
    site: Site, alice: PretendActor, social: PretendServer
) -> None:
    await follow(site, alice)
    form = (await site.desk("/studio/write")).select_one("form[action='/studio/write']")
    assert form is not None
    hidden = {
        str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")
    }
    sent = {**REVIEW, **hidden, "do": "publish"}

    first = await site.author.post("/studio/write", data=sent)
    second = await site.author.post("/studio/write", data=sent)
    await site.settle()

    assert first.headers["location"] == second.headers["location"]
    assert len(social.activities("Create")) == 1
    assert site.rows()["reviews"] == 1


async def test_a_form_come_back_to_for_another_review_makes_another(site: Site) -> None:
    await site.publish(new_id="0123456789abcdef")
    await site.publish(new_id="0123456789abcdef", review_title="Something else")

    assert site.rows()["reviews"] == 2


async def test_a_deleted_review_sent_again_is_another_one(site: Site) -> None:
    first = await site.publish(new_id="0123456789abcdef")
    await site.delete(first.id)

    again = await site.publish(new_id="0123456789abcdef")

    assert again.id != first.id
    gone = await site.reader.get(first.uri, headers=AS_JSON)
    assert gone.status_code == 410


async def test_a_review_that_cannot_be_queued_is_not_published_either(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    await follow(site, alice)
    with site.parts.database.transaction() as tx:
        tx.execute(
            text(
                "CREATE TRIGGER full BEFORE INSERT ON deliveries "
                "BEGIN SELECT RAISE(ABORT, 'no more room'); END"
            )
        )
    before = site.rows()
    token = site.author.cookies["__Host-session"]

    async with site.browser(token=token, must_work=False) as browser:
        answer = await browser.post("/studio/write", data={**REVIEW, "do": "publish"})

    assert answer.status_code == 500
    assert site.rows() == before
    assert (await site.reader.get("/reviews/blame-a-netflix-original")).status_code == 404


async def test_an_edit_is_sent_with_the_time_of_the_edit(
    site: Site, alice: PretendActor, social: PretendServer, now: Clock
) -> None:
    await follow(site, alice)
    review = await site.publish()
    now.advance(timedelta(hours=1))

    await site.author.post(
        f"/studio/reviews/{review.id}", data={**REVIEW, "rating": "9", "do": "update"}
    )
    await site.settle()

    [create], [update] = social.activities("Create"), social.activities("Update")
    assert "updated" not in create["object"]
    assert update["object"]["id"] == create["object"]["id"]
    assert update["object"]["type"] == "Article"
    assert update["object"]["published"] == "2024-05-01T12:00:00Z"
    assert update["object"]["updated"] == "2024-05-01T13:00:00Z"
    assert update["object"]["reviewRating"]["ratingValue"] == 9
    assert update["id"] != create["id"]


async def test_an_edit_brings_the_numbers_of_replies_likes_and_boosts(
    site: Site, alice: PretendActor, bob: PretendActor, social: PretendServer
) -> None:
    await follow(site, alice)
    review = await site.publish()
    await bob.send(site.inbox, bob.create(bob.note("Yes.", in_reply_to=review.uri)))
    await bob.send(site.inbox, bob.activity("Like", review.uri))
    await bob.send(site.inbox, bob.activity("Announce", review.uri))
    await site.settle()

    await site.author.post(f"/studio/reviews/{review.id}", data={**REVIEW, "do": "update"})
    await site.settle()

    [update] = social.activities("Update")
    counted = {
        name: update["object"][name]["totalItems"] for name in ("replies", "likes", "shares")
    }
    assert counted == {"replies": 1, "likes": 1, "shares": 1}


async def test_a_deleted_review_leaves_a_tombstone_and_nothing_else(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    await follow(site, alice)
    outbox = await site.document(f"{site.actor_id}/outbox")
    page = await site.document(outbox["first"])
    [create] = page["orderedItems"]

    await site.delete(review.id)
    await site.settle()

    [delete] = social.activities("Delete")
    assert delete["object"] == {
        "id": review.uri,
        "type": "Tombstone",
        "formerType": "Article",
        "deleted": "2024-05-01T12:10:00Z",
    }
    assert (await site.reader.get(review.path)).status_code == 404
    gone = await site.reader.get(review.uri, headers=AS_JSON)
    assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")
    for name in ("replies", "likes", "shares", "context"):
        assert (await site.reader.get(f"{review.uri}/{name}", headers=AS_JSON)).status_code == 404
    assert (await site.document(f"{site.actor_id}/outbox"))["totalItems"] == 0
    assert (await site.document(outbox["first"]))["orderedItems"] == []
    assert (await site.reader.get(create["id"], headers=AS_JSON)).status_code == 404
    assert review.path not in str(await site.page("/"))


async def test_who_answered_a_review_is_told_of_its_end_without_following(
    site: Site, bob: PretendActor, review: Published
) -> None:
    note = bob.note("Well said.", in_reply_to=review.uri)
    await bob.send(site.inbox, bob.create(note))
    await site.settle()

    await site.delete(review.id)
    await site.settle()

    assert [each["object"]["id"] for each in bob.server.activities("Delete")] == [review.uri]


async def test_a_draft_is_nowhere_to_be_found(site: Site) -> None:
    draft = await save_draft(site)
    review_id = draft.rpartition("/")[2]

    addresses = (
        "/reviews/blame-a-netflix-original",
        f"/ap/reviews/{review_id}",
        *(f"/ap/reviews/{review_id}/{name}" for name in ("replies", "likes", "context")),
        "/works/blame",
    )

    for address in addresses:
        for headers in ({}, AS_JSON):
            answer = await site.reader.get(address, headers=headers)
            assert (address, answer.status_code) == (address, 404)
            assert "definitely" not in answer.text
    assert "BLAME" not in str(await site.page("/"))
    assert (await site.document(f"{site.actor_id}/outbox"))["totalItems"] == 0
    assert "BLAME" in str(await site.desk("/studio"))


async def test_a_deleted_draft_is_told_to_nobody(
    site: Site, alice: PretendActor, social: PretendServer
) -> None:
    await follow(site, alice)
    draft = await save_draft(site)

    await site.author.post(f"{draft}/delete")
    await site.settle()

    assert social.activities("Delete") == []
    answer = await site.reader.get(f"/ap{draft.removeprefix('/studio')}", headers=AS_JSON)
    assert answer.status_code == 404


async def test_a_second_review_of_a_work_belongs_to_the_same_work(site: Site) -> None:
    first = await site.document((await site.publish()).uri)
    second = await site.document((await site.publish(review_title="Seen again")).uri)

    assert first["itemReviewed"]["id"] == second["itemReviewed"]["id"]
    assert site.rows()["works"] == 1
    work = await site.page("/works/blame")
    assert "Seen again" in said(work)


async def test_an_address_stays_when_the_title_changes(site: Site, review: Published) -> None:
    changed = {**REVIEW, "review_title": "Quite another title", "do": "update"}

    answer = await site.author.post(f"/studio/reviews/{review.id}", data=changed)

    assert answer.headers["location"] == f"{review.path}?done=updated"
    assert "Quite another title" in said((await site.page(review.path)).select_one("h1"))
    assert (await site.document(review.uri))["url"] == f"{site.base_url}{review.path}"


async def test_the_address_of_a_draft_follows_its_title_until_it_is_published(site: Site) -> None:
    draft = await save_draft(site, review_title="First thought")

    answer = await site.author.post(
        draft, data={**REVIEW, "review_title": "Second thought", "do": "publish"}
    )

    assert answer.headers["location"] == "/reviews/second-thought?done=published"


async def test_a_review_of_somebody_else_cannot_be_touched(
    site: Site, review: Published, prepared: object
) -> None:
    accounts = site.parts.site.accounts
    accounts.create(username="guest", name="Guest", password="another long password")
    token, _ = accounts.sign_in(
        username="guest", password="another long password", address="192.0.2.9", user_agent=""
    )

    async with site.browser(token=token) as guest:
        answers: list[httpx.Response] = [
            await guest.get(f"/studio/reviews/{review.id}"),
            await guest.post(f"/studio/reviews/{review.id}", data={**REVIEW, "do": "update"}),
            await guest.post(f"/studio/reviews/{review.id}/delete"),
        ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (await site.reader.get(review.path)).status_code == 200
