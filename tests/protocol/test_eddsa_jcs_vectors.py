"""Every case of vectors/eddsa_jcs_2022.json."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedreview.errors import UntrustedSignature
from fedreview.signatures import integrity, multibase
from fedreview.signatures.keys import KeyKind, PrivateKey, PublicKey
from tests.protocol.material import by_id, vectors

VECTORS = vectors("eddsa_jcs_2022")
CASES = by_id(VECTORS["cases"])
MUST_FAIL = by_id(VECTORS["must_fail"])
MULTIKEYS = by_id(VECTORS["multikey"])
METHODS = {name: str(case["signed"]["proof"]["verificationMethod"]) for name, case in CASES.items()}
LATER = datetime(2025, 1, 1, tzinfo=UTC)


def the_key(method: str) -> PublicKey:
    return PublicKey.from_multibase(
        method, method.partition("#")[0], VECTORS["key"]["public_multibase"]
    )


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize("id", CASES)
def test_published_proofs_hold(id: str) -> None:
    document = CASES[id]["signed"]

    integrity.check_proof(document, the_key(METHODS[id]), now=LATER)

    assert integrity.proof_method(document) == METHODS[id]


@pytest.mark.parametrize("id", CASES)
def test_canonical_forms_and_hashes_are_the_published_ones(id: str) -> None:
    case = CASES[id]
    options = without(case["signed"]["proof"], "proofValue")
    document = without(case["signed"], "proof")

    assert integrity._canonical(options) == case["canonical_proof_options"].encode()
    assert integrity._canonical(document) == case["canonical_document"].encode()
    assert integrity._hashes(options, document).hex() == case["proof_hash"] + case["document_hash"]
    assert hashlib.sha256(case["canonical_document"].encode()).hexdigest() == case["document_hash"]


@pytest.mark.parametrize("id", CASES)
def test_our_own_proof_of_a_published_document_is_the_published_proof(id: str) -> None:
    signed = CASES[id]["signed"]
    seed = bytes.fromhex(VECTORS["key"]["secret_seed_hex"])
    key = PrivateKey(
        id=signed["proof"]["verificationMethod"], key=Ed25519PrivateKey.from_private_bytes(seed)
    )
    now = datetime.fromisoformat(signed["proof"]["created"]) + timedelta(milliseconds=900)

    made = integrity.add_proof(without(signed, "proof"), key, now=now)

    assert made == signed
    assert multibase.decode(CASES[id]["proof_value"]).hex() == CASES[id]["signature_hex"]


@pytest.mark.parametrize("id", MUST_FAIL)
def test_a_changed_document_or_proof_is_refused(id: str) -> None:
    document = MUST_FAIL[id]["signed"]
    key = the_key(document["proof"]["verificationMethod"])

    with pytest.raises(UntrustedSignature):
        integrity.check_proof(document, key, now=LATER)


def test_the_published_ed25519_multikey_reads_and_writes() -> None:
    case = MULTIKEYS["ed25519"]

    key = PublicKey.from_multibase("#k", "#", case["public_key_multibase"])

    assert key.kind is KeyKind.ED25519
    assert key.multibase() == case["public_key_multibase"]
    assert multibase.decode(case["public_key_multibase"]).hex() == (
        case["prefix_hex"] + case["raw_hex"]
    )


def test_the_published_rsa_multikey_reads_and_writes() -> None:
    case = MULTIKEYS["rsa"]

    key = PublicKey.from_multibase("#k", "#", case["public_key_multibase"])

    assert key.kind is KeyKind.RSA
    assert key.multibase() == case["public_key_multibase"]
    assert multibase.decode(case["public_key_multibase"]).hex() == (
        case["prefix_hex"] + case["pkcs1_der_hex"]
    )


@pytest.mark.parametrize("case", VECTORS["jcs_numbers"], ids=lambda case: case["json"])
def test_numbers_are_written_as_javascript_writes_them(case: dict[str, str]) -> None:
    document = {"n": json.loads(case["json"])}

    assert integrity._canonical(document) == b'{"n":%s}' % case["canonical"].encode()


@pytest.mark.parametrize("case", VECTORS["jcs_key_order"])
def test_keys_are_ordered_by_their_utf16_units(case: dict[str, Any]) -> None:
    assert integrity._canonical(case["in"]) == case["out"].encode()
