from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedreview.errors import RemoteRefused, UntrustedSignature
from fedreview.signatures import cavage
from fedreview.signatures.keys import KeyKind
from tests.protocol.material import private_key, public_key, received

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
RSA = private_key("test-key-rsa")
SIGNATURE = 'keyId="k",signature="AAAA",headers="date"'


def test_a_post_covers_what_mastodon_covers() -> None:
    headers = cavage.sign(
        RSA,
        method="POST",
        url="https://mastodon.example:443/users/alice/inbox",
        body=b"{}",
        now=NOW,
        content_type="application/activity+json",
    )

    signature = cavage.read(received(headers=headers))
    assert headers["Host"] == "mastodon.example"
    assert headers["Date"] == "Sat, 14 Mar 2026 12:00:00 GMT"
    assert headers["Digest"].startswith("SHA-256=")
    assert signature.covered == ("(request-target)", "host", "date", "digest", "content-type")
    assert signature.key_id == RSA.id
    assert public_key("test-key-rsa").verify(
        signature.signature,
        b"(request-target): post /users/alice/inbox\n"
        b"host: mastodon.example\n"
        b"date: Sat, 14 Mar 2026 12:00:00 GMT\n"
        b"digest: SHA-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=\n"
        b"content-type: application/activity+json",
    )


def test_a_get_covers_target_host_and_date_and_sends_no_digest() -> None:
    headers = cavage.sign(
        RSA, method="GET", url="https://a.example/x?page=1", body=None, now=NOW, content_type="x/y"
    )

    assert set(headers) == {"Host", "Date", "Signature"}
    assert 'headers="(request-target) host date"' in headers["Signature"]
    assert 'algorithm="rsa-sha256"' in headers["Signature"]


def test_the_query_can_be_left_out_of_what_is_signed() -> None:
    headers = cavage.sign(
        RSA, method="GET", url="https://a.example/x?page=1", body=None, now=NOW, covers_query=False
    )

    message = received(method="GET", target="/x?page=1", headers=headers)
    signature = cavage.read(message)
    signed = cavage.signing_string(message, signature, target="/x")
    assert public_key("test-key-rsa").verify(signature.signature, signed)


def test_a_body_without_a_content_type_is_still_covered() -> None:
    headers = cavage.sign(RSA, method="POST", url="https://a.example/x", body=b"", now=NOW)

    assert 'headers="(request-target) host date digest"' in headers["Signature"]


def test_an_ed25519_key_is_labelled_hs2019() -> None:
    key = private_key("test-key-ed25519")

    headers = cavage.sign(key, method="GET", url="https://a.example/x", body=None, now=NOW)

    assert 'algorithm="hs2019"' in headers["Signature"]


def test_each_attempt_is_dated_anew() -> None:
    first, second = (
        cavage.sign(RSA, method="GET", url="https://a.example/", body=None, now=NOW + wait)
        for wait in (timedelta(), timedelta(minutes=5))
    )

    assert second["Date"] == "Sat, 14 Mar 2026 12:05:00 GMT"
    assert first["Signature"] != second["Signature"]


def test_nothing_is_signed_for_what_is_no_address() -> None:
    with pytest.raises(RemoteRefused):
        cavage.sign(RSA, method="GET", url="gopher://a.example/", body=None, now=NOW)


@pytest.mark.parametrize(
    "headers",
    [
        [("Signature", SIGNATURE)],
        [("Signature", f"Signature {SIGNATURE}")],
        [("Authorization", f"Signature {SIGNATURE}")],
        [("Authorization", "Bearer x"), ("Authorization", f"signature  {SIGNATURE}")],
        [("Signature", "sig1=:AAAA:"), ("Signature", SIGNATURE)],
        [("Signature", SIGNATURE), ("Authorization", 'Signature keyId="other"')],
        [("Signature", ' KeyId = "k" , Signature=AAAA,headers="DATE",')],
        [("Signature", 'keyId="k",signature="AAAA"')],
        [("Signature", f'{SIGNATURE},opaque="a, b=c"')],
    ],
)
def test_the_signature_is_read_wherever_and_however_it_is_written(
    headers: list[tuple[str, str]],
) -> None:
    message = received(headers=headers)

    signature = cavage.read(message)

    assert cavage.is_present(message)
    assert (signature.key_id, signature.covered) == ("k", ("date",))
    assert signature.signature == b"\0\0\0"
    assert (signature.kind, signature.created, signature.expires) == (None, None, None)


@pytest.mark.parametrize("value", ['created=1,expires="2"', 'Created="1", Expires=2'])
def test_times_are_read_with_and_without_quotes(value: str) -> None:
    signature = cavage.read(received(headers=[("Signature", f"{SIGNATURE},{value}")]))

    assert (signature.created, signature.expires) == (1, 2)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("rsa-sha256", KeyKind.RSA),
        ("RSA-SHA256", KeyKind.RSA),
        ("ed25519", KeyKind.ED25519),
        ("hs2019", None),
    ],
)
def test_the_label_says_which_kind_of_key_is_asked_for(label: str, kind: KeyKind | None) -> None:
    headers = [("Signature", f'{SIGNATURE},algorithm="{label}"')]

    assert cavage.read(received(headers=headers)).kind is kind


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "0 signatures"),
        ("sig1=:AAAA:", "0 signatures"),
        ('keyId="k', "cannot be read"),
        (f"{SIGNATURE};x=1", "cannot be read"),
        ('keyId="a\\"b"', "cannot be read"),
        (f'{SIGNATURE},keyId="k"', "keyId is given twice"),
        (f'{SIGNATURE},KEYID="evil"', "KEYID is given twice"),
        (f"{SIGNATURE},signature=BBBB", "signature is given twice"),
        ('keyId="",signature="AAAA"', "keyId is empty"),
        (f'keyId="{"k" * 2049}",signature="AAAA"', "too long"),
        (f'keyId="k",x="{"k" * 8192}"', "too long"),
        (f'{SIGNATURE},algorithm="rsa-sha512"', "unknown algorithm"),
        (f'{SIGNATURE},algorithm=""', "unknown algorithm"),
        ('keyId="k",signature="AAA"', "not base64"),
        ('keyId="k",signature="AA AA"', "not base64"),
        ('keyId="k",signature="é"', "not base64"),
        (f'{SIGNATURE},created="now"', "created is not in whole seconds"),
        (f"{SIGNATURE},created=1.5", "created is not in whole seconds"),
        (f"{SIGNATURE},expires=9999999999999", "expires is not in whole seconds"),
        ('keyId="k",signature="AAAA",headers="date host Date"', "one of them twice"),
        (
            f'keyId="k",signature="AAAA",headers="{" ".join(map(str, range(33)))}"',
            "too many",
        ),
        (
            'keyId="k",signature="AAAA",algorithm="rsa-sha256",headers="(expires)"',
            "not for rsa-sha256",
        ),
    ],
)
def test_a_signature_header_that_is_ambiguous_or_broken_is_refused(value: str, reason: str) -> None:
    with pytest.raises(UntrustedSignature, match=reason):
        cavage.read(received(headers=[("Signature", value)]))


def test_two_signatures_are_one_too_many() -> None:
    with pytest.raises(UntrustedSignature, match="2 signatures"):
        cavage.read(received(headers=[("Signature", SIGNATURE), ("Signature", SIGNATURE)]))


@pytest.mark.parametrize("name", ["(created)", "(expires)", "digest"])
def test_what_is_covered_must_be_there(name: str) -> None:
    value = f'keyId="k",signature="AAAA",headers="{name}"'
    message = received(headers=[("Signature", value)])

    with pytest.raises(UntrustedSignature, match="the signature covers"):
        cavage.signing_string(message, cavage.read(message), target="/")


def test_what_cannot_have_been_on_the_wire_was_not_signed() -> None:
    message = received(headers=[("Signature", SIGNATURE), ("Date", "14 марта")])

    with pytest.raises(UntrustedSignature, match="Latin-1"):
        cavage.signing_string(message, cavage.read(message), target="/")


@settings(deadline=None)
@given(st.text(alphabet='keyIdsignature=",\\ \t()é', max_size=80))
def test_no_header_breaks_the_reader(text: str) -> None:
    message = received(headers=[("Signature", f'keyId="k",{text}')])

    try:
        signature = cavage.read(message)
    except UntrustedSignature:
        return
    assert signature.key_id == "k"
