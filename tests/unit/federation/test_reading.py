import gzip
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.errors import RemoteRefused
from fedreview.federation.reading import (
    DEEPEST,
    LONGEST_WAIT,
    MOST_PARTS,
    MOST_PARTS_OF_CATALOGUE,
    is_activity,
    read_body,
    read_json_object,
    read_retry_after,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;profile="https://www.w3.org/ns/activitystreams"; charset=utf-8',
        "application/ld+json; profile=https://www.w3.org/ns/activitystreams",
        'application/ld+json; charset=utf-8; Profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json; profile="http://a.example https://www.w3.org/ns/activitystreams"',
    ],
)
def test_these_media_types_promise_activitystreams(content_type: str) -> None:
    assert is_activity(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "text/plain",
        "text/html; charset=utf-8",
        "application/octet-stream",
        "application/ld+json",
        'application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted"',
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams.evil"',
        'application/ld+json; note="profile=https://www.w3.org/ns/activitystreams"',
        "application/activity+json, text/html",
        "image/png; application/activity+json",
    ],
)
def test_these_media_types_promise_nothing(content_type: str) -> None:
    assert not is_activity(content_type)


async def pieces(body: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "x-gzip", " GZIP "])
async def test_a_body_as_long_as_the_limit_is_read_whole(encoding: str) -> None:
    body = b"0123456789" * 10
    sent = gzip.compress(body) if "zip" in encoding.lower() else body

    read = await read_body(pieces(sent), encoding=encoding, limit_bytes=100)

    assert read == body


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", ["", "gzip"])
async def test_a_body_one_byte_longer_than_the_limit_is_refused(encoding: str) -> None:
    body = b"0123456789" * 10
    sent = gzip.compress(body) if encoding else body

    with pytest.raises(RemoteRefused):
        await read_body(pieces(sent), encoding=encoding, limit_bytes=99)


@pytest.mark.anyio
async def test_what_comes_over_the_wire_is_counted_too() -> None:
    padded = gzip.compress(b"{}", mtime=0) + b"\0" * 1000

    with pytest.raises(RemoteRefused):
        await read_body(pieces(padded), encoding="gzip", limit_bytes=500)


@pytest.mark.anyio
async def test_a_gzip_bomb_is_never_unpacked_in_memory() -> None:
    bomb = gzip.compress(bytes(30_000_000))
    tracemalloc.start()

    with pytest.raises(RemoteRefused):
        await read_body(pieces(bomb, 65_536), encoding="gzip", limit_bytes=100_000)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"{}"),
        ("deflate", b"{}"),
        ("gzip, gzip", b"{}"),
        ("gzip", b"{}"),
        ("gzip", gzip.compress(b"{}" * 100, mtime=0)[:-10]),
        ("gzip", gzip.compress(b"{}", mtime=0) + gzip.compress(b"{}", mtime=0)),
        ("gzip", b""),
    ],
)
async def test_a_body_that_is_not_packed_as_asked_is_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(RemoteRefused):
        await read_body(pieces(body), encoding=encoding, limit_bytes=10_000)


def test_plain_json_is_read() -> None:
    document = read_json_object(
        b'\xef\xbb\xbf{"id": "https://a.example/", "n": 8.5,'
        b' "i": 9007199254740993, "x": [true, null]}'
    )

    assert document == {
        "id": "https://a.example/",
        "n": 8.5,
        "i": 9007199254740993,
        "x": [True, None],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"<html>",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 40 + b"}",
        b'{"id": "a", "id": "b"}',
        b'{"type": "a", "type": "a"}',
        b'{"x": {"actor": "a", "actor": "b"}}',
        b'{"object": "a", "\\u006fbject": "b"}',
        b'{"a": "\\u0000"}',
        b'{"a": ["\\ud800"]}',
        b'{"a\\u0000": 1}',
        b'{"a\\udfff": 1}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": ' * 200_000,
        b"[" * 200_000,
    ],
)
def test_json_that_two_readers_may_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(RemoteRefused):
        read_json_object(body)


def test_other_names_may_be_said_twice() -> None:
    assert read_json_object(b'{"a": 1, "a": 2}') == {"a": 2}


def test_json_of_very_many_parts_is_taken_of_a_catalogue_only() -> None:
    body = b'{"a": [%b]}' % b",".join([b"1"] * MOST_PARTS)

    with pytest.raises(RemoteRefused, match="parts"):
        read_json_object(body)

    assert read_json_object(body, most_parts=MOST_PARTS_OF_CATALOGUE)["a"] == [1] * MOST_PARTS


def test_json_may_be_so_deep_and_no_deeper() -> None:
    inner = b"[" * (DEEPEST - 1) + b"1" + b"]" * (DEEPEST - 1)

    assert read_json_object(b'{"a":' + inner + b"}")
    with pytest.raises(RemoteRefused):
        read_json_object(b'{"a":[' + inner + b"]}")


@given(st.binary())
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    try:
        document = read_json_object(body)
    except RemoteRefused:
        return

    assert isinstance(document, dict)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("999999999", LONGEST_WAIT),
        ("Sun, 01 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 01 Mar 2026 12:05:00 -0000", timedelta(minutes=5)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("Fri, 01 Mar 2199 12:00:00 GMT", LONGEST_WAIT),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("99999999999999999999", None),
        ("٣", None),
        ("Sun, 99 Mar 2026 12:05:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(header: str | None, wait: timedelta | None) -> None:
    assert read_retry_after(header, now=NOW) == wait


@given(st.text())
def test_no_retry_after_breaks_the_reader(header: str) -> None:
    wait = read_retry_after(header, now=NOW)

    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT
