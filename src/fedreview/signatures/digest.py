"""Digests: what ties a body to a signature over headers."""

import base64
import hashlib
import hmac
from functools import lru_cache

from fedreview.errors import UntrustedSignature
from fedreview.signatures.fields import read_dictionary


@lru_cache(maxsize=8)
def digest_header(body: bytes) -> str:
    """Give the value of ``Digest`` for a body of ours, the same for all who get it.

    Source: Threads answers 404 to ``sha-256=`` in lower case (seen in 2024), so capitals.
    """
    return f"SHA-256={_sha256_text(body)}"


def digest_matches(header: str, body: bytes) -> bool:
    """Tell whether a ``Digest`` header vouches for the body.

    At least one SHA-256, in any case, and every SHA-256 that is given must be right; other
    algorithms are passed over.
    """
    expected = _sha256_text(body).encode("ascii")
    if hmac.compare_digest(b"SHA-256=" + expected, header.encode("utf-8", "replace")):
        return True
    parts = [part.strip().partition("=") for part in header.split(",")]
    given = [value for name, _, value in parts if name.lower() == "sha-256"]
    checks = [hmac.compare_digest(expected, value.encode("utf-8", "replace")) for value in given]
    return bool(checks) and all(checks)


def content_digest_header(body: bytes) -> str:
    """Give the value of ``Content-Digest``. Source: RFC 9530 section 2."""
    return f"sha-256=:{_sha256_text(body)}:"


def content_digest_matches(header: str, body: bytes) -> bool:
    """Tell whether a ``Content-Digest`` header vouches for the body.

    SHA-256 must be there, because it is what Mastodon and Fedify demand of us too; a SHA-512
    beside it must be right as well.
    """
    if hmac.compare_digest(content_digest_header(body).encode(), header.encode("utf-8", "replace")):
        return True
    try:
        members = read_dictionary(header)
    except UntrustedSignature:
        return False
    if "sha-256" not in members:
        return False
    for name, algorithm in (("sha-256", hashlib.sha256), ("sha-512", hashlib.sha512)):
        value = members[name][0] if name in members else algorithm(body).digest()
        if not isinstance(value, bytes) or not hmac.compare_digest(value, algorithm(body).digest()):
            return False
    return True


def _sha256_text(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
