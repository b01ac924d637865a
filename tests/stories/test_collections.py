"""The lists that other servers read: complete, in pages, and without what nobody may see."""

from collections.abc import AsyncIterator

import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, PUBLIC
from fedreview.domain.thread import NoteState
from fedreview.services.collecting import MOST_TAGS, OUTBOX_PAGE, PAGE
from fedreview.storage import actors, reactions, threads
from fedreview.storage.reactions import ReactionKind
from tests.databases import Statements
from tests.factories import NOON, a_note, a_note_uri, a_remote_actor
from tests.fediverse import Document, PretendActor
from tests.stories.site import Published, Site
from tests.stories.test_inbox_thread import reply

pytestmark = pytest.mark.anyio

SETTINGS = {"site_title": "Reviews", "name": "Critic"}
NONSENSE = (
    "after=nonsense",
    "after=-1",
    "after=9" * 30,
    "page=2",
    "page=-1",
    "after=%FF",
    "after=1_",
)
BEYOND = "999999999999999999_x"


async def members(site: Site, uri: str) -> AsyncIterator[str]:
    """Walk a collection as Mastodon does: its first page, then what each page names."""
    page = (await site.document(uri))["first"]
    while page:
        document: Document = page if isinstance(page, dict) else await site.document(page)
        if isinstance(page, str):
            assert document["id"] == page
        for item in document.get("items") or document.get("orderedItems") or []:
            yield item if isinstance(item, str) else item["id"]
        page = document.get("next")


async def listed(site: Site, uri: str) -> list[str]:
    return [uri async for uri in members(site, uri)]


def a_long_thread(site: Site, review: Published, length: int) -> list[str]:
    with site.parts.database.transaction() as tx:
        for n in range(length):
            threads.add(tx, a_note(n, in_reply_to=review.uri, review_id=review.id))
    return [a_note_uri(n) for n in range(length)]


def followed_by(site: Site, number: int) -> list[str]:
    people = [a_remote_actor(n) for n in range(number)]
    author = site.account()
    with site.parts.database.transaction() as tx:
        for person in people:
            actors.save(tx, person, ())
            actors.add_follower(tx, author.id, person.id, follow=f"{person.id}#f", now=NOON)
    return [person.id for person in reversed(people)]


async def show_network(site: Site) -> None:
    sent = {**SETTINGS, "shows_network": "yes"}
    assert (await site.author.post("/studio/settings", data=sent)).status_code == 303


async def test_a_long_thread_is_read_page_by_page(site: Site, review: Published) -> None:
    everything = a_long_thread(site, review, 2 * PAGE + 5)

    assert await listed(site, f"{review.uri}/replies") == everything
    assert await listed(site, f"{review.uri}/context") == [review.uri, *everything]
    assert (await site.document(f"{review.uri}/replies"))["totalItems"] == len(everything)


async def test_a_conversation_belongs_to_its_author_and_begins_with_the_review(
    site: Site, alice: PretendActor, review: Published
) -> None:
    answer = await reply(site, alice, "First", review.uri)

    article = await site.document(review.uri)
    context = await site.document(article["context"])

    assert (context["type"], context["attributedTo"]) == ("OrderedCollection", site.actor_id)
    assert context["totalItems"] == 2
    assert await listed(site, article["context"]) == [review.uri, answer["id"]]


@pytest.mark.parametrize("name", ["replies", "context"])
async def test_what_nobody_may_read_is_in_no_list(site: Site, review: Published, name: str) -> None:
    with site.parts.database.transaction() as tx:
        threads.add(tx, a_note(1, review_id=review.id, audience="private"))
        threads.add(tx, a_note(2, review_id=review.id, state=NoteState.HIDDEN))
        threads.add(tx, a_note(3, review_id=review.id, state=NoteState.DELETED))

    assert "social.example" not in str(await listed(site, f"{review.uri}/{name}"))


async def test_the_answers_to_an_answer_are_read_too(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await reply(site, alice, "And?", review.uri)
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None
    await site.author.post(str(form["action"]), data={"text": "So."})
    [_, own] = await listed(site, f"{review.uri}/replies")
    answer = await reply(site, bob, "Aha", own)
    await bob.send(site.inbox, bob.activity("Like", own))
    await site.settle()

    note = await site.document(own)

    assert await listed(site, f"{own}/replies") == [answer["id"]]
    assert len(await listed(site, f"{own}/likes")) == 1
    assert (note["replies"]["totalItems"], note["likes"]["totalItems"]) == (1, 1)


async def test_a_deleted_answer_has_no_lists(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "And?", review.uri)
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None
    await site.author.post(str(form["action"]), data={"text": "So."})
    [_, own] = await listed(site, f"{review.uri}/replies")

    await site.author.post(f"/studio/replies/{own.rpartition('/')[2]}/delete")

    for name in ("replies", "likes", "shares"):
        assert (await site.reader.get(f"{own}/{name}")).status_code == 404


async def test_likes_and_shares_are_listed_without_those_of_people_who_are_blocked(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    kinds = ("Like", "Announce")
    sent = [alice.activity(kind, review.uri) for kind in kinds]
    for activity in sent:
        await alice.send(site.inbox, activity)
    for kind in kinds:
        await bob.send(site.inbox, bob.activity(kind, review.uri))
    await site.settle()
    await site.author.post("/studio/blocks", data={"actor": bob.id})

    assert (await site.document(f"{review.uri}/likes"))["totalItems"] == 1
    assert await listed(site, f"{review.uri}/likes") == [sent[0]["id"]]
    assert await listed(site, f"{review.uri}/shares") == [sent[1]["id"]]


async def test_many_likes_are_listed_in_pages(site: Site, review: Published) -> None:
    with site.parts.database.transaction() as tx:
        for n in range(PAGE + 1):
            reactions.add(
                tx,
                activity=f"https://social.example/likes/{n}",
                kind=ReactionKind.LIKE,
                actor=f"https://social.example/users/p{n}",
                object=review.uri,
                now=NOON,
            )

    likes = await site.document(f"{review.uri}/likes")

    assert (likes["type"], likes["totalItems"]) == ("Collection", PAGE + 1)
    assert len(await listed(site, f"{review.uri}/likes")) == PAGE + 1


async def test_who_follows_is_only_counted_until_the_author_shows_it(site: Site) -> None:
    people = followed_by(site, PAGE + 2)
    followers = f"{site.actor_id}/followers"
    counted = await site.document(followers)
    hidden = await site.reader.get(f"{followers}?page=1")

    await show_network(site)

    assert counted["totalItems"] == len(people)
    assert "first" not in counted
    assert hidden.status_code == 404
    assert await listed(site, followers) == people
    settings = await site.desk("/studio/settings")
    assert settings.select_one("input[name=shows_network][checked]")


async def test_who_is_followed_is_listed_once_they_accepted(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    await show_network(site)
    for person in (alice, bob):
        await site.author.post("/studio/following", data={"handle": person.handle})
    await site.settle()
    [follow] = alice.server.activities("Follow")
    await alice.send(site.author_inbox, alice.activity("Accept", follow))
    await site.settle()

    following = await site.document(f"{site.actor_id}/following")

    assert following["totalItems"] == 1
    assert await listed(site, following["id"]) == [alice.id]


async def test_a_settings_form_without_the_tick_hides_the_lists_again(site: Site) -> None:
    await show_network(site)

    await site.author.post("/studio/settings", data=SETTINGS)

    assert "first" not in await site.document(f"{site.actor_id}/followers")


async def test_the_outbox_is_read_page_by_page_the_newest_first(site: Site) -> None:
    for n in range(OUTBOX_PAGE + 1):
        await site.publish(title=f"Film {n}", review_title=f"Review {n}")
    outbox = f"{site.actor_id}/outbox"

    first = await site.document(f"{outbox}?page=1")
    rest = await site.document(first["next"])

    assert len(first["orderedItems"]) == OUTBOX_PAGE
    assert first["orderedItems"][0]["object"]["name"].startswith(f"Review {OUTBOX_PAGE}")
    assert [each["object"]["name"][:8] for each in rest["orderedItems"]] == ["Review 0"]
    assert rest["orderedItems"][0]["to"] == [PUBLIC]
    assert "next" not in rest


async def test_the_tags_of_an_author_are_featured(site: Site) -> None:
    for n in range(2):
        await site.publish(title=f"Film {n}", tags=f"Slow Cinema, tag{n}")
    await site.publish(title="Film 2", tags=", ".join(f"more{n}" for n in range(MOST_TAGS)))

    actor = await site.document(site.actor_id)
    tags = await site.document(actor["featuredTags"])

    assert (tags["type"], tags["totalItems"], len(tags["items"])) == ("Collection", 10, 10)
    assert tags["items"][0] == {
        "type": "Hashtag",
        "name": "#SlowCinema",
        "href": f"{site.base_url}/tags/slowcinema",
    }
    assert {"Hashtag": "as:Hashtag"} in tags["@context"]


@pytest.mark.parametrize("query", NONSENSE)
async def test_a_page_that_cannot_be_is_not_found(
    site: Site, review: Published, query: str
) -> None:
    await show_network(site)
    collections = [f"{review.uri}/{name}" for name in ("replies", "context", "likes", "shares")]
    collections += [f"{site.actor_id}/{name}" for name in ("followers", "following")]

    for uri in collections:
        answer = await site.reader.get(f"{uri}?{query}", headers={"Accept": ACTIVITY_JSON})
        assert (uri, answer.status_code) == (uri, 404)


async def test_behind_the_end_is_nothing(site: Site, review: Published) -> None:
    a_long_thread(site, review, 1)
    await show_network(site)

    for uri, after in (
        (f"{review.uri}/replies", "253402300799000000_z"),
        (f"{review.uri}/likes", "999999999999999999"),
        (f"{site.actor_id}/followers", "1"),
        (f"{site.actor_id}/outbox", "0"),
    ):
        page = await site.document(f"{uri}?after={after}")
        assert page.get("items", page.get("orderedItems")) == []
        assert "next" not in page

    overflowing = await site.reader.get(f"{review.uri}/replies?after={BEYOND}")
    assert overflowing.status_code == 404
    assert (await site.reader.get(f"{site.actor_id}/outbox?after=%20")).status_code == 404


async def test_drafts_and_what_never_was_look_the_same(site: Site) -> None:
    saved = await site.author.post("/studio/write", data={"title": "Draft", "do": "save"})
    draft_id = saved.headers["location"].partition("?")[0].rpartition("/")[2]

    answers = [
        await site.reader.get(f"/ap/reviews/{id_}{name}", headers={"Accept": ACTIVITY_JSON})
        for id_ in (draft_id, "nothing")
        for name in ("", "/replies", "/likes", "/context?page=1")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("name", ["replies", "replies?page=1", "context", "context?page=1"])
async def test_a_list_costs_the_same_however_long_the_thread_is(
    site: Site, review: Published, name: str, statements: Statements
) -> None:
    with statements.recorded() as of_none:
        await site.document(f"{review.uri}/{name}")
    a_long_thread(site, review, PAGE + 5)

    with statements.recorded() as of_many:
        await site.document(f"{review.uri}/{name}")

    assert len(of_many) == len(of_none)
    assert len(of_many) <= 3
    assert [statement for statement in of_many if "notes.html" in statement] == []


async def test_a_page_that_is_the_same_is_not_sent_again(site: Site, review: Published) -> None:
    a_long_thread(site, review, PAGE + 1)
    first = await site.document(f"{review.uri}/replies?page=1")
    address = first["next"]
    sent = await site.reader.get(address, headers={"Accept": ACTIVITY_JSON})

    again = await site.reader.get(address, headers={"If-None-Match": sent.headers["etag"]})

    assert not sent.headers["etag"].startswith("W/")
    assert "max-age" in sent.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")
