"""The conversation under a review: it adds up, it heals, and each reply has its place."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import delete, insert, select

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.domain.outline import PAGE
from fedreview.domain.thread import READABLE_DEPTH, NoteState
from fedreview.storage import actors, threads
from fedreview.storage.tables import NoteRow
from tests.clock import Clock
from tests.databases import Statements
from tests.factories import a_note, a_remote_actor
from tests.fediverse import Document, PretendActor
from tests.stories.site import Published, Site, heading, said, soup, thread

pytestmark = pytest.mark.anyio

NOTES = NoteRow.metadata.tables["notes"]
MISSING = "A reply that has not reached this server stood here."
HELD = "This reply waits to be looked at."


@dataclass(frozen=True, slots=True, kw_only=True)
class Seven:
    """Seven thoughts in three threads, of which the sixth is not here.

    missing: what nobody has sent us. orphan: what answers it. last: the third thread.
    """

    site: Site
    review: Published
    alice: PretendActor
    missing: Document
    orphan: Document
    last: Document

    async def bring(self, actor: PretendActor, *activities: Document) -> None:
        for activity in activities:
            assert (await actor.send(self.site.inbox, activity)).status_code == 202
            await self.site.settle()

    async def page(self) -> BeautifulSoup:
        return await self.site.page(self.review.path)


@pytest.fixture
async def seven(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> Seven:
    """Four deep, with an answer by the author; an orphan; one alone."""
    conversation = (await site.document(review.uri))["conversation"]

    def at(minute: int, actor: PretendActor, text: str, under: str, **more: Any) -> Document:
        published = (now() + timedelta(minutes=minute)).isoformat()
        return actor.note(text, in_reply_to=under, published=published, **more)

    first = at(0, alice, "I walked out of it.", review.uri)
    second = at(1, bob, "And I back in.", first["id"])
    missing = at(10, alice, "It was the sound.", review.uri)
    orphan = at(11, bob, "It always is.", missing["id"], conversation=conversation)
    last = at(20, alice, "Years later: still good.", review.uri)
    made = Seven(site=site, review=review, alice=alice, missing=missing, orphan=orphan, last=last)
    now.advance(timedelta(hours=1))
    await made.bring(alice, alice.create(first))
    await made.bring(bob, bob.create(second))
    answer_to = (await site.desk(review.path)).select("form[action$='/answer']")[1]
    await site.author.post(str(answer_to["action"]), data={"text": "Both are right."})
    await site.settle()
    own = f"{site.base_url}/ap/notes/"
    third = next(each for each in await _replies(site, review) if each.startswith(own))
    fourth = at(30, alice, "Then I am glad.", third)
    await made.bring(alice, alice.create(fourth))
    await made.bring(bob, bob.create(orphan))
    await made.bring(alice, alice.create(last))
    return made


async def _replies(site: Site, review: Published) -> list[str]:
    items: list[str] = (await site.document(f"{review.uri}/replies?page=1"))["items"]
    return items


def places(page: BeautifulSoup) -> dict[str, str]:
    """Give the fragment at which each text stands."""
    return {said(each.select_one(".reply-text")): str(each["id"]) for each in page.select(".reply")}


def hint(page: BeautifulSoup) -> str:
    return said(page.select_one(".thread-head .hint"))


async def test_seven_thoughts_of_which_one_is_missing_are_six_and_an_explanation(
    seven: Seven,
) -> None:
    page = await seven.page()

    assert thread(page) == [
        (0, "I walked out of it."),
        (1, "And I back in."),
        (2, "Both are right."),
        (3, "Then I am glad."),
        (0, MISSING),
        (1, "It always is."),
        (0, "Years later: still good."),
    ]
    assert heading(page).startswith("6 thoughts on")
    assert hint(page) == "1 more cannot be shown: it has not reached this server."
    assert [said(each) for each in page.select(".thread .badge")] == ["Author"]
    assert "6 replies" in said(await seven.site.page("/"))
    article = await seven.site.document(seven.review.uri)
    assert article["replies"]["totalItems"] == 6


async def test_a_thread_heals_in_place_when_the_parent_arrives(seven: Seven) -> None:
    before = await seven.page()

    await seven.bring(seven.alice, seven.alice.create(seven.missing))

    page = await seven.page()
    assert thread(page)[4:] == [
        (0, "It was the sound."),
        (1, "It always is."),
        (0, "Years later: still good."),
    ]
    assert heading(page).startswith("7 thoughts on")
    assert hint(page) == ""
    assert places(before).items() <= places(page).items()


async def test_a_parent_that_is_held_takes_its_place_and_says_nothing_until_it_is_let_in(
    seven: Seven,
) -> None:
    await seven.bring(seven.alice, seven.alice.create(seven.missing))
    await _judge(seven, NoteState.HELD)
    held = await seven.page()
    await _judge(seven, NoteState.SHOWN)
    shown = await seven.page()

    assert thread(held)[4:6] == [(0, HELD), (1, "It always is.")]
    assert heading(held).startswith("6 thoughts on")
    assert hint(held) == "1 more waits to be looked at."
    assert "It was the sound." not in held.get_text()
    assert thread(shown)[4:6] == [(0, "It was the sound."), (1, "It always is.")]
    assert heading(shown).startswith("7 thoughts on")


async def _judge(seven: Seven, state: NoteState) -> None:
    with seven.site.parts.database.transaction() as tx:
        note = threads.find(tx, seven.missing["id"])
        assert note is not None
        threads.change(tx, replace(note, state=state))


async def test_nothing_of_a_reply_that_cannot_be_read_is_given_away(
    seven: Seven, now: Clock
) -> None:
    await seven.bring(seven.alice, seven.alice.create(seven.missing))
    link = places(await seven.page())["It was the sound."].removeprefix("reply-")
    carol = seven.alice.server.person("carol")
    secret = carol.note("Nobody may read this.", in_reply_to=seven.orphan["id"])
    await seven.bring(carol, carol.create(secret))
    for state in (NoteState.HELD, NoteState.SPAM, NoteState.REMOVED, NoteState.HIDDEN):
        await _judge(seven, state)
        with seven.site.parts.database.transaction() as tx:
            note = threads.find(tx, secret["id"])
            assert note is not None
            threads.change(tx, replace(note, state=state))

        page = await seven.page()
        by_id = await seven.site.reader.get(f"/replies/{link}")

        assert "It was the sound." not in str(page)
        assert "Nobody may read this." not in str(page)
        assert "carol" not in str(page)
        assert len(page.select(".gap")) == 1
        assert heading(page).startswith("6 thoughts on")
        assert by_id.status_code == 404


async def test_each_answer_says_whom_it_answers(seven: Seven) -> None:
    late = seven.alice.note("One more thing.", in_reply_to=seven.orphan["id"])
    later = seven.alice.note("And another.", in_reply_to=seven.orphan["id"])
    await seven.bring(seven.alice, seven.alice.create(late), seven.alice.create(later))

    page = await seven.page()
    links = page.select(".when a[href^='#reply-']:not(.with-time)")

    assert [said(each) for each in page.select(".when .visually-hidden")] == [
        "answers Alice ,",
        "answers Bob ,",
        "answers Critic ,",
        "answers a reply that cannot be shown,",
        "answers Bob ,",
    ]
    assert [said(each) for each in links] == ["in answer to Bob"]
    assert str(links[0]["href"]) == f"#{places(page)['It always is.']}"


async def test_a_reply_has_an_address_that_leads_to_where_it_stands(seven: Seven) -> None:
    site = seven.site
    fragment = places(await seven.page())["It always is."]
    link = "/" + fragment.replace("reply-", "replies/")

    page = await site.reader.get(link)
    document = await site.reader.get(link, headers={"Accept": ACTIVITY_JSON})
    nothing = await site.reader.get("/replies/nothing")
    await site.author.post(f"/studio/reviews/{seven.review.id}/unpublish")
    unpublished = await site.reader.get(link)

    assert (page.status_code, page.headers["location"]) == (302, f"{seven.review.path}#{fragment}")
    assert page.headers["cache-control"] == "public, max-age=60"
    assert document.headers["location"] == seven.orphan["id"]
    assert {page.headers["vary"], document.headers["vary"]} == {"Accept"}
    assert (nothing.status_code, unpublished.status_code) == (404, 404)


def converse(site: Site, root: str, review_id: str | None, shape: list[int]) -> None:
    """Let somebody answer so often. shape: the number of the reply that each answers, -1: root."""
    first = a_note(0, in_reply_to=root, review_id=review_id, html="<p>Number 0.</p>")
    with site.parts.database.transaction() as tx:
        actors.save(tx, a_remote_actor(1), [])
        threads.add(tx, first)
        row = tx.execute(select(NOTES).where(NOTES.c.uri == first.uri)).mappings().one()
        more = [
            {
                **row,
                "id": a_note(number).id,
                "uri": a_note(number).uri,
                "in_reply_to": root if parent < 0 else a_note(parent).uri,
                "html": f"<p>Number {number}.</p>",
                "published_at": first.published_at + timedelta(seconds=number),
            }
            for number, parent in enumerate(shape)
            if number
        ]
        tx.execute(insert(NOTES), more)


def numbers(page: BeautifulSoup) -> list[int]:
    words = [said(each).strip(".").split() for each in page.select(".thread .reply-text")]
    return [int(number) for _, number in words]


def address(page: BeautifulSoup, selector: str) -> str:
    found = page.select_one(selector)
    return str(found["href"]) if isinstance(found, Tag) else ""


def replies_of(each: int, times: int) -> list[int]:
    """Let `times` branches of `each` replies follow one another."""
    return [n - 1 if n % each else -1 for n in range(each * times)]


async def test_a_long_thread_is_paged_between_its_branches(site: Site, review: Published) -> None:
    converse(site, review.uri, review.id, replies_of(7, 80))

    first = await site.page(review.path)
    way = address(first, ".thread-column .pager a[rel=next]")
    second = await site.page(way)
    third = await site.page(address(second, "head link[rel=next]"))

    assert numbers(first) + numbers(second) + numbers(third) == list(range(560))
    assert [numbers(page)[0] % 7 for page in (first, second, third)] == [0, 0, 0]
    assert PAGE <= len(numbers(first)) <= PAGE + 7
    assert {heading(page) for page in (first, second, third)} == {heading(first)}
    assert heading(first).startswith("560 thoughts on")
    assert way == f"{review.path}?replies=2#thoughts"
    assert said(second.select_one(".thread-column .pager span")) == "Page 2 of 3"
    assert address(second, "head link[rel=prev]") == f"{site.base_url}{review.path}"
    assert address(second, "link[rel=canonical]") == f"{site.base_url}{review.path}?replies=2"
    assert address(third, "head link[rel=next]") == ""
    assert first.select_one(".review-text")
    assert second.select_one(".review-text") is None
    assert "Page 2 of 3" in said(second.title)


async def test_the_address_of_a_reply_leads_to_its_page_and_stands_at_its_time(
    site: Site, review: Published
) -> None:
    converse(site, review.uri, review.id, replies_of(1, 450))
    page = await site.page(f"{review.path}?replies=2")
    link = address(page, ".reply .when a.with-time")

    answer = await site.reader.get(link)

    note = a_note(numbers(page)[0])
    assert link == f"/replies/{note.id}"
    assert answer.headers["location"] == f"{review.path}?replies=2#reply-{note.id}"


async def test_a_page_of_replies_that_there_is_not_leads_to_one_that_there_is(
    site: Site, review: Published
) -> None:
    converse(site, review.uri, review.id, replies_of(1, 300))

    led = [
        (await site.reader.get(f"{review.path}?replies={asked}&done=deleted")).headers["location"]
        for asked in ("0", "1", "02", "two", "9" * 40, "99")
    ]

    assert led == [*[f"{review.path}?done=deleted"] * 5, f"{review.path}?done=deleted&replies=2"]


async def test_a_conversation_longer_than_a_page_says_at_the_tear_whom_it_answers(
    site: Site, review: Published
) -> None:
    converse(site, review.uri, review.id, replies_of(500, 1))

    first = await site.page(review.path)
    second = await site.page(f"{review.path}?replies=2")
    link = second.select_one(".thread .when a[href^='/replies/']")

    assert numbers(first) == list(range(PAGE))
    assert numbers(second)[0] == PAGE
    assert said(link) == "in answer to Person 1"
    assert address(second, ".thread .when a") == f"/replies/{a_note(PAGE - 1).id}"
    assert second.select_one(".fold > details[open]")


async def test_what_is_too_deep_is_folded_and_all_there(site: Site, review: Published) -> None:
    shape = [*replies_of(READABLE_DEPTH + 4, 1), -1]
    converse(site, review.uri, review.id, shape)

    page = await site.page(review.path)
    fold = page.select_one(".fold > details:not([open])")

    assert numbers(page) == list(range(len(shape)))
    assert isinstance(fold, Tag)
    assert said(fold.summary) == "Continue this thread (3 replies)"
    assert [said(each) for each in fold.select(".reply-text")] == [
        f"Number {READABLE_DEPTH + n}." for n in (1, 2, 3)
    ]


async def test_the_thread_under_a_take_is_paged_and_folded_as_under_a_review(
    site: Site,
) -> None:
    sent = {"text": "Short.", "do": "publish"}
    path = (await site.author.post("/studio/takes", data=sent)).headers["location"]
    path = path.partition("?")[0]
    uri = f"{site.base_url}/ap{path}"
    converse(site, uri, None, [*replies_of(9, 1), *[-1] * 300])

    first = await site.page(path)
    second = await site.page(f"{path}?replies=2")
    lost = await site.reader.get(f"{path}?replies=3")
    led = await site.reader.get(address(second, ".reply .when a.with-time[href^='/replies/']"))

    assert numbers(first) + numbers(second) == list(range(309))
    assert heading(second) == "309 replies"
    assert first.select_one(".fold > details")
    assert address(second, "link[rel=canonical]") == f"{site.base_url}{path}?replies=2"
    assert lost.headers["location"] == f"{path}?replies=2"
    assert led.headers["location"].startswith(f"{path}?replies=2#reply-")


async def test_two_thousand_replies_cost_no_more_statements_than_two(
    site: Site, review: Published, statements: Statements
) -> None:
    other = await site.publish(review_title="With two")
    converse(site, other.uri, other.id, replies_of(2, 1))
    with statements.recorded() as few:
        await site.reader.get(other.path)
    with site.parts.database.transaction() as tx:
        tx.execute(delete(NOTES))
    converse(site, review.uri, review.id, replies_of(4, 500))

    with statements.recorded() as many:
        page = await site.reader.get(review.path)
    with statements.recorded() as kept:
        await site.reader.get(f"{review.path}?replies=2")
        await site.reader.get(f"{review.path}?replies=2")

    assert heading(soup(page)).startswith("2000 thoughts on")
    assert len(many) == len(few)
    assert len(kept) == len(few)
    assert len(page.content) < 1_000_000


async def test_a_page_of_replies_is_made_anew_when_one_before_it_changes(
    site: Site, review: Published, alice: PretendActor
) -> None:
    converse(site, review.uri, review.id, replies_of(1, 300))
    path = f"{review.path}?replies=2"
    first = await site.reader.get(path)
    same = await site.reader.get(path, headers={"If-None-Match": first.headers["etag"]})
    other = await site.reader.get(review.path, headers={"If-None-Match": first.headers["etag"]})

    with site.parts.database.transaction() as tx:
        note = threads.get(tx, a_note(0).id)
        threads.change(tx, replace(note, state=NoteState.HIDDEN))
    after = await site.reader.get(path)

    assert (same.status_code, other.status_code) == (304, 200)
    assert after.headers["etag"] != first.headers["etag"]
    assert numbers(soup(first))[0] == PAGE
    assert numbers(soup(after))[0] == PAGE + 1
