"""Messages for one browser, as RFC 8291's own example has it, and the proof of who sends them."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fedreview.errors import ConfigurationError, InvalidInput
from fedreview.signatures import keys, webpush
from fedreview.signatures.webpush import from_text, to_text
from tests.browsers import Browser

# RFC 8291 section 5 and appendix A.
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SECRET, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
WORDS = b"When I grow up, I want to be a watermelon"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6"
    "TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulc"
    "y4a-fN"
)
NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def test_the_example_of_the_rfc_comes_out_byte_for_byte() -> None:
    private = derive_private_key(int.from_bytes(from_text(OURS), "big"), SECP256R1())

    sealed = webpush.encrypt(WORDS, THEIRS, SECRET, salt=from_text(SALT), private=private)

    assert to_text(sealed) == SEALED


def test_each_message_is_sealed_anew_and_only_its_browser_reads_it() -> None:
    browser, other = Browser(), Browser()

    first, second = (webpush.encrypt(WORDS, browser.p256dh, browser.auth) for _ in range(2))

    assert first != second
    assert browser.read(first) == browser.read(second) == WORDS
    assert other.read(first) is None


def test_a_message_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidInput):
        webpush.encrypt(b"x" * (webpush.LONGEST_MESSAGE + 1), THEIRS, SECRET)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", SECRET),
        ("é", SECRET),
        ("<script>", SECRET),
        (to_text(b"\x04" + b"\x01" * 64), SECRET),
        (to_text(from_text(THEIRS)[:33]), SECRET),
        (to_text(b"\x03" + from_text(THEIRS)[1:33]), SECRET),
        (THEIRS, ""),
        (THEIRS, "x" * 5_000),
    ],
)
def test_keys_that_no_browser_makes_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(InvalidInput):
        webpush.check_subscription(p256dh, auth)


def test_the_proof_names_the_service_and_is_signed_by_the_key_it_shows() -> None:
    pem = webpush.generate_key()

    scheme, _, rest = webpush.authorization(
        pem, audience="https://push.example", contact="https://reviews.example", now=NOON
    ).partition(" ")

    token, _, shown = rest.removeprefix("t=").partition(", k=")
    head, claims, signature = token.split(".")
    raw = from_text(signature)
    halves = [int.from_bytes(half, "big") for half in (raw[:32], raw[32:])]
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), from_text(shown))
    key.verify(encode_dss_signature(*halves), f"{head}.{claims}".encode(), ECDSA(SHA256()))
    assert (scheme, shown, len(raw)) == ("vapid", webpush.public_key(pem), 64)
    assert json.loads(from_text(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(from_text(claims)) == {
        "aud": "https://push.example",
        "exp": int((NOON + webpush.PROOF_LIFE).timestamp()),
        "sub": "https://reviews.example",
    }


def test_a_key_of_another_kind_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigurationError):
        webpush.public_key(keys.generate_ed25519())
