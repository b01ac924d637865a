"""Likes, boosts, follows, blocks, and what we have no word for."""

from datetime import timedelta

import pytest

from tests.clock import Clock
from tests.fediverse import Document, PretendActor, PretendServer
from tests.stories.site import Published, Site, said

pytestmark = pytest.mark.anyio


async def send(site: Site, actor: PretendActor, *activities: Document) -> None:
    for activity in activities:
        answer = await actor.send(site.author_inbox, activity)
        assert answer.status_code == 202, answer.text
        await site.settle()


async def counts(site: Site, review: Published) -> tuple[int, int]:
    article = await site.document(review.uri)
    likes = await site.document(f"{review.uri}/likes")
    shares = await site.document(f"{review.uri}/shares")
    assert article["likes"]["totalItems"] == likes["totalItems"]
    assert article["shares"]["totalItems"] == shares["totalItems"]
    return likes["totalItems"], shares["totalItems"]


async def followers(site: Site) -> int:
    total: int = (await site.document(f"{site.actor_id}/followers"))["totalItems"]
    return total


async def test_likes_and_boosts_are_counted_once_for_each_person(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await send(site, alice, alice.activity("Like", review.uri), alice.activity("Like", review.uri))
    await send(site, bob, bob.activity("Like", review.uri), bob.activity("Announce", review.uri))

    page = await site.page(review.path)

    assert await counts(site, review) == (2, 1)
    assert "2 likes, 1 boost across the fediverse" in said(page.select_one(".tallies"))


async def test_a_like_of_the_page_is_a_like_of_the_review(
    site: Site, alice: PretendActor, review: Published
) -> None:
    like = alice.activity("Like", f"{site.base_url}{review.path}")

    await send(site, alice, like)
    liked = await counts(site, review)
    await send(site, alice, alice.activity("Undo", like))

    assert liked == (1, 0)
    assert await counts(site, review) == (0, 0)


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("type_", ["Like", "Announce"])
async def test_a_reaction_is_taken_back(
    site: Site, alice: PretendActor, review: Published, type_: str, embedded: bool
) -> None:
    reaction = alice.activity(type_, review.uri)

    await send(site, alice, reaction)
    before = await counts(site, review)
    await send(site, alice, alice.activity("Undo", reaction if embedded else reaction["id"]))

    assert sum(before) == 1
    assert await counts(site, review) == (0, 0)


async def test_an_undo_with_another_id_takes_back_what_it_is_about(
    site: Site, alice: PretendActor, review: Published
) -> None:
    like = alice.activity("Like", review.uri)
    await send(site, alice, like, alice.activity("Announce", review.uri))

    renamed = {**like, "id": f"{alice.id}#likes/9"}
    await send(site, alice, alice.activity("Undo", renamed))

    assert await counts(site, review) == (0, 1)


async def test_an_undo_that_overtakes_its_like_wins(
    site: Site, alice: PretendActor, review: Published
) -> None:
    like = alice.activity("Like", review.uri)

    await send(site, alice, alice.activity("Undo", like), like)

    assert await counts(site, review) == (0, 0)


async def test_nobody_takes_back_what_somebody_else_did(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    mallory = social.person("mallory", key="mallory")
    like = alice.activity("Like", review.uri)
    await send(site, alice, like)

    await send(site, mallory, mallory.activity("Undo", like["id"]))
    await send(site, mallory, mallory.activity("Undo", like))
    await send(site, mallory, mallory.activity("Undo", {**like, "actor": mallory.id}))

    assert await counts(site, review) == (1, 0)


async def test_a_reply_can_be_liked_too(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    note = alice.note("Likeable", in_reply_to=review.uri)
    await send(site, alice, alice.create(note))

    await send(site, bob, bob.activity("Like", note["id"]))

    page = await site.page(review.path)
    assert "1 like" in said(page.select_one(".thread .reply footer"))
    assert await counts(site, review) == (0, 0)


async def test_a_like_of_something_elsewhere_is_not_kept(site: Site, alice: PretendActor) -> None:
    await send(site, alice, alice.activity("Like", "https://elsewhere.example/notes/1"))

    assert site.rows()["reactions"] == 0


async def test_a_like_of_a_draft_tells_nothing(site: Site, alice: PretendActor) -> None:
    answer = await site.author.post("/studio/write", data={"title": "Secret", "do": "save"})
    draft_id = answer.headers["location"].partition("?")[0].rpartition("/")[2]

    await send(site, alice, alice.activity("Like", f"{site.base_url}/ap/reviews/{draft_id}"))

    assert site.rows()["reactions"] == 0


async def test_a_follow_is_answered_with_the_whole_follow_inside(
    site: Site, alice: PretendActor
) -> None:
    follow = alice.activity("Follow", site.actor_id)

    await send(site, alice, follow)

    [received] = alice.server.received
    accept = received.activity
    assert received.path == "/users/alice/inbox"
    assert (accept["type"], accept["actor"], accept["to"]) == ("Accept", site.actor_id, [alice.id])
    assert accept["object"] == {
        "id": follow["id"],
        "type": "Follow",
        "actor": alice.id,
        "object": site.actor_id,
    }
    assert await followers(site) == 1


async def test_every_follow_is_answered_anew(site: Site, alice: PretendActor) -> None:
    first, second = (alice.activity("Follow", site.actor_id) for _ in range(2))

    await send(site, alice, first, second)

    accepts = alice.server.activities("Accept")
    assert [accept["object"]["id"] for accept in accepts] == [first["id"], second["id"]]
    assert await followers(site) == 1


async def test_the_same_follow_sent_again_is_answered_again(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    follow = alice.activity("Follow", site.actor_id)

    await send(site, alice, follow)
    now.advance(timedelta(minutes=1))
    await send(site, alice, follow)

    accepts = alice.server.activities("Accept")
    assert [accept["object"]["id"] for accept in accepts] == [follow["id"]] * 2
    assert await followers(site) == 1


@pytest.mark.parametrize("inner", ["same", "another", "none", "only the id"])
async def test_a_follow_is_taken_back_however_it_is_named(
    site: Site, alice: PretendActor, inner: str
) -> None:
    follow = alice.activity("Follow", site.actor_id)
    named: dict[str, object] = {
        "same": follow,
        "another": {**follow, "id": f"{alice.id}#follows/7"},
        "none": {name: value for name, value in follow.items() if name != "id"},
        "only the id": follow["id"],
    }

    await send(site, alice, follow)
    before = await followers(site)
    await send(site, alice, alice.activity("Undo", named[inner]))

    assert (before, await followers(site)) == (1, 0)


async def test_an_undo_that_overtakes_its_follow_wins(site: Site, alice: PretendActor) -> None:
    follow = alice.activity("Follow", site.actor_id)

    await send(site, alice, alice.activity("Undo", follow), follow)

    assert await followers(site) == 0
    assert alice.server.activities("Accept") == []


@pytest.mark.parametrize("inner", ["same", "another", "only the id"])
async def test_our_follow_is_answered_however_it_is_named(
    site: Site, alice: PretendActor, inner: str
) -> None:
    await site.author.post("/studio/following", data={"handle": alice.handle})
    await site.settle()
    [follow] = alice.server.activities("Follow")
    named = {
        "same": follow,
        "another": {**follow, "id": f"{alice.id}#accepts/follows/7"},
        "only the id": follow["id"],
    }[inner]

    async def answered(type_: str) -> object:
        await send(site, alice, alice.activity(type_, named))
        return (await site.document(f"{site.actor_id}/following"))["totalItems"]

    assert await answered("Accept") == 1
    assert await answered("Reject") == 0


async def test_nobody_answers_a_follow_for_somebody_else(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    await site.author.post("/studio/following", data={"handle": alice.handle})
    await site.settle()
    [follow] = alice.server.activities("Follow")

    for named in (follow, follow["id"]):
        await send(site, bob, bob.activity("Accept", named))

    assert (await site.document(f"{site.actor_id}/following"))["totalItems"] == 0


async def test_who_blocks_the_author_gets_nothing_more(site: Site, alice: PretendActor) -> None:
    await send(site, alice, alice.activity("Follow", site.actor_id))

    await send(site, alice, alice.activity("Block", site.actor_id))
    await site.publish()
    await site.settle()

    assert await followers(site) == 0
    assert alice.server.activities("Create") == []


async def test_what_we_have_no_word_for_is_kept_and_does_nothing(
    site: Site, alice: PretendActor, review: Published
) -> None:
    before = site.rows()
    odd = (
        alice.activity("Dance", review.uri),
        alice.activity("Create", {"id": f"{alice.id}/boats/1", "type": "Boat"}),
        alice.activity("Add", review.uri, target=f"{alice.id}/collections/featured"),
        alice.activity("Remove", review.uri, target=f"{alice.id}/collections/featured"),
        alice.activity("Dislike", review.uri),
    )

    await send(site, alice, *odd)

    after = site.rows()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"arrivals", "actors", "remote_keys"}
    assert site.queues().arrivals == {"done": len(odd)}


async def test_a_new_name_is_fetched_and_not_believed(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("Who am I?", in_reply_to=review.uri)
    await send(site, alice, alice.create(note))
    alice.server.documents["/users/alice"]["name"] = "Alice Liddell"

    update = alice.activity("Update", {**alice.document(), "name": "The Queen"})
    await send(site, alice, update)

    page = await site.page(review.path)
    assert said(page.select_one(".thread .p-name")) == "Alice Liddell"
