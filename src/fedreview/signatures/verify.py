"""The verdict on a received request: who says they sent it, and whether they did."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from fedreview.errors import UntrustedSignature
from fedreview.signatures import cavage, rfc9421
from fedreview.signatures.digest import content_digest_matches, digest_matches
from fedreview.signatures.freshness import (
    instant_from_http_date,
    instant_from_seconds,
    refuse_expired,
    refuse_stale,
)
from fedreview.signatures.keys import KeyKind, PublicKey
from fedreview.signatures.message import Message


class Scheme(Enum):
    """How a request was signed."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A signature that says the right things and waits for its key.

    key_id: whose key to look for. As a stranger wrote it: not yet an address to fetch.
    bases: what may have been signed, byte for byte; the signature must fit one of them.
    kind: the kind of key it must be, None when any will do.
    signed_at: the latest time that is covered.
    otherwise: the older signature of a request that carries both, perhaps by another key;
        ``check`` falls back on it when it names the same key.
    """

    key_id: str
    scheme: Scheme
    bases: tuple[bytes, ...]
    signature: bytes
    kind: KeyKind | None
    signed_at: datetime
    otherwise: "Claim | None" = None

    @property
    def surely_signed_at(self) -> datetime:
        """When the request was signed, whichever of two signatures turns out to be good."""
        return min(self.signed_at, self.otherwise.signed_at) if self.otherwise else self.signed_at


def read_claim(message: Message, *, now: datetime) -> Claim:
    """Check everything about a request's signature that needs no key.

    It covers method, target, host, time and, where there can be one, the digest of the body;
    it is at most 12 hours old and at most an hour ahead; the digest is that of the body; the
    host is ours. With both schemes present RFC 9421 comes first.

    Raises UntrustedSignature with the reason, for the log.
    Source: section 3 of RFC 9421, section 2 of draft-cavage-12, and what Mastodon demands
    (app/lib/signed_request.rb); where they differ the strictest that every server passes.
    """
    message.check_host()
    claim: Claim | None = None
    reasons: list[str] = []
    for is_present, read in (
        (cavage.is_present, _read_cavage),
        (rfc9421.is_present, _read_rfc9421),
    ):
        if is_present(message):
            try:
                newer = read(message, now)
                claim = replace(newer, otherwise=claim) if claim else newer
            except UntrustedSignature as error:
                reasons.append(str(error))
    if claim is None:
        raise UntrustedSignature("; ".join(reasons) or "the request is not signed")
    return claim


def check(claim: Claim, key: PublicKey) -> None:
    """Check the signature itself.

    Raises UntrustedSignature when another key was claimed, or this key did not sign.
    """
    fitting = [each for each in (claim, claim.otherwise) if each and each.key_id == key.id]
    if not fitting:
        raise UntrustedSignature(f"signed with {claim.key_id!r:.200}, not {key.id!r:.200}")
    if not any(_is_signed(each, key) for each in fitting):
        raise UntrustedSignature(f"not signed by {key.id!r:.200}")


def _is_signed(claim: Claim, key: PublicKey) -> bool:
    if claim.kind not in (None, key.kind):
        return False
    return any(key.verify(claim.signature, base) for base in claim.bases)


def _read_cavage(message: Message, now: datetime) -> Claim:
    signature = cavage.read(message)
    covered = signature.covered
    _demand(covered, cavage.TARGET, "host")
    _check_body(message, covered, "digest", digest_matches)
    if "date" not in covered and cavage.CREATED not in covered:
        raise UntrustedSignature("the signature covers no time")
    created = signature.created if cavage.CREATED in covered else None
    times = [instant_from_seconds(created)] if created is not None else []
    if "date" in covered:
        times.append(instant_from_http_date(message.covered("date")))
        refuse_stale(times[-1], now=now)
    _check_seconds(created, signature.expires, now)
    # Pixelfed, BookWyrm and older Mastodons sign the path alone. Safe, because a query chooses
    # only which page of something public is read; an inbox takes no notice of it.
    path = message.target.partition("?")[0]
    targets = dict.fromkeys((message.target, path))
    return Claim(
        key_id=signature.key_id,
        scheme=Scheme.CAVAGE,
        bases=tuple(cavage.signing_string(message, signature, target=each) for each in targets),
        signature=signature.signature,
        kind=signature.kind,
        signed_at=max(times, default=now),
    )


def _read_rfc9421(message: Message, now: datetime) -> Claim:
    signature = rfc9421.read(message)
    _demand(signature.covered, rfc9421.METHOD, rfc9421.TARGET_URI)
    _check_body(message, signature.covered, rfc9421.CONTENT_DIGEST, content_digest_matches)
    if signature.created is None:
        raise UntrustedSignature("the signature covers no time")
    _check_seconds(signature.created, signature.expires, now)
    return Claim(
        key_id=signature.key_id,
        scheme=Scheme.RFC9421,
        bases=tuple(
            rfc9421.signature_base(message, signature, origin=origin)
            for origin in sorted(message.origins)
        ),
        signature=signature.signature,
        kind=signature.kind,
        signed_at=instant_from_seconds(signature.created),
    )


def _demand(covered: tuple[str, ...], *names: str) -> None:
    for name in names:
        if name not in covered:
            raise UntrustedSignature(f"the signature does not cover {name}")


def _check_body(
    message: Message, covered: tuple[str, ...], name: str, matches: Callable[[str, bytes], bool]
) -> None:
    if message.needs_digest:
        _demand(covered, name)
    if name in covered and not matches(message.covered(name), message.body):
        raise UntrustedSignature(f"{name} is not that of the body")


def _check_seconds(created: int | None, expires: int | None, now: datetime) -> None:
    if created is not None:
        refuse_stale(instant_from_seconds(created), now=now)
    if expires is not None:
        refuse_expired(instant_from_seconds(expires), now=now)
