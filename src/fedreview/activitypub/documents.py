"""Bytes from strangers, read as strict and bounded JSON that claims to be ActivityStreams."""

import json
import math
import re
from collections.abc import Mapping

from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS, Json
from fedreview.errors import MalformedActivity

DEEPEST = 32
MOST_ENTRIES = 1_000
MOST_TOKENS = 50_000
"""Brackets, commas and strings in all; a Create with 500 mentions has some 12,000."""
LARGEST_WHOLE = 2**63
LONGEST_NUMBER = 40

# PostgreSQL stores no NUL in text, and UTF-8 has no lone surrogates.
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")

# How either gets into a text of JSON in UTF-8; an escaped backslash before it does no harm.
_UNSTORABLE_ESCAPE = re.compile(rb"\\u(?:0000|[Dd][89A-Fa-f])")

_UNIQUE = frozenset({"id", "type", "actor", "object"})
_RESTRUCTURING = ("@graph", "@included", "@reverse", "@id", "@type")

# The closing quote is optional, so that a string without an end is passed over once and not
# tried again from each quote inside it.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]},]', re.DOTALL)


def _is_shallow(body: bytes) -> bool:
    """Tell whether it has fewer bytes than pieces are allowed, and too few openings to be too deep.

    Even if none of them were inside a text. Nearly everything is.
    """
    return len(body) <= MOST_TOKENS and body.count(b"{") + body.count(b"[") <= DEEPEST


def _refuse_costly(body: bytes) -> None:
    """Count brackets and values before the JSON parser, which recurses, meets them.

    Anybody may send a body before the signature is looked at, and one megabyte of ``[],[],``
    kept the event loop, and so the whole site, busy for a second or two.
    """
    depth = 0
    for number, token in enumerate(_TOKEN.finditer(body)):
        if number >= MOST_TOKENS:
            raise MalformedActivity(f"more than {MOST_TOKENS} brackets, commas and strings")
        match body[token.start()]:
            case 0x5B | 0x7B:
                depth += 1
            case 0x5D | 0x7D:
                depth -= 1
        if depth > DEEPEST:
            raise MalformedActivity(f"nested deeper than {DEEPEST} levels")


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen and name in _UNIQUE:
                raise MalformedActivity(f"says {name} twice")
            seen.add(name)
    return members


def _whole(digits: str) -> int:
    # The length first: turning many digits into a number is slow, and raises in Python.
    if len(digits) > LONGEST_NUMBER or abs(int(digits)) > LARGEST_WHOLE:
        raise MalformedActivity("a whole number beyond 64 bits")
    return int(digits)


def _fraction(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER or not math.isfinite(float(digits)):
        raise MalformedActivity("a number that is too long or too large")
    return float(digits)


def _refuse_constant(name: str) -> float:
    raise MalformedActivity(f"{name} is not JSON")


def _pointer(parent: str, key: str | int) -> str:
    return f"{parent}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _refuse_unfit(value: object, pointer: str) -> None:
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise MalformedActivity("NUL or half a character in a text", pointer=pointer)
    if isinstance(value, float) and not math.isfinite(value):
        raise MalformedActivity("not a number", pointer=pointer)
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        raise MalformedActivity("a whole number beyond 64 bits", pointer=pointer)


def _check_values(document: Mapping[str, Json]) -> None:
    """Walk the whole document, without recursion."""
    waiting: list[tuple[Mapping[str, Json] | list[Json], str, int]] = [(document, "", 1)]
    while waiting:
        container, pointer, depth = waiting.pop()
        if len(container) > MOST_ENTRIES:
            raise MalformedActivity(f"more than {MOST_ENTRIES} entries", pointer=pointer)
        if depth > DEEPEST:
            raise MalformedActivity(f"nested deeper than {DEEPEST} levels", pointer=pointer)
        pairs = enumerate(container) if isinstance(container, list) else container.items()
        for key, value in pairs:
            _refuse_unfit(key, pointer)
            if isinstance(value, dict | list):
                waiting.append((value, _pointer(pointer, key), depth + 1))
            elif not (isinstance(value, str) and UNSTORABLE.search(value) is None):
                # To write down where each value stands takes longer than to look at it.
                _refuse_unfit(value, _pointer(pointer, key))


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_int=_whole,
    parse_float=_fraction,
    parse_constant=_refuse_constant,
)


def check_document(document: Mapping[str, Json]) -> None:
    """Make sure that a parsed document is bounded, storable, plain ActivityStreams.

    For documents that were parsed elsewhere, such as fetched ones; `load_document` does it
    too. We read plain JSON: what only a JSON-LD processor would see (`@graph` and its like at
    the top) would mean one thing to us and another to whoever signed or forwarded it.
    Raises MalformedActivity with the JSON Pointer of the fault.
    Source: Mastodon GHSA-53m7-2wrh-q839; ActivityStreams 2.0 section 2.1.
    """
    _check(document, has_fit_values=False)


def _check(document: Mapping[str, Json], *, has_fit_values: bool) -> None:
    for name in _RESTRUCTURING:
        if name in document:
            raise MalformedActivity(f"{name} at the top", pointer=_pointer("", name))
    if not has_fit_values:
        _check_values(document)
    context = document.get("@context")
    # Not the first entry: Ghost and Lemmy put contexts of their own before it.
    if ACTIVITY_STREAMS not in (context if isinstance(context, list) else [context]):
        raise MalformedActivity("not ActivityStreams", pointer="/@context")


def load_document(body: bytes) -> dict[str, Json]:
    """Read the body of a request or answer whose size the caller has bounded.

    Takes UTF-8 with an object at the top, at most 32 levels deep and 1,000 entries wide, of at
    most MOST_TOKENS pieces, with numbers of at most 64 bits, and checks it as `check_document`
    does.
    Raises MalformedActivity for anything else, and when one object says `id`, `type`, `actor`
    or `object` twice: of two, other servers may believe the other one.
    """
    is_shallow = _is_shallow(body)
    if not is_shallow:
        _refuse_costly(body)
    try:
        document = _DECODER.decode(body.decode("utf-8"))
    except ValueError as problem:
        raise MalformedActivity("not JSON in UTF-8") from problem
    if not isinstance(document, dict):
        raise MalformedActivity("not an object")
    # With so few commas nothing is too wide. Numbers were looked at as they were read.
    is_narrow = body.count(b",") < MOST_ENTRIES and not _UNSTORABLE_ESCAPE.search(body)
    _check(document, has_fit_values=is_shallow and is_narrow)
    return document
