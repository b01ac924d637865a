"""Answers that are ready: which form of them is sent to whom."""

import gzip

import pytest

from fedreview.web.ready import SMALLEST_PACKED, Ready, accepts_gzip, packed_etag, ready_of

BODY = b"The corridor bends where the light gives out. " * 100
ETAG = '"version"'
DATE = "Thu, 26 Nov 2026 10:00:00 GMT"


def a_page(body: bytes = BODY, media_type: str = "text/html", *, date: str = "") -> Ready:
    headers = {"Vary": "Accept", **({"Last-Modified": date} if date else {})}
    return ready_of(body, etag=ETAG, media_type=media_type, headers=headers)


def headers_of(sent: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode(): text.decode() for name, text in sent}


def test_both_forms_say_the_same_under_etags_of_their_own() -> None:
    page = a_page()

    _, plain, body = page.answer({})
    _, packed, smaller = page.answer({b"accept-encoding": b"br, gzip"})

    assert gzip.decompress(smaller) == body == BODY
    assert headers_of(plain)["etag"] == ETAG
    assert headers_of(packed)["etag"] == packed_etag(ETAG) == '"version-gzip"'
    assert headers_of(packed)["content-encoding"] == "gzip"
    assert headers_of(packed)["content-length"] == str(len(smaller))
    assert headers_of(plain)["vary"] == headers_of(packed)["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(BODY[: SMALLEST_PACKED - 1], "text/html"), (BODY, "image/webp"), (BODY, "image/png")],
)
def test_what_is_small_or_packed_already_is_sent_as_it_is(body: bytes, media_type: str) -> None:
    status, sent, found = a_page(body, media_type).answer({b"accept-encoding": b"gzip"})

    assert (status, found) == (200, body)
    assert "content-encoding" not in headers_of(sent)
    assert headers_of(sent)["vary"] == "Accept"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ('"version"', ETAG),
        ('W/"version"', ETAG),
        ('"other", W/"version-gzip"', packed_etag(ETAG)),
        ("*", packed_etag(ETAG)),
        ('"version", "version-gzip"', packed_etag(ETAG)),
    ],
)
def test_who_has_either_form_is_told_which_is_current(given: str, named: str) -> None:
    asked = {b"accept-encoding": b"gzip", b"if-none-match": given.encode()}

    status, sent, body = a_page().answer(asked)

    assert (status, body) == (304, b"")
    assert headers_of(sent) == {"vary": "Accept, Accept-Encoding", "etag": named}


@pytest.mark.parametrize("given", ['"other"', "version", '"version', ""])
def test_who_has_something_else_gets_it_all(given: str) -> None:
    asked = {b"if-none-match": given.encode(), b"if-modified-since": DATE.encode()}

    status, _, body = a_page(date=DATE).answer(asked)

    assert (status, body) == (200, BODY)


def test_the_date_counts_where_it_is_the_very_one() -> None:
    page = a_page(date=DATE)

    assert page.answer({b"if-modified-since": DATE.encode()})[0] == 304
    assert page.answer({b"if-modified-since": b"Fri, 27 Nov 2026 10:00:00 GMT"})[0] == 200
    assert a_page().answer({b"if-modified-since": b""})[0] == 200


@pytest.mark.parametrize(
    ("header", "is_understood"),
    [
        ("gzip", True),
        ("GZIP;q=0.5, br", True),
        ("gzip, deflate, br, zstd", True),
        ("x-gzip", True),
        ("*", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("identity", False),
        ("*;q=0", False),
        ("", False),
        ("gzip," + " " * 200, False),
    ],
)
def test_gzip_is_sent_to_who_understands_it(header: str, is_understood: bool) -> None:
    assert accepts_gzip(header.encode()) is is_understood
