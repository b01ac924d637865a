"""Reading with a feed reader."""

import re
from datetime import timedelta
from html import unescape

import pytest
from bs4 import BeautifulSoup

from tests.clock import Clock
from tests.databases import Statements
from tests.judges.feeds import judge_atom, judge_json_feed, judge_rss, read_feed
from tests.stories.site import REVIEW, Published, Site

pytestmark = pytest.mark.anyio

FORMATS = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
PLACES = ("", "/@critic", "/tags/cyberpunk", "/kinds/film")
FULL = {
    "original_title": "ブラム",
    "creators": "Hiroyuki Seshita",
    "length": "105 min",
    "publisher": "Polygon Pictures",
    "platform": "Netflix",
    "links": "https://www.imdb.com/title/tt6574146/",
    "synopsis": "A loner & his gun.",
    "synopsis_source": "Netflix",
    "synopsis_url": "https://www.netflix.com/title/80116922",
    "verdict": "Worth <every> minute.",
    "tags": "Cyberpunk, Netflix",
    "body": "Look [here](/reviews/other) & <b>there</b>.\n\n![wall](/media/wall.jpg)",
}


async def items(site: Site, place: str = "") -> list[dict[str, str]]:
    answer = await site.reader.get(f"{place}/feed.json")
    found: list[dict[str, str]] = answer.json()["items"]
    return found


@pytest.mark.parametrize("place", PLACES)
async def test_a_feed_is_valid_and_says_the_same_in_each_format(site: Site, place: str) -> None:
    review = await site.publish(**FULL)
    answers = {form: await site.reader.get(f"{place}/feed.{form}") for form in FORMATS}

    for form, answer in answers.items():
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(FORMATS[form])
    judge_atom(answers["atom"].content)
    judge_rss(answers["rss"].content)
    judge_json_feed(answers["json"].json())
    [item] = answers["json"].json()["items"]
    for form in ("atom", "rss"):
        feed = read_feed(answers[form].content, FORMATS[form])
        [entry] = feed.entries
        own = [link.href for link in feed.feed.links if link.rel == "self"]
        assert own == [f"{site.base_url}{place}/feed.{form}"]
        assert entry.id == item["id"] == review.uri
        assert entry.link == item["url"] == f"{site.base_url}{review.path}"
        assert entry.title == item["title"] == "BLAME! A Netflix Original – 8.5/10"
        assert entry.author == "Critic"
        assert [tag.term for tag in entry.tags] == item["tags"] == ["Cyberpunk", "Netflix"]
        summary = unescape(entry.summary) if form == "rss" else entry.summary
        assert summary == item["summary"]
        assert "Polygon Pictures" in entry.content[0].value


async def test_an_entry_is_the_whole_review_with_absolute_addresses(site: Site) -> None:
    await site.publish(**FULL)
    [item] = await items(site)
    content = BeautifulSoup(item["content_html"], "html5lib")
    text = " ".join(content.get_text().split())

    for words in (
        "BLAME! (film, 2017, 105 min)",
        "Rated 8.5 out of 10",
        "ブラム",
        "Hiroyuki Seshita",
        "Polygon Pictures",
        "A loner & his gun.",
        "Synopsis from Netflix",
        "Look here & <b>there</b>.",
        "Verdict: Worth <every> minute.",
    ):
        assert words in text
    addresses = [str(tag.get("href") or tag.get("src")) for tag in content.select("a, img")]
    assert f"{site.base_url}/reviews/other" in addresses
    assert f"{site.base_url}/media/wall.jpg" in addresses
    assert all(address.startswith("https://") for address in addresses)


async def test_any_text_makes_a_well_formed_feed(site: Site) -> None:
    odd = "\x01\x08\x0b\x1f \ufffe\uffff ]]> <![CDATA[ & &amp; &#0; \U0001f600 \u202e"
    await site.publish(review_title=f"Odd {odd}", body=odd, verdict=odd, tags="odd")
    for form in ("atom", "rss"):
        answer = await site.reader.get(f"/feed.{form}")
        feed = read_feed(answer.content, FORMATS[form])
        assert feed.entries[0].title.startswith("Odd ")
        assert "\U0001f600" in feed.entries[0].content[0].value
    judge_atom((await site.reader.get("/feed.atom")).content)


async def test_a_feed_without_reviews_is_valid(site: Site) -> None:
    judge_atom((await site.reader.get("/@critic/feed.atom")).content)
    judge_rss((await site.reader.get("/kinds/manga/feed.rss")).content)
    judge_json_feed((await site.reader.get("/feed.json")).json())


@pytest.mark.parametrize(
    "path",
    ["/feed.xml", "/@nobody/feed.atom", "/tags/none/feed.rss", "/kinds/poem/feed.json"],
)
async def test_there_is_no_feed_of_what_is_not_here(site: Site, path: str) -> None:
    assert (await site.reader.get(path)).status_code == 404


async def test_an_edit_keeps_the_id_and_moves_the_date(
    site: Site, now: Clock, review: Published
) -> None:
    [before] = await items(site)
    now.advance(timedelta(minutes=5))
    fields = {**REVIEW, "review_title": "Another title", "do": "update"}
    await site.author.post(f"/studio/reviews/{review.id}", data=fields)
    [after] = await items(site)

    assert after["id"] == before["id"]
    assert after["title"].startswith("Another title")
    assert after["date_published"] == before["date_published"] < after["date_modified"]


async def test_a_reader_that_has_the_feed_is_told_so_without_a_statement(
    site: Site, now: Clock, review: Published, statements: Statements
) -> None:
    first = await site.reader.get("/feed.atom")
    etag, date = first.headers["etag"], first.headers["last-modified"]
    assert first.headers["cache-control"].startswith("public")
    assert first.headers.get("vary", "Accept-Encoding") == "Accept-Encoding"
    assert not etag.startswith("W/")

    with statements.recorded() as seen:
        by_etag = await site.reader.get("/feed.atom", headers={"If-None-Match": etag})
    assert (by_etag.status_code, by_etag.content) == (304, b"")
    assert len(seen) == 0
    by_date = await site.reader.get("/feed.atom", headers={"If-Modified-Since": date})
    assert by_date.status_code == 304
    head = await site.reader.head("/feed.atom")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)

    now.advance(timedelta(minutes=5))
    await site.publish(review_title="The next")
    for headers in ({"If-None-Match": etag}, {"If-Modified-Since": date}):
        assert (await site.reader.get("/feed.atom", headers=headers)).status_code == 200


async def test_deleting_the_newest_review_is_seen_by_those_who_ask_by_date(
    site: Site, now: Clock, review: Published
) -> None:
    now.advance(timedelta(minutes=5))
    newest = await site.publish(review_title="The next")
    date = (await site.reader.get("/feed.rss")).headers["last-modified"]
    await site.author.post(f"/studio/reviews/{newest.id}/delete")

    answer = await site.reader.get("/feed.rss", headers={"If-Modified-Since": date})
    assert answer.status_code == 200
    assert "The next" not in answer.text


async def test_a_long_feed_goes_on_to_the_first_review(site: Site, now: Clock) -> None:
    for number in range(23):
        now.advance(timedelta(minutes=1))
        await site.publish(review_title=f"Number {number}")
    first = (await site.reader.get("/feed.json")).json()
    assert len(first["items"]) == 20
    second = await site.reader.get(first["next_url"])
    judge_json_feed(second.json())
    assert [re.split(" – ", each["title"])[0] for each in second.json()["items"]] == [
        "Number 2",
        "Number 1",
        "Number 0",
    ]
    for form in ("atom", "rss"):
        feed = read_feed((await site.reader.get(f"/feed.{form}")).content, FORMATS[form])
        [older] = [link.href for link in feed.feed.links if link.rel == "next"]
        page = await site.reader.get(older)
        assert len(read_feed(page.content, FORMATS[form]).entries) == 3
    judge_atom((await site.reader.get("/feed.atom")).content)


@pytest.mark.parametrize("place", ["/", "/@critic", "/tags/cyberpunk"])
async def test_a_page_tells_where_its_feeds_are(site: Site, place: str) -> None:
    await site.publish(**FULL)
    page = await site.page(place)
    found = {
        str(link["type"]): str(link["href"])
        for link in page.select('link[rel="alternate"][href*="/feed."]')
        if str(link["href"]).startswith(place.rstrip("/") + "/feed")
    }
    assert found == {media: f"{place.rstrip('/')}/feed.{form}" for form, media in FORMATS.items()}
