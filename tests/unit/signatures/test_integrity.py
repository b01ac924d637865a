from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedreview.errors import ConfigurationError, UntrustedSignature
from fedreview.signatures.integrity import (
    Json,
    add_proof,
    check_proof,
    proof_method,
    refuse_older,
)
from fedreview.signatures.keys import PublicKey
from tests.protocol.material import private_key, public_key

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
KEY = private_key("test-key-ed25519")
PUBLIC = public_key("test-key-ed25519")
CONTEXT: list[Json] = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v2",
]
LIKE: dict[str, Json] = {
    "@context": [*CONTEXT],
    "type": "Like",
    "actor": "https://mastodon.example/users/alice",
    "score": 8.5,
}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner)
    ),
    max_leaves=8,
)


def proof_of(document: dict[str, Json]) -> dict[str, Json]:
    proof = document["proof"]
    assert isinstance(proof, dict)
    return proof


def proved(**options: Json) -> dict[str, Json]:
    """Prove a Like, then change or add options of the proof without signing again."""
    document = add_proof(LIKE, KEY, now=NOW)
    return {**document, "proof": {**proof_of(document), **options}}


def test_a_proof_says_who_when_and_for_what() -> None:
    document = add_proof(LIKE, KEY, now=NOW + timedelta(milliseconds=700))

    proof = proof_of(document)
    assert {**proof, "proofValue": None} == {
        "@context": CONTEXT,
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY.id,
        "proofPurpose": "assertionMethod",
        "created": "2026-03-14T12:00:00Z",
        "proofValue": None,
    }
    assert {name: document[name] for name in LIKE} == LIKE
    assert "proof" not in LIKE


def test_an_older_proof_is_replaced() -> None:
    once = add_proof(LIKE, KEY, now=NOW)

    twice = add_proof(once, KEY, now=NOW)

    assert twice == once


def test_an_rsa_key_cannot_prove_documents() -> None:
    with pytest.raises(ConfigurationError, match="not Ed25519"):
        add_proof(LIKE, private_key("test-key-rsa"), now=NOW)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON))
def test_what_we_prove_we_accept_and_a_change_we_refuse(content: dict[str, Json]) -> None:
    document = add_proof({"content": content}, KEY, now=NOW)

    check_proof(document, PUBLIC, now=NOW)
    with pytest.raises(UntrustedSignature, match="was changed"):
        check_proof({**document, "content": [content]}, PUBLIC, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "https://mastodon.example/users/mallory"},
        {"score": 8.6},
        {"added": True},
        {"@context": [CONTEXT[0], CONTEXT[1], "https://evil.example/context"], "type": "Follow"},
    ],
)
def test_a_changed_document_is_refused(change: dict[str, Json]) -> None:
    with pytest.raises(UntrustedSignature, match="was changed"):
        check_proof({**proved(), **change}, PUBLIC, now=NOW)


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ([CONTEXT[1], CONTEXT[0]], "another @context"),
        ([CONTEXT[0]], "another @context"),
        (CONTEXT[0], "another @context"),
        (None, "another @context"),
    ],
)
def test_a_document_whose_context_does_not_begin_with_the_proofs_is_refused(
    context: Json, reason: str
) -> None:
    with pytest.raises(UntrustedSignature, match=reason):
        check_proof({**proved(), "@context": context}, PUBLIC, now=NOW)


def test_a_context_added_after_the_proofs_own_is_forgiven() -> None:
    document: dict[str, Json] = {**proved(), "@context": [*CONTEXT, "https://w3id.org/x"]}

    check_proof(document, PUBLIC, now=NOW)


def test_a_single_context_is_a_list_of_one() -> None:
    document = add_proof({"@context": CONTEXT[0]}, KEY, now=NOW)

    check_proof({**document, "@context": [CONTEXT[0]]}, PUBLIC, now=NOW)


def test_a_linked_data_signature_beside_the_proof_is_passed_over() -> None:
    signature: Json = {"type": "RsaSignature2017"}

    check_proof({**proved(), "signature": signature}, PUBLIC, now=NOW)


def test_a_proof_may_be_years_old() -> None:
    check_proof(proved(), PUBLIC, now=NOW + timedelta(days=3650))


def test_a_proof_from_the_future_is_refused() -> None:
    with pytest.raises(UntrustedSignature, match="in the future"):
        check_proof(proved(), PUBLIC, now=NOW - timedelta(hours=2))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"proofPurpose": "authentication"}, "another purpose"),
        ({"verificationMethod": "https://evil.example/users/mallory#k"}, "not by"),
        ({"created": None}, "has no created"),
        ({"created": 1}, "has no created"),
        ({"created": "now"}, "not an instant"),
        ({"created": "2026-03-14T12:00:01Z"}, "was changed"),
        ({"expires": "2026-03-14T10:59:59Z"}, "expired"),
        ({"expires": "2026-03-14T12:00:00Z"}, "was changed"),
        ({"expires": None}, "has no expires"),
        ({"proofValue": None}, "has no proofValue"),
        ({"proofValue": ""}, "multibase"),
        ({"proofValue": "z111"}, "was changed"),
        ({"added": "x"}, "was changed"),
        ({"added": 2**60}, "no canonical form"),
        ({"added": "\ud800"}, "no canonical form"),
        ({"\ud800": "x"}, "no canonical form"),
        ({"added": float("nan")}, "no canonical form"),
    ],
)
def test_a_proof_that_does_not_hold_is_refused(options: dict[str, Json], reason: str) -> None:
    with pytest.raises(UntrustedSignature, match=reason):
        check_proof(proved(**options), PUBLIC, now=NOW)


def test_a_document_too_deep_to_write_is_refused() -> None:
    deep: Json = []
    for _ in range(5000):
        deep = [deep]

    with pytest.raises(UntrustedSignature, match="no canonical form"):
        check_proof({**proved(), "deep": deep}, PUBLIC, now=NOW)


def test_an_rsa_key_of_the_right_id_is_refused() -> None:
    rsa = PublicKey(id=KEY.id, owner=PUBLIC.owner, key=public_key("test-key-rsa").key)

    with pytest.raises(UntrustedSignature, match="not by"):
        check_proof(proved(), rsa, now=NOW)


def test_the_key_to_look_for_is_the_proofs_method() -> None:
    assert proof_method(proved()) == KEY.id


def test_a_proof_is_found_among_those_of_other_kinds() -> None:
    document = proved()
    other: Json = {"type": "DataIntegrityProof", "cryptosuite": "mldsa44-jcs-2024"}
    document["proof"] = [other, document["proof"]]

    assert proof_method(document) == KEY.id
    check_proof(document, PUBLIC, now=NOW)


@pytest.mark.parametrize(
    "proof",
    [
        None,
        "proof",
        [],
        {},
        {"type": "DataIntegrityProof", "cryptosuite": "mldsa44-jcs-2024"},
        {"type": "Ed25519Signature2020", "cryptosuite": "eddsa-jcs-2022"},
        [proof_of(proved()), proof_of(proved())],
        [proof_of(proved()), "a", "b", "c", "d"],
    ],
)
def test_what_is_not_one_proof_of_our_kind_is_none(proof: Json) -> None:
    document: dict[str, Json] = {**LIKE, "proof": proof}

    assert proof_method(document) is None
    with pytest.raises(UntrustedSignature, match="has no proof"):
        check_proof(document, PUBLIC, now=NOW)


def test_a_proof_without_a_method_names_no_key() -> None:
    assert proof_method(proved(verificationMethod=[KEY.id])) is None


def test_a_proof_in_place_of_a_signature_must_be_new_enough() -> None:
    hour = timedelta(hours=1)
    refuse_older(proved(), now=NOW + hour, than=hour)

    for document, now in ((proved(), NOW + hour + timedelta(seconds=1)), (LIKE, NOW)):
        with pytest.raises(UntrustedSignature, match="new enough"):
            refuse_older(document, now=now, than=hour)
