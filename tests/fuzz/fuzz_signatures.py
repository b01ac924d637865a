"""Fuzz what reads signatures: a request is refused, or says what its signer said.

The bytes are a request as it stands on the wire: first line, headers, empty line, body.

How to run it by hand: tests/fuzz/README.md.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from tests.fuzz.engine import fuzz, instrumented

with instrumented(__name__):
    from fedreview.errors import UntrustedSignature
    from fedreview.signatures import cavage, multibase, rfc9421
    from fedreview.signatures.digest import content_digest_matches, digest_matches
    from fedreview.signatures.fields import read_dictionary
    from fedreview.signatures.freshness import instant_from_http_date, instant_from_iso
    from fedreview.signatures.keys import PublicKey
    from fedreview.signatures.message import MOST_COVERED, Message
    from fedreview.signatures.verify import Claim, Scheme, check, read_claim

from tests.protocol.material import public_key, received, vectors

NOW = datetime.fromtimestamp(1748341420, tz=UTC)
NAMES = ("test-key-rsa", "test-key-ed25519")


def written(request: dict[str, str | list[list[str]]], headers: dict[str, str]) -> bytes:
    """Write a request of the vectors as it would stand on the wire."""
    pairs = [*map(tuple, request["headers"]), *headers.items()]
    lines = [f"{request['method']} {request['target']}", *(f"{n}: {v}" for n, v in pairs)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + str(request["body"] or "").encode()


def _said(message: Message) -> tuple[str, str, bytes]:
    """Give what a signature must hold fast; the query is not always signed."""
    return message.method.upper(), message.target.partition("?")[0], message.body


def parsed(data: bytes) -> Message:
    """Read bytes as a request, forgiving: what uvicorn would refuse may come in, too."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, _, target = first.partition(b" ")
    pairs = [line.decode("latin-1").partition(": ") for line in lines]
    return received(
        method=method.decode("latin-1"),
        target=target,
        headers=[(name, value) for name, _, value in pairs],
        body=body,
    )


SIGNED = frozenset(
    _said(parsed(written(case["request"], case["headers"])))
    for name in ("cavage", "rfc9421")
    for case in vectors(name)["fediverse_profile"]
    if case["verdict"] == "accept"
)


def read(data: bytes) -> None:
    """Read the bytes as a request, and its head as each of the texts that signatures hold."""
    message = parsed(data)
    for reader in (cavage.read, rfc9421.read):
        with suppress(UntrustedSignature):
            signature = reader(message)
            assert len(signature.covered) <= MOST_COVERED
            assert len(set(signature.covered)) == len(signature.covered)
    with suppress(UntrustedSignature):
        claim = read_claim(message, now=NOW)
        if _holds(claim):
            assert _said(message) in SIGNED, "a request that nobody signed holds"
    _read_texts(data)


def _holds(claim: Claim) -> bool:
    for each in filter(None, (claim, claim.otherwise)):
        assert each.scheme in Scheme
        assert 0 < len(each.key_id) <= 2048
        assert 0 < len(each.bases) <= 2
    return any(_is_by(claim, key) for key in _keys(claim))


def _keys(claim: Claim) -> Iterator[PublicKey]:
    for name in NAMES:
        for each in filter(None, (claim, claim.otherwise)):
            yield replace(public_key(name), id=each.key_id)


def _is_by(claim: Claim, key: PublicKey) -> bool:
    try:
        check(claim, key)
    except UntrustedSignature:
        return False
    return True


def _read_texts(data: bytes) -> None:
    text = data.partition(b"\r\n\r\n")[0].decode("latin-1")
    for reader in (
        read_dictionary,
        instant_from_http_date,
        instant_from_iso,
        multibase.decode,
        lambda text: PublicKey.from_multibase("", "", text),
        lambda text: PublicKey.from_pem("", "", text),
    ):
        with suppress(UntrustedSignature):
            reader(text)
    digest_matches(text, data)
    content_digest_matches(text, data)


if __name__ == "__main__":
    fuzz(read)
