"""Two sites that follow, answer, like, boost, move and block each other, all by their forms."""

import pytest
from bs4 import BeautifulSoup

from tests.fediverse import Neighbourhood
from tests.stories.site import PASSWORD, Published, Site, said, settle, thread
from tests.stories.studio_forms import press, told
from tests.stories.test_two_sites import answer_form, follow

pytestmark = pytest.mark.anyio

PEOPLE, TALK = "/studio/people", "/studio/conversation"


async def answered(site: Site, neighbour: Site) -> Published:
    """Let the neighbour answer a review of the site, with each following the other."""
    await follow(neighbour, site)
    await follow(site, neighbour)
    review = await site.publish()
    await settle(site, neighbour)
    action = answer_form(await neighbour.desk(PEOPLE))
    await neighbour.author.post(action, data={"text": "I loved the ending."})
    await settle(neighbour, site)
    return review


def tallies(page: BeautifulSoup) -> str:
    return said(page.select_one(".thread .reply footer"))


async def test_likes_and_boosts_count_on_both_sides_and_end_on_both(
    site: Site, neighbour: Site
) -> None:
    review = await answered(site, neighbour)
    replies = await site.document(f"{review.uri}/replies")
    [note] = replies["first"]["items"]

    await press(site, TALK, "Like")
    await press(site, TALK, "Boost")
    await settle(site, neighbour)
    liked = await neighbour.document(note)
    here = tallies(await site.page(review.path))
    await press(site, TALK, "Like")
    await press(site, TALK, "Boost")
    await settle(site, neighbour)
    after = await neighbour.document(note)

    assert (liked["likes"]["totalItems"], liked["shares"]["totalItems"]) == (1, 1)
    assert "1 like, 1 boost" in here
    assert (after["likes"]["totalItems"], after["shares"]["totalItems"]) == (0, 0)
    assert "like" not in tallies(await site.page(review.path))


async def test_a_review_that_a_follower_likes_in_the_timeline_counts_it(
    site: Site, neighbour: Site
) -> None:
    await follow(neighbour, site)
    review = await site.publish()
    await settle(site, neighbour)

    answer = await press(neighbour, PEOPLE, "Like", within="#timeline ~ ul")
    await press(neighbour, PEOPLE, "Boost", within="#timeline ~ ul")
    await settle(neighbour, site)

    assert (await told(neighbour, answer)).startswith("Liked.")
    assert "1 like, 1 boost" in said((await site.page(review.path)).select_one(".tallies"))


async def test_a_block_parts_them_on_both_sides_until_it_ends(site: Site, neighbour: Site) -> None:
    review = await answered(site, neighbour)

    await press(site, TALK, "Block @reader@books.example")
    await settle(site, neighbour)
    await site.publish(review_title="Another")
    await settle(site, neighbour)
    hidden = await site.page(review.path)
    mine, theirs = said(await site.desk(PEOPLE)), said(await neighbour.desk(PEOPLE))
    await neighbour.author.post("/studio/following", data={"handle": site.handle})
    await settle(neighbour, site)
    declined = said(await neighbour.desk(PEOPLE))
    await press(site, PEOPLE, "Unblock")
    await settle(site, neighbour)
    await follow(neighbour, site)

    assert thread(hidden) == []
    assert "Nobody follows you yet" in mine
    assert "You follow nobody yet" in mine
    assert "You follow nobody yet" in theirs or "Declined" in theirs
    assert "Nobody follows you yet" in theirs
    assert "Another" not in theirs
    assert "Declined" in declined
    assert thread(await site.page(review.path)) == [(0, "@ critic I loved the ending.")]
    assert "You follow 1" in said(await neighbour.desk(PEOPLE))


async def test_a_report_of_a_reply_arrives_at_the_other_desk(site: Site, neighbour: Site) -> None:
    await answered(site, neighbour)
    link = (await site.desk(TALK)).select_one("article a[href*='/report?']")
    assert link is not None

    await press(site, str(link["href"]), "Send the report", comment="It spoils the ending.")
    await settle(site, neighbour)

    page = said(await neighbour.desk("/studio/reports"))
    assert "From reviews.example" in page
    assert "It spoils the ending." in page
    assert "An answer by an author here" in page


async def test_who_follows_an_account_elsewhere_follows_it_to_a_site_of_ours(
    site: Site, neighbour: Site, neighbourhood: Neighbourhood
) -> None:
    old = neighbourhood.server("social.example").person("critic_was_here")
    await neighbour.author.post("/studio/following", data={"handle": f"@{old.handle}"})
    await settle(neighbour)
    [asked] = old.server.activities("Follow")
    await old.send(neighbour.inbox, old.activity("Accept", asked))
    await press(site, "/studio/accounts", "Add it", alias=f"@{old.handle}")

    await old.send(neighbour.inbox, old.activity("Move", old.id, target=site.actor_id))
    await settle(neighbour, site)

    people = said(await neighbour.desk(PEOPLE))
    assert "@critic@reviews.example" in people
    assert f"moved here from @{old.handle}" in people
    assert "Has not answered yet" not in people
    assert "1 follower" in said(await site.desk(PEOPLE))


async def test_followers_go_along_from_one_site_of_ours_to_another_account(
    site: Site, neighbour: Site, neighbourhood: Neighbourhood
) -> None:
    await follow(neighbour, site)
    new = neighbourhood.server("new.example").person("critic")
    new.server.documents["/users/critic"]["alsoKnownAs"] = [site.actor_id]

    sent = {"target": f"@{new.handle}", "password": PASSWORD}
    await press(site, "/studio/accounts", "Move my followers", **sent)
    await settle(site, neighbour)

    [asked] = new.server.activities("Follow")
    assert asked["actor"] == neighbour.actor_id
    assert "moved here from @critic@reviews.example" in said(await neighbour.desk(PEOPLE))
    assert "Nobody follows you yet" in said(await site.desk(PEOPLE))
