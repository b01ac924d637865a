"""The name of a server, out of whatever people paste."""

import pytest

from fedreview.activitypub.servers import (
    EMPTY,
    HIDDEN,
    LOCAL,
    NO_NAME,
    OURS,
    REGISTRY,
    part_of_name,
    read_server,
)
from fedreview.errors import InvalidInput

OWN = "reviews.example"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("evil.example", "evil.example"),
        (" https://Evil.Example/about?x#y ", "evil.example"),
        ("//evil.example/about", "evil.example"),
        ("http://user@evil.example:443/", "evil.example"),
        ("@user@evil.example", "evil.example"),
        ("acct:user@evil.example", "evil.example"),
        ("*.evil.example", "evil.example"),
        (".evil.example.", "evil.example"),
        ("<https://evil.example>,", "evil.example"),
        ("evil.example:8443", "evil.example:8443"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("my_server.example", "my_server.example"),
        ("203.0.113.9:3000", None),
        ("9.9.9.9", "9.9.9.9"),
        ("[2001:4860:4860::8888]", "[2001:4860:4860::8888]"),
        ("co.example", "co.example"),
        ("company.uk", "company.uk"),
    ],
)
def test_a_server_is_read_however_it_is_written(typed: str, name: str | None) -> None:
    if name is None:
        with pytest.raises(InvalidInput):
            read_server(typed, own=OWN)
    else:
        assert read_server(typed, own=OWN) == name


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", EMPTY),
        ("  https://  ", EMPTY),
        ("*.", EMPTY),
        ("ev**.example", HIDDEN),
        ("ev…l.example", HIDDEN),
        ("two words", NO_NAME),
        ("=1+1", NO_NAME),
        ("a" * 300 + ".example", NO_NAME),
        ("1.2", NO_NAME),
        ("12", NO_NAME),
        ("com", REGISTRY),
        ("co.uk", REGISTRY),
        ("reviews.example", OURS),
        ("https://reviews.example/@ana", OURS),
        ("reviews.example:443", OURS),
        ("example", OURS),
        ("127.0.0.1", LOCAL),
        ("10.0.0.7:8000", LOCAL),
        ("[::1]", LOCAL),
    ],
)
def test_what_would_block_nothing_or_too_much_is_refused(typed: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_server(typed, own=OWN)

    assert refused.value.problems == {"domain": problem}


def test_a_site_without_a_name_can_block_its_neighbours_and_not_itself() -> None:
    assert read_server("http://127.0.0.1:9000/x", own="127.0.0.1:8000") == "127.0.0.1:9000"
    for own in ("127.0.0.1:8000", "127.0.0.1"):
        with pytest.raises(InvalidInput):
            read_server(own, own="127.0.0.1:8000")


@pytest.mark.parametrize(
    ("typed", "looked_for"),
    [
        ("https://Bücher.example/about", "xn--bcher-kva.example"),
        ("Books", "books"),
        ("half a name", "half a name"),
    ],
)
def test_servers_are_looked_for_by_a_name_or_a_part_of_one(typed: str, looked_for: str) -> None:
    assert part_of_name(typed) == looked_for
