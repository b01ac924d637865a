"""One property, however it was sent: a string, an object, a list, missing or nonsense."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from fedreview.activitypub.documents import MOST_ENTRIES, UNSTORABLE
from fedreview.activitypub.origin import LONGEST_ID, find_origin, fits
from fedreview.activitypub.vocabulary import Json
from fedreview.errors import MalformedActivity

# What Mastodon keeps of them (its FEDERATION.md).
LONGEST_NAME = 2_048
LONGEST_SUMMARY = 20_000

_TYPE = re.compile(r"[!-~]{1,100}")
_LONGEST_INSTANT = 64


def entries(value: Json) -> list[Json]:
    """Give the members of a list, or the value alone; nothing when it is missing."""
    if isinstance(value, list):
        return value[:MOST_ENTRIES]
    return [] if value is None else [value]


def members(value: Json) -> dict[str, Json]:
    """Give an object, empty when the value is none."""
    return value if isinstance(value, dict) else {}


def text(value: Json, *, limit: int) -> str:
    """Give the first string, cut to `limit` characters, or ""."""
    for entry in entries(value):
        if isinstance(entry, str) and not UNSTORABLE.search(entry):
            return entry[:limit]
    return ""


def whole_text(value: Json, *, limit: int) -> str:
    """Give the first string, or "" when it is longer: for what means nothing when cut."""
    found = text(value, limit=limit + 1)
    return found if len(found) <= limit else ""


def wording(document: Mapping[str, Json], name: str, *, limit: int) -> str:
    """Give a text in its only language, or in the first of its map of languages."""
    languages = members(document.get(f"{name}Map"))
    return text(document.get(name), limit=limit) or text(
        next(iter(languages.values()), None), limit=limit
    )


def address(value: Json) -> str:
    """Give a string that is an absolute http(s) address, or ""."""
    return value if isinstance(value, str) and find_origin(value) else ""


def _name(value: Json) -> str:
    """Give an address that is short enough to name something, or ""."""
    found = address(value)
    return found if fits(found, LONGEST_ID) else ""


def subject(value: Json) -> tuple[str, dict[str, Json]]:
    """Give the first thing that has an id: its id, and itself where it is embedded."""
    for entry in entries(value):
        embedded = members(entry)
        if found := _name(embedded.get("id") if embedded else entry):
            return found, embedded
    return "", {}


def reference(value: Json) -> str:
    """Give the id of the first thing that has one, embedded or not, or ""."""
    return subject(value)[0]


def page(value: Json) -> str:
    """Give the first text/html Link of a `url`, else its first http(s) address, or "".

    Threads lists an address for its own app first; PeerTube lists the video's files.
    """
    fallback = ""
    for entry in entries(value):
        link = members(entry)
        href = address(link.get("href") if link else entry)
        if href and text(link.get("mediaType"), limit=100).startswith("text/html"):
            return href
        fallback = fallback or href
    return fallback


def picture(value: Json) -> str:
    """Give the address of the first usable Image, Link or string of an `icon`, or ""."""
    for entry in entries(value):
        image = members(entry)
        if found := (page(image.get("url")) or page(entry)):
            return found
    return ""


def instant(value: Json) -> datetime | None:
    """Read a date and time; UTC where it names no zone, None when missing or nonsense."""
    if not isinstance(value, str) or len(value) > _LONGEST_INSTANT:
        return None
    try:
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def type_name(value: Json) -> str:
    """Give a plain type, or the only one of a list, or ""."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, str) and _TYPE.fullmatch(value) else ""


def required_id(document: Mapping[str, Json]) -> str:
    """Give the `id`, or raise MalformedActivity."""
    found = _name(document.get("id"))
    if not found:
        raise MalformedActivity("not an absolute http(s) address, or too long", pointer="/id")
    return found


def required_type(document: Mapping[str, Json]) -> str:
    """Give the `type`, or raise MalformedActivity."""
    found = type_name(document.get("type"))
    if not found:
        raise MalformedActivity("not one plain type", pointer="/type")
    return found
