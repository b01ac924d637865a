from datetime import UTC, datetime

import pytest

from fedreview.signatures import rfc9421, wanted
from fedreview.signatures.keys import PrivateKey
from fedreview.signatures.rfc9421 import LASTS_SECONDS
from fedreview.signatures.verify import Scheme, check, read_claim
from fedreview.signatures.wanted import WantedSignature, read_wanted
from tests.protocol.material import ORIGIN, private_key, public_key, received

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
RSA, ED25519 = private_key("test-key-rsa"), private_key("test-key-ed25519")
BODY = b'{"type":"Like"}'
POST = '"@method" "@target-uri" "content-digest"'


def read(text: str, *, has_body: bool = True) -> WantedSignature | None:
    return read_wanted(text, key=RSA, has_body=has_body)


def test_what_we_ask_of_others_we_make_for_what_has_no_body() -> None:
    assert read(rfc9421.ACCEPT_SIGNATURE, has_body=False) == WantedSignature(
        label="sig1", covered=("@method", "@target-uri")
    )


def test_every_parameter_is_read() -> None:
    found = read(
        f'me=({POST} "date");created;expires;nonce="n";tag="t";keyid="{RSA.id}"'
        ';alg="rsa-v1_5-sha256"'
    )

    assert found == WantedSignature(
        label="me",
        covered=("@method", "@target-uri", "content-digest", "date"),
        expires=True,
        texts={"nonce": "n", "tag": "t", "alg": "rsa-v1_5-sha256"},
    )


def test_the_first_signature_that_can_be_made_is_made() -> None:
    found = read(f'a=("@method" "cookie");created, b=({POST};req), c=({POST}), d=({POST} "date")')

    assert found
    assert found.label == "c"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense(",
        "a=1",
        'a="@method"',
        "a=(1)",
        "a=(@method)",
        f'a=({POST} "cookie")',
        f'a=({POST} "x-forwarded-for")',
        f'a=({POST} "@status")',
        f'a=({POST} "@query-param";name="a")',
        f'a=({POST} "date";sf)',
        f'a=({POST} "date";req)',
        f'a=({POST} "date" "date")',
        f"a=({POST});created=1",
        f"a=({POST});created=?0",
        f"a=({POST});expires=1700000000",
        f"a=({POST});nonce",
        f'a=({POST});nonce="{"n" * 513}"',
        f'a=({POST});tag="{"n" * 513}"',
        f'a=({POST});keyid="https://a.example/other"',
        f'a=({POST});alg="hmac-sha256"',
        f'a=({POST});alg="ed25519"',
        f"a=({POST});color=red",
        f"a=({' '.join(f'{chr(34)}h{n}{chr(34)}' for n in range(40))})",
        ", ".join(f'a{n}=("cookie")' for n in range(8)) + f", last=({POST})",
        f"{'a' * 513}=({POST})",
        "a" * 9_000,
    ],
)
def test_what_we_cannot_make_is_left_alone(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "covered",
    [
        "",
        '"@method"',
        '"@method" "content-digest"',
        '"@target-uri" "content-digest"',
        '"@method" "@target-uri"',
        '"@method" "@authority" "content-digest"',
        '"@method" "@path" "content-digest"',
        '"@method" "@scheme" "@query" "host" "content-digest"',
    ],
)
def test_a_signature_that_would_open_other_doors_too_is_not_made(covered: str) -> None:
    assert read(f"a=({covered})") is None


@pytest.mark.parametrize("host", ["@authority", "host"])
@pytest.mark.parametrize("path", ["@path", "@request-target"])
def test_host_and_path_are_as_good_as_the_whole_address(host: str, path: str) -> None:
    assert read(f'a=("@method" "{host}" "{path}" "content-digest")')


def test_a_get_has_no_body_to_cover() -> None:
    assert read('a=("@method" "@target-uri")', has_body=False)
    assert read(f"a=({POST})", has_body=False) is None
    assert read('a=("@method" "@target-uri" "content-type")', has_body=False) is None


@pytest.mark.parametrize("key", [RSA, ED25519])
def test_a_signature_over_everything_we_know_is_checked_as_our_own_are(key: PrivateKey) -> None:
    names = sorted(wanted._WITH_BODY)
    text = f'all=({" ".join(f"{chr(34)}{name}{chr(34)}" for name in names)});expires;nonce="n"'
    asked = read_wanted(text, key=key, has_body=True)
    assert asked

    headers = rfc9421.sign_as_wanted(
        key,
        asked,
        method="POST",
        url=f"{ORIGIN}/inbox?page=1",
        body=BODY,
        now=NOW,
        content_type="x/y",
    )
    message = received(
        target="/inbox?page=1",
        headers={**headers, "Content-Type": "x/y", "Content-Length": str(len(BODY))},
        body=BODY,
    )
    claim = read_claim(message, now=NOW)

    name = "test-key-rsa" if key is RSA else "test-key-ed25519"
    check(claim, public_key(name))
    assert claim.scheme is Scheme.RFC9421
    signature = rfc9421.read(message)
    assert set(signature.covered) == set(names)
    assert signature.expires == int(NOW.timestamp()) + LASTS_SECONDS
    assert ';nonce="n"' in headers["Signature-Input"]
    assert headers["Signature-Input"].startswith("all=(")


def test_a_get_is_signed_as_wanted_without_a_digest() -> None:
    asked = read('a=("@method" "@target-uri")', has_body=False)
    assert asked

    headers = rfc9421.sign_as_wanted(
        RSA, asked, method="GET", url=f"{ORIGIN}/x", body=None, now=NOW
    )

    assert set(headers) == {"Host", "Signature-Input", "Signature"}


def test_a_post_is_signed_over_just_what_is_wanted_of_it() -> None:
    asked = read('a=("@method" "@target-uri" "content-digest")', has_body=True)
    assert asked

    headers = rfc9421.sign_as_wanted(
        RSA, asked, method="POST", url=f"{ORIGIN}/x", body=b"{}", now=NOW
    )

    assert set(headers) == {"Host", "Content-Digest", "Signature-Input", "Signature"}
