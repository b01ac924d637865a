import re

import pytest
from bs4 import BeautifulSoup

from tests.stories.site import Site, heading, said, settle, thread

pytestmark = pytest.mark.anyio


async def follow(follower: Site, followed: Site) -> None:
    answer = await follower.author.post("/studio/following", data={"handle": followed.handle})
    assert answer.headers["location"] == "/studio/people?done=asked"
    await settle(follower, followed)


def timeline(page: BeautifulSoup) -> list[str]:
    section = page.select_one("section[aria-labelledby=timeline]")
    assert section is not None
    return [said(note.select_one(".about")) for note in section.select("article")]


def answer_form(page: BeautifulSoup) -> str:
    form = page.select_one("form[action*='/answer']")
    assert form is not None
    return str(form["action"])


async def test_a_follow_by_handle_is_accepted_at_once(site: Site, neighbour: Site) -> None:
    await follow(neighbour, site)

    people = await neighbour.desk("/studio/people")
    followers = await site.desk("/studio/people")

    assert "You follow 1" in said(people)
    assert "Has not answered yet" not in said(people)
    assert f"@{neighbour.username}@{neighbour.host}" in said(
        followers.select_one("#followers ~ ul")
    )


async def test_a_published_review_reaches_the_timeline_of_a_follower(
    site: Site, neighbour: Site
) -> None:
    await follow(neighbour, site)

    await site.publish()
    await settle(site, neighbour)

    people = await neighbour.desk("/studio/people")
    assert timeline(people) == ["BLAME! A Netflix Original – 8.5/10"]


async def test_an_answer_from_another_site_and_the_answer_to_it_stand_on_both_sides(
    site: Site, neighbour: Site
) -> None:
    await follow(neighbour, site)
    review = await site.publish()
    await settle(site, neighbour)
    action = answer_form(await neighbour.desk("/studio/people"))
    assert action.startswith("/studio/notes/")

    sent = await neighbour.author.post(action, data={"text": "I *loved* the ending."})
    await settle(neighbour, site)
    page = await site.page(review.path)

    assert sent.status_code == 303
    assert heading(page).startswith("1 thought on")
    assert thread(page) == [(0, "@ critic I loved the ending.")]

    back = answer_form(await site.desk(review.path))
    await site.author.post(back, data={"text": "So did I.", "return_to": review.path})
    await settle(site, neighbour)
    page = await site.page(review.path)
    talk = await neighbour.desk("/studio/conversation")

    assert heading(page).startswith("2 thoughts on")
    assert [depth for depth, _ in thread(page)] == [0, 1]
    assert thread(page)[1][1] == "So did I."
    assert "So did I." in said(talk.select_one("ul.notes"))


async def test_an_answer_has_an_id_and_a_page_on_the_site_of_its_writer(
    site: Site, neighbour: Site
) -> None:
    await follow(neighbour, site)
    review = await site.publish()
    await settle(site, neighbour)
    action = answer_form(await neighbour.desk("/studio/people"))
    await neighbour.author.post(action, data={"text": "Fine."})
    await settle(neighbour, site)

    replies = await site.document(f"{review.uri}/replies")
    [uri] = replies["first"]["items"]
    note = await neighbour.document(uri)
    page = await neighbour.page(note["url"].removeprefix(neighbour.base_url))

    assert re.fullmatch(r"https://books\.example/ap/notes/[0-9a-z]+", uri)
    assert note["inReplyTo"] == review.uri
    assert note["context"] == f"{review.uri}/context"
    assert "Fine." in said(page)


async def test_an_edit_and_a_deletion_arrive_at_the_follower(site: Site, neighbour: Site) -> None:
    await follow(neighbour, site)
    review = await site.publish()
    await settle(site, neighbour)

    edited = {"title": "BLAME!", "rating": "9", "body": "Better at second sight.", "do": "update"}
    await site.author.post(f"/studio/reviews/{review.id}", data=edited)
    await settle(site, neighbour)
    after_edit = await neighbour.desk("/studio/people")
    await site.delete(review.id)
    await settle(site, neighbour)
    after_delete = await neighbour.desk("/studio/people")

    assert timeline(after_edit) == ["BLAME! – 9/10"]
    assert timeline(after_delete) == []


async def test_a_deleted_answer_leaves_the_other_site(site: Site, neighbour: Site) -> None:
    await follow(neighbour, site)
    review = await site.publish()
    await settle(site, neighbour)
    action = answer_form(await neighbour.desk("/studio/people"))
    sent = await neighbour.author.post(action, data={"text": "Hasty words."})
    await settle(neighbour, site)
    note_id = sent.headers["location"].rpartition("#reply-")[2]

    await neighbour.author.post(f"/studio/replies/{note_id}/delete")
    await settle(neighbour, site)
    page = await site.page(review.path)

    assert heading(page).startswith("No thoughts yet")
    assert thread(page) == []


async def test_an_unfollow_ends_it_on_both_sides(site: Site, neighbour: Site) -> None:
    await follow(neighbour, site)

    await neighbour.author.post("/studio/following/remove", data={"actor": site.actor_id})
    await settle(neighbour, site)
    await site.publish()
    await settle(site, neighbour)

    assert "Nobody follows you yet" in said(await site.desk("/studio/people"))
    assert "You follow nobody yet" in said(await neighbour.desk("/studio/people"))
    assert neighbour.queues().arrivals == {"done": 1}


@pytest.mark.parametrize("handle", ["@nobody@books.example", "https://books.example/users/nobody"])
async def test_following_nobody_says_so_and_keeps_what_was_typed(
    site: Site, neighbour: Site, handle: str
) -> None:
    answer = await site.author.post("/studio/following", data={"handle": handle})

    assert answer.status_code == 422
    assert "Nobody was found there" in answer.text


@pytest.mark.parametrize("handle", ["", " ", "bert", "@bert"])
async def test_a_handle_without_its_server_is_asked_for_whole(site: Site, handle: str) -> None:
    answer = await site.author.post("/studio/following", data={"handle": handle})

    assert answer.status_code == 422
    assert "with its server" in answer.text


async def test_following_somebody_whose_server_is_away_says_so(site: Site) -> None:
    answer = await site.author.post("/studio/following", data={"handle": "@a@away.example"})

    assert answer.status_code == 422
    assert "does not answer" in answer.text
