"""What may be believed of another server's answer: size, media type, JSON, Retry-After."""

import json
import math
import re
import zlib
from collections.abc import AsyncIterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NoReturn, TypeAlias

from fedreview.errors import RemoteRefused

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

ACTIVITY_JSON = "application/activity+json"
LD_JSON = "application/ld+json"
AS_PROFILE = "https://www.w3.org/ns/activitystreams"

DEEPEST = 32
LONGEST_NUMBER = 32
MOST_PARTS = 20_000
"""Commas and opening brackets, those in texts included; 500 mentions make some 3,000.

So many of the worst take 0.03 s of CPU to read and check, in which nobody else is answered.
"""
MOST_PARTS_OF_CATALOGUE = 100_000
"""Of those whom an author asks: a book of 1 MB has some 20,000."""
LONGEST_WAIT = timedelta(days=7)

_IDENTITY = frozenset({"id", "type", "actor", "object"})
_PROFILE = re.compile(r';[ \t]*profile=(?:"([^"]*)"|([^";, \t]+))', re.IGNORECASE)
# NUL is what databases choke on, a lone surrogate is what UTF-8 cannot say.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_GZIP = zlib.MAX_WBITS | 16


def media_type(content_type: str) -> str:
    """Give the bare, lower-case media type of a Content-Type header."""
    return content_type.partition(";")[0].strip().lower()


def is_activity(content_type: str) -> bool:
    """Whether a Content-Type promises ActivityStreams.

    Any other type of JSON may be the upload of a user on a file host.
    Source: Mastodon CVE-2024-25623; ActivityPub section 3.2.
    """
    bare = media_type(content_type)
    if bare != LD_JSON:
        return bare == ACTIVITY_JSON
    match = _PROFILE.search(content_type)
    return match is not None and AS_PROFILE in (match[1] or match[2] or "").split()


async def read_body(chunks: AsyncIterable[bytes], *, encoding: str, limit_bytes: int) -> bytes:
    """Read a body to its end, never holding more of it than the limit.

    encoding: the Content-Encoding; only gzip is asked for and only gzip is undone.
    limit_bytes: for what comes over the wire, and again for what it unpacks to.

    Raises RemoteRefused when it is longer, or packed in another way.
    """
    unpack = _unpacker(encoding.strip().lower())
    received, body = 0, bytearray()
    async for chunk in chunks:
        received += len(chunk)
        body += unpack(chunk, limit_bytes + 1 - len(body))
        if max(received, len(body)) > limit_bytes:
            raise RemoteRefused(f"an answer of more than {limit_bytes} bytes")
    unpack.finish()
    return bytes(body)


class _Plain:
    def __call__(self, chunk: bytes, room: int) -> bytes:
        del room
        return chunk

    def finish(self) -> None:
        """Do nothing: plain bytes end where they end."""


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)

    def __call__(self, chunk: bytes, room: int) -> bytes:
        # A small piece can unpack to a thousand times its size, so the room is a limit inside
        # zlib and not a check afterwards.
        try:
            return self._stream.decompress(chunk, room)
        except zlib.error as error:
            raise RemoteRefused("an answer that is not the gzip it says it is") from error

    def finish(self) -> None:
        if not self._stream.eof or self._stream.unused_data:
            raise RemoteRefused("an answer whose gzip does not end where it should")


def _unpacker(encoding: str) -> _Plain | _Gzip:
    if encoding in {"", "identity"}:
        return _Plain()
    if encoding in {"gzip", "x-gzip"}:
        return _Gzip()
    raise RemoteRefused(f"an answer in the encoding {encoding[:50]!r}")


def read_json_object(body: bytes, *, most_parts: int = MOST_PARTS) -> dict[str, Json]:
    """Read one JSON object so that no two readers can see different things in it.

    Raises RemoteRefused when it is no object, nested deeper than DEEPEST, has more than
    `most_parts` values, says ``id``, ``type``, ``actor`` or ``object`` twice, or holds NaN, huge
    numbers, NUL or half a surrogate pair.
    """
    # Before parsing: a megabyte of ``[],[],`` would keep the event loop busy for a second.
    if sum(map(body.count, (b",", b"[", b"{"))) > most_parts:
        raise RemoteRefused("JSON of too many parts")
    try:
        document: Json = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except (ValueError, RecursionError) as error:
        raise RemoteRefused(f"not the JSON we read: {str(error)[:200]}") from error
    if not isinstance(document, dict):
        raise RemoteRefused("JSON, but not an object")
    _check_nesting(document)
    return document


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = [name for name in sorted(_IDENTITY & result.keys()) if names.count(name) > 1]
        if twice:
            raise ValueError(f"said twice: {', '.join(twice)}")
    if any(_UNSTORABLE.search(name) for name in result):
        raise ValueError("a name that cannot be stored")
    return result


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number without end")
    return number


def _int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _check_nesting(document: Json) -> None:
    layer = [document]
    for _ in range(DEEPEST):
        layer = [inner for outer in layer for inner in _containers_in(outer)]
        if not layer:
            return
    raise RemoteRefused(f"JSON nested deeper than {DEEPEST}")


def _containers_in(value: Json) -> list[Json]:
    if isinstance(value, dict):
        inside = list(value.values())
    else:
        inside = value if isinstance(value, list) else []
    if any(isinstance(inner, str) and _UNSTORABLE.search(inner) for inner in inside):
        raise RemoteRefused("JSON with a text that cannot be stored")
    return [inner for inner in inside if isinstance(inner, (dict, list))]


def read_retry_after(header: str | None, *, now: datetime) -> timedelta | None:
    """Read a Retry-After, in seconds or as a date; None when there is none that we can read.

    Never negative, and at most LONGEST_WAIT: another server does not decide that we give up.
    Source: RFC 9110 section 10.2.3.
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return min(timedelta(seconds=int(text)), LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(text[:100])
    except (ValueError, OverflowError):
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta(0)), LONGEST_WAIT)
