"""Taking a published review back, and publishing it once more."""

import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from tests.fediverse import PretendActor, PretendServer
from tests.stories.site import REVIEW, Published, Site, follow, heading, said, thread
from tests.stories.studio_forms import press, told

pytestmark = pytest.mark.anyio

AS_JSON = {"Accept": ACTIVITY_JSON}


async def unpublish(site: Site, review: Published) -> str:
    """Take it back, and give the page of the draft on the desk."""
    answer = await press(site, f"/studio/reviews/{review.id}", "Unpublish")
    assert (await told(site, answer)).startswith("Unpublished.")
    return str(answer.headers["location"].partition("?")[0])


async def test_an_unpublished_review_is_a_draft_and_a_tombstone(
    site: Site, alice: PretendActor, bob: PretendActor, social: PretendServer, review: Published
) -> None:
    await follow(site, alice)
    await bob.send(site.inbox, bob.create(bob.note("Yes.", in_reply_to=review.uri)))
    await site.settle()

    draft = await unpublish(site, review)
    await site.settle()

    assert not draft.endswith(review.id)
    assert (await site.reader.get(review.path)).status_code == 404
    gone = await site.reader.get(review.uri, headers=AS_JSON)
    assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")
    assert [each["object"]["id"] for each in social.activities("Delete")] == [review.uri]
    assert [each["object"]["id"] for each in bob.server.activities("Delete")] == [review.uri]
    assert (await site.document(f"{site.actor_id}/outbox"))["totalItems"] == 0
    page = await site.desk(draft)
    assert said(page.select_one("textarea[name=body]")) == REVIEW["body"]


async def test_published_again_it_has_a_new_id_its_address_and_its_conversation(
    site: Site, alice: PretendActor, bob: PretendActor, social: PretendServer, review: Published
) -> None:
    await follow(site, alice)
    first = bob.note("Yes.", in_reply_to=review.uri)
    await bob.send(site.inbox, bob.create(first))
    await site.settle()
    draft = await unpublish(site, review)

    renamed = {**REVIEW, "review_title": "Another title", "do": "publish"}
    again = await site.published_at(await site.author.post(draft, data=renamed))
    await bob.send(site.inbox, bob.create(bob.note("Late.", in_reply_to=review.uri)))
    answer = bob.note("And more.", in_reply_to=first["id"])
    await bob.send(site.inbox, bob.create(answer))
    await bob.send(site.inbox, bob.create(bob.note("New.", in_reply_to=again.uri)))
    await site.settle()

    assert (again.path, again.uri == review.uri) == (review.path, False)
    create = social.activities("Create")[-1]
    assert create["object"]["id"] == again.uri
    page = await site.page(again.path)
    assert heading(page).startswith("4 thoughts on")
    places = thread(page)
    assert {text for depth, text in places if depth == 0} == {"Yes.", "Late.", "New."}
    assert len(places) == 4
    assert (await site.reader.get(review.uri, headers=AS_JSON)).status_code == 410


async def test_a_draft_of_a_work_with_other_reviews_changes_nothing_of_theirs(
    site: Site, review: Published
) -> None:
    other = await site.publish(review_title="Seen again")
    draft = await unpublish(site, review)

    changed = {**REVIEW, "title": "Secret", "publisher": "Secret Deal", "do": "save"}
    assert (await site.author.post(draft, data=changed)).status_code == 303

    assert "Secret" not in str(await site.page(other.path))
    assert "Secret" not in str(await site.page("/works/blame"))
