"""Judges of feeds: each reads one and says what is wrong with it."""

import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
from lxml import etree

_ATOM = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
_TEXTS = {"title", "url", "summary", "content_html", "id", "language", "image"}
_TIMES = {"date_published", "date_modified"}
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
# What RSS 2.0 has, and the modules that we use.
_CHANNEL = {"title", "link", "description", "language", "lastBuildDate", "generator", "docs"}
_ITEM = {"title", "link", "guid", "pubDate", "category", "description", "enclosure"}
_ITEM |= {
    "{http://purl.org/dc/elements/1.1/}creator",
    "{http://purl.org/rss/1.0/modules/content/}encoded",
}


def read_feed(body: bytes, media_type: str) -> Any:
    """Read a feed as readers do. Raises AssertionError when it is not well formed."""
    found = feedparser.parse(body, response_headers={"content-type": f"{media_type}"})
    assert not found.bozo, found.get("bozo_exception")
    return found


def judge_atom(body: bytes) -> None:
    """Judge Atom by the grammar of RFC 4287. Raises AssertionError with each fault."""
    document = etree.fromstring(body)
    assert _ATOM.validate(document), _ATOM.error_log
    ids = document.xpath("//a:entry/a:id/text()", namespaces={"a": "http://www.w3.org/2005/Atom"})
    assert len(ids) == len(set(ids))


def judge_rss(body: bytes) -> None:
    """Judge RSS by the specification 2.0.11 and its best practices profile."""
    root = etree.fromstring(body)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    [channel] = root
    names = [child.tag for child in channel]
    assert {"title", "link", "description"} <= set(names)
    own = [name for name in names if name not in {"item", "{http://www.w3.org/2005/Atom}link"}]
    assert set(own) <= _CHANNEL
    assert len(own) == len(set(own))
    assert channel.xpath(
        "a:link[@rel='self']/@href", namespaces={"a": "http://www.w3.org/2005/Atom"}
    )
    for item in channel.iter("item"):
        assert {child.tag for child in item} <= _ITEM
        assert item.findtext("title") or item.findtext("description")
        assert parsedate_to_datetime(item.findtext("pubDate")).tzinfo
        guid = item.find("guid")
        assert guid is not None
        assert guid.get("isPermaLink") in {"true", "false"}
        for enclosure in item.iter("enclosure"):
            assert int(enclosure.get("length")) > 0
            assert "/" in enclosure.get("type")


def judge_json_feed(document: dict[str, Any]) -> None:
    """Judge JSON Feed by the rules of version 1.1."""
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(document["title"], str)
    for name in {"home_page_url", "feed_url", "next_url"} & document.keys():
        assert document[name].startswith("https://")
    for item in document["items"]:
        assert isinstance(item["id"], str)
        assert item["id"]
        assert "content_html" in item or "content_text" in item
        assert item.keys() <= _TEXTS | _TIMES | {"authors", "tags"}
        assert all(isinstance(item[name], str) for name in (_TEXTS | _TIMES) & item.keys())
        assert all(_RFC3339.fullmatch(item[name]) for name in _TIMES & item.keys())
        assert all({"name", "url", "avatar"} & author.keys() for author in item["authors"])
        assert all(isinstance(tag, str) for tag in item.get("tags", []))
