"""What machines find that read the whole site."""

from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree

from tests.stories.site import REVIEW, Site
from tests.stories.studio_forms import press
from tests.stories.test_forms import a_photo

pytestmark = pytest.mark.anyio

NAMES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "i": "http://www.google.com/schemas/sitemap-image/1.1",
}


async def robots(site: Site) -> RobotFileParser:
    answer = await site.reader.get("/robots.txt")
    parser = RobotFileParser()
    parser.parse(answer.text.splitlines())
    return parser


async def reservation(site: Site) -> object:
    return (await site.reader.get("/.well-known/tdmrep.json")).json()


async def test_search_engines_may_read_all_but_the_desk(site: Site) -> None:
    rules = await robots(site)
    assert rules.can_fetch("Googlebot", "/reviews/blame")
    for path in ("/studio", "/studio/write", "/login", "/interact?do=like"):
        assert not rules.can_fetch("Googlebot", path)
    assert rules.site_maps() == ["https://reviews.example/sitemap.xml"]


async def test_who_learns_from_texts_is_asked_not_to_until_an_author_allows_it(site: Site) -> None:
    assert not (await robots(site)).can_fetch("GPTBot", "/reviews/blame")
    assert await reservation(site) == [{"location": "/*", "tdm-reservation": 1}]
    page = await site.page("/")
    assert page.select_one('meta[name="tdm-reservation"][content="1"]')
    assert "noai" in str(page.select_one('meta[name="robots"]'))

    answer = await press(site, "/studio/settings", "Save what they may", may_learn="yes")
    assert answer.status_code == 303

    assert (await robots(site)).can_fetch("GPTBot", "/reviews/blame")
    assert await reservation(site) == [{"location": "/*", "tdm-reservation": 0}]
    page = await site.page("/")
    assert not page.select_one('meta[name="tdm-reservation"]')
    assert "noai" not in str(page.select_one('meta[name="robots"]'))
    assert (await site.desk("/studio/settings")).select_one('input[name="may_learn"][checked]')

    await site.author.post("/studio/settings/learners", data={})
    assert not (await robots(site)).can_fetch("GPTBot", "/reviews/blame")


async def test_nobody_but_an_author_decides_that(site: Site) -> None:
    answer = await site.reader.post("/studio/settings/learners", data={"may_learn": "yes"})
    assert answer.status_code == 401
    assert not (await robots(site)).can_fetch("GPTBot", "/reviews/blame")


async def test_the_sitemap_lists_every_page_with_its_date_and_picture(site: Site) -> None:
    review = await site.publish(review_title="Ærlig & bra", tags="Cyberpunk")
    index = etree.fromstring((await site.reader.get("/sitemap.xml")).content)
    parts = index.xpath("//s:loc/text()", namespaces=NAMES)
    assert parts == [
        f"{site.base_url}/sitemaps/{part}.xml" for part in ("pages", "reviews-1", "works-1")
    ]
    listed: set[str] = set()
    for part in parts:
        found = await site.reader.get(part)
        assert found.headers["content-type"].startswith("application/xml")
        tree = etree.fromstring(found.content)
        spots = tree.xpath("//s:url", namespaces=NAMES)
        assert all(spot.xpath("s:lastmod/text()", namespaces=NAMES) for spot in spots)
        listed |= set(tree.xpath("//s:url/s:loc/text()", namespaces=NAMES))
    base = site.base_url
    assert {f"{base}/", f"{base}/@critic", f"{base}/tags/cyberpunk"} <= listed
    assert f"{base}{review.path}" in listed
    assert len([url for url in listed if "/works/" in url]) == 1
    for url in listed:
        assert (await site.reader.get(url)).status_code == 200


async def test_the_sitemap_shows_covers(site: Site) -> None:
    files = {"cover": ("cover.jpg", a_photo(), "image/jpeg")}
    sent = await site.author.post("/studio/write", data={**REVIEW, "do": "publish"}, files=files)
    await site.published_at(sent)
    for part in ("reviews-1", "works-1"):
        tree = etree.fromstring((await site.reader.get(f"/sitemaps/{part}.xml")).content)
        [picture] = tree.xpath("//i:loc/text()", namespaces=NAMES)
        assert (await site.reader.get(picture)).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("part", ["reviews-1", "reviews-0", "reviews-x", "reviews-²", "poems-1"])
async def test_there_is_no_part_of_nothing(site: Site, part: str) -> None:
    assert (await site.reader.get(f"/sitemaps/{part}.xml")).status_code == 404
