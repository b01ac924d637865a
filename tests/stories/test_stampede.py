"""Thousands come at once: one makes the answer, all get it, and nobody gets an old one."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from structlog.typing import EventDict

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.storage import accounts
from fedreview.storage.database import Database
from fedreview.web.ahead import LOOK_EVERY
from tests.clock import Clock
from tests.databases import Statements
from tests.fediverse import Neighbourhood, PretendActor
from tests.stories.site import REVIEW, Prepared, Published, Site, running, soup
from tests.stories.test_forms import a_photo
from tests.stories.test_headers import assert_protected

pytestmark = pytest.mark.anyio

Change = Callable[[Site, Published, PretendActor], Awaitable[None]]

CROWD = 50
BODY = "The corridor bends where the light gives out, and nobody says so twice. " * 40


async def a_new_name(site: Site, review: Published, alice: PretendActor) -> None:
    fields = {"site_title": "Second Reel", "name": "Somebody", "summary": "Watches.", "tagline": ""}
    answer = await site.author.post("/studio/settings", data=fields)
    assert answer.status_code == 303


async def an_edit(site: Site, review: Published, alice: PretendActor) -> None:
    fields = {**REVIEW, "body": f"{BODY} Edited.", "rating": "3", "tags": "anime", "do": "update"}
    await site.author.post(f"/studio/reviews/{review.id}", data=fields)


async def another_review(site: Site, review: Published, alice: PretendActor) -> None:
    await site.publish(title="Nausicaä", review_title="The valley")


async def a_reply(site: Site, review: Published, alice: PretendActor) -> None:
    await alice.send(site.inbox, alice.create(alice.note("Yes", in_reply_to=review.uri)))
    await site.settle()


async def a_like(site: Site, review: Published, alice: PretendActor) -> None:
    await alice.send(site.inbox, alice.activity("Like", review.uri))
    await site.settle()


async def a_follower(site: Site, review: Published, alice: PretendActor) -> None:
    await alice.send(site.inbox, alice.activity("Follow", site.actor_id))
    await site.settle()


HTML, JSON = "text/html", "application/json"

PLACES: dict[Change, tuple[tuple[str, str], ...]] = {
    a_reply: (("{page}", HTML), ("{uri}/replies?page=1", ACTIVITY_JSON)),
    a_like: (("{uri}", ACTIVITY_JSON), ("{uri}/likes", ACTIVITY_JSON)),
    a_follower: (("/users/critic/followers", ACTIVITY_JSON),),
    a_new_name: (
        ("/actor", ACTIVITY_JSON),
        ("/users/critic", ACTIVITY_JSON),
        ("/feed.atom", "application/atom+xml"),
    ),
    an_edit: (
        ("/", HTML),
        ("{page}?utm_source=a", HTML),
        ("{page}/history", HTML),
        ("{page}/card.png", "image/png"),
        ("/tags/anime/feed.json", "application/feed+json"),
    ),
    another_review: (
        ("/@critic", HTML),
        ("/archive", HTML),
        ("/users/critic/outbox?page=1", ACTIVITY_JSON),
        ("/nodeinfo/2.1", JSON),
        ("/sitemaps/reviews-1.xml", "application/xml"),
    ),
}
"""What each change changes, with the type that is asked for."""


@pytest.fixture
async def long_review(site: Site) -> Published:
    return await site.publish(body=BODY, tags="anime")


async def get(site: Site, address: str, accept: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return await site.reader.get(address, headers={"Accept": accept, **named})


@pytest.mark.parametrize("change", PLACES, ids=lambda change: change.__name__)
async def test_every_public_answer_is_kept_until_the_very_change(
    site: Site,
    long_review: Published,
    alice: PretendActor,
    statements: Statements,
    change: Change,
) -> None:
    places = [
        (address.format(page=long_review.path, uri=long_review.uri), accept)
        for address, accept in PLACES[change]
    ]
    before = {place: await get(site, *place) for place in places}

    with statements.recorded() as seen:
        for place, first in before.items():
            await assert_kept(site, *place, first)
    await change(site, long_review, alice)
    after = {
        place: await get(site, *place, if_none_match=first.headers["etag"])
        for place, first in before.items()
    }

    assert len(seen) == 0
    for place, first in before.items():
        assert after[place].status_code == 200, place
        assert after[place].content != first.content, place


async def assert_kept(site: Site, path: str, accept: str, first: httpx.Response) -> None:
    assert first.status_code == 200, path
    etag = first.headers["etag"]
    weakly = f'"other", W/{etag}'
    known = [await get(site, path, accept, if_none_match=text) for text in (etag, weakly, "*")]
    plain = await get(site, path, accept, accept_encoding="identity")
    head = await site.reader.head(path, headers={"Accept": accept})

    for answer in known:
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert plain.content == first.content
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(first.headers)
    assert not etag.startswith("W/")
    for answer in (first, *known, plain, head):
        assert "set-cookie" not in answer.headers
        assert "public" in answer.headers["cache-control"]
        assert_protected(dict(answer.headers))


async def test_the_packed_page_is_the_plain_one_under_another_name(
    site: Site, long_review: Published
) -> None:
    async with site.reader.stream("GET", long_review.path) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    plain = await get(site, long_review.path, "text/html", accept_encoding="identity")
    crossed = await get(
        site,
        long_review.path,
        "text/html",
        accept_encoding="identity",
        if_none_match=packed.headers["etag"],
    )

    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(raw) < len(plain.content)
    assert gzip.decompress(raw) == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert (crossed.status_code, crossed.headers["etag"]) == (304, packed.headers["etag"])


async def test_a_crowd_is_answered_by_one_rendering(
    site: Site, long_review: Published, alice: PretendActor, statements: Statements
) -> None:
    with statements.recorded() as alone:
        await get(site, long_review.path, "text/html")
    await an_edit(site, long_review, alice)

    with statements.recorded() as seen:
        answers = await asyncio.gather(
            *(get(site, long_review.path, "text/html") for _ in range(CROWD))
        )

    assert len(seen) == len(alone)
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert "Edited." in answers[0].text


@pytest.fixture
async def own_site(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    place = tmp_path / "ahead"
    async with running(prepared, place, neighbourhood=neighbourhood, looks_ahead=True) as site:
        yield site


async def test_a_page_that_is_being_read_is_made_before_the_next_who_asks(
    own_site: Site, statements: Statements
) -> None:
    site = own_site
    review = await site.publish(body=BODY)
    other = await site.publish(title="Nausicaä", review_title="The valley")
    places = [(review.path, "text/html"), (review.uri, ACTIVITY_JSON)]
    before = [await get(site, *place, cookie="theme=dark") for place in places]

    fields = {**REVIEW, "body": f"{BODY} Edited.", "do": "update"}
    with statements.recorded() as seen:
        await site.author.post(f"/studio/reviews/{review.id}", data=fields)
        await quiet(seen)
    with statements.recorded() as seen:
        after = [await get(site, *place) for place in places]

    assert len(seen) == 0
    for first, second in zip(before, after, strict=True):
        assert "Edited." not in first.text
        assert "Edited." in second.text
    # Nobody has read it, so nobody is expected.
    with statements.recorded() as seen:
        await get(site, other.path, "text/html")
    assert len(seen) > 0


async def test_what_is_gone_is_looked_at_without_anybody_being_told(
    own_site: Site, logs: list[EventDict]
) -> None:
    review = await own_site.publish(body=BODY)
    await get(own_site, review.path, "text/html")

    await own_site.author.post(f"/studio/reviews/{review.id}/delete", data={"confirm": "yes"})
    await asyncio.sleep(4 * LOOK_EVERY.total_seconds())

    assert (await get(own_site, review.path, "text/html")).status_code == 404
    assert [entry for entry in logs if entry["log_level"] in {"warning", "error"}] == []


async def test_what_cannot_be_kept_is_made_for_nobody(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path, statements: Statements
) -> None:
    async with running(
        prepared,
        tmp_path / "small",
        neighbourhood=neighbourhood,
        looks_ahead=True,
        FEDREVIEW_PAGE_CACHE_BYTES="0",
    ) as site:
        review = await site.publish(body=BODY)
        await get(site, review.path, "text/html")
        with statements.recorded() as seen:
            await site.publish(title="Nausicaä", review_title="The valley")
            by_the_author = len(seen)
            await asyncio.sleep(4 * LOOK_EVERY.total_seconds())
        assert seen[by_the_author:] == []


async def quiet(seen: Sequence[str]) -> None:
    """Wait until nothing was asked of the database for some looks."""
    async with asyncio.timeout(10):
        count = -1
        while count != len(seen):
            count = len(seen)
            await asyncio.sleep(4 * LOOK_EVERY.total_seconds())


async def test_a_crowd_that_asks_for_nothing_there_is_told_so(site: Site) -> None:
    answers = await asyncio.gather(
        *(get(site, "/reviews/nothing", "text/html") for _ in range(CROWD))
    )

    assert {each.status_code for each in answers} == {404}


async def test_a_change_during_a_rendering_is_seen_by_who_comes_after_it(
    site: Site, long_review: Published
) -> None:
    crowd = asyncio.gather(*(get(site, long_review.path, "text/html") for _ in range(CROWD)))
    await site.author.post(
        f"/studio/reviews/{long_review.id}", data={**REVIEW, "body": "Edited.", "do": "update"}
    )

    after = await get(site, long_review.path, "text/html")
    await crowd
    later = await get(site, long_review.path, "text/html")

    assert "Edited." in after.text
    assert later.content == after.content


async def test_what_another_process_commits_is_seen_at_once(
    site: Site, long_review: Published
) -> None:
    first = await get(site, long_review.path, "text/html")

    other = Database(site.settings.database_url)
    with other.transaction() as tx:
        accounts.set_setting(tx, "title", "Third Reel")
    other.close()
    after = await get(site, long_review.path, "text/html", if_none_match=first.headers["etag"])

    assert after.status_code == 200
    assert "Third Reel" in after.text


async def test_a_conversation_that_closes_by_the_clock_is_not_shown_open(
    site: Site, long_review: Published, now: Clock
) -> None:
    fields = {"replies_mode": "open", "closes_after_days": "3", "most_links": "3"}
    await site.author.post("/studio/settings/conduct", data=fields)
    places = ((long_review.path, "text/html"), (long_review.uri, ACTIVITY_JSON))
    before = {place: await get(site, *place) for place in places}

    now.advance(timedelta(days=3))

    for place, first in before.items():
        after = await get(site, *place, if_none_match=first.headers["etag"])
        assert after.status_code == 200, place
        assert after.content != first.content, place


async def test_addresses_of_somebodys_own_making_take_no_room(
    site: Site, long_review: Published
) -> None:
    kept = site.parts.site.kept
    await get(site, long_review.path, "text/html")
    size = kept.size

    for number in range(20):
        await get(site, f"{long_review.path}?utm_source={number}{'x' * 600}", "text/html")

    assert kept.size == size


async def test_pictures_are_kept_and_given_in_parts(
    site: Site, long_review: Published, statements: Statements
) -> None:
    fields = {**REVIEW, "do": "update"}
    path = f"/studio/reviews/{long_review.id}"
    await site.author.post(path, data=fields, files={"cover": a_photo()})
    picture = (await site.page(long_review.path)).select_one("img[src^='/media/']")
    assert picture is not None
    address = str(picture["src"])
    whole = await site.reader.get(address)

    with statements.recorded() as seen:
        again = await site.reader.get(address)
        known = await site.reader.get(address, headers={"If-None-Match": whole.headers["etag"]})
    part = await site.reader.get(address, headers={"Range": "bytes=2-9"})

    assert len(seen) == 0
    assert again.content == whole.content
    assert "content-encoding" not in whole.headers
    assert known.status_code == 304
    assert (part.status_code, part.content) == (206, whole.content[2:10])
    assert part.headers["etag"] == whole.headers["etag"]


async def test_files_of_the_pages_are_packed_and_kept_for_long(site: Site) -> None:
    sheet = (await site.page("/")).select_one("link[rel=stylesheet]")
    assert sheet is not None
    named = await site.reader.get(str(sheet["href"]))
    unnamed = await site.reader.get(str(sheet["href"]).partition("?")[0])

    assert named.headers["content-encoding"] == "gzip"
    assert named.headers["vary"] == "Accept-Encoding"
    assert "immutable" in named.headers["cache-control"]
    assert unnamed.headers["cache-control"] == "no-cache"
    assert named.content == unnamed.content
    assert (await site.reader.get("/static/nothing.css")).status_code == 404


async def test_nobody_gets_what_an_author_was_shown(site: Site, long_review: Published) -> None:
    shown = await site.author.get(long_review.path)
    read = await site.reader.get(long_review.path)
    again = await site.author.get(long_review.path)

    assert "Edit this review" in shown.text
    assert "Edit this review" not in read.text
    assert "Edit this review" in again.text
    assert "no-store" in again.headers["cache-control"]
    assert "content-encoding" not in again.headers


async def test_an_author_whose_cookies_come_one_by_one_is_known(
    site: Site, long_review: Published
) -> None:
    await get(site, long_review.path, "text/html")
    named = ((name, text) for name, text in site.author.cookies.items())
    cookies = [("Cookie", "first=1"), *(("Cookie", f"{name}={text}") for name, text in named)]

    shown = await site.reader.get(long_review.path, headers=cookies)

    assert "Edit this review" in shown.text


async def test_readers_in_two_languages_and_servers_are_told_apart(
    site: Site, long_review: Published
) -> None:
    for _ in range(2):
        english = await get(site, long_review.path, "text/html", accept_language="en")
        german = await get(site, long_review.path, "text/html", accept_language="de")
        server = await get(site, long_review.path, ACTIVITY_JSON)

        assert soup(english).html != soup(german).html
        assert server.status_code == 302
