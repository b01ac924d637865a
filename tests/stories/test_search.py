"""Readers find reviews, without scripts and without a way to break anything."""

import pytest

from tests.clock import Clock
from tests.stories.site import Published, Site, said

pytestmark = pytest.mark.anyio

SPOILED = "A potter <b>stops</b> talking.\n\n::: spoiler\nThe kiln cracks.\n:::\n\nAmélie is slow."


@pytest.fixture
async def kiln(site: Site) -> Published:
    """A film that somebody may look for."""
    return await site.publish(
        title="The Quiet Kiln", review_title="Clay", body=SPOILED, tags="pottery", year="2017"
    )


async def titles(site: Site, query: str) -> list[str]:
    page = await site.page(f"/search?{query}")
    return [said(link) for link in page.select(".found .p-name")]


async def test_a_review_is_found_and_shown_where_it_says_so(site: Site, kiln: Published) -> None:
    page = await site.page("/search?q=amelie+potter")

    assert said(page.select_one("#found")) == "1 review found"
    assert [said(mark) for mark in page.select(".found mark")] == ["potter", "Amélie"]
    assert "<b>stops</b>" in said(page.select_one(".found .excerpt"))
    assert str(page.select(".found .p-name")[0]["href"]) == kiln.path
    assert page.select("#search-q")[0]["value"] == "amelie potter"
    assert page.select_one("meta[name=robots][content^=noindex]")


async def test_what_is_hidden_is_neither_found_nor_shown(site: Site, kiln: Published) -> None:
    assert await titles(site, "q=cracks") == []
    assert "cracks" not in (await site.reader.get("/search?q=potter")).text


async def test_nothing_found_says_what_to_try(site: Site, kiln: Published) -> None:
    page = await site.page("/search?q=weaver&kind=book")

    assert said(page.select_one("#found")) == "Nothing was found"
    assert "fewer words" in said(page.select_one(".advice"))
    assert page.select_one('.advice a[href="/search?q=weaver"]')


async def test_filters_narrow_and_stay_in_the_form(site: Site, kiln: Published) -> None:
    await site.publish(title="Loom", review_title="Loom", kind="book", rating="5", language="de")

    assert await titles(site, "kind=film") == ["Clay"]
    assert await titles(site, "from=8,5&to=9") == ["Clay"]
    assert await titles(site, "year=2017&sort=rating") == ["Clay", "Loom"]
    assert await titles(site, "tag=%23Pottery") == ["Clay"]
    assert await titles(site, f"author={site.username}&language=de") == ["Loom"]
    page = await site.page("/search?kind=film&language=de")
    chosen = [str(each["value"]) for each in page.select("option[selected]")]
    assert chosen == ["film", "de"]
    assert page.select_one("details[open] .filters")


async def test_what_cannot_be_read_is_said_at_its_field(site: Site, kiln: Published) -> None:
    page = await site.page("/search?q=clay&year=soon&from=eleven&to=11&kind=opera&sort=%27")

    assert said(page.select_one("#search-year-problem")) == "Type a year, such as 1995."
    assert page.select_one("#search-from-problem")
    assert page.select_one("#search-to-problem")
    assert page.select("#search-year")[0]["value"] == "soon"
    assert said(page.select_one("#found")) == "1 review found"


@pytest.mark.parametrize(
    "query",
    [
        "q=%22",
        "q=%27%27+OR",
        "q=*&page=0",
        "q=a:b*",
        f"q={'x' * 5000}",
        "q=clay&page=9999",
        "from=NaN",
    ],
)
async def test_nothing_that_is_typed_breaks_the_page(
    site: Site, kiln: Published, query: str
) -> None:
    assert (await site.reader.get(f"/search?{query}")).status_code == 200


async def test_a_deleted_review_is_found_no_more(site: Site, kiln: Published) -> None:
    assert await titles(site, "q=clay") == ["Clay"]

    await site.author.post(f"/studio/reviews/{kiln.id}/delete", data={"sure": "yes"})

    assert await titles(site, "q=clay") == []


async def test_pages_of_what_was_found_keep_what_was_asked(site: Site, now: Clock) -> None:
    for number in range(13):
        await site.publish(title=f"Film {number}", review_title=f"Film {number}")

    first = await site.page("/search?q=film&kind=film")
    older = str(first.select("a[rel=next]")[0]["href"])
    second = await site.page(older)

    assert said(first.select_one("#found")) == "13 reviews found"
    assert len(first.select(".found .p-name")) == 12
    assert len(second.select(".found .p-name")) == 1
    assert str(second.select("a[rel=prev]")[0]["href"]) == "/search?q=film&kind=film"
