"""A normal conversation with each kind of server: what they mean well goes well."""

from datetime import timedelta

import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from tests.clock import Clock
from tests.fediverse import Document, Neighbourhood
from tests.stories.kinds import KINDS, LD_JSON, Kind
from tests.stories.site import Published, Site, thread
from tests.stories.wire import move_in, server_of

pytestmark = pytest.mark.anyio

ACCEPTS = {
    "Mastodon, fetching": "application/activity+json, application/ld+json",
    "Mastodon, of a pasted address": f"{ACTIVITY_JSON}, {LD_JSON}, text/html;q=0.1",
    "GoToSocial": f"{LD_JSON},{ACTIVITY_JSON}",
    "Lemmy": ACTIVITY_JSON,
    "Pixelfed": LD_JSON,
}


REACTIONS = {"like": ("Like", (1, 0)), "boost": ("Announce", (0, 1))}


def name_of(value: Kind | str) -> str:
    return value.name if isinstance(value, Kind) else value


async def send(neighbourhood: Neighbourhood, site: Site, kind: Kind, activity: Document) -> None:
    """Let the kind's person say something to the site, and the site take notice."""
    inbox = site.author_inbox if activity["type"] in {"Follow", "Like", "Undo"} else site.inbox
    key = move_in(neighbourhood, kind.actor)
    assert await kind.send(neighbourhood, inbox, activity, key=key) == 202
    await site.settle()


def reactions(article: Document) -> tuple[int, int]:
    return article["likes"]["totalItems"], article["shares"]["totalItems"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.does("follow")], ids=name_of)
async def test_a_follow_is_accepted_as_the_follower_knows_it_and_ends_when_they_say(
    site: Site, neighbourhood: Neighbourhood, kind: Kind
) -> None:
    follow = kind.activity("Follow", "follow", site.actor_id)

    await send(neighbourhood, site, kind, follow)
    await site.publish(review_title="While they follow")
    await site.settle()
    await send(neighbourhood, site, kind, kind.undo("undo_follow", follow))
    await site.publish(review_title="Afterwards")
    await site.settle()

    server = server_of(neighbourhood, kind.actor)
    (accept,) = [taken for taken in server.received if taken.activity["type"] == "Accept"]
    own_inbox = server.documents[kind.actor.removeprefix(server.url)]["inbox"]
    told = {name: value for name, value in follow.items() if name != "@context"}
    assert f"{server.url}{accept.path}" == own_inbox
    assert accept.activity["object"] == told
    assert accept.activity["to"] == [kind.actor]
    (create,) = server.activities("Create")
    assert create["object"]["name"].startswith("While they follow")


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
async def test_a_reply_is_shown_edited_and_taken_away(
    site: Site, neighbourhood: Neighbourhood, review: Published, now: Clock, kind: Kind
) -> None:
    reply = kind.reply(review.uri, "A wall without end.", at=now())

    await send(neighbourhood, site, kind, kind.activity("Create", "create", reply))
    first = thread(await site.page(review.path))
    if kind.does("update"):
        edited_at = kind.instant(now.advance(timedelta(minutes=5)))
        edited = {**reply, "content": "<p>A wall with an end.</p>", "updated": edited_at}
        await send(neighbourhood, site, kind, kind.activity("Update", "update", edited))
    second = thread(await site.page(review.path))
    await send(neighbourhood, site, kind, kind.delete())

    assert first == [(0, "A wall without end.")]
    assert second == ([(0, "A wall with an end.")] if kind.does("update") else first)
    assert thread(await site.page(review.path)) == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in KINDS for name in REACTIONS if kind.does(name)],
    ids=name_of,
)
async def test_a_reaction_is_counted_until_it_is_taken_back(
    site: Site, neighbourhood: Neighbourhood, review: Published, kind: Kind, name: str
) -> None:
    type_, counted = REACTIONS[name]
    reaction = kind.activity(type_, name, review.uri)

    await send(neighbourhood, site, kind, reaction)
    before = reactions(await site.document(review.uri))
    await send(neighbourhood, site, kind, kind.undo(f"undo_{name}", reaction))

    assert before == counted
    assert reactions(await site.document(review.uri)) == (0, 0)


@pytest.mark.parametrize("accept", ACCEPTS.values(), ids=ACCEPTS)
async def test_a_document_is_given_to_whoever_asks_in_their_words(
    site: Site, review: Published, accept: str
) -> None:
    answers = [
        await site.reader.get(url, headers={"Accept": accept})
        for url in (review.uri, site.actor_id)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert {answer.headers["content-type"] for answer in answers} == {ACTIVITY_JSON}
    assert [answer.json()["id"] for answer in answers] == [review.uri, site.actor_id]
