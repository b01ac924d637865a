"""A stylesheet in the data folder gives a site its own looks."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from structlog.typing import EventDict

from fedreview.services.theming import LARGEST_BYTES
from tests.stories.site import Published, Site, soup

pytestmark = pytest.mark.anyio


def theme_of(site: Site) -> Path:
    return site.settings.data_dir / "theme.css"


def addresses(page: BeautifulSoup) -> list[str]:
    links: Iterable[object] = page.select('link[rel="stylesheet"]')
    return [str(link["href"]) for link in links]  # type: ignore[index]


async def test_a_site_without_a_theme_links_none(site: Site, review: Published) -> None:
    page = soup(await site.reader.get(review.path))

    assert [address.partition("?")[0] for address in addresses(page)] == ["/static/site.css"]
    assert (await site.reader.get("/theme.css")).status_code == 404


async def test_a_theme_comes_after_our_own_stylesheet_and_is_kept_for_long(
    site: Site, review: Published
) -> None:
    theme_of(site).write_text(":root { --accent: teal; }")

    page = soup(await site.reader.get(review.path))
    theme = await site.reader.get(addresses(page)[-1])

    assert addresses(page)[-1].startswith("/theme.css?v=")
    assert theme.text == ":root { --accent: teal; }"
    assert theme.headers["Content-Type"].startswith("text/css")
    assert "immutable" in theme.headers["Cache-Control"]
    assert (await site.reader.get("/theme.css")).headers["Cache-Control"] == "no-cache"


async def test_a_page_that_is_kept_is_another_as_soon_as_the_theme_is(
    site: Site, review: Published
) -> None:
    plain = await site.reader.get(review.path)
    theme_of(site).write_text(":root { --accent: teal; }")
    teal = await site.reader.get(review.path, headers={"If-None-Match": plain.headers["ETag"]})
    theme_of(site).write_text(":root { --accent: #306; }")
    purple = await site.reader.get(review.path, headers={"If-None-Match": teal.headers["ETag"]})
    theme_of(site).unlink()
    again = await site.reader.get(review.path, headers={"If-None-Match": plain.headers["ETag"]})

    assert (teal.status_code, purple.status_code, again.status_code) == (200, 200, 304)
    assert addresses(soup(teal))[-1] != addresses(soup(purple))[-1]


async def test_the_desk_has_the_theme_too(site: Site) -> None:
    theme_of(site).write_text(":root { --accent: teal; }")

    assert addresses(await site.desk("/studio"))[-1].startswith("/theme.css?v=")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a" * (LARGEST_BYTES + 1), "theme too large"),
        (b"\xff\xfe", "theme cannot be read"),
    ],
)
async def test_a_theme_that_cannot_be_used_is_left_out_and_logged_once(
    site: Site, review: Published, logs: list[EventDict], content: bytes, said: str
) -> None:
    theme_of(site).write_bytes(content)

    pages = [soup(await site.reader.get(path)) for path in (review.path, "/")]

    assert all(len(addresses(page)) == 1 for page in pages)
    assert [entry["event"] for entry in logs].count(said) == 1


async def test_a_theme_that_is_a_folder_breaks_no_page(site: Site, review: Published) -> None:
    theme_of(site).mkdir()

    assert (await site.reader.get(review.path)).status_code == 200
