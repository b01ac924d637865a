"""Fuzz what reads documents: any bytes end in a bounded value or in the one expected refusal.

How to run it by hand: tests/fuzz/README.md.
"""

from contextlib import suppress
from datetime import UTC, datetime

from tests.fuzz.engine import fuzz, instrumented

with instrumented(__name__):
    from fedreview.activitypub.documents import check_document, load_document
    from fedreview.activitypub.parse import parse_activity, parse_actor, parse_note
    from fedreview.activitypub.vocabulary import Json
    from fedreview.errors import MalformedActivity, RemoteRefused, UntrustedSignature
    from fedreview.federation.reading import read_json_object
    from fedreview.signatures.integrity import check_proof, proof_method
    from fedreview.signatures.keys import PublicKey

from tests.judges.values import faults
from tests.protocol.material import public_key

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
READERS = (parse_activity, parse_actor, parse_note)


def read(data: bytes) -> None:
    """Read the bytes as the body of an activity, and as the answer to a fetch."""
    with suppress(MalformedActivity):
        _parse(load_document(data))
    with suppress(MalformedActivity, RemoteRefused):
        fetched = read_json_object(data)
        check_document(fetched)
        _parse(fetched)


def _parse(document: dict[str, Json]) -> None:
    for reader in READERS:
        with suppress(MalformedActivity):
            found = faults(reader(document))
            assert not found, found
    method = proof_method(document)
    key: PublicKey = public_key("test-key-ed25519", method or "")
    with suppress(UntrustedSignature):
        check_proof(document, key, now=NOW)
        raise AssertionError("a proof that nobody made holds")


if __name__ == "__main__":
    fuzz(read)
