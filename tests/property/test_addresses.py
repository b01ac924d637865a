import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.activitypub.origin import find_origin, same_origin
from fedreview.errors import RemoteRefused
from fedreview.federation.guard import AddressPolicy
from tests.property.effort import examples

ANY_PORT = AddressPolicy(ports=frozenset(range(1, 65_536)))
PRIVATE = AddressPolicy(allow_private=True)
PUBLIC = AddressPolicy()
ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]*)?")

# Source: the IANA special-purpose registries of both versions.
REFUSED_V4 = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
    "224.0.0.0/4 240.0.0.0/4 255.255.255.255/32"
)
REFUSED_V6 = (
    "::/128 ::1/128 64:ff9b:1::/48 100::/64 2001::/32 2001:10::/28 2001:20::/28 2001:db8::/32 "
    "2002::/16 3fff::/20 fc00::/7 fe80::/10 fec0::/10 ff00::/8"
)
ORDINARY_V4 = "1.0.0.0/8 8.0.0.0/8 93.0.0.0/8 185.0.0.0/8 203.0.114.0/24 100.128.0.0/10"
ORDINARY_V6 = "2001:4860::/32 2400::/12 2606:4700::/32 2800::/12 2a01::/16 2c00::/12"
DISGUISES = "::ffff:0:0/96 ::/96 64:ff9b::/96"


def within(ranges: list[str]) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    return st.sampled_from(ranges).flatmap(lambda one: st.ip_addresses(network=one))


def disguised(prefix: str, address: int) -> IPv6Address:
    return IPv6Address(int(IPv6Network(prefix).network_address) | address)


def is_refused(address: IPv4Address | IPv6Address) -> bool:
    try:
        PUBLIC.check_address(address)
    except RemoteRefused:
        return True
    return False


_LETTERS = st.sampled_from(
    "abzABZ019-_.äßıſKＥ。．·\u0301\u200d\u00ad漢ب%\\@:[]/?# \t\n\x00\x7f\x85\u3000"
)
_HOSTS = st.sampled_from(
    (
        "a.example", "A.Example.", "xn--bcher-kva.example", "bücher.example", "BÜCHER.example.",
        "straße.example", "xn--a", "xn--zcaa.example", "ＡＢＣ.example", "a..b", "-a.example",
        "localhost", "127.1", "0x7f.1", "2130706433", "127.0.0.1", "[::1]", "[::ffff:7f00:1]",
        "[2001:DB8::1]", "[::1%25eth0]", "[v1.x]", "a_b.example", "a" * 63 + ".example",
        "ex%61mple", "i❤.example", "☃.net", "a。b", "Ⅷ.example",
        "😀.example", "אבג.example", "é.example",
    )
)  # fmt: skip

# Each is one host by IDNA 2003 and another, or none, by IDNA 2008, or looks like another.
_HAZARDS = st.sampled_from(
    ("straße.example", "faß.example", "σας.example", "a\u200db.example", "ＡＢＣ.example", "a。b")
)


@st.composite
def urls(draw: st.DrawFn) -> str:
    """Put an address together of parts that are right, wrong or on the edge."""
    scheme = draw(st.just("https") | st.sampled_from(("http", "hTTps", "ftp", "javascript", "")))
    slashes = draw(st.just("://") | st.sampled_from(("://", ":/", ":", ":///", ":\\\\")))
    user = draw(st.just("") | st.sampled_from(("", "user@", "u:p@", "@", ":@")))
    host = draw(_HOSTS | _HAZARDS | st.text(_LETTERS, min_size=1, max_size=10))
    port = draw(st.just("") | st.sampled_from((":", ":80", ":443", ":0", ":8443", ":65536", ":٣")))
    path = draw(st.just("/") | st.sampled_from(("", "/%2F@b", "?a=b", "#c", "/ä", "\\", "/\ud800")))
    return f"{scheme}{slashes}{user}{host}{port}{path}"


URLS = urls() | st.text() | st.text(_LETTERS).map("https://{}".format)


@examples(250)
@given(URLS)
def test_an_origin_is_its_own_origin_and_plain(url: str) -> None:
    found = find_origin(url)

    assert found is None or ORIGIN.fullmatch(found)
    assert found is None or find_origin(found) == found


@examples(250)
@given(URLS)
def test_an_address_with_a_user_or_with_control_characters_has_no_origin(url: str) -> None:
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]

    if "@" in authority or re.search(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]", url):
        assert find_origin(url) is None


@examples(400)
@given(URLS, st.sampled_from((ANY_PORT, PRIVATE)))
def test_whose_an_address_is_and_where_a_request_goes_are_one_host(
    url: str, policy: AddressPolicy
) -> None:
    found = find_origin(url)
    try:
        checked = policy.check_url(url)
    except RemoteRefused:
        return

    assert found is None or find_origin(str(checked)) == found
    assert found is None or str(checked).startswith(found)


@examples(300)
@given(URLS)
def test_a_checked_url_is_checked_without_change(url: str) -> None:
    try:
        checked = str(ANY_PORT.check_url(url))
    except RemoteRefused:
        return

    assert str(ANY_PORT.check_url(checked)) == checked
    assert find_origin(checked)


@examples(200)
@given(URLS, URLS)
def test_one_origin_is_the_same_from_both_sides(one: str, other: str) -> None:
    assert same_origin(one, other) == same_origin(other, one)
    assert same_origin(one, one) == (find_origin(one) is not None)
    assert not same_origin(one, other) or find_origin(one) == find_origin(other)


@examples(200)
@given(within([*REFUSED_V4.split(), *REFUSED_V6.split()]))
def test_an_address_of_a_special_range_is_refused(address: IPv4Address | IPv6Address) -> None:
    assert is_refused(address)


@pytest.mark.parametrize("network", [*REFUSED_V4.split(), *REFUSED_V6.split()])
def test_the_ends_of_a_special_range_are_refused(network: str) -> None:
    range_ = IPv6Network(network) if ":" in network else IPv4Network(network)

    assert is_refused(range_[0])
    assert is_refused(range_[-1])


@examples(200)
@given(within(REFUSED_V4.split()))
def test_a_special_address_is_refused_in_every_disguise(address: IPv4Address) -> None:
    number = int(address)

    assert all(is_refused(disguised(prefix, number)) for prefix in DISGUISES.split())
    assert is_refused(disguised("2002::/16", number << 80))
    assert is_refused(disguised("2001::/32", number << 64))
    assert is_refused(disguised("2001::/32", number ^ 0xFFFFFFFF))
    assert is_refused(disguised("64:ff9b:1::/48", number))


@examples(300)
@given(within([*ORDINARY_V4.split(), *ORDINARY_V6.split()]))
def test_an_ordinary_address_is_allowed(address: IPv4Address | IPv6Address) -> None:
    PUBLIC.check_address(address)


@examples(200)
@given(st.ip_addresses(v=4))
def test_an_address_in_disguise_is_judged_as_what_it_is(address: IPv4Address) -> None:
    for prefix in DISGUISES.split():
        assert is_refused(disguised(prefix, int(address))) == is_refused(address)


@examples(300)
@given(st.ip_addresses(v=6))
def test_nothing_outside_global_unicast_is_reached(address: IPv6Address) -> None:
    hidden = any(address in IPv6Network(prefix) for prefix in DISGUISES.split())

    assert hidden or address in IPv6Network("2000::/3") or is_refused(address)
