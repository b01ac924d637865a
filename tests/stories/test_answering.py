"""What the author answers, as pages show it and other servers get it."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import update

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, PUBLIC
from fedreview.domain.thread import NoteState
from fedreview.storage.tables import NoteRow
from tests.clock import Clock
from tests.fediverse import Document, PretendActor, PretendServer
from tests.stories.site import PASSWORD, Published, Site, follow, said, soup, thread
from tests.stories.studio_forms import form_with, one, press, told
from tests.stories.test_inbox_thread import replies_of, reply

pytestmark = pytest.mark.anyio

TALK = "/studio/conversation"


def id_on(page: Tag, words: str) -> str:
    """Give the short id of the reply that says these words."""
    [found] = [each for each in page.select("article.reply") if words in said(each)]
    return str(found["id"]).removeprefix("reply-")


async def answer(site: Site, review: Published, to: str, text: str, **more: str) -> str:
    """Answer what says `to` from the review's page, and give the short id of the answer."""
    note_id = id_on(await site.desk(review.path), to)
    sent = {"text": text, "return_to": review.path, **more}
    answered = await site.author.post(f"/studio/replies/{note_id}/answer", data=sent)
    assert answered.status_code == 303, said(soup(answered))[:500]
    await site.settle()
    return str(answered.headers["location"].rpartition("#reply-")[2])


def got(actor: PretendActor, type: str = "Create") -> list[Document]:
    """Give what came into somebody's own inbox, or the one that they share."""
    paths = {f"/users/{actor.name}/inbox", "/inbox"}
    received = actor.server.received
    return [
        each.activity for each in received if each.activity["type"] == type and each.path in paths
    ]


def mentions(note: Document) -> dict[str, str]:
    return {tag["name"]: tag["href"] for tag in note["tag"] if tag["type"] == "Mention"}


@pytest.fixture
async def two_replies(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> Published:
    await reply(site, alice, "Who drew it?", review.uri)
    now.advance(timedelta(minutes=1))
    await reply(site, bob, "I would like to know too", review.uri)
    now.advance(timedelta(minutes=1))
    return review


async def test_who_is_named_in_an_answer_is_told_and_linked(
    site: Site, alice: PretendActor, bob: PretendActor, two_replies: Published
) -> None:
    own = await answer(site, two_replies, "Who drew it?", "Nihei, @bob and @nobody@x.example.")

    [for_alice], [for_bob] = got(alice), got(bob)
    note = for_alice["object"]
    assert for_bob == for_alice
    assert mentions(note) == {"@alice@social.example": alice.id, "@bob@small.example": bob.id}
    assert {alice.id, bob.id} < set(note["cc"])
    assert {alice.id, bob.id} < set(for_alice["cc"])
    assert note["to"] == [PUBLIC]
    content = note["content"]
    assert content.index(">alice<") < content.index("Nihei") < content.index(">bob<")
    assert f'href="{bob.server.url}/@bob" class="u-url mention"' in content
    assert "@nobody@x.example" in content
    page = await site.page(two_replies.path)
    links = one(page, f"#reply-{own} .reply-text").select("a.mention")
    assert [(said(each), each["href"]) for each in links] == [("@bob", f"{bob.server.url}/@bob")]
    assert await site.document(note["id"]) == {"@context": for_alice["@context"], **note}


async def test_a_name_that_two_people_of_the_thread_have_is_a_word_until_it_is_whole(
    site: Site, alice: PretendActor, social: PretendServer, two_replies: Published
) -> None:
    other = social.person("bob")
    await reply(site, other, "Me as well", two_replies.uri)

    await answer(site, two_replies, "Who drew it?", "As @bob says.")
    await answer(site, two_replies, "Who drew it?", "As @bob@social.example says.")

    first, second = (activity["object"] for activity in got(alice))
    assert list(mentions(first)) == ["@alice@social.example"]
    assert mentions(second)["@bob@social.example"] == other.id


async def test_who_is_blocked_is_not_named(
    site: Site, alice: PretendActor, bob: PretendActor, two_replies: Published
) -> None:
    await press(site, TALK, "Block @bob@small.example")
    await site.settle()

    await answer(site, two_replies, "Who drew it?", "@bob @bob@small.example")

    assert mentions(got(alice)[0]["object"]) == {"@alice@social.example": alice.id}
    assert got(bob) == []


async def test_an_answer_has_a_warning_and_speaks_as_what_it_answers_unless_it_says_otherwise(
    site: Site, alice: PretendActor, review: Published
) -> None:
    asked = "Wer hat das gezeichnet?"
    await reply(site, alice, asked, review.uri, contentMap={"de": asked})

    own = await answer(site, review, asked, "Sie geht fort.", warning="The ending")
    await answer(site, review, asked, "Il part.", language="fr")

    first, second = (activity["object"] for activity in got(alice))
    assert (first["summary"], first["sensitive"]) == ("The ending", True)
    assert [list(each["contentMap"]) for each in (first, second)] == [["de"], ["fr"]]
    folded = one(await site.page(review.path), f"#reply-{own} details.warned")
    assert said(folded.summary).endswith("The ending")
    assert one(folded, ".reply-text")["lang"] == "de"


async def test_other_words_keep_the_address_and_reach_whom_the_first_ones_named(
    site: Site, alice: PretendActor, bob: PretendActor, two_replies: Published, now: Clock
) -> None:
    own = await answer(site, two_replies, "Who drew it?", "Nihie, @bob.", warning="Names")
    path = f"/studio/replies/{own}/edit?return_to={two_replies.path}"
    form = form_with(await site.desk(path), "Save")
    now.advance(timedelta(minutes=5))
    await press(site, path, "Save", text="Nihie, @bob.")

    saved = await press(site, path, "Save", text="Nihei.", warning="")
    await site.settle()

    assert said(one(form, "textarea")) == "Nihie, @bob."
    assert one(form, "[name=warning]")["value"] == "Names"
    assert (await told(site, saved)).startswith("Saved.")
    [update], [for_bob] = got(alice, "Update"), got(bob, "Update")
    [created] = got(alice)
    note = update["object"]
    assert for_bob == update
    assert (note["id"], note["url"]) == (created["object"]["id"], created["object"]["url"])
    assert note["updated"] > note["published"]
    assert "summary" not in note
    assert list(mentions(note)) == ["@alice@social.example"]
    shown = one(await site.page(two_replies.path), f"#reply-{own}")
    assert said(one(shown, ".reply-text")) == "Nihei."
    assert "edited" in said(one(shown, ".when"))


async def test_a_correction_that_cannot_be_kept_comes_back_as_it_was_typed(
    site: Site, two_replies: Published
) -> None:
    own = await answer(site, two_replies, "Who drew it?", "Nihei.")

    sent = {"text": "Better", "language": "klingon!"}
    refused = await site.author.post(f"/studio/replies/{own}/edit", data=sent)
    lost = await site.author.post("/studio/replies/nothing/edit", data={"text": "Better"})

    assert (refused.status_code, lost.status_code) == (422, 422)
    assert "Type a language tag" in said(soup(refused))
    for page in (refused, lost):
        assert said(one(soup(page), "textarea")) == "Better"


async def test_deleting_is_asked_about_and_then_done_everywhere(
    site: Site, alice: PretendActor, two_replies: Published
) -> None:
    own = await answer(site, two_replies, "Who drew it?", "Nihei.")
    path = f"/studio/replies/{own}/delete?return_to={two_replies.path}"
    asked = await site.desk(path)

    await press(site, path, "Delete it")
    await site.settle()

    assert "cannot be undone" in said(asked)
    assert len(got(alice, "Delete")) == 1
    assert "Nihei." not in str(await site.page(two_replies.path))
    assert (await site.author.get(f"/studio/replies/{own}/edit")).status_code == 404


async def test_the_author_comments_on_their_own_review_at_the_end_of_the_thread(
    site: Site, alice: PretendActor, two_replies: Published
) -> None:
    await follow(site, alice)
    page = await site.desk(two_replies.path)
    form = one(page, f"form[action='/studio/reviews/{two_replies.id}/comment']")
    sent = {"text": "There is a sequel.", "return_to": two_replies.path}

    await site.author.post(str(form["action"]), data=sent)
    await site.settle()

    note = got(alice)[-1]["object"]
    assert note["inReplyTo"] == two_replies.uri
    assert note["context"] == f"{two_replies.uri}/context"
    assert mentions(note) == {}
    shown = await site.page(two_replies.path)
    assert thread(shown)[-1] == (0, "There is a sequel.")
    assert "by-author" in (one(shown, ".thread > li:last-child article").get("class") or [])
    assert note["id"] in await replies_of(site, two_replies)


async def test_a_comment_that_was_too_long_comes_back_where_it_was_typed(
    site: Site, two_replies: Published
) -> None:
    sent = {"text": "x" * 20_001, "return_to": two_replies.path}

    refused = await site.author.post(f"/studio/reviews/{two_replies.id}/comment", data=sent)
    elsewhere = await site.author.post(f"/studio/reviews/{two_replies.id}/comment", data={})
    nowhere = await site.author.post("/studio/reviews/nothing/comment", data={"text": "Words"})

    assert refused.status_code == elsewhere.status_code == nowhere.status_code == 422
    assert said(one(soup(refused), "details.answer[open] textarea")) == "x" * 20_001
    assert "Write something first." in said(soup(elsewhere))
    assert said(one(soup(nowhere), "textarea")) == "Words"


async def test_a_link_in_a_notice_leads_through_signing_in_to_the_reply_and_its_form(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    first = await reply(site, alice, "Who drew it?", review.uri)
    await reply(site, bob, "Surely Nihei", first["id"])
    path = f"/studio/replies/{id_on(await site.desk(review.path), 'Surely')}/answer"

    asked = await site.reader.get(path)
    sent = {"username": "critic", "password": PASSWORD, "next": path}
    signed_in = await site.reader.post("/login", data=sent)
    page = soup(await site.reader.get(signed_in.headers["location"]))

    assert asked.headers["location"] == f"/login?next={path}"
    assert signed_in.headers["location"] == path
    assert said(one(page, ".answered")) == "Answers Alice : Who drew it?"
    assert "Surely Nihei" in said(one(page, "article.reply"))
    assert "@alice@social.example" in said(one(page, ".people-here"))
    assert form_with(page, "Send answer")


async def test_what_was_typed_when_the_session_had_ended_is_shown_after_signing_in(
    site: Site, two_replies: Published
) -> None:
    own = await answer(site, two_replies, "Who drew it?", "Nihei.")
    typed = {"text": "Half a thought", "language": "de"}

    for path in (f"/studio/reviews/{two_replies.id}/comment", f"/studio/replies/{own}/edit"):
        form = one(await signed_in_again(site, path, typed), f"form[action='{path}']")

        assert said(one(form, "textarea")) == "Half a thought"
        assert one(form, "[name=language]")["value"] == "de"


async def signed_in_again(site: Site, path: str, typed: dict[str, str]) -> BeautifulSoup:
    """Send a form without a session, sign in on the page that comes, and give the next one."""
    browser = site.browser()
    asked = soup(await browser.post(path, data=typed))
    fields = {str(each["name"]): str(each.get("value", "")) for each in asked.select("input[name]")}
    sent = {**fields, "username": "critic", "password": PASSWORD}
    return soup(await browser.post("/login", data=sent))


async def test_what_stands_here_alone_is_answered_here_alone(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await follow(site, alice)
    await reply(site, alice, "Who drew it?", review.uri)
    note_id = id_on(await site.desk(review.path), "Who drew it?")
    before = len(alice.server.received)
    _change(site, note_id, local_only=True, host="")

    own = await answer(site, review, "Who drew it?", "Nihei, @alice.")
    await press(site, f"/studio/replies/{own}/edit", "Save", text="Tsutomu Nihei, @alice.")
    await site.settle()
    shown = thread(await site.page(review.path))
    collection = await replies_of(site, review)
    found = await site.reader.get(f"/ap/notes/{own}", headers={"Accept": ACTIVITY_JSON})
    boosted = await site.author.post(f"/studio/notes/{note_id}/boost")
    await press(site, f"/studio/replies/{own}/delete", "Delete it")
    await site.settle()

    assert shown[-1] == (1, "Tsutomu Nihei, @alice.")
    assert "Stands on this site alone" in said(await site.desk(TALK))
    assert len(alice.server.received) == before
    assert collection == []
    assert found.status_code == 404
    assert "on this site alone" in await told(site, boosted)


def _change(site: Site, note_id: str, **changes: Any) -> None:
    with site.parts.database.transaction() as tx:
        tx.execute(update(NoteRow).where(NoteRow.id == note_id).values(**changes))


async def test_what_waits_is_approved_before_it_is_answered(
    site: Site, two_replies: Published
) -> None:
    note_id = id_on(await site.desk(two_replies.path), "Who drew it?")
    _change(site, note_id, state=NoteState.HELD)

    page = await site.author.get(f"/studio/replies/{note_id}/answer")
    sent = await site.author.post(f"/studio/notes/{note_id}/answer", data={"text": "Nihei."})

    for refused in (page, sent):
        assert refused.status_code == 422
        assert "Approve it first" in said(soup(refused))
    assert said(one(soup(sent), "textarea")) == "Nihei."


async def test_an_author_of_this_site_who_is_named_finds_it_on_their_desk(
    site: Site, alice: PretendActor, two_replies: Published
) -> None:
    other = second_author(site)

    await answer(site, two_replies, "Who drew it?", "Ask @second, who knows.")

    note = got(alice)[0]["object"]
    assert mentions(note)["@second@reviews.example"] == f"{site.base_url}/users/second"
    desk = soup(await other.get(f"{TALK}?show=mentions"))
    assert said(one(desk, "ul.notes .reply-text")).startswith("Ask @second")


def second_author(site: Site) -> httpx.AsyncClient:
    """Let somebody else write on the site, and give their browser."""
    accounts = site.parts.site.accounts
    accounts.create(username="second", name="Second", password=PASSWORD)
    token, _ = accounts.sign_in(
        username="second", password=PASSWORD, address="192.0.2.2", user_agent="Firefox"
    )
    return site.browser(token=token)


async def test_likes_and_boosts_are_switched_on_the_page_itself(
    site: Site, alice: PretendActor, two_replies: Published
) -> None:
    def pressed(page: Tag) -> list[str]:
        found = one(page, ".thread article").select("button.switch")
        return [f"{said(each).split()[0]} {each['aria-pressed']}" for each in found]

    before = pressed(await site.desk(two_replies.path))
    liked = await press(site, two_replies.path, "Like", within=".thread")
    await press(site, two_replies.path, "Boost", within=".thread")
    after = pressed(await site.desk(two_replies.path))
    await press(site, two_replies.path, "Like", within=".thread")
    last = pressed(await site.desk(two_replies.path))
    await site.settle()

    assert liked.headers["location"].startswith(f"{two_replies.path}?done=liked#reply-")
    assert before == ["Like false", "Boost false"]
    assert after == ["Like true", "Boost true"]
    assert last == ["Like false", "Boost true"]
    assert "1 boost" in said(one(await site.page(two_replies.path), ".thread .reply footer"))
    assert not (await site.page(two_replies.path)).select(".thread button")


async def test_the_conversation_is_shown_in_parts(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    first = await reply(site, alice, "Who drew it?", review.uri)
    await reply(site, bob, "Surely Nihei", first["id"])
    tag = [{"type": "Mention", "href": site.actor_id, "name": site.handle}]
    note = alice.note("Have you seen this?", tag=tag, cc=[site.actor_id])
    await alice.send(site.inbox, alice.create(note))
    await site.settle()

    everything, replies, named = [
        await site.desk(f"{TALK}{query}") for query in ("", "?show=replies", "?show=mentions")
    ]

    assert len(everything.select("ul.notes > li")) == 3
    assert "Have you seen this?" not in said(one(replies, "ul.notes"))
    assert [said(each) for each in replies.select(".answered")] == ["Answers Alice : Who drew it?"]
    assert len(named.select("ul.notes > li")) == 1
    assert "Have you seen this?" in said(one(named, "ul.notes"))
    [server] = {str(each["href"]) for each in named.select("a[href^='/studio/servers/']")}
    assert "social.example" in said(one(await site.desk(server), "main h1"))


async def test_those_who_can_be_named_are_listed_for_scripts(
    site: Site, two_replies: Published
) -> None:
    note_id = id_on(await site.desk(two_replies.path), "Who drew it?")

    listed = [
        json.loads((await site.author.get(path)).text)
        for path in (
            f"/studio/notes/{note_id}/people",
            f"/studio/reviews/{two_replies.id}/people",
        )
    ]

    assert listed[0] == listed[1]
    assert listed[0] == [
        {"handle": "@bob@small.example", "name": "Bob"},
        {"handle": "@alice@social.example", "name": "Alice"},
    ]
    assert (await site.reader.get(f"/studio/notes/{note_id}/people")).status_code == 303


async def test_a_take_is_answered_by_its_author_too(site: Site, alice: PretendActor) -> None:
    await follow(site, alice)
    await site.author.post("/studio/takes", data={"text": "Twice now.", "do": "publish"})
    await site.settle()
    take = got(alice)[-1]["object"]
    path = take["url"].removeprefix(site.base_url)
    await reply(site, alice, "Only twice?", take["id"])

    form = form_with(await site.desk(path), "Send answer", within=".conversation > details")
    action = str(form["action"])
    await site.author.post(action, data={"text": "Thrice, @alice.", "return_to": path})
    await site.settle()

    note = got(alice)[-1]["object"]
    assert note["inReplyTo"] == take["id"]
    assert list(mentions(note)) == ["@alice@social.example"]
    assert (0, "Thrice, @alice .") in thread(await site.page(path))
