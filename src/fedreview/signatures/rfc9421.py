"""HTTP Message Signatures (RFC 9421), as Mastodon 4.7 and Fedify 2.3 use them."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedreview.errors import UntrustedSignature
from fedreview.signatures.digest import content_digest_header
from fedreview.signatures.fields import Member, Parameters, read_dictionary, write_member
from fedreview.signatures.keys import KeyKind, PrivateKey
from fedreview.signatures.message import LONGEST_KEY_ID, MOST_COVERED, Address, Message

METHOD: Final = "@method"
TARGET_URI: Final = "@target-uri"
CONTENT_DIGEST: Final = "content-digest"

# For our 401. Fedify reads it and tries once more with this and, for a body, content-digest.
# It adds that whether or not it was asked for (2.1 to 2.3.6), and a component that is covered
# twice makes a signature void: so we leave it out, though we demand it.
ACCEPT_SIGNATURE: Final = 'sig1=("@method" "@target-uri");created'

_LABEL: Final = "sig1"
_KINDS = {None: None, "rsa-v1_5-sha256": KeyKind.RSA, "ed25519": KeyKind.ED25519}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rfc9421Signature:
    """What ``Signature-Input`` and ``Signature`` say, before anything of it is believed.

    covered: component names in the order signed.
    parameters: the value of ``@signature-params`` in canonical form.
    kind: the kind of key that ``alg`` asks for, None when any will do.
    created, expires: Unix seconds.
    """

    key_id: str
    covered: tuple[str, ...]
    parameters: str
    signature: bytes
    kind: KeyKind | None
    created: int | None
    expires: int | None


def sign(
    key: PrivateKey,
    *,
    method: str,
    url: str,
    body: bytes | None,
    now: datetime,
    content_type: str | None = None,
) -> dict[str, str]:
    """Give the headers to set: ``Host``, ``Content-Digest`` (with a body) and the signature pair.

    body: None for a request without one; an empty body is still a body.
    content_type: when given, the ``Content-Type`` of the body is covered too. Nobody asks
        for it, and left out the signature is exactly what Mastodon sends.

    Raises RemoteRefused when the URL is none that can be sent to.
    Source: RFC 9421 section 3.1; ``alg`` is left out because the key decides.
    """
    address = Address.parse(url)
    headers = {"Host": address.host}
    values = {METHOD: method.upper(), TARGET_URI: address.url}
    if body is not None:
        headers["Content-Digest"] = values[CONTENT_DIGEST] = content_digest_header(body)
        if content_type is not None:
            values["content-type"] = content_type
    created = int(now.timestamp())
    member: Member = ([(name, {}) for name in values], {"created": created, "keyid": key.id})
    parameters = write_member(member)
    signature = key.sign(_join([*values.items()], parameters))
    headers["Signature-Input"] = f"{_LABEL}={parameters}"
    headers["Signature"] = f"{_LABEL}=:{base64.b64encode(signature).decode('ascii')}:"
    return headers


def is_present(message: Message) -> bool:
    """Tell whether the request carries a signature of this kind, good or bad."""
    return bool(message.lines("signature-input"))


def read(message: Message) -> Rfc9421Signature:
    """Read the one signature of this kind.

    Raises UntrustedSignature when there is none or more than one (as Mastodon does), when it
    covers something we do not know, or cannot be read.
    """
    inputs = read_dictionary(message.header("signature-input") or "")
    if len(inputs) != 1:
        raise UntrustedSignature(f"{len(inputs)} signature inputs instead of one")
    [(label, member)] = inputs.items()
    parameters = member[1]
    key_id = parameters.get("keyid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= LONGEST_KEY_ID:
        raise UntrustedSignature("no keyid, or one that is too long")
    algorithm = parameters.get("alg")
    if not isinstance(algorithm, str | None) or algorithm not in _KINDS:
        raise UntrustedSignature(f"unknown alg {algorithm!r:.40}")
    return Rfc9421Signature(
        key_id=key_id,
        covered=tuple(_covered(member)),
        parameters=write_member(member),
        signature=_signature(message, label),
        kind=_KINDS[algorithm],
        created=_seconds(parameters, "created"),
        expires=_seconds(parameters, "expires"),
    )


def signature_base(message: Message, signature: Rfc9421Signature, *, origin: str) -> bytes:
    """Rebuild what was signed.

    origin: which of our public origins the request was meant for.

    Raises UntrustedSignature when something is covered that the request does not have.
    Source: RFC 9421 sections 2.2 and 2.5.
    """
    derived = _derived(message, origin)
    values = [
        (name, derived[name] if name in derived else message.covered(name))
        for name in signature.covered
    ]
    return _join(values, signature.parameters)


def _derived(message: Message, origin: str) -> dict[str, str]:
    scheme, _, authority = origin.lower().partition("://")
    path, _, query = message.target.partition("?")
    return {
        METHOD: message.method.upper(),
        TARGET_URI: f"{origin}{message.target}",
        "@authority": authority,
        "@scheme": scheme,
        "@request-target": message.target,
        "@path": path,
        "@query": f"?{query}",
    }


def _covered(member: Member) -> Iterator[str]:
    items = member[0]
    if not isinstance(items, list) or len(items) > MOST_COVERED:
        raise UntrustedSignature("no list of covered components, or one that is too long")
    seen: set[str] = set()
    for name, parameters in items:
        # ;req ;bs ;sf ;key ;tr change what is covered; nobody in the fediverse sends them.
        if not isinstance(name, str) or name != name.lower() or parameters or name in seen:
            raise UntrustedSignature(f"cannot check a signature over {name!r:.60}")
        seen.add(name)
        yield name


def _signature(message: Message, label: str) -> bytes:
    # A cavage signature uses the same header on a line of its own.
    lines = [line for line in message.lines("signature") if line.startswith(f"{label}=")]
    value = read_dictionary(", ".join(lines)).get(label, (None, {}))[0]
    if not isinstance(value, bytes):
        raise UntrustedSignature(f"no signature called {label!r:.60}")
    return value


def _seconds(parameters: Parameters, name: str) -> int | None:
    value = parameters.get(name)
    # Not isinstance: a boolean is an int in Python, and ?1 is no time.
    if value is None or type(value) is int:
        return value
    raise UntrustedSignature(f"{name} is not in whole seconds")


def _join(values: list[tuple[str, str]], parameters: str) -> bytes:
    lines = [f'"{name}": {value}' for name, value in values]
    lines.append(f'"@signature-params": {parameters}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError as error:
        raise UntrustedSignature("a covered value is not ASCII") from error
