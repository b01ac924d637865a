"""A feed in the three ways in which readers take one: Atom, RSS and JSON Feed."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as ET

from fedreview.services.syndicating import Entry

_ATOM = "http://www.w3.org/2005/Atom"
# All that XML 1.0 lets no document say, not even as a reference. Source: its section 2.2.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A feed ready to be written down. All addresses are absolute.

    id: never changes. older: where the next page is, or "". language: of the words around the
    reviews. entries: each with its content as HTML.
    """

    id: str
    title: str
    subtitle: str
    page: str
    url: str
    first: str
    older: str
    icon: str
    language: str
    changed_at: datetime
    entries: tuple[tuple[Entry, str], ...]


def _text(text: str) -> str:
    return _NOT_XML.sub("", text)


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> None:
    clean = {key.replace("_", ":"): _text(value) for key, value in attributes.items()}
    ET.SubElement(parent, name, clean).text = _text(text) or None


def _xml(root: ET.Element) -> bytes:
    text = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def atom(feed: Written) -> bytes:
    """Write Atom. Source: RFC 4287, and RFC 5005 section 3 for pages."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": feed.language})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    if feed.subtitle:
        _add(root, "subtitle", feed.subtitle)
    _add(root, "updated", _instant(feed.changed_at))
    _add(root, "generator", "fedreview")
    _add(root, "icon", feed.icon)
    _add(root, "link", rel="self", type="application/atom+xml", href=feed.url)
    _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    _add(root, "link", rel="first", type="application/atom+xml", href=feed.first)
    if feed.older:
        _add(root, "link", rel="next", type="application/atom+xml", href=feed.older)
    for entry, content in feed.entries:
        _add_atom_entry(root, entry, content)
    return _xml(root)


def _add_atom_entry(root: ET.Element, entry: Entry, content: str) -> None:
    review = entry.review
    item = ET.SubElement(root, "entry", {"xml:lang": _text(review.language)})
    _add(item, "id", entry.id)
    _add(item, "title", review.heading)
    _add(item, "published", _instant(entry.published_at))
    _add(item, "updated", _instant(entry.changed_at))
    author = ET.SubElement(item, "author")
    _add(author, "name", review.author.name)
    _add(author, "uri", entry.author_url)
    for tag in review.tags:
        _add(item, "category", term=tag)
    _add(item, "link", rel="alternate", type="text/html", href=entry.url)
    cover = review.work.cover
    if cover:
        href, size = entry.cover_url, str(cover.bytes)
        _add(item, "link", rel="enclosure", type=cover.media_type, length=size, href=href)
    _add(item, "summary", entry.summary)
    _add(item, "content", content, type="html")


def rss(feed: Written) -> bytes:
    """Write RSS 2.0, with the modules that all readers know.

    Source: the RSS Advisory Board's specification 2.0.11 and best practices profile.
    """
    names = {
        "version": "2.0",
        "xmlns:atom": _ATOM,
        "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
        "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    }
    root = ET.Element("rss", names)
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.page)
    _add(channel, "description", feed.subtitle or feed.title)
    _add(channel, "language", feed.language)
    _add(channel, "lastBuildDate", format_datetime(feed.changed_at, usegmt=True))
    _add(channel, "generator", "fedreview")
    _add(channel, "docs", "https://www.rssboard.org/rss-specification")
    _add(channel, "atom:link", rel="self", type="application/rss+xml", href=feed.url)
    if feed.older:
        _add(channel, "atom:link", rel="next", type="application/rss+xml", href=feed.older)
    for entry, content in feed.entries:
        _add_rss_item(channel, entry, content)
    return _xml(root)


def _add_rss_item(channel: ET.Element, entry: Entry, content: str) -> None:
    review = entry.review
    item = ET.SubElement(channel, "item")
    _add(item, "title", review.heading)
    _add(item, "link", entry.url)
    _add(item, "guid", entry.id, isPermaLink="false")
    _add(item, "pubDate", format_datetime(entry.published_at, usegmt=True))
    _add(item, "dc:creator", review.author.name)
    for tag in review.tags:
        _add(item, "category", tag)
    # Readers take it as HTML, whatever stands in it.
    _add(item, "description", escape(entry.summary))
    _add(item, "content:encoded", content)
    cover = review.work.cover
    if cover:
        url, size = entry.cover_url, str(cover.bytes)
        _add(item, "enclosure", url=url, length=size, type=cover.media_type)


def json_feed(feed: Written) -> bytes:
    """Write JSON Feed 1.1. Source: https://www.jsonfeed.org/version/1.1/."""
    document: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.url,
        "language": feed.language,
        "items": [_json_item(entry, content) for entry, content in feed.entries],
    }
    if feed.subtitle:
        document["description"] = feed.subtitle
    if feed.older:
        document["next_url"] = feed.older
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _json_item(entry: Entry, content: str) -> dict[str, object]:
    review = entry.review
    item: dict[str, object] = {
        "id": entry.id,
        "url": entry.url,
        "title": review.heading,
        "summary": entry.summary,
        "content_html": content,
        "date_published": _instant(entry.published_at),
        "date_modified": _instant(entry.changed_at),
        "authors": [{"name": review.author.name, "url": entry.author_url}],
        "language": review.language,
    }
    if review.tags:
        item["tags"] = list(review.tags)
    if entry.cover_url:
        item["image"] = entry.cover_url
    return item


FORMATS: Mapping[str, tuple[str, Callable[[Written], bytes]]] = {
    "atom": ("application/atom+xml", atom),
    "rss": ("application/rss+xml", rss),
    "json": ("application/feed+json", json_feed),
}
"""By the end of the address: media type, and who writes it."""
