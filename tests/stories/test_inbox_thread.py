"""What becomes of replies: their place, their edits, their end."""

from datetime import timedelta
from typing import Any

import pytest

from tests.clock import Clock
from tests.fediverse import Document, PretendActor, PretendServer
from tests.stories.site import Published, Site, heading, said, thread

pytestmark = pytest.mark.anyio

MISSING = "A reply that has not reached this server stood here."
DELETED = "This reply was deleted by its writer."


async def send(site: Site, actor: PretendActor, *activities: Document) -> None:
    for activity in activities:
        answer = await actor.send(site.inbox, activity)
        assert answer.status_code == 202, answer.text
        await site.settle()


async def reply(site: Site, actor: PretendActor, text: str, under: str, **more: Any) -> Document:
    note = actor.note(text, in_reply_to=under, **more)
    await send(site, actor, actor.create(note))
    return note


async def replies_of(site: Site, review: Published) -> list[str]:
    collection = await site.document(f"{review.uri}/replies")
    items: list[str] = collection["first"]["items"]
    assert collection["totalItems"] == len(items)
    return items


async def test_replies_to_replies_are_nested_and_counted_in_the_heading(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    first = await reply(site, alice, "One", review.uri)
    now.advance(timedelta(minutes=1))
    await reply(site, bob, "Two", review.uri)
    now.advance(timedelta(minutes=1))
    await reply(site, bob, "One and a half", first["id"])

    page = await site.page(review.path)

    assert thread(page) == [(0, "One"), (1, "One and a half"), (0, "Two")]
    assert heading(page).startswith("3 thoughts")
    assert [said(each) for each in page.select(".thread .handle")] == [
        "@alice@social.example",
        "@bob@small.example",
        "@bob@small.example",
    ]


async def test_a_reply_to_the_address_of_the_page_counts_as_well(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "By its page", f"{site.base_url}{review.path}")

    assert thread(await site.page(review.path)) == [(0, "By its page")]


async def test_other_servers_can_read_the_whole_conversation(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    first = await reply(site, alice, "One", review.uri)
    second = await reply(site, bob, "Two", first["id"])

    page = await site.document(f"{review.uri}/replies?page=1")
    context = await site.document(f"{review.uri}/context?page=1")
    article = await site.document(review.uri)

    assert await replies_of(site, review) == [first["id"], second["id"]]
    assert (page["id"], page["type"]) == (f"{review.uri}/replies?page=1", "CollectionPage")
    assert page["items"] == [first["id"], second["id"]]
    assert context["orderedItems"] == [review.uri, first["id"], second["id"]]
    assert article["replies"]["totalItems"] == 2
    assert article["replies"]["first"]["next"] == page["id"]


async def test_a_delete_that_overtakes_its_note_wins(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("Too late", in_reply_to=review.uri)

    await send(site, alice, alice.activity("Delete", {"id": note["id"], "type": "Tombstone"}))
    await send(site, alice, alice.create(note))

    assert thread(await site.page(review.path)) == []


async def test_a_stranger_cannot_keep_a_note_from_coming_by_deleting_it_first(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    mallory = social.person("mallory", key="mallory")
    note = alice.note("Still comes", in_reply_to=review.uri)

    await send(site, mallory, mallory.activity("Delete", note["id"]))
    await send(site, alice, alice.create(note))

    assert thread(await site.page(review.path)) == [(0, "Still comes")]


async def test_a_reply_is_edited_by_its_writer(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    note = await reply(site, alice, "First words", review.uri)
    updated = now.advance(timedelta(minutes=5)).isoformat()

    edit = {**note, "content": "<p>Better words</p>", "updated": updated}
    await send(site, alice, alice.activity("Update", edit))

    page = await site.page(review.path)
    assert thread(page) == [(0, "Better words")]
    assert "edited" in said(page.select_one(".thread .when"))


async def test_an_edit_that_is_older_than_the_one_we_have_changes_nothing(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    note = await reply(site, alice, "First words", review.uri)
    early = now.advance(timedelta(minutes=5)).isoformat()
    late = now.advance(timedelta(minutes=5)).isoformat()

    for when, text in ((late, "Third words"), (early, "Second words")):
        edit = {**note, "content": f"<p>{text}</p>", "updated": when}
        await send(site, alice, alice.activity("Update", edit))

    assert thread(await site.page(review.path)) == [(0, "Third words")]


@pytest.mark.parametrize("claims", ["alice", "mallory"])
async def test_an_edit_by_somebody_else_changes_nothing(
    site: Site, alice: PretendActor, social: PretendServer, review: Published, claims: str
) -> None:
    mallory = social.person("mallory", key="mallory")
    note = await reply(site, alice, "Mine", review.uri)

    edit = {**note, "content": "<p>Hers now</p>", "attributedTo": f"{social.url}/users/{claims}"}
    await send(site, mallory, mallory.activity("Update", edit))

    assert thread(await site.page(review.path)) == [(0, "Mine")]


async def test_a_note_in_somebody_elses_name_is_not_shown(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    mallory = social.person("mallory", key="mallory")

    note = {**mallory.note("Signed Alice", in_reply_to=review.uri), "attributedTo": alice.id}
    await send(site, mallory, mallory.create(note))

    assert thread(await site.page(review.path)) == []


async def test_a_note_of_another_host_is_not_taken_from_its_wrapper(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    note = {**bob.note("Put into his mouth", in_reply_to=review.uri), "attributedTo": alice.id}
    activity = alice.activity("Create", note)

    await send(site, alice, activity)

    assert thread(await site.page(review.path)) == []


async def test_a_deletion_by_somebody_else_changes_nothing(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    mallory = social.person("mallory", key="mallory")
    note = await reply(site, alice, "Stays", review.uri)

    await send(site, mallory, mallory.activity("Delete", note["id"]))

    assert thread(await site.page(review.path)) == [(0, "Stays")]


async def test_a_deleted_reply_with_answers_leaves_its_place(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Regretted", review.uri)
    answer = await reply(site, bob, "But true", note["id"])

    await send(site, alice, alice.activity("Delete", {"id": note["id"], "type": "Tombstone"}))

    page = await site.page(review.path)
    assert thread(page) == [(0, DELETED), (1, "But true")]
    assert heading(page).startswith("1 thought on")
    assert await replies_of(site, review) == [answer["id"]]
    assert "Regretted" not in page.get_text()


async def test_a_deleted_reply_without_answers_is_gone(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Regretted", review.uri)

    await send(site, alice, alice.activity("Delete", note["id"]))

    page = await site.page(review.path)
    assert thread(page) == []
    assert heading(page).startswith("No thoughts yet")


async def test_a_reply_finds_its_place_when_its_parent_comes_later(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    parent = alice.note("The parent", in_reply_to=review.uri)
    mention = {"type": "Mention", "href": site.actor_id, "name": site.handle}
    now.advance(timedelta(minutes=1))

    await reply(site, bob, "The child", parent["id"], tag=[mention])
    before = await site.page(review.path)
    await send(site, alice, alice.create(parent))
    after = await site.page(review.path)

    assert thread(before) == []
    assert thread(after) == [(0, "The parent"), (1, "The child")]


async def test_a_reply_to_an_unknown_reply_of_our_conversation_stands_under_a_placeholder(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    article = await site.document(review.uri)
    await reply(site, alice, "Known", review.uri)
    now.advance(timedelta(minutes=1))
    lost = "https://nowhere.example/notes/1"

    orphan = await reply(site, bob, "To somebody unknown", lost, context=article["context"])

    page = await site.page(review.path)
    assert thread(page) == [(0, "Known"), (0, MISSING), (1, "To somebody unknown")]
    assert heading(page).startswith("2 thoughts on")
    assert "1 more cannot be shown" in said(page.select_one(".thread-head"))
    assert orphan["id"] in await replies_of(site, review)
    front = await site.page("/")
    assert "2 replies" in said(front) or "2 thoughts" in said(front)


async def test_a_conversation_is_known_by_its_name_though_the_parent_has_lost_its_place(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    context = (await site.document(review.uri))["context"]
    mention = {"type": "Mention", "href": site.actor_id, "name": site.handle}
    lost = "https://nowhere.example/notes/1"
    parent = await reply(site, alice, "Of unknown origin", lost, tag=[mention])

    await reply(site, bob, "But I know where we are", parent["id"], context=context)

    assert (1, "But I know where we are") in thread(await site.page(review.path))


async def test_the_placeholder_goes_when_the_parent_arrives(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    parent = alice.note("Here at last", in_reply_to=review.uri)
    context = (await site.document(review.uri))["conversation"]

    await reply(site, bob, "Early", parent["id"], conversation=context)
    before = thread(await site.page(review.path))
    await send(site, alice, alice.create(parent))

    assert before == [(0, MISSING), (1, "Early")]
    assert thread(await site.page(review.path)) == [(0, "Here at last"), (1, "Early")]


async def test_a_mention_by_a_stranger_is_shown_on_the_desk(
    site: Site, alice: PretendActor
) -> None:
    mention = {"type": "Mention", "href": site.actor_id, "name": site.handle}

    await send(site, alice, alice.create(alice.note("Have you seen Stalker?", tag=[mention])))

    talk = await site.desk("/studio/conversation")
    assert "Have you seen Stalker?" in said(talk.select_one("ul.notes"))


async def test_what_concerns_nobody_here_is_not_kept(site: Site, alice: PretendActor) -> None:
    elsewhere = "https://nowhere.example/notes/1"

    await reply(site, alice, "About something else", elsewhere)
    await send(site, alice, alice.create(alice.note("A post of my own")))

    assert site.rows()["notes"] == 0


async def test_the_end_of_an_account_empties_what_it_wrote(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Soon gone", review.uri)
    await reply(site, bob, "Do not go", note["id"])
    await send(site, alice, alice.activity("Like", review.uri))

    await send(site, alice, alice.activity("Delete", alice.id))

    page = await site.page(review.path)
    assert thread(page) == [(0, DELETED), (1, "Do not go")]
    assert "alice" not in page.get_text()
    assert (await site.document(review.uri))["likes"]["totalItems"] == 0


async def test_a_hidden_reply_leaves_its_place_and_can_be_shown_again(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Off topic", review.uri)
    await reply(site, bob, "Quite", note["id"])
    form = (await site.desk(review.path)).select_one("form[action$='/hide']")
    assert form is not None

    await site.author.post(str(form["action"]))
    hidden = await site.page(review.path)
    await site.author.post(str(form["action"]).replace("/hide", "/show"))
    shown = await site.page(review.path)

    assert thread(hidden) == [
        (0, "This reply is hidden here."),
        (1, "Quite"),
    ]
    assert heading(hidden).startswith("1 thought on")
    assert thread(shown) == [(0, "Off topic"), (1, "Quite")]


async def test_a_note_that_is_only_named_is_fetched_from_its_own_server(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.server.publish(alice.note("Fetched", in_reply_to=review.uri))

    await send(site, alice, alice.activity("Create", note["id"]))

    assert thread(await site.page(review.path)) == [(0, "Fetched")]


async def test_poisonous_text_is_harmless_and_fails_alone(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    poisons = (
        "<div>" * 60_000,
        "<a" * 100_000,
        "&" * 100_000 + "#x110000;",
        "<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>",
        '<a href="javascript:alert(1)">go</a><iframe src="https://x.example"></iframe>',
        "<table>" * 20_000 + "<style>*{display:none}</style>",
    )
    for poison in poisons:
        note = {**alice.note("", in_reply_to=review.uri), "content": poison}
        assert (await alice.send(site.inbox, alice.create(note))).status_code == 202
    await reply(site, bob, "In the midst of it", review.uri)

    answer = await site.reader.get(review.path)

    page = await site.page(review.path)
    assert "In the midst of it" in [text for _, text in thread(page)]
    assert answer.status_code == 200
    conversation = page.select_one(".conversation")
    assert conversation is not None
    assert conversation.select("script, img, svg, iframe, style, [onerror], [onload]") == []
    assert [a["href"] for a in conversation.select("a[href^=javascript]")] == []
    assert site.queues().arrivals.get("waiting", 0) == 0
