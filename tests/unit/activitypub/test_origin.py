import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedreview.activitypub.origin import find_origin, host, origin, same_origin, site
from fedreview.errors import MalformedActivity


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com/users/a?b=c#d", "https://example.com"),
        ("https://example.com#fragment", "https://example.com"),
        ("https://example.com?query", "https://example.com"),
        ("HTTPS://EXAMPLE.Com/Users/A", "https://example.com"),
        ("https://example.com./users/a", "https://example.com"),
        ("https://example.com:443/", "https://example.com"),
        ("https://example.com:/", "https://example.com"),
        ("http://example.com:80/", "http://example.com"),
        ("http://example.com:443/", "http://example.com:443"),
        ("https://example.com:8443/", "https://example.com:8443"),
        ("https://example.com:00443/", "https://example.com"),
        ("http://127.0.0.1:4567/inbox", "http://127.0.0.1:4567"),
        ("http://[::1]:4567/inbox", "http://[::1]:4567"),
        ("http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]"),
        ("http://localhost/", "http://localhost"),
        ("https://under_score.example/", "https://under_score.example"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example./", "https://xn--bcher-kva.example"),
        ("https://XN--BCHER-KVA.example/", "https://xn--bcher-kva.example"),
        ("https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah"),
        ("https://example.com/" + "a" * 2_028, "https://example.com"),
    ],
)
def test_one_server_has_one_spelling(url: str, expected: str) -> None:
    assert find_origin(url) == expected
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "#main-key",
        "https:#fragment",
        "https://",
        "https:///path",
        "https://?query",
        "https://.",
        "https://:443/",
        "/users/a",
        "//example.com/users/a",
        "example.com/users/a",
        "acct:a@example.com",
        "ftp://example.com/",
        "javascript:alert(1)//https://example.com/",
        "file:///etc/passwd",
        "https:/example.com/",
        "https:example.com",
        "http\u017f://example.com/",
        " https://example.com/",
        "https://example.com/ ",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://exam\tple.com/",
        "https://exam\u00a0ple.com/",
        "https://example.com/\u2028",
        "https://example.com/\x00",
        "https://example.com/\x85",
        "https://example.com/\ud800",
        "https://exam\ud800ple.com/",
        'https://example.com/">',
        "https://example.com/<b>",
        "https://example.com\\@evil.example/",
        "https://example.com/\\evil",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://@example.com/",
        "https://example.com@evil.example/",
        "https://example..com/",
        "https://example.com../",
        "https://.example.com/",
        "https://exam%70le.com/",
        "https://example.com%2f.evil.example/",
        "https://example,com/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:999999/",
        "https://example.com:44 3/",
        "https://example.com:٤٤٣/",
        "https://example.com:-1/",
        "https://example.com:443:443/",
        "https://[::1/",
        "https://[]/",
        "https://[::g]/",
        "https://[1:2]/",
        "https://[::1%25eth0]/",
        "https://[::1]evil.example/",
        "https://evil.example[::1]/",
        "https://[v1.example]/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 126 + "aa/",
        "https://" + "ü" * 64 + ".example/",
        "https://" + "ü." * 126 + "a/",
        "https://example.com/" + "a" * 2_029,
        "https://example.com/" + "é" * 1_015,
    ],
)
def test_an_address_that_is_no_plain_web_address_has_no_origin(url: str) -> None:
    assert find_origin(url) is None
    with pytest.raises(MalformedActivity):
        origin(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://ｅｘａｍｐｌｅ.com/",
        "https://example．com/",
        "https://example。com/",
        "https://mastodon.\N{KELVIN SIGN}example/",
        "https://fa\N{LATIN SMALL LETTER SHARP S}.example/",
        "https://\N{GREEK SMALL LETTER ALPHA}\N{GREEK SMALL LETTER FINAL SIGMA}.example/",
        "https://exam\N{SOFT HYPHEN}ple.com/",
        "https://exam\N{ZERO WIDTH JOINER}ple.com/",
        "https://bu\N{COMBINING DIAERESIS}cher.example/",
        "https://ex\N{RIGHT-TO-LEFT OVERRIDE}ample.com/",
        "https://ü.xn--a.example/",
    ],
)
def test_a_host_that_programs_may_read_differently_is_refused(url: str) -> None:
    assert find_origin(url) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/a", "https://EXAMPLE.com.:443/b#c"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
    ],
)
def test_addresses_of_one_server_share_their_origin(one: str, other: str) -> None:
    assert same_origin(one, other)
    assert same_origin(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/", "http://example.com/"),
        ("https://example.com/", "https://example.com:8443/"),
        ("https://example.com/", "https://www.example.com/"),
        ("https://example.com/", "https://example.com.evil.example/"),
        ("https://example.com/", "https://ｅｘａｍｐｌｅ.com/"),
        ("https://\N{CYRILLIC SMALL LETTER IE}xample.com/", "https://example.com/"),
        ("https://example.com/", ""),
        ("", ""),
        ("#a", "#a"),
    ],
)
def test_addresses_that_differ_or_mean_nothing_do_not_share_one(one: str, other: str) -> None:
    assert not same_origin(one, other)
    assert not same_origin(other, one)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_an_origin_is_ascii_and_the_origin_of_itself(host: str) -> None:
    found = find_origin(f"https://{host}")

    if found is not None:
        assert found.isascii()
        assert find_origin(found) == found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", "a.example"),
        ("https://deep.down.A.example.:8443/x", "a.example"),
        ("http://localhost:8000", "localhost"),
        ("https://[2001:db8::1]:444/", "[2001:db8::1]"),
        ("http://192.0.2.7:444/", "192.0.2.7"),
        ("tag:a.example,2024:1", ""),
        ("https://me@a.example/", ""),
    ],
)
def test_a_site_is_the_same_for_all_subdomains(url: str, expected: str) -> None:
    assert site(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Social.Example:443/users/alice", "social.example"),
        ("https://bücher.example./", "xn--bcher-kva.example"),
        ("http://social.example:8080/inbox", "social.example:8080"),
        ("acct:alice@social.example", ""),
    ],
)
def test_a_host_is_the_same_in_every_spelling_of_its_addresses(url: str, expected: str) -> None:
    assert host(url) == expected
