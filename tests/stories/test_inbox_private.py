"""What is for one reader alone, and what counts as public."""

from datetime import timedelta

import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, PUBLIC
from tests.clock import Clock
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, heading, said, thread
from tests.stories.test_inbox_thread import replies_of, reply, send

pytestmark = pytest.mark.anyio


async def test_a_private_note_is_for_the_desk_alone(
    site: Site, alice: PretendActor, review: Published
) -> None:
    private = {"to": [site.actor_id], "cc": []}
    note = await reply(site, alice, "Between us", review.uri, **private)

    desk = await site.desk("/studio/conversation")

    assert "Between us" in said(desk.select_one("li.private"))
    for path in ("/", review.path, "/works/blame", "/@critic"):
        assert "Between us" not in str(await site.page(path))
    assert heading(await site.page(review.path)).startswith("No thoughts yet")
    for name in ("", "/replies", "/replies?page=1", "/context"):
        document = await site.document(f"{review.uri}{name}")
        assert note["id"] not in str(document)
    assert (await site.document(review.uri))["replies"]["totalItems"] == 0


async def test_a_private_note_has_no_page_or_document_of_its_own(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Between us", review.uri, to=[site.actor_id], cc=[])
    article = (await site.desk("/studio/conversation")).select_one("li.private article")
    assert article is not None
    note_id = str(article["id"]).removeprefix("reply-")

    for path in (f"/notes/{note_id}", f"/ap/notes/{note_id}", f"/ap/notes/{note_id}/replies"):
        for headers in ({}, {"Accept": ACTIVITY_JSON}):
            assert (await site.reader.get(path, headers=headers)).status_code == 404


async def test_a_note_made_private_by_an_edit_leaves_the_page(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    note = await reply(site, alice, "Said too loud", review.uri)
    updated = now.advance(timedelta(minutes=1)).isoformat()

    edit = {**note, "to": [site.actor_id], "cc": [], "updated": updated}
    await send(site, alice, alice.activity("Update", edit))

    assert thread(await site.page(review.path)) == []
    assert await replies_of(site, review) == []


async def test_followers_only_is_not_public(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "To my followers", review.uri, to=[f"{alice.id}/followers"])

    assert thread(await site.page(review.path)) == []


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public"])
async def test_quiet_public_replies_are_shown(
    site: Site, alice: PretendActor, review: Published, public: str
) -> None:
    await reply(site, alice, "Quietly", review.uri, to=[f"{alice.id}/followers"], cc=[public])

    assert thread(await site.page(review.path)) == [(0, "Quietly")]
