"""Private messages: told to those whom they are for, and to nobody and nothing else."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from bs4 import Tag

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, PUBLIC
from tests.clock import Clock
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, follow, said, settle, soup, thread
from tests.stories.studio_forms import one, press, told
from tests.stories.test_answering import (
    got,
    id_on,
    mentions,
    second_author,
    signed_in_again,
)
from tests.stories.test_inbox_thread import reply
from tests.stories.test_spoilers import filled, public_paths
from tests.stories.test_two_sites import follow as follow_site

pytestmark = pytest.mark.anyio

MESSAGES = "/studio/messages"
THEIRS, OURS = "Qxztheirs", "Qxzours"


def talk_with(actor: str) -> str:
    return f"{MESSAGES}/talk?with={actor}"


def spoken(page: Tag) -> list[str]:
    """Give who says what in a conversation, in reading order."""
    return [
        f"{said(each.select_one('.who')).split()[0]}: {said(each.select_one('.reply-text'))}"
        for each in page.select("ol.exchange article")
    ]


async def write_to(site: Site, actor: str, text: str, **more: str) -> None:
    site.clock.advance(timedelta(minutes=1))
    await press(site, talk_with(actor), "Send privately", text=text, **more)
    await site.settle()


@pytest.fixture
async def told_privately(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> Published:
    """Bob follows; alice answers the review for its author alone."""
    await follow(site, bob)
    await reply(site, alice, f"{THEIRS} between us", review.uri, to=[site.actor_id], cc=[])
    return review


async def test_a_message_is_answered_to_its_writer_and_nobody_else(
    site: Site, alice: PretendActor, bob: PretendActor, told_privately: Published
) -> None:
    await reply(site, bob, "Hello", told_privately.uri)
    before = len(bob.server.received)
    article = one(await site.desk("/studio/conversation"), "li.private article")
    note_id = str(article["id"]).removeprefix("reply-")

    sent = await site.author.post(
        f"/studio/replies/{note_id}/answer", data={"text": f"{OURS} @bob", "warning": "Hush"}
    )
    await site.settle()

    [received] = alice.server.received
    note = received.activity["object"]
    assert received.path == "/users/alice/inbox"
    assert received.activity["to"] == note["to"] == [alice.id]
    assert note["cc"] == []
    assert "cc" not in received.activity
    assert PUBLIC not in str(received.activity)
    assert "/followers" not in str(received.activity)
    assert "proof" not in received.activity
    assert mentions(note) == {f"@{alice.handle}": alice.id}
    assert note["inReplyTo"].startswith(alice.server.url)
    assert not {"context", "conversation", "replies", "likes"} & note.keys()
    assert note["summary"] == "Hush"
    assert len(bob.server.received) == before
    assert sent.headers["location"].startswith(talk_with(quote(alice.id, safe="")))
    assert spoken(await site.desk(talk_with(alice.id))) == [
        f"Alice: {THEIRS} between us",
        f"Critic: {OURS} @bob",
    ]


async def test_no_public_address_tells_of_a_message_in_either_direction(
    site: Site, alice: PretendActor, bob: PretendActor, told_privately: Published
) -> None:
    await write_to(site, alice.id, f"{OURS} answer", warning=f"{OURS} warning")
    await write_to(site, bob.id, f"{OURS} beginning")
    await reply(site, bob, "In public", told_privately.uri)
    desk = await site.desk(talk_with(alice.id))
    review_page = await site.page(told_privately.path)
    work = str(one(review_page, ".p-item a, .eyebrow a, a.p-item")["href"]).rpartition("/")[2]
    private = [str(each["id"]).removeprefix("reply-") for each in desk.select(".exchange article")]
    public = id_on(review_page, "In public")
    assert len(private) == 2

    seen = 0
    for path in public_paths():
        addresses = [
            address
            for note in (public, *private)
            for address in filled(path, site, told_privately, work, note)
        ]
        if path == "/notes/{id}":
            addresses = [f"/notes/{note}" for note in private]
        if path == "/notes/{id}/reactions":
            addresses = [f"/notes/{note}/reactions" for note in private]
        if path == "/ap/{kind}/{id}/{name}":
            names = ("replies", "likes", "shares", "context")
            addresses += [f"/ap/notes/{note}/{name}" for note in private for name in names]
        if path == "/search":
            addresses = [f"/search?q={word}" for word in ("between", "answer", "warning")]
        for address in dict.fromkeys(addresses):
            for accept in ("text/html", ACTIVITY_JSON):
                answer = await site.reader.get(address, headers={"Accept": accept})
                seen += answer.status_code == 200
                assert THEIRS not in answer.text, address
                assert OURS not in answer.text, address
                if any(note in address for note in private):
                    assert answer.status_code == 404, address
                else:
                    assert not any(note in answer.text for note in private), address
    assert seen > 40
    outbox = await site.document(f"{site.actor_id}/outbox")
    assert outbox["totalItems"] == 1
    assert (await site.document(told_privately.uri))["replies"]["totalItems"] == 1


async def test_a_message_is_corrected_and_deleted_where_it_went_alone(
    site: Site, alice: PretendActor, bob: PretendActor, told_privately: Published
) -> None:
    await write_to(site, alice.id, f"{OURS} frist")
    before = len(bob.server.received)
    own = id_on(await site.desk(talk_with(alice.id)), OURS)
    back = talk_with(alice.id)

    edit = f"/studio/replies/{own}/edit?return_to={back}"
    edited = await press(site, edit, "Save", text=f"{OURS} first, @bob")
    await site.settle()
    after_edit = spoken(await site.desk(back))
    deleted = await press(site, f"/studio/replies/{own}/delete?return_to={back}", "Delete it")
    await site.settle()

    [update], [delete] = got(alice, "Update"), got(alice, "Delete")
    assert {each.path for each in alice.server.received} == {"/users/alice/inbox"}
    assert update["object"]["to"] == update["to"] == delete["to"] == [alice.id]
    assert PUBLIC not in str([update, delete])
    assert "proof" not in str([update, delete])
    assert after_edit[-1] == f"Critic: {OURS} first, @bob"
    assert edited.headers["location"].startswith(f"{MESSAGES}/talk?with=")
    assert deleted.headers["location"].startswith(f"{MESSAGES}/talk?with=")
    assert len(spoken(await site.desk(back))) == 1
    assert len(bob.server.received) == before
    assert (await site.reader.get(f"/ap/notes/{own}")).status_code == 404


async def test_messages_are_conversations_with_one_person_each_the_latest_first(
    site: Site, bob: PretendActor, told_privately: Published
) -> None:
    before = (await site.reader.get(told_privately.path)).headers["etag"]
    assert (await site.desk("/studio/conversation")).select_one(f".tabs a[href='{MESSAGES}']")
    people = await site.desk("/studio/people")
    await write_to(site, bob.id, "A question")

    page = await site.desk(MESSAGES)

    talks = [said(each) for each in page.select("ul.talks > li")]
    assert [each.split()[0] for each in talks] == ["Bob", "Alice"]
    assert "You: A question" in talks[0]
    assert "Waits for your answer" not in talks[0]
    assert "Waits for your answer" in talks[1]
    assert f"{THEIRS} between us" in talks[1]
    assert people.select_one("a[href*='/talk?with='][href*='small.example']")
    assert (await site.reader.get(told_privately.path)).headers["etag"] == before


async def test_a_message_is_liked_to_its_writer_and_never_boosted(
    site: Site, alice: PretendActor, bob: PretendActor, told_privately: Published
) -> None:
    before = len(bob.server.received)
    note_id = id_on(await site.desk(talk_with(alice.id)), THEIRS)

    await press(site, talk_with(alice.id), "Like")
    boosted = await site.author.post(f"/studio/notes/{note_id}/boost")
    await site.settle()

    [liked] = got(alice, "Like")
    assert liked["to"] == [alice.id]
    assert "private message" in await told(site, boosted)
    assert len(bob.server.received) == before


async def test_no_other_author_reads_answers_or_likes_a_message(
    site: Site, alice: PretendActor, told_privately: Published
) -> None:
    note_id = id_on(await site.desk(talk_with(alice.id)), THEIRS)
    await write_to(site, alice.id, f"{OURS} answer")
    own = id_on(await site.desk(talk_with(alice.id)), OURS)
    other = second_author(site)
    before = len(alice.server.received)

    for message in (note_id, own):
        for what in ("answer", "edit", "delete"):
            path = f"/studio/replies/{message}/{what}"
            for answer in (await other.get(path), await other.post(path, data={"text": "Hm"})):
                assert answer.status_code in {404, 422}, path
                assert THEIRS not in answer.text
                assert OURS not in answer.text
        for path in ("like", "people", "report"):
            answer = await other.get(f"/studio/notes/{message}/{path}")
            assert answer.status_code in {404, 405}, path
        assert (await other.post(f"/studio/notes/{message}/like")).status_code in {303, 404}
        assert (await other.get(f"/studio/takes/{message}")).status_code == 404
    talk = await other.get(talk_with(alice.id))
    await site.settle()
    assert spoken(soup(talk)) == []
    assert THEIRS not in (await other.get("/studio/conversation")).text
    assert len(alice.server.received) == before


async def test_authors_of_one_site_write_to_each_other_without_the_network(
    site: Site, review: Published
) -> None:
    other = second_author(site)
    second = f"{site.base_url}/users/second"

    await write_to(site, second, "Shall we trade drafts?")
    theirs = soup(await other.get(talk_with(site.actor_id)))
    await other.post(MESSAGES, data={"with": site.actor_id, "text": "Gladly."})
    await site.settle()

    assert spoken(theirs) == ["Critic: Shall we trade drafts?"]
    assert sorted(spoken(await site.desk(talk_with(second)))) == [
        "Critic: Shall we trade drafts?",
        "Second: Gladly.",
    ]
    assert site.queues().deliveries == {}


async def test_whom_the_author_blocks_is_not_written_to(
    site: Site, alice: PretendActor, told_privately: Published
) -> None:
    await press(site, "/studio/conversation", "Block")
    await site.settle()
    before = len(alice.server.received)

    page = await site.desk(talk_with(alice.id))
    refused = await site.author.post(MESSAGES, data={"with": alice.id, "text": "One more word"})
    await site.settle()

    assert "You block them" in said(page)
    assert spoken(page) == []
    assert "Alice" not in said(one(await site.desk(MESSAGES), "main"))
    assert refused.status_code == 422
    assert said(one(soup(refused), "textarea")) == "One more word"
    assert len(alice.server.received) == before


async def test_a_message_that_cannot_be_sent_comes_back_as_it_was_typed(
    site: Site, alice: PretendActor, told_privately: Published
) -> None:
    empty = await site.author.post(MESSAGES, data={"with": alice.id, "text": " "})
    nobody = await site.author.post(MESSAGES, data={"with": "https://x.example/1", "text": "Hi"})
    myself = await site.author.get(talk_with(site.actor_id))
    typed = {"with": alice.id, "text": "Half a"}
    resumed = await signed_in_again(site, MESSAGES, typed)

    assert empty.status_code == 422
    assert "Write something first." in said(soup(empty))
    assert (nobody.status_code, myself.status_code) == (404, 404)
    assert said(one(resumed, "main textarea")) == "Half a"
    assert one(resumed, "main [name=with]")["value"] == alice.id


async def test_words_to_somebody_whose_account_has_gone_are_not_lost(
    site: Site, alice: PretendActor, told_privately: Published
) -> None:
    await write_to(site, alice.id, "Are you there?")
    alice.server.say_nothing_of(alice)
    gone = alice.activity("Delete", alice.id, to=[PUBLIC])
    await alice.send(site.inbox, gone)
    await site.settle()

    page = await site.desk(talk_with(alice.id))
    refused = await site.author.post(MESSAGES, data={"with": alice.id, "text": "A last word"})

    assert "Their account is gone" in said(page)
    assert spoken(page) == ["Critic: Are you there?"]
    assert refused.status_code == 422
    assert said(one(soup(refused), "textarea")) == "A last word"


async def test_two_sites_exchange_messages_that_neither_shows(
    site: Site, neighbour: Site, now: Clock
) -> None:
    await follow_site(neighbour, site)
    review = await site.publish()
    await settle(site, neighbour)

    await write_to(neighbour, site.actor_id, f"{THEIRS} do you know the book?")
    await settle(neighbour, site)
    at_critics = await site.desk(talk_with(neighbour.actor_id))
    await write_to(site, neighbour.actor_id, f"{OURS} only by name.")
    await settle(site, neighbour)
    own = id_on(await site.desk(talk_with(neighbour.actor_id)), OURS)
    now.advance(timedelta(minutes=1))
    await press(site, f"/studio/replies/{own}/edit", "Save", text=f"{OURS} by heart.")
    await settle(site, neighbour)
    at_readers = await neighbour.desk(talk_with(site.actor_id))
    await press(site, f"/studio/replies/{own}/delete", "Delete it")
    await settle(site, neighbour)

    assert spoken(at_critics) == [f"Reader: @ critic {THEIRS} do you know the book?"]
    assert spoken(at_readers) == [
        f"Reader: {THEIRS} do you know the book?",
        f"Critic: @ reader {OURS} by heart.",
    ]
    assert len(spoken(await neighbour.desk(talk_with(site.actor_id)))) == 1
    for one_of_both in (site, neighbour):
        for path in ("/", "/takes", f"/@{one_of_both.username}", "/feed.atom"):
            text = (await one_of_both.reader.get(path)).text
            assert THEIRS not in text
            assert OURS not in text
    assert thread(await site.page(review.path)) == []
