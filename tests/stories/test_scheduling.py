"""Publishing at a time that was chosen before."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from fedreview.app import Parts, build_parts
from fedreview.domain.review import ReviewId
from fedreview.services.drafting import draft_from_fields
from fedreview.storage import accounts, reviews
from fedreview.storage.queue_tables import ActivityRow
from tests.clock import Clock
from tests.fediverse import PretendActor, PretendServer
from tests.stories.site import PASSWORD, REVIEW, Site, follow, said, settings_of, soup

pytestmark = pytest.mark.anyio

PATH = "/reviews/blame-a-netflix-original"


async def schedule(site: Site, at: str, to: str = "/studio/write", **fields: str) -> str:
    """Schedule it, and give the page of the draft."""
    sent = {**REVIEW, **fields, "do": "schedule", "publish_on": at}
    answer = await site.author.post(to, data=sent)
    assert answer.status_code == 303, said(soup(answer))
    return str(answer.headers["location"].partition("?")[0])


async def test_a_scheduled_review_is_published_when_it_is_due_and_once(
    site: Site, alice: PretendActor, social: PretendServer, now: Clock
) -> None:
    await follow(site, alice)
    await schedule(site, "2024-05-02T08:00")
    now.advance(timedelta(hours=19, minutes=59))
    await site.settle()
    assert (await site.reader.get(PATH)).status_code == 404
    assert "Thursday 2 May 2024, 08:00 (UTC)" in said(await site.desk("/studio"))

    now.advance(timedelta(days=2))
    await site.settle()
    await site.settle()

    assert (await site.reader.get(PATH)).status_code == 200
    [create] = social.activities("Create")
    assert create["object"]["published"] == "2024-05-04T07:59:00Z"
    assert "2 May 2024, 08:00" not in said(await site.desk("/studio"))


async def test_unscheduled_it_stays_a_draft(site: Site, now: Clock) -> None:
    draft = await schedule(site, "2024-05-02T08:00")

    await site.author.post(f"{draft}/unschedule")
    now.advance(timedelta(days=2))
    await site.settle()

    assert (await site.reader.get(PATH)).status_code == 404
    assert "Scheduled" not in said(await site.desk("/studio"))


async def test_a_scheduled_draft_stays_whole_and_scheduled_when_it_is_edited(
    site: Site, now: Clock
) -> None:
    draft = await schedule(site, "2024-05-02T08:00")

    empty = await site.author.post(draft, data={**REVIEW, "body": "", "do": "save"})
    saved = await site.author.post(draft, data={**REVIEW, "body": "Better.", "do": "save"})
    now.advance(timedelta(days=1))
    await site.settle()

    assert empty.status_code == 422
    assert saved.status_code == 303
    assert said((await site.page(PATH)).select_one(".prose")) == "Better."


async def test_a_time_that_is_over_comes_back_with_everything_typed(site: Site) -> None:
    sent = {**REVIEW, "do": "schedule", "publish_on": "2024-05-01T11:00"}

    answer = await site.author.post("/studio/write", data=sent)

    page = soup(answer)
    assert answer.status_code == 422
    assert "over already" in said(page.select_one("#problem-publish_on"))
    field = page.select_one("#field-publish_on")
    assert field is not None
    assert field["value"] == "2024-05-01T11:00"
    assert said(page.select_one("textarea[name=body]")) == REVIEW["body"]


@pytest.fixture
def workers(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, now: Clock
) -> Iterator[tuple[Parts, ...]]:
    """Three processes of one site."""
    folder = tmp_path_factory.mktemp("data")
    settings = settings_of("https://reviews.example", folder, FEDREVIEW_DATABASE_URL=database_url)
    ids = count(1)
    parts = tuple(
        build_parts(settings, now=now, make_id=lambda: f"id{next(ids):06}") for _ in range(3)
    )
    yield parts
    for each in parts:
        asyncio.run(each.aclose())


def test_several_workers_publish_it_once_and_empty_the_trash_once(
    workers: tuple[Parts, ...], now: Clock
) -> None:
    site = workers[0].site
    site.accounts.initialise()
    author = site.accounts.create(username="critic", name="Critic", password=PASSWORD)
    for each in workers:
        each.signing.load_all()
    draft = draft_from_fields(REVIEW, scale=author.scale)
    at = now() + timedelta(hours=1)
    waiting = site.publishing.save_draft(author, draft, scheduled_at=at)
    trashed = site.publishing.publish(
        author, draft_from_fields({**REVIEW, "title": "Other"}, scale=author.scale)
    )
    site.trashing.delete(author, trashed.id)
    now.advance(timedelta(hours=2))

    async def race() -> None:
        async def work(parts: Parts, id: ReviewId) -> None:
            await asyncio.to_thread(parts.worker.timekeeping.run, id)

        found = [parts.worker.timekeeping.list_due() for parts in workers]
        assert {frozenset(each) for each in found} == {frozenset({waiting.id, trashed.id})}
        await asyncio.gather(
            *(work(parts, each) for parts in workers for each in (waiting.id, trashed.id))
        )

    asyncio.run(race())

    with workers[0].database.snapshot() as tx:
        assert reviews.get(tx, waiting.id).published_at == now()
        assert reviews.get(tx, trashed.id).body == ""
        assert accounts.list_authors(tx) == (author,)
    rows = _types(workers[0])
    assert sorted(rows) == ["Create", "Delete"]


def _types(parts: Parts) -> list[str]:
    with parts.database.snapshot() as tx:
        return list(tx.scalars(select(ActivityRow.type).where(ActivityRow.body != b"")))
