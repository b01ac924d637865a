"""What is shown is kept until anything of it changes, and not a moment longer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import httpx
import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.storage import actors
from tests.clock import Clock
from tests.databases import Statements
from tests.fediverse import Document, PretendActor
from tests.stories.site import REVIEW, Published, Site, said, soup
from tests.stories.test_forms import a_photo

pytestmark = pytest.mark.anyio

AS_JSON = {"Accept": ACTIVITY_JSON}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A review with two replies by alice, the first of which bob likes."""

    site: Site
    now: Clock
    alice: PretendActor
    bob: PretendActor
    review: Published
    first: Document
    second: Document
    like: Document

    async def told(self, actor: PretendActor, activity: Document) -> None:
        await actor.send(self.site.inbox, activity)
        await self.site.settle()

    async def edit(self, **fields: str) -> None:
        sent = {**REVIEW, **fields, "do": "update"}
        path = f"/studio/reviews/{self.review.id}"
        assert (await self.site.author.post(path, data=sent)).status_code == 303

    async def press(self, button: str, number: int = 0) -> None:
        """Press a quiet button of the desk's conversation or of the page."""
        for path in ("/studio/conversation", self.review.path):
            forms = (await self.site.desk(path)).select(f"form[action$='/{button}']")
            if forms:
                await self.site.author.post(str(forms[number]["action"]))
                return
        raise AssertionError(button)


@pytest.fixture
async def stage(
    site: Site, now: Clock, alice: PretendActor, bob: PretendActor, review: Published
) -> Stage:
    first = alice.note("First", in_reply_to=review.uri)
    second = alice.note("Second", in_reply_to=review.uri)
    like = bob.activity("Like", first["id"])
    for actor, activity in (
        (alice, alice.create(first)),
        (alice, alice.create(second)),
        (bob, like),
    ):
        await actor.send(site.inbox, activity)
        await site.settle()
    return Stage(
        site=site,
        now=now,
        alice=alice,
        bob=bob,
        review=review,
        first=first,
        second=second,
        like=like,
    )


async def a_new_reply(stage: Stage) -> None:
    note = stage.alice.note("Third", in_reply_to=stage.first["id"])
    await stage.told(stage.alice, stage.alice.create(note))


async def an_edited_reply(stage: Stage) -> None:
    edited = {**stage.first, "content": "<p>Fixed</p>", "updated": stage.now().isoformat()}
    await stage.told(stage.alice, stage.alice.activity("Update", edited))


async def a_reply_edited_twice_in_one_moment(stage: Stage) -> None:
    await an_edited_reply(stage)
    await stage.site.reader.get(stage.review.path)
    edited = {**stage.first, "content": "<p>Other</p>", "updated": stage.now().isoformat()}
    await stage.told(stage.alice, stage.alice.activity("Update", edited))


async def a_deleted_reply(stage: Stage) -> None:
    await stage.told(stage.alice, stage.alice.activity("Delete", stage.first["id"]))


async def a_hidden_reply(stage: Stage) -> None:
    await stage.press("hide")


async def another_hidden_reply(stage: Stage) -> None:
    await stage.press("hide")
    await stage.site.reader.get(stage.review.path)
    await stage.press("show")
    await stage.press("hide", 1)


async def an_answer(stage: Stage) -> None:
    form = (await stage.site.desk(stage.review.path)).select_one("form[action$='/answer']")
    assert form is not None
    await stage.site.author.post(str(form["action"]), data={"text": "Thank you"})


async def a_like(stage: Stage) -> None:
    await stage.told(stage.alice, stage.alice.activity("Like", stage.review.uri))


async def a_boost(stage: Stage) -> None:
    await stage.told(stage.bob, stage.bob.activity("Announce", stage.review.uri))


async def an_emoji(stage: Stage) -> None:
    await stage.told(stage.bob, stage.bob.activity("EmojiReact", stage.review.uri, content="🔥"))


async def a_quote(stage: Stage) -> None:
    note = stage.bob.note("Read this", quote=stage.review.uri)
    await stage.told(stage.bob, stage.bob.create(note))


async def another_name_of_who_liked(stage: Stage) -> None:
    await a_boost(stage)
    await stage.site.reader.get(stage.review.path)
    with stage.site.parts.database.transaction() as tx:
        known = actors.find(tx, stage.bob.id)
        assert known is not None
        actors.save(tx, replace(known, name="Bob the Second"), [])


async def a_blocked_liker(stage: Stage) -> None:
    await stage.site.author.post("/studio/blocks", data={"actor": stage.bob.id})


async def a_like_undone(stage: Stage) -> None:
    await stage.told(stage.bob, stage.bob.activity("Undo", stage.like))


async def a_like_of_another_reply(stage: Stage) -> None:
    await a_like_undone(stage)
    await stage.told(stage.bob, stage.bob.activity("Like", stage.second["id"]))


async def another_name_of_a_writer(stage: Stage) -> None:
    with stage.site.parts.database.transaction() as tx:
        known = actors.find(tx, stage.alice.id)
        assert known is not None
        actors.save(tx, replace(known, name="Alice the Second"), [])


async def a_vanished_writer(stage: Stage) -> None:
    stage.alice.server.say_nothing_of(stage.alice)
    await stage.told(stage.alice, stage.alice.activity("Delete", stage.alice.id))


async def an_edited_review(stage: Stage) -> None:
    await stage.edit(verdict="Watch it.")


async def other_tags(stage: Stage) -> None:
    await stage.edit(tags="anime")


async def a_cover(stage: Stage) -> None:
    sent = {**REVIEW, "do": "update"}
    path = f"/studio/reviews/{stage.review.id}"
    await stage.site.author.post(path, data=sent, files={"cover": a_photo()})


async def facts_from_another_review(stage: Stage) -> None:
    await stage.site.publish(review_title="Seen again", platform="Netflix", length="105 min")


async def another_name_of_the_author(stage: Stage) -> None:
    await settings(stage, name="Critic the Second")


async def another_summary(stage: Stage) -> None:
    await settings(stage, summary="I watch films.")


async def another_title_of_the_site(stage: Stage) -> None:
    await settings(stage, site_title="Second Reel")


async def settings(stage: Stage, **changes: str) -> None:
    page = await stage.site.desk("/studio/settings")
    kept = {
        str(field["name"]): str(field.get("value", ""))
        for field in page.select("form[action='/studio/settings'] [name]")
    }
    sent = await stage.site.author.post("/studio/settings", data={**kept, **changes})
    assert sent.status_code == 303


async def another_way_with_replies(stage: Stage) -> None:
    fields = {"replies_mode": "all", "closes_after_days": "0", "most_links": "3"}
    answer = await stage.site.author.post("/studio/settings/conduct", data=fields)
    assert answer.status_code == 303


async def others_who_may_reply(stage: Stage) -> None:
    fields = {"who_replies": "followers", "who_quotes": "everyone"}
    answer = await stage.site.author.post("/studio/settings/replies", data=fields)
    assert answer.status_code == 303


async def closed_replies(stage: Stage) -> None:
    await stage.site.author.post(f"/studio/reviews/{stage.review.id}/close")


Change = Callable[[Stage], Awaitable[None]]

CHANGES: tuple[Change, ...] = (
    a_new_reply,
    an_edited_reply,
    a_reply_edited_twice_in_one_moment,
    a_deleted_reply,
    a_hidden_reply,
    another_hidden_reply,
    an_answer,
    a_like,
    a_boost,
    an_emoji,
    a_quote,
    another_name_of_who_liked,
    a_blocked_liker,
    a_like_undone,
    a_like_of_another_reply,
    another_name_of_a_writer,
    a_vanished_writer,
    an_edited_review,
    other_tags,
    a_cover,
    facts_from_another_review,
    another_name_of_the_author,
    another_summary,
    another_title_of_the_site,
    another_way_with_replies,
    others_who_may_reply,
    closed_replies,
)

ON_CARDS: tuple[Change, ...] = (
    a_new_reply,
    a_deleted_reply,
    a_hidden_reply,
    an_answer,
    an_edited_review,
    a_cover,
    facts_from_another_review,
    another_title_of_the_site,
)

IN_THE_ARTICLE: tuple[Change, ...] = (
    a_new_reply,
    a_hidden_reply,
    a_like,
    a_boost,
    an_edited_review,
    other_tags,
    a_cover,
)


async def again(site: Site, path: str, first: httpx.Response) -> httpx.Response:
    known = {"If-None-Match": first.headers["etag"], "Accept": first.request.headers["Accept"]}
    return await site.reader.get(path, headers=known)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_what_the_page_of_a_review_shows_is_never_old(stage: Stage, change: Change) -> None:
    site, path = stage.site, stage.review.path
    first = await site.reader.get(path)
    same = await again(site, path, first)

    await change(stage)

    after = await again(site, path, first)
    made_anew = await site.author.get(path)
    assert (same.status_code, same.content) == (304, b"")
    assert after.status_code == 200
    assert after.headers["etag"] != first.headers["etag"]
    assert after.text != first.text
    for part in (".review-text", ".tallies", ".author-box", ".thread-head", "title"):
        shown = said(soup(after).select_one(part)).removesuffix(" Edit this review")
        assert shown == said(soup(made_anew).select_one(part)).removesuffix(" Edit this review")
    replies = [said(each) for each in soup(after).select(".reply-text, .who, .gap")]
    assert replies == [said(each) for each in soup(made_anew).select(".reply-text, .who, .gap")]


async def test_an_answer_that_was_corrected_or_taken_back_is_not_shown_as_it_was(
    stage: Stage,
) -> None:
    await an_answer(stage)
    first = await stage.site.reader.get(stage.review.path)

    link = (await stage.site.desk(stage.review.path)).select_one(".thread a[href*='/edit?']")
    assert link is not None
    own = str(link["href"]).partition("/edit?")[0]
    await stage.site.author.post(f"{own}/edit", data={"text": "Thanks"})
    corrected = await again(stage.site, stage.review.path, first)
    await stage.site.author.post(f"{own}/delete")

    after = await again(stage.site, stage.review.path, corrected)
    assert "Thank you" in first.text
    assert "Thanks" in corrected.text
    assert "edited" in said(soup(corrected).select_one(".thread .by-author"))
    assert "Thanks" not in after.text


@pytest.mark.parametrize("change", ON_CARDS, ids=lambda change: change.__name__)
async def test_what_the_front_page_shows_is_never_old(stage: Stage, change: Change) -> None:
    first = await stage.site.reader.get("/")
    same = await again(stage.site, "/", first)

    await change(stage)

    after = await again(stage.site, "/", first)
    made_anew = await stage.site.author.get("/")
    assert same.status_code == 304
    assert after.status_code == 200
    assert said(soup(after).select_one("main")) == said(soup(made_anew).select_one("main"))
    assert said(soup(after).title) == said(soup(made_anew).title)


@pytest.mark.parametrize("change", IN_THE_ARTICLE, ids=lambda change: change.__name__)
async def test_what_the_document_of_a_review_says_is_never_old(
    stage: Stage, change: Change
) -> None:
    site, uri = stage.site, stage.review.uri
    first = await site.reader.get(uri, headers=AS_JSON)
    same = await again(site, uri, first)

    await change(stage)

    after = await again(site, uri, first)
    assert same.status_code == 304
    assert after.status_code == 200
    assert after.json() != first.json()


async def test_a_page_that_is_as_before_again_is_the_one_from_before(stage: Stage) -> None:
    first = await stage.site.reader.get(stage.review.path)
    await stage.press("hide")
    hidden = await stage.site.reader.get(stage.review.path)
    await stage.press("show")

    shown = await stage.site.reader.get(stage.review.path)

    assert (shown.headers["etag"], shown.content) == (first.headers["etag"], first.content)
    assert hidden.content != first.content


@pytest.mark.parametrize("address", ["/", "{review.path}", "{review.uri}"])
async def test_what_is_kept_costs_no_statement_while_nothing_is_written(
    stage: Stage, address: str, statements: Statements
) -> None:
    path = address.format(review=stage.review)
    headers = AS_JSON if "uri" in address else {}
    first = await stage.site.reader.get(path, headers=headers)

    with statements.recorded() as seen:
        second = await stage.site.reader.get(path, headers=headers)
        third = await again(stage.site, path, second)

    assert len(seen) == 0
    assert second.content == first.content
    assert dict(second.headers) == dict(first.headers)
    assert (third.status_code, third.headers["etag"]) == (304, first.headers["etag"])
    assert third.headers["cache-control"] == first.headers["cache-control"]


async def test_an_author_gets_nothing_that_was_made_for_readers(stage: Stage) -> None:
    await stage.site.reader.get(stage.review.path)

    as_author = await stage.site.author.get(stage.review.path)
    as_reader = await stage.site.reader.get(stage.review.path)

    assert "no-store" in as_author.headers["cache-control"]
    assert "etag" not in as_author.headers
    assert "Edit this review" in as_author.text
    assert "Edit this review" not in as_reader.text


async def test_what_has_just_been_done_is_told_to_one_reader_only(stage: Stage) -> None:
    told = await stage.site.reader.get(f"{stage.review.path}?done=published")
    plain = await stage.site.reader.get(f"{stage.review.path}?utm_source=x")

    assert "on its way to your followers" in told.text
    assert "on its way to your followers" not in plain.text
    assert told.headers["etag"] != plain.headers["etag"]


async def test_older_pages_of_the_front_are_not_the_first(site: Site, now: Clock) -> None:
    for n in range(14):
        await site.publish(review_title=f"Number {n}")
    first = await site.reader.get("/")
    older = soup(first).select_one("a[rel=next]")
    assert older is not None

    second = await site.reader.get(str(older["href"]))

    assert len(soup(first).select("article.card")) == 12
    assert len(soup(second).select("article.card")) == 2


async def test_a_deleted_review_is_gone_at_once(stage: Stage) -> None:
    first = await stage.site.reader.get(stage.review.path)
    document = await stage.site.reader.get(stage.review.uri, headers=AS_JSON)

    await stage.site.delete(stage.review.id)

    assert (await again(stage.site, stage.review.path, first)).status_code == 404
    assert (await again(stage.site, stage.review.uri, document)).status_code == 410
