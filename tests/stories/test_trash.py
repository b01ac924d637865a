"""Deleting with time to undo it."""

from datetime import timedelta

import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.services.trashing import UNDO_TIME
from tests.clock import Clock
from tests.fediverse import PretendActor, PretendServer
from tests.stories.site import REVIEW, Published, Site, follow, heading, said
from tests.stories.studio_forms import press, told

pytestmark = pytest.mark.anyio

AS_JSON = {"Accept": ACTIVITY_JSON}


async def test_what_is_deleted_is_gone_from_every_place_at_once(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    await follow(site, alice)
    outbox = await site.document(f"{site.actor_id}/outbox")
    [create] = (await site.document(outbox["first"]))["orderedItems"]
    await site.author.post(f"/studio/reviews/{review.id}/pin")
    await site.settle()

    await site.author.post(f"/studio/reviews/{review.id}/delete")
    await site.settle()

    places = (
        review.path,
        f"{review.path}/history",
        review.uri,
        *(f"{review.uri}/{name}" for name in ("replies", "likes", "shares", "context")),
        create["id"],
        "/works/blame",
    )
    for place in places:
        answer = await site.reader.get(place, headers=AS_JSON)
        assert (place, answer.status_code) == (place, 404)
    assert (await site.document(f"{site.actor_id}/outbox"))["totalItems"] == 0
    assert (await site.document(outbox["first"]))["orderedItems"] == []
    assert (await site.document(f"{site.actor_id}/featured"))["totalItems"] == 0
    assert review.path not in str(await site.page("/"))
    assert (await site.document("/nodeinfo/2.1"))["usage"]["localPosts"] == 0
    assert social.activities("Delete") == []


async def test_undo_brings_a_review_back_as_it_was_and_tells_nobody(
    site: Site, alice: PretendActor, bob: PretendActor, social: PretendServer, review: Published
) -> None:
    await follow(site, alice)
    await site.author.post(f"/studio/reviews/{review.id}/pin")
    await site.settle()
    before, sent = await site.document(review.uri), len(social.received)
    deleted = await site.author.post(f"/studio/reviews/{review.id}/delete")
    note = bob.note("Where has it gone?", in_reply_to=review.uri)
    await bob.send(site.inbox, bob.create(note))
    site.clock.advance(UNDO_TIME - timedelta(seconds=30))
    await site.settle()

    assert "ten minutes" in await told(site, deleted)
    assert "less than a minute left" in said(await site.desk("/studio"))
    undone = await press(site, "/studio", "Undo")
    await site.settle()

    assert await told(site, undone) == "Here again, as it was."
    after = await site.document(review.uri)
    assert {**after, "replies": 0} == {**before, "replies": 0}
    assert (await site.document(f"{site.actor_id}/featured"))["totalItems"] == 1
    assert heading(await site.page(review.path)).startswith("1 thought on")
    assert len(social.received) == sent
    assert "Recently deleted" not in said(await site.desk("/studio"))


async def test_the_trash_is_emptied_once_also_after_the_site_was_down(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    await follow(site, alice)
    await site.author.post(f"/studio/reviews/{review.id}/delete")
    site.clock.advance(timedelta(days=3))

    await site.settle()
    await site.settle()

    [delete] = social.activities("Delete")
    assert delete["object"]["id"] == review.uri
    late = await site.author.post(f"/studio/reviews/{review.id}/restore")
    assert late.status_code == 404
    gone = await site.reader.get(review.uri, headers=AS_JSON)
    assert gone.status_code == 410
    assert site.rows()["review_versions"] == 0


async def test_a_draft_comes_back_as_a_draft(site: Site, now: Clock) -> None:
    saved = await site.author.post("/studio/write", data={**REVIEW, "do": "save"})
    draft = saved.headers["location"].partition("?")[0]
    await site.author.post(f"{draft}/delete")
    assert (await site.author.get(draft)).status_code == 404

    await site.author.post(f"{draft}/restore")

    assert said((await site.desk(draft)).select_one("h1")) == "Your draft"
    assert (await site.reader.get("/reviews/blame-a-netflix-original")).status_code == 404


async def test_who_is_sure_need_not_wait(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    await follow(site, alice)
    path = f"/studio/reviews/{review.id}"
    early = await site.author.post(f"{path}/delete-now")
    await site.author.post(f"{path}/delete")

    answer = await site.author.post(f"{path}/delete-now")
    await site.settle()

    assert early.status_code == 404
    assert await told(site, answer) == "Deleted."
    assert [each["object"]["id"] for each in social.activities("Delete")] == [review.uri]
    assert (await site.reader.get(review.uri, headers=AS_JSON)).status_code == 410
    assert "Recently deleted" not in said(await site.desk("/studio"))
