"""Sending an old review to all followers again."""

from datetime import timedelta

import pytest

from tests.fediverse import PretendActor, PretendServer
from tests.stories.site import Published, Site, follow, said, soup
from tests.stories.studio_forms import press, told

pytestmark = pytest.mark.anyio


async def pass_days(site: Site, days: int) -> None:
    """Let time pass, while the author comes by often enough to stay signed in."""
    for _ in range(days):
        site.clock.advance(timedelta(days=1))
        assert (await site.author.get("/studio/people")).status_code == 200


async def send_again(site: Site, review: Published) -> int:
    answer = await site.author.post(f"/studio/reviews/{review.id}/again")
    await site.settle()
    return answer.status_code


async def test_who_follows_now_gets_an_old_review_as_a_boost(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    await pass_days(site, 40)
    await follow(site, alice)

    answer = await press(site, f"/studio/reviews/{review.id}", "Send again")
    await site.settle()

    assert "once more" in await told(site, answer)
    [announce] = social.activities("Announce")
    assert (announce["actor"], announce["object"]) == (site.actor_id, review.uri)
    assert social.activities("Undo") == []


async def test_the_next_time_the_one_before_is_taken_back_first(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    await follow(site, alice)
    for _ in range(2):
        await pass_days(site, 31)
        assert await send_again(site, review) == 303

    kinds = [each.activity["type"] for each in social.received]
    first, second = social.activities("Announce")
    [undo] = social.activities("Undo")
    assert kinds[-3:] == ["Announce", "Undo", "Announce"]
    assert undo["object"]["id"] == first["id"] != second["id"]
    outbox = await site.document(f"{site.actor_id}/outbox")
    items = (await site.document(outbox["first"]))["orderedItems"]
    assert [each["type"] for each in items] == ["Announce", "Create"]


async def test_nobody_is_flooded(site: Site) -> None:
    written = [await site.publish(review_title=f"Number {n}") for n in range(4)]
    assert await send_again(site, written[0]) == 422
    await pass_days(site, 30)

    statuses = [await send_again(site, review) for review in written]

    assert statuses == [303, 303, 303, 422]
    refused = await site.author.post(f"/studio/reviews/{written[0].id}/again")
    assert "Send it again from 30 June 2024 on" in said(soup(refused).select_one(".problems"))
    await pass_days(site, 1)
    assert await send_again(site, written[3]) == 303
