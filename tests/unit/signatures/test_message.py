import pytest

from fedreview.errors import RemoteRefused, UntrustedSignature
from fedreview.signatures.message import Address
from tests.protocol.material import received


def test_repeated_headers_are_joined_in_the_order_received() -> None:
    message = received(headers=[("X", " one "), ("Host", "h"), ("X", "two")])

    assert message.header("x") == "one, two"
    assert message.lines("x") == ("one", "two")
    assert message.header("y") is None


def test_a_header_that_was_not_sent_cannot_be_covered() -> None:
    with pytest.raises(UntrustedSignature, match="was not sent"):
        received(headers=[]).covered("date")


@pytest.mark.parametrize("value", ["a\nhost: evil.example", "a\r\n b"])
def test_a_header_that_spans_lines_cannot_be_covered(value: str) -> None:
    with pytest.raises(UntrustedSignature, match="spans lines"):
        received(headers=[("X", value)]).covered("x")


def test_the_target_keeps_every_byte_as_sent() -> None:
    message = received(target=b"//users/%40anna/\xfc?a=%2F&&b", headers=[])

    assert message.target.encode("latin-1") == b"//users/%40anna/\xfc?a=%2F&&b"


@pytest.mark.parametrize(
    ("method", "body", "needed"),
    [
        ("POST", b"x", True),
        ("POST", b"", True),
        ("DELETE", b"", True),
        ("GET", b"", False),
        ("get", b"", False),
        ("HEAD", b"", False),
        ("GET", b"x", True),
    ],
)
def test_a_digest_is_needed_wherever_a_body_could_matter(
    method: str, body: bytes, needed: bool
) -> None:
    assert received(method=method, headers=[], body=body).needs_digest is needed


@pytest.mark.parametrize("host", ["reviews.example", "Reviews.Example:443"])
def test_our_own_host_is_ours(host: str) -> None:
    received(headers=[("Host", host)]).check_host()


@pytest.mark.parametrize("lines", [[], ["evil.example"], ["reviews.example", "reviews.example"]])
def test_a_missing_foreign_or_repeated_host_is_not_ours(lines: list[str]) -> None:
    message = received(headers=[("Host", line) for line in lines])

    with pytest.raises(UntrustedSignature, match="another host"):
        message.check_host()


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://a.example/inbox", "a.example", "/inbox"),
        ("https://A.Example:443/Inbox?a=1#main", "a.example", "/Inbox?a=1"),
        ("http://a.example:80", "a.example", "/"),
        ("https://a.example:80/", "a.example:80", "/"),
        ("http://127.0.0.1:8000/?", "127.0.0.1:8000", "/?"),
        ("https://[2001:db8::1]:443/x", "[2001:db8::1]", "/x"),
        ("HTTPS://user:secret@a.example?q", "a.example", "/?q"),
    ],
)
def test_an_address_splits_into_host_and_target(url: str, host: str, target: str) -> None:
    address = Address.parse(url)

    assert (address.host, address.target) == (host, target)
    assert address.url == f"{address.scheme}://{host}{target}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/inbox",
        "ftp://a.example/",
        "https:///inbox",
        "https://a.example/ü",
        "https://a.example/a b",
        "https://a.example/\nHost: evil.example",
        "https://a.example/#\nx",
    ],
)
def test_what_is_no_address_is_not_sent_to(url: str) -> None:
    with pytest.raises(RemoteRefused, match="not an address"):
        Address.parse(url)
