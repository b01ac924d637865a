"""Parsed values judged by bounds that are written down here a second time."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal

from fedreview.activitypub.vocabulary import RemoteRating

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
ADDRESS = re.compile(
    r"https?://[^\s/?#@\\\x00-\x20\x7f-\x9f]+(?:[/?#][^\s\x00-\x20\x7f-\x9f]*)?", re.IGNORECASE
)

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
LONGEST = {
    "id": 2_048,
    "type": 100,
    "actor": 2_048,
    "object": 2_048,
    "username": 255,
    "webfinger": 515,
    "language": 44,
    "name": 2_048,
    "summary": 20_000,
    "emoji": 100,
    "pem": 8_192,
    "multibase": 8_192,
}
LONGEST_CONTENT = {"RemoteNote": 500_000, "Flag": 5_000}
LONGEST_TEXT = 2_048
MOST = {
    "contexts": 2,
    "mentions": 100,
    "addressed": 500,
    "also_known_as": 256,
    "keys": 10,
    "objects": 100,
}
MOST_ENTRIES = 100

# Fields that name things by an address; those in the second set always do.
ADDRESSES = {"in_reply_to", "url", "replies", "inbox", "shared_inbox", "icon_url", "moved_to"}
ADDRESSES |= {"attributed_to", "inner_object", "inner_actor", "object"}
NECESSARY = {"id", "actor", "inbox", "quoting", "target", "owner"}
LISTED = {"mentions", "also_known_as", "objects", "works", "addressed"}


def faults(value: object) -> list[str]:
    """List what a parsed activity, actor or note holds and must not."""
    return list(_faults(value))


def _faults(value: object) -> Iterator[str]:
    assert is_dataclass(value)
    owner = type(value).__name__
    for field in fields(value):
        match getattr(value, field.name):
            case str(text):
                yield from _faults_of_text(owner, field.name, text)
            case tuple(entries):
                yield from _faults_of_entries(f"{owner}.{field.name}", field.name, entries)
            case datetime() as at if at.tzinfo is not UTC:
                yield f"{owner}.{field.name} is not in UTC"
            case RemoteRating() as rating:
                yield from _faults_of_rating(rating)
            case inner if is_dataclass(inner):
                yield from _faults(inner)


def _faults_of_entries(where: str, name: str, entries: tuple[object, ...]) -> Iterator[str]:
    if len(entries) > MOST.get(name, MOST_ENTRIES):
        yield f"{where} has {len(entries)} entries"
    if len(set(entries)) != len(entries):
        yield f"{where} says one thing twice"
    for entry in entries:
        yield from _faults_of_entry(where, name, entry)


def _faults_of_text(owner: str, name: str, text: str) -> Iterator[str]:
    where = f"{owner}.{name}"
    limit = LONGEST.get(name, LONGEST_TEXT)
    if name == "content":
        limit = LONGEST_CONTENT[owner]
    if len(text) > limit:
        yield f"{where} has {len(text)} characters"
    if UNSTORABLE.search(text):
        yield f"{where} cannot be stored"
    if name in NECESSARY and not text:
        yield f"{where} is empty"
    if name in ADDRESSES | NECESSARY and text and not ADDRESS.fullmatch(text):
        yield f"{where} is no address: {text[:100]!r}"


def _faults_of_entry(where: str, name: str, entry: object) -> Iterator[str]:
    if isinstance(entry, str):
        if not entry or len(entry) > LONGEST_TEXT or UNSTORABLE.search(entry):
            yield f"{where} holds {entry[:100]!r}"
        if name in LISTED and not ADDRESS.fullmatch(entry):
            yield f"{where} holds no address: {entry[:100]!r}"
    else:
        yield from _faults(entry)


def _faults_of_rating(rating: RemoteRating) -> Iterator[str]:
    numbers: tuple[Decimal, ...] = (rating.value, rating.best, rating.worst)
    if not all(number.is_finite() for number in numbers):
        yield "a rating without end"
    elif not rating.worst <= rating.value <= rating.best or rating.worst >= rating.best:
        yield f"a rating off its scale: {rating}"
