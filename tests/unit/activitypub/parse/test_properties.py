from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedreview.activitypub.parse.properties import (
    instant,
    page,
    picture,
    reference,
    text,
    type_name,
    whole_text,
    wording,
)
from fedreview.activitypub.vocabulary import Json

A = "https://a.example/1"
B = "https://b.example/2"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (["a", "b"], "a"),
        ([None, 1, {}, ["x"], "b"], "b"),
        ("abcdef", "abcd"),
        (["nul\0", "half\ud800", "ok"], "ok"),
        ("nul\0", ""),
        (None, ""),
        (1, ""),
        (True, ""),
        ({"a": "b"}, ""),
        ([], ""),
    ],
)
def test_a_text_is_the_first_string_cut_to_its_limit(value: Json, expected: str) -> None:
    assert text(value, limit=4) == expected


@pytest.mark.parametrize(("value", "expected"), [("abcd", "abcd"), ("abcde", ""), (None, "")])
def test_a_text_that_means_nothing_when_cut_is_left_out_whole(value: Json, expected: str) -> None:
    assert whole_text(value, limit=4) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"name": "a", "nameMap": {"de": "b"}}, "a"),
        ({"nameMap": {"de": "b", "en": "c"}}, "b"),
        ({"name": None, "nameMap": {"de": "b"}}, "b"),
        ({"name": "", "nameMap": {"de": None, "en": "c"}}, ""),
        ({"nameMap": "b"}, ""),
        ({"nameMap": {}}, ""),
        ({}, ""),
    ],
)
def test_a_wording_comes_from_the_map_of_languages_when_it_is_only_there(
    document: dict[str, Json], expected: str
) -> None:
    assert wording(document, "name", limit=100) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (A, A),
        ({"id": A, "type": "Note"}, A),
        ([A, B], A),
        ([None, "", "nonsense", {}, {"id": None}, [A], {"id": B}], B),
        ({"type": "Link", "href": A}, ""),
        ("as:Public", ""),
        ("javascript:alert(1)", ""),
        (None, ""),
        (1, ""),
    ],
)
def test_a_reference_is_the_first_usable_id(value: Json, expected: str) -> None:
    assert reference(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (A, A),
        ({"type": "Link", "href": A}, A),
        ({"type": "Link", "href": A, "mediaType": "text/html; charset=utf-8"}, A),
        ([{"href": A, "mediaType": "video/mp4"}, {"href": B, "mediaType": "text/html"}], B),
        ([{"href": A, "mediaType": "video/mp4"}, {"href": B}], A),
        ([{"href": "threads://x", "mediaType": "text/html"}, B], B),
        ([{"href": None}, {}, None, 1, B], B),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ([{"href": "javascript:alert(1)", "mediaType": "text/html"}], ""),
        (None, ""),
    ],
)
def test_a_page_is_the_html_link_or_else_the_first_web_address(value: Json, expected: str) -> None:
    assert page(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (A, A),
        ({"type": "Image", "url": A}, A),
        ({"type": "Image", "url": {"type": "Link", "href": A}}, A),
        ({"type": "Image", "url": [{"href": "data:,"}, A]}, A),
        ({"type": "Link", "href": A}, A),
        ([{"type": "Image", "url": None}, {"type": "Image", "url": B}], B),
        ({"type": "Image", "url": "javascript:alert(1)"}, ""),
        ({"type": "Image"}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_a_picture_is_the_first_web_address_of_an_image(value: Json, expected: str) -> None:
    assert picture(value) == expected


NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-14T12:00:00Z", NOON),
        ("2026-03-14T12:00:00", NOON),
        ("2026-03-14T12:00:00+00:00", NOON),
        ("2026-03-14T12:00:00+0000", NOON),
        ("2026-03-14T14:30:00+02:30", NOON),
        ("2026-03-14T12:00:00.123Z", NOON.replace(microsecond=123_000)),
        ("2026-03-14T12:00:00.123456Z", NOON.replace(microsecond=123_456)),
        ("2026-03-14T12:00:00.1234567Z", NOON.replace(microsecond=123_456)),
        ("2026-03-14", NOON.replace(hour=0)),
        ("0000-01-01T00:00:00Z", None),
        ("-0001-01-01T00:00:00Z", None),
        ("10000-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("9999-12-31T23:59:59-01:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("yesterday", None),
        ("2026-03-14T12:00:00." + "0" * 100 + "Z", None),
        ("", None),
        (None, None),
        (1_773_489_600, None),
        (["2026-03-14T12:00:00Z"], None),
    ],
)
def test_an_instant_is_in_utc_or_missing(value: Json, expected: datetime | None) -> None:
    assert instant(value) == expected


@settings(deadline=None)
@given(st.text())
def test_any_text_is_an_instant_in_utc_or_none(value: str) -> None:
    read = instant(value)

    assert read is None or read.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Note", "Note"),
        (["Note"], "Note"),
        (["Note", "Article"], ""),
        ([], ""),
        ([["Note"]], ""),
        ("", ""),
        ("No te", ""),
        ("Nöte", ""),
        ("N" * 101, ""),
        (None, ""),
        ({"id": "Note"}, ""),
    ],
)
def test_a_type_is_one_plain_word(value: Json, expected: str) -> None:
    assert type_name(value) == expected
