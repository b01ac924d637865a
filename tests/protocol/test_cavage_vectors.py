"""Every case of vectors/cavage.json."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fedreview.errors import UntrustedSignature
from fedreview.signatures import cavage
from fedreview.signatures.keys import PrivateKey, PublicKey
from fedreview.signatures.message import Message
from fedreview.signatures.verify import check, read_claim
from tests.protocol.material import by_id, public_key, received, received_case, vectors

DRAFT = by_id(vectors("cavage")["cases"])
PROFILE = by_id(vectors("cavage")["fediverse_profile"])
ACCEPTED = [name for name, case in PROFILE.items() if case["verdict"] == "accept"]
REFUSED = [name for name, case in PROFILE.items() if case["verdict"] == "reject"]
REBUILT = [name for name in PROFILE if name not in {"duplicate-keyid", "created-with-rsa-sha256"}]


def the_drafts_request(case: dict[str, Any]) -> Message:
    message = vectors("cavage")["message"]
    return received(
        method=message["method"],
        target=message["target"],
        headers=[*map(tuple, message["headers"]), ("Signature", case["header"])],
        body=message["body"].encode(),
        hosts=frozenset({"example.com"}),
    )


def the_drafts_key() -> RSAPrivateKey:
    pem = vectors("cavage")["keys"]["Test"]["private_pem"]
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


@pytest.mark.parametrize("id", DRAFT)
def test_the_drafts_signing_strings_come_out_byte_for_byte(id: str) -> None:
    case = DRAFT[id]
    message = the_drafts_request(case)

    signature = cavage.read(message)

    assert list(signature.covered) == case["covered"]
    rebuilt = cavage.signing_string(message, signature, target=message.target)
    assert rebuilt == case["signing_string"].encode()


@pytest.mark.parametrize("id", DRAFT)
def test_the_drafts_signatures_come_out_byte_for_byte_and_verify(id: str) -> None:
    case = DRAFT[id]
    private = PrivateKey(id="Test", key=the_drafts_key())
    public = PublicKey(id="Test", owner="Test", key=the_drafts_key().public_key())
    signing_string = case["signing_string"].encode()

    signature = private.sign(signing_string)

    assert base64.b64encode(signature).decode() == case["signature"]
    assert public.verify(signature, signing_string) is case["crypto_valid"]


@pytest.mark.parametrize("id", ["C.1", "C.2"])
def test_the_drafts_requests_that_leave_out_the_body_are_refused(id: str) -> None:
    now = datetime(2014, 1, 5, 21, 32, tzinfo=UTC)

    with pytest.raises(UntrustedSignature, match="does not cover"):
        read_claim(the_drafts_request(DRAFT[id]), now=now)


def test_the_drafts_full_request_is_too_old_by_years() -> None:
    with pytest.raises(UntrustedSignature, match="too long ago"):
        read_claim(the_drafts_request(DRAFT["C.3"]), now=datetime(2026, 1, 1, tzinfo=UTC))


def test_the_drafts_key_of_1024_bits_is_refused() -> None:
    with pytest.raises(UntrustedSignature, match="1024 bits"):
        PublicKey.from_pem("Test", "Test", vectors("cavage")["keys"]["Test"]["public_pem"])


@pytest.mark.parametrize("id", REBUILT)
def test_the_fediverses_signing_strings_come_out_byte_for_byte(id: str) -> None:
    message = received_case(PROFILE[id])
    signature = cavage.read(message)

    rebuilt = {
        cavage.signing_string(message, signature, target=target)
        for target in (message.target, message.target.partition("?")[0])
    }

    expected = PROFILE[id]["signing_string"].encode()
    assert (expected in rebuilt) is (id != "bad-target")


@pytest.mark.parametrize("id", ACCEPTED)
def test_what_the_fediverse_sends_is_accepted(id: str) -> None:
    case = PROFILE[id]
    now = datetime.fromtimestamp(case["now"], UTC)

    claim = read_claim(received_case(case), now=now)

    assert claim.key_id == case["keyid"]
    check(claim, public_key(case["key"], case["keyid"]))


@pytest.mark.parametrize("id", REFUSED)
def test_what_proves_too_little_is_refused(id: str) -> None:
    case = PROFILE[id]
    now = datetime.fromtimestamp(case["now"], UTC)
    key = public_key(case["key"], case["keyid"])

    with pytest.raises(UntrustedSignature):
        check(read_claim(received_case(case), now=now), key)


def test_a_signature_may_be_twelve_hours_old_and_not_a_second_more() -> None:
    case = PROFILE["mastodon-post"]
    message = received_case(case)
    made_at = datetime(2025, 5, 27, 10, 23, 34, tzinfo=UTC)

    read_claim(message, now=made_at + timedelta(hours=12))
    with pytest.raises(UntrustedSignature, match="too long ago"):
        read_claim(message, now=made_at + timedelta(hours=12, seconds=1))


def test_a_signature_may_be_one_hour_ahead_and_not_a_second_more() -> None:
    case = PROFILE["mastodon-post"]
    message = received_case(case)
    made_at = datetime(2025, 5, 27, 10, 23, 34, tzinfo=UTC)

    read_claim(message, now=made_at - timedelta(hours=1))
    with pytest.raises(UntrustedSignature, match="in the future"):
        read_claim(message, now=made_at - timedelta(hours=1, seconds=1))
