"""What stands at the head of a profile, here and elsewhere."""

from datetime import timedelta

import httpx
import pytest

from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.services.pinning import MOST_PINNED
from tests.clock import Clock
from tests.fediverse import Document, PretendActor
from tests.stories.site import REVIEW, Published, Site, problems_of, said

pytestmark = pytest.mark.anyio


async def pin(site: Site, review: Published, what: str = "pin") -> httpx.Response:
    return await site.author.post(f"/studio/reviews/{review.id}/{what}")


async def featured(site: Site) -> list[str]:
    found: Document = await site.document(f"{site.actor_id}/featured")
    assert found["totalItems"] == len(found["orderedItems"])
    items: list[str] = found["orderedItems"]
    return items


async def titles(site: Site) -> list[tuple[str, bool]]:
    """Give the titles on the author's page, each with whether it is marked as pinned."""
    cards = (await site.page("/@critic")).select("article.card")
    return [
        (said(card.select_one(".card-title")), "Pinned" in said(card.select_one(".badge")))
        for card in cards
    ]


async def several(site: Site, number: int) -> list[Published]:
    return [await site.publish(title=f"Film {n}", review_title=f"R{n}") for n in range(number)]


async def test_pinned_reviews_stand_first_the_last_pinned_before_the_others(
    site: Site, now: Clock
) -> None:
    reviews = await several(site, 4)

    for review in (reviews[2], reviews[0]):
        now.advance(timedelta(minutes=1))
        answer = await pin(site, review)
        assert answer.headers["location"] == "/studio?done=pinned#published"

    assert await featured(site) == [reviews[0].uri, reviews[2].uri]
    assert await titles(site) == [("R0", True), ("R2", True), ("R3", False), ("R1", False)]


async def test_a_review_is_unpinned_with_the_button_that_takes_the_place_of_the_other(
    site: Site, review: Published
) -> None:
    await pin(site, review)
    desk = await site.desk("/studio")
    button = desk.select_one("form.pin button")
    form = desk.select_one("form.pin")
    assert form is not None

    await site.author.post(str(form["action"]))

    assert said(button) == "Unpin BLAME! A Netflix Original"
    assert await featured(site) == []
    assert said((await site.desk("/studio")).select_one("form.pin button")).startswith(
        "Pin to profile"
    )


async def test_followers_are_told_with_a_proof_what_is_pinned_and_what_no_longer(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await alice.send(site.author_inbox, alice.activity("Follow", site.actor_id))
    await site.settle()

    await pin(site, review)
    await pin(site, review)
    await pin(site, review, "unpin")
    await pin(site, review, "unpin")
    await site.settle()

    actor = await site.document(site.actor_id)
    [added], [removed] = (alice.server.activities(kind) for kind in ("Add", "Remove"))
    for told in (added, removed):
        assert (told["object"], told["target"]) == (review.uri, actor["featured"])
        assert (told["to"], told["cc"]) == ([PUBLIC], [actor["followers"]])
        assert told["proof"]["verificationMethod"] == actor["assertionMethod"][0]["id"]


async def test_more_than_a_few_cannot_be_pinned(site: Site) -> None:
    reviews = await several(site, MOST_PINNED + 1)
    for review in reviews[:MOST_PINNED]:
        await pin(site, review)

    refused = await pin(site, reviews[-1])

    assert refused.status_code == 422
    assert "5 reviews are pinned" in problems_of(refused)
    assert len(await featured(site)) == MOST_PINNED
    assert reviews[-1].uri not in await featured(site)


async def test_an_edit_leaves_the_pin_where_it_is(site: Site, review: Published) -> None:
    await pin(site, review)

    await site.author.post(f"/studio/reviews/{review.id}", data={**REVIEW, "rating": "9"})

    assert await featured(site) == [review.uri]


async def test_a_deleted_review_is_pinned_no_more(site: Site) -> None:
    gone, kept = await several(site, 2)
    for review in (gone, kept):
        await pin(site, review)

    await site.delete(gone.id)

    assert await featured(site) == [kept.uri]
    assert await titles(site) == [("R1", True)]
    assert (await pin(site, gone)).status_code == 404
    assert (await pin(site, gone, "unpin")).status_code == 404


async def test_a_draft_cannot_be_pinned(site: Site) -> None:
    saved = await site.author.post("/studio/write", data={"title": "Draft", "do": "save"})
    draft_id = saved.headers["location"].partition("?")[0].rpartition("/")[2]

    answer = await site.author.post(f"/studio/reviews/{draft_id}/pin")

    assert answer.status_code == 404
    assert await featured(site) == []


async def test_an_old_pinned_review_can_be_unpinned_on_the_desk(site: Site) -> None:
    old, *_ = await several(site, 14)
    await pin(site, old)

    desk = await site.desk("/studio")

    [form] = desk.select("form.pin[action$='/unpin']")
    assert form["action"] == f"/studio/reviews/{old.id}/unpin"


async def test_nobody_else_pins_anything(site: Site, review: Published) -> None:
    answer = await site.reader.post(f"/studio/reviews/{review.id}/pin")

    assert answer.status_code == 401
    assert await featured(site) == []
