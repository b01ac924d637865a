"""The site in numbers, as pictures and as tables."""

from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from fedreview.domain.work import WorkKind
from tests.clock import Clock
from tests.factories import a_draft, work_facts
from tests.stories.site import Site, said

pytestmark = pytest.mark.anyio


@pytest.fixture
def year(site: Site, now: Clock) -> int:
    """A year in which three reviews were written, and one in the next."""
    first = now().year
    for title, kind, rating, days in (
        ("Clay", WorkKind.FILM, "8.5", 1),
        ("Ash", WorkKind.FILM, "10", 1),
        ("Glaze", WorkKind.GAME, None, 366),
        ("Kiln", WorkKind.BOOK, "6", 0),
    ):
        facts = work_facts(title=title, kind=kind)
        draft = a_draft(title=title, rating=rating, work=facts, body=f"{title} " * len(title))
        draft = replace(draft, announces=None, is_repeat=title == "Ash")
        site.parts.site.publishing.publish(site.account(), draft)
        now.advance(timedelta(days=days))
    return first


def table(page: BeautifulSoup, name: str) -> dict[str, str]:
    """Read a chart's table, and see that the picture says the same."""
    figure = page.select_one(f"figure:has(#{name})")
    assert figure
    rows = figure.select("table tbody tr")
    assert figure.select_one("table caption")
    assert len(figure.select("th[scope=col]")) == 2
    assert len(figure.select("th[scope=row]")) == len(rows) == len(figure.select("rect.bar"))
    svg = figure.select_one("svg[role=img]")
    assert svg
    for label in str(svg["aria-labelledby"]).split():
        assert said(page.select_one(f"#{label}"))
    return {said(row.select_one("th")): said(row.select_one("td")) for row in rows}


def figures(page: BeautifulSoup) -> dict[str, str]:
    return {
        said(row.select_one("dt")): said(row.select_one("dd"))
        for row in page.select(".figures div")
    }


async def test_a_year_is_shown_in_numbers(site: Site, year: int) -> None:
    page = await site.page(f"/years/{year}")

    assert said(page.select_one("h1")) == f"{year} in review"
    assert figures(page) == {
        "Reviews": "3",
        "Average, of ten": "9.3 from 2 ratings",
        "Without a rating": "1",
        "Not for the first time": "1",
    }
    levels = table(page, "levels")
    assert (levels["8 to below 9"], levels["10"], levels["0 to below 1"]) == ("1", "1", "0")
    assert table(page, "kinds") == {"film": "2", "game": "1"}
    assert table(page, "months")["May"] == "3"
    assert table(page, "decades") == {"2010s": "3"}
    assert [said(title) for title in page.select("ol .p-name")] == ["Ash", "Clay"]
    assert said(page.select_one("section:has(#longest) .p-name")) == "Glaze"
    assert said(page.select_one(".pager a")) == f"{year + 1} in review"


async def test_all_years_are_shown_together(site: Site, year: int) -> None:
    page = await site.page("/statistics")

    assert figures(page)["Reviews"] == "4"
    assert table(page, "years") == {str(year): "3", str(year + 1): "1"}
    assert table(page, "tags") == {"anime": "4", "Netflix": "4"}
    links = {str(link["href"]) for link in page.select(".numbers-table a, .lines a")}
    assert links
    for link in links:
        assert (await site.reader.get(link)).status_code == 200, link


async def test_an_author_has_numbers_of_their_own(site: Site, year: int) -> None:
    site.parts.site.accounts.create(username="bo", name="Bo", password="another long password")

    mine = await site.page(f"/statistics?author={site.username}")
    theirs = await site.page("/@bo/statistics")

    assert figures(mine)["Reviews"] == "4"
    canonical = f"{site.base_url}/@{site.username}/statistics"
    assert mine.select('link[rel="canonical"]')[0]["href"] == canonical
    assert "nothing to count" in said(theirs.select_one(".empty"))


async def test_charts_need_no_style_that_the_browser_would_refuse(site: Site, year: int) -> None:
    page = await site.page("/statistics")

    assert not page.select("[style], style, [fill]")
    for bar in page.select("rect"):
        assert all(not str(bar.get(name)).startswith("-") for name in ("x", "y", "width", "height"))
