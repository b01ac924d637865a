"""A large site asks its database no more often than a small one."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from fedreview.storage.tables import NoteRow
from tests.databases import Statements
from tests.fediverse import PretendActor
from tests.growing import more_followers, more_replies, more_reviews
from tests.stories.site import Published, Site, follow
from tests.stories.test_inbox_thread import reply

pytestmark = pytest.mark.anyio

FEW, MANY = range(1, 11), range(11, 1_001)


def pages(site: Site, review: Published) -> dict[str, str]:
    """Name what is read, for whom."""
    read = ("/", "/archive", "/kinds/film", "/ratings", "/search?q=definitely", "/feed.atom")
    desk = ("/studio", "/studio/conversation", "/studio/people", "/studio/notices")
    lists = ("outbox?page=1", "outbox", "followers")
    return {
        **dict.fromkeys([*read, review.path], "reader"),
        **dict.fromkeys(desk, "author"),
        **dict.fromkeys([f"/users/{site.username}/{name}" for name in lists], "server"),
    }


async def asked(
    site: Site, review: Published, alice: PretendActor, statements: Statements
) -> dict[str, int]:
    """Count the statements of everything that is done often."""
    counts: dict[str, int] = {}

    async def count(name: str, do: Callable[[], Awaitable[object]]) -> None:
        with statements.recorded() as seen:
            await do()
        counts[name] = len(seen)

    async def read(path: str, who: str) -> None:
        browser = site.author if who == "author" else site.reader
        headers = {"Accept": "application/activity+json"} if who == "server" else {}
        answer = await browser.get(path, headers=headers)
        assert answer.status_code == 200, path

    title = f"After {site.rows()['reviews']} others"

    async def publish() -> None:
        await site.publish(title=title, review_title=title)

    async def apply() -> None:
        handling = site.parts.worker.handling
        for arrival in await asyncio.to_thread(handling.lease, limit=9, except_actors=()):
            await handling.apply(arrival)

    async def tidy() -> None:
        site.parts.site.maintaining.tidy()

    for path, who in pages(site, review).items():
        await count(path, lambda path=path, who=who: read(path, who))  # type: ignore[misc]
    await count("publish", publish)
    note = alice.note("And one more", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await count("apply a reply", apply)
    await count("tidy", tidy)
    return counts


async def test_a_thousand_reviews_replies_and_followers_cost_no_more_statements_than_ten(
    site: Site, review: Published, alice: PretendActor, statements: Statements
) -> None:
    await follow(site, alice)
    await reply(site, alice, "First", review.uri)
    with site.parts.database.snapshot() as tx:
        [note] = tx.scalars(select(NoteRow.id))

    def grow(numbers: range) -> None:
        with site.parts.database.transaction() as tx:
            more_reviews(tx, review.id, numbers)
            more_replies(tx, note, numbers)
            more_followers(tx, alice.id, numbers)

    grow(FEW)
    await asked(site, review, alice, statements)
    few = await asked(site, review, alice, statements)
    grow(MANY)
    many = await asked(site, review, alice, statements)

    assert many == few
