"""Proofs inside a document (FEP-8b32, eddsa-jcs-2022): they travel with it when it is forwarded."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import rfc8785

from fedreview.errors import ConfigurationError, UntrustedSignature
from fedreview.signatures import multibase
from fedreview.signatures.freshness import instant_from_iso, refuse_expired, refuse_future
from fedreview.signatures.keys import KeyKind, PrivateKey, PublicKey

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

TYPE: Final = "DataIntegrityProof"
SUITE: Final = "eddsa-jcs-2022"
PURPOSE: Final = "assertionMethod"
# A server that signs for both today and after quantum computers sends two.
MOST_PROOFS = 4


def add_proof(document: Mapping[str, Json], key: PrivateKey, *, now: datetime) -> dict[str, Json]:
    """Give a copy of the document that carries a proof.

    key: an Ed25519 key, whose id the author's document names under ``assertionMethod``.

    Source: Data Integrity EdDSA Cryptosuites v1.0 section 3.3.1. ``created`` has no fraction
    of a second, because Fedify writes the instant anew before it hashes it.

    Raises ConfigurationError when the key is not Ed25519.
    """
    if key.kind is not KeyKind.ED25519:
        raise ConfigurationError([f"{key.id} cannot prove documents: it is not Ed25519"])
    options: dict[str, Json] = {
        "type": TYPE,
        "cryptosuite": SUITE,
        "verificationMethod": key.id,
        "proofPurpose": PURPOSE,
        "created": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(_hashes(options, _unsecured(document)))
    return {**document, "proof": {**options, "proofValue": multibase.encode(signature)}}


def proof_method(document: Mapping[str, Json]) -> str | None:
    """Give the id of the key that a document says it is proved by.

    None when there is no proof of the one kind we can check, or several of that kind.
    """
    proof = _find_proof(document)
    method = proof.get("verificationMethod") if proof else None
    return method if isinstance(method, str) else None


def check_proof(document: Mapping[str, Json], key: PublicKey, *, now: datetime) -> None:
    """Check a document's proof. The caller sees to it that the key's owner may speak for it.

    A proof may be old: documents are forwarded and fetched long after they were made. It may
    not be from the future, nor have expired.

    Raises UntrustedSignature when there is no proof, or it does not hold.
    Source: Data Integrity EdDSA Cryptosuites v1.0 sections 3.3.2 and 3.3.7; FEP-8b32.
    """
    proof = _find_proof(document)
    if proof is None:
        raise UntrustedSignature("the document has no proof that can be checked")
    if proof.get("verificationMethod") != key.id or key.kind is not KeyKind.ED25519:
        raise UntrustedSignature(f"the proof is not by {key.id!r:.200}")
    if proof.get("proofPurpose") != PURPOSE:
        raise UntrustedSignature("the proof is for another purpose")
    refuse_future(_instant(proof, "created"), now=now)
    if "expires" in proof:
        refuse_expired(_instant(proof, "expires"), now=now)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    hashes = _hashes(options, _with_context_of(options, _unsecured(document)))
    if not key.verify(multibase.decode(_text(proof, "proofValue")), hashes):
        raise UntrustedSignature(f"the document was changed, or not proved by {key.id!r:.200}")


def refuse_older(document: Mapping[str, Json], *, now: datetime, than: timedelta) -> None:
    """Raise UntrustedSignature when the document has no proof, or one that is older than this.

    For whoever takes a proof in place of a signature on the request: an old document that
    anybody can bring again should not have its effect again.
    """
    proof = _find_proof(document)
    if proof is None or now - _instant(proof, "created") > than:
        raise UntrustedSignature("the document has no proof that is new enough")


def _find_proof(document: Mapping[str, Json]) -> dict[str, Json] | None:
    given = document.get("proof")
    proofs = given if isinstance(given, list) else [given]
    if len(proofs) > MOST_PROOFS:
        return None
    ours = [
        proof
        for proof in proofs
        if isinstance(proof, dict)
        and proof.get("type") == TYPE
        and proof.get("cryptosuite") == SUITE
    ]
    return ours[0] if len(ours) == 1 else None


def _unsecured(document: Mapping[str, Json]) -> dict[str, Json]:
    # "signature" is the older, separate kind, put on after the proof or before: never under it.
    return {name: value for name, value in document.items() if name not in {"proof", "signature"}}


def _with_context_of(options: dict[str, Json], document: dict[str, Json]) -> dict[str, Json]:
    if "@context" not in options:
        return document
    signed, given = _listed(options["@context"]), _listed(document.get("@context"))
    if given[: len(signed)] != signed:
        raise UntrustedSignature("the proof was made for another @context")
    return {**document, "@context": options["@context"]}


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _text(proof: dict[str, Json], name: str) -> str:
    value = proof.get(name)
    if not isinstance(value, str):
        raise UntrustedSignature(f"the proof has no {name}")
    return value


def _instant(proof: dict[str, Json], name: str) -> datetime:
    return instant_from_iso(_text(proof, name))


def _hashes(options: dict[str, Json], document: dict[str, Json]) -> bytes:
    return (
        hashlib.sha256(_canonical(options)).digest() + hashlib.sha256(_canonical(document)).digest()
    )


def _canonical(document: dict[str, Json]) -> bytes:
    try:
        return rfc8785.dumps(document)
    except (ValueError, RecursionError) as error:
        raise UntrustedSignature("the document has no canonical form") from error
