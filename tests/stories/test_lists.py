"""Every way to a review: by kind, by year, by rating, by tag, by its author."""

import re
from dataclasses import replace
from datetime import timedelta

import mf2py
import pytest

from fedreview.domain.legend import Legend
from fedreview.domain.work import WorkKind
from fedreview.storage import accounts
from tests.clock import Clock
from tests.factories import a_draft, work_facts
from tests.stories.site import Site, said

pytestmark = pytest.mark.anyio


@pytest.fixture
def shelf(site: Site, now: Clock) -> Site:
    """Four reviews in three years."""
    for title, kind, rating, tags in (
        ("Old Clay", WorkKind.BOOK, "8", ()),
        ("Clay", WorkKind.FILM, "8.5", ("Pottery",)),
        ("Ash", WorkKind.FILM, "10", ("pottery", "fire")),
        ("Glaze", WorkKind.GAME, None, ()),
    ):
        facts = work_facts(title=title, kind=kind)
        draft = replace(a_draft(title=title, rating=rating, work=facts, tags=tags), announces=None)
        # Past the service: a session of the author would end before the last.
        site.parts.site.publishing.publish(site.account(), draft)
        now.advance(timedelta(days=200))
    return site


async def titles(site: Site, path: str) -> list[str]:
    page = await site.page(path)
    return [said(link) for link in page.select(".h-feed .h-entry .p-name")]


async def test_a_kind_lists_its_reviews_and_says_when_there_are_none(shelf: Site) -> None:
    assert await titles(shelf, "/kinds/film") == ["Ash", "Clay"]
    assert await titles(shelf, f"/kinds/film?author={shelf.username}") == ["Ash", "Clay"]
    assert "Nothing of this kind" in said((await shelf.page("/kinds/music")).select_one(".empty"))
    assert (await shelf.reader.get("/kinds/opera")).status_code == 404
    assert (await shelf.reader.get("/kinds/film?author=nobody")).status_code == 404


async def test_all_kinds_and_tags_are_counted(shelf: Site) -> None:
    kinds, tags = await shelf.page("/kinds"), await shelf.page("/tags")

    assert [said(row) for row in kinds.select(".counted li")] == [
        "film 2 reviews",
        "book 1 review",
        "game 1 review",
    ]
    rows = [(said(row), str(row.select("a")[0]["href"])) for row in tags.select(".counted li")]
    assert rows == [("#Pottery 2 reviews", "/tags/pottery"), ("#fire 1 review", "/tags/fire")]
    assert await titles(shelf, "/tags/pottery") == ["Ash", "Clay"]


async def test_the_archive_leads_to_years_and_months(shelf: Site) -> None:
    page = await shelf.page("/archive")

    years = [said(link) for link in page.select(".year h2 a")]
    assert years == sorted(years, reverse=True)
    found = []
    for link in page.select(".months a"):
        found += await titles(shelf, str(link["href"]))
    assert sorted(found) == ["Ash", "Clay", "Glaze", "Old Clay"]
    in_year = await shelf.page(f"/archive/{years[-1]}")
    months = [said(each) for each in in_year.select(".month h2")]
    assert len(months) == len(set(months)) == len(in_year.select(".month"))
    assert in_year.select_one(f'a[href="/years/{years[-1]}"]')
    assert in_year.select_one(f'.pager a[href="/archive/{years[0]}"]')


@pytest.mark.parametrize(
    "path",
    [
        "/archive/1900",
        "/archive/0",
        "/archive/9999",
        "/archive/02024",
        "/archive/year",
        "/archive/²",
        "/archive/2024/13",
        "/archive/2024/0",
        "/ratings/11",
        "/ratings/-1",
        "/ratings/8.5",
        "/years/1900",
        "/@nobody/statistics",
    ],
)
async def test_what_is_in_no_calendar_and_on_no_scale_is_not_there(shelf: Site, path: str) -> None:
    assert (await shelf.reader.get(path)).status_code == 404


async def test_a_rating_lists_what_reaches_it_but_not_the_next(shelf: Site) -> None:
    page = await shelf.page("/ratings/8")

    assert await titles(shelf, "/ratings/8") == ["Clay", "Old Clay"]
    assert said(page.select_one("h1")) == "Rated 8 to below 9 of ten"
    assert await titles(shelf, "/ratings/10") == ["Ash"]
    assert "Nothing has this rating" in said((await shelf.page("/ratings/3")).select_one(".empty"))
    overview = await shelf.page("/ratings")
    assert [said(row) for row in overview.select(".counted li")] == [
        "10 1 review",
        "8 to below 9 2 reviews",
    ]


async def test_authors_say_what_their_ratings_mean(shelf: Site) -> None:
    author = shelf.account()
    with shelf.parts.database.transaction() as tx:
        legend = Legend.parse("10 = masterpiece\n8.5 = great", author.scale)
        accounts.set_manner(tx, replace(author, legend=legend))

    assert "masterpiece" in said((await shelf.page("/ratings")).select_one(".legend"))
    assert "8.5 – great" in said((await shelf.page("/ratings/8")).select_one("main"))
    assert "great" not in said((await shelf.page("/ratings/10")).select_one("main"))


async def test_a_person_leads_to_their_kinds_and_numbers(shelf: Site) -> None:
    page = await shelf.page(f"/@{shelf.username}")

    links = [str(link["href"]) for link in page.select(".ways a")]
    assert f"/@{shelf.username}/statistics" in links
    assert f"/kinds/film?author={shelf.username}" in links
    assert all([(await shelf.reader.get(link)).status_code == 200 for link in links])


async def test_lists_can_be_turned_over_to_their_end(site: Site, now: Clock) -> None:
    for number in range(14):
        await site.publish(title=f"Film {number}", review_title=f"Film {number}", rating="8")
        now.advance(timedelta(minutes=1))

    for path in ("/kinds/film", "/ratings/8", f"/kinds/film?author={site.username}"):
        first = await site.page(path)
        older = str(first.select("a[rel=next]")[0]["href"])
        second = await site.page(older)
        seen = [said(link) for page in (first, second) for link in page.select(".h-entry .p-name")]
        assert seen == [f"Film {number}" for number in reversed(range(14))]
        assert first.select_one("link[rel=next]")
        assert second.select_one("link[rel=prev]")
        assert second.select("link[rel=canonical]")[0]["href"] == f"{site.base_url}{older}"
        assert str(second.select("a[rel=prev]")[0]["href"]) == path


async def test_every_page_is_whole_before_anything_is_published(site: Site) -> None:
    for path in ("/kinds", "/tags", "/archive", "/ratings", "/statistics", "/search"):
        page = await site.page(path)
        assert len(page.select("h1")) == 1, path
        assert page.select_one("meta[name=description]"), path
        assert page.select(f'nav [href="{path}"][aria-current=page]') or path == "/ratings"
        if path != "/search":
            assert page.select_one(".empty"), path


async def test_pages_keep_their_etag_until_something_changes(shelf: Site) -> None:
    before = await shelf.reader.get("/archive")
    known = {"If-None-Match": before.headers["ETag"]}
    assert (await shelf.reader.get("/archive", headers=known)).status_code == 304

    shelf.parts.site.publishing.publish(shelf.account(), a_draft(title="New"))

    assert (await shelf.reader.get("/archive", headers=known)).status_code == 200


async def test_lists_can_be_read_as_feeds(shelf: Site) -> None:
    for path in ("/kinds/film", "/ratings/8", "/tags/pottery"):
        answer = await shelf.reader.get(path)
        parsed = mf2py.Parser(doc=answer.text, url=f"{shelf.base_url}{path}").to_dict()
        [feed] = [item for item in parsed["items"] if item["type"] == ["h-feed"]]
        entry = feed["children"][0]
        assert entry["properties"]["name"][0] in {"Ash", "Clay"}
        assert re.match(r"\d{4}-", entry["properties"]["published"][0])


async def test_every_page_says_where_it_is_and_what_it_is_of(site: Site) -> None:
    review = await site.publish(next_title="Noise", creators="Hiroyuki Seshita", length="105 min")
    take = {"text": "Saw it.", "do": "publish"}
    assert (await site.author.post("/studio/takes", data=take)).status_code == 303
    said_of = {
        "/upcoming": "Noise",
        "/takes": "Saw it.",
        "/works/blame": "film, 2017, 105 min, Hiroyuki Seshita",
    }
    for path, description in said_of.items():
        page = await site.page(path)
        assert page.select("link[rel=canonical]")[0]["href"] == f"{site.base_url}{path}"
        assert page.select("meta[name=description]")[0]["content"] == description
        assert page.select("meta[property='og:title']"), path
    feeds = {str(link["href"]) for link in (await site.page(review.path)).select("[rel=alternate]")}
    assert {f"/@{site.username}/feed.atom", "/feed.atom"} <= feeds
