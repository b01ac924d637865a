"""What a server asks a signature to be like, in the ``Accept-Signature`` of its refusal."""

from dataclasses import dataclass, field
from typing import Final

from fedreview.errors import UntrustedSignature
from fedreview.signatures.fields import Member, Parameters, read_dictionary
from fedreview.signatures.keys import KeyKind, PrivateKey
from fedreview.signatures.message import MOST_COVERED

ALGORITHMS: Final = {KeyKind.RSA: "rsa-v1_5-sha256", KeyKind.ED25519: "ed25519"}

MOST_OFFERS = 8
LONGEST_TEXT = 512

_ALWAYS = frozenset(
    {
        "@method",
        "@target-uri",
        "@authority",
        "@scheme",
        "@request-target",
        "@path",
        "@query",
        "host",
        "date",
    }
)
_WITH_BODY = _ALWAYS | {"content-digest", "content-type", "content-length", "digest"}
# One of these sets must be covered, or the signature would open other doors as well.
_BINDINGS = (
    {"@target-uri"},
    *({host, path} for host in ("@authority", "host") for path in ("@request-target", "@path")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSignature:
    """A signature that we can make and that is fit for this one request only.

    covered: names of components, in the order wanted. expires: whether it shall say until when.
    texts: the parameters nonce, tag and alg, as far as they are wanted.
    """

    label: str
    covered: tuple[str, ...]
    expires: bool = False
    texts: dict[str, str] = field(default_factory=dict)


def read_wanted(text: str, *, key: PrivateKey, has_body: bool) -> WantedSignature | None:
    """Read ``Accept-Signature`` and give the first signature in it that `key` can make.

    None when there is none: it covers what we do not know, asks for another key or algorithm,
    has flags, or proves too little. A signature that leaves out method, address or body could
    be shown to a third server by the one that asked for it.

    Source: RFC 9421 section 5.1.
    """
    try:
        offers = read_dictionary(text)
    except UntrustedSignature:
        return None
    for label, member in list(offers.items())[:MOST_OFFERS]:
        wanted = _read(label, member, key)
        if wanted and _is_fit(set(wanted.covered), has_body=has_body):
            return wanted
    return None


def _read(label: str, member: Member, key: PrivateKey) -> WantedSignature | None:
    items, parameters = member
    if not isinstance(items, list) or len(items) > MOST_COVERED or len(label) > LONGEST_TEXT:
        return None
    covered = tuple(name for name, flags in items if isinstance(name, str) and not flags)
    if len(set(covered)) < len(items) or not _can_meet(parameters, key):
        return None
    texts = {
        name: value
        for name, value in parameters.items()
        if name in {"nonce", "tag", "alg"} and isinstance(value, str)
    }
    return WantedSignature(
        label=label, covered=covered, expires="expires" in parameters, texts=texts
    )


def _can_meet(parameters: Parameters, key: PrivateKey) -> bool:
    for name, value in parameters.items():
        is_text = isinstance(value, str) and len(value) <= LONGEST_TEXT
        allowed = {
            "created": value is True,
            "expires": value is True,
            "nonce": is_text,
            "tag": is_text,
            "keyid": value == key.id,
            "alg": value == ALGORITHMS[key.kind],
        }
        if not allowed.get(name, False):
            return False
    return True


def _is_fit(covered: set[str], *, has_body: bool) -> bool:
    return (
        covered <= (_WITH_BODY if has_body else _ALWAYS)
        and "@method" in covered
        and any(binding <= covered for binding in _BINDINGS)
        and (not has_body or "content-digest" in covered)
    )
