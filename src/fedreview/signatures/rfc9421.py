"""HTTP Message Signatures (RFC 9421), as Mastodon 4.7 and Fedify 2.3 use them."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedreview.errors import UntrustedSignature
from fedreview.signatures.digest import content_digest_header, digest_header
from fedreview.signatures.fields import (
    Member,
    Parameters,
    find_plain_list,
    read_dictionary,
    write_member,
)
from fedreview.signatures.freshness import http_date
from fedreview.signatures.keys import KeyKind, PrivateKey
from fedreview.signatures.message import LONGEST_KEY_ID, MOST_COVERED, Address, Message
from fedreview.signatures.wanted import WantedSignature

METHOD: Final = "@method"
TARGET_URI: Final = "@target-uri"
CONTENT_DIGEST: Final = "content-digest"

# For our 401. Fedify reads it and tries once more with this and, for a body, content-digest.
# It adds that whether or not it was asked for (2.1 to 2.3.6), and a component that is covered
# twice makes a signature void: so we leave it out, though we demand it.
ACCEPT_SIGNATURE: Final = 'sig1=("@method" "@target-uri");created'

LASTS_SECONDS: Final = 300
"""How long a signature lasts that shall say so; BookWyrm and Takahē give any of them as long."""

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
    content_type: when given, the ``Content-Type`` of the body is covered too. Nobody demands
        it, and left out the signature is exactly what Mastodon sends.

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
    parameters: Parameters = {"created": int(now.timestamp()), "keyid": key.id}
    return {**headers, **_signed(key, _LABEL, values, parameters)}


def sign_as_wanted(
    key: PrivateKey,
    wanted: WantedSignature,
    *,
    method: str,
    url: str,
    body: bytes | None,
    now: datetime,
    content_type: str | None = None,
) -> dict[str, str]:
    """Give the headers of a signature over just what the other server asks for.

    It says when it was made and by which key, asked for or not: without, nobody could check it.
    content_type: the ``Content-Type`` that the request will carry.

    Raises RemoteRefused when the URL is none that can be sent to.
    Source: RFC 9421 section 5.2.
    """
    address = Address.parse(url)
    headers = {"Host": address.host}
    if "date" in wanted.covered:
        headers["Date"] = http_date(now)
    lengths = {}
    if body is not None:
        headers["Content-Digest"] = content_digest_header(body)
        lengths = {"content-length": str(len(body)), "content-type": content_type or ""}
        if "digest" in wanted.covered:
            headers["Digest"] = digest_header(body)
    origin = f"{address.scheme}://{address.host}"
    known = {
        **_derived(method, address.target, origin),
        **{name.lower(): value for name, value in headers.items()},
        **lengths,
    }
    created = int(now.timestamp())
    parameters: Parameters = {"created": created, "keyid": key.id, **wanted.texts}
    if wanted.expires:
        parameters["expires"] = created + LASTS_SECONDS
    values = {name: known[name] for name in wanted.covered}
    return {**headers, **_signed(key, wanted.label, values, parameters)}


def _signed(
    key: PrivateKey, label: str, values: dict[str, str], parameters: Parameters
) -> dict[str, str]:
    member: Member = ([(name, {}) for name in values], parameters)
    written = write_member(member)
    signature = key.sign(_join([*values.items()], written))
    return {
        "Signature-Input": f"{label}={written}",
        "Signature": f"{label}=:{base64.b64encode(signature).decode('ascii')}:",
    }


def is_present(message: Message) -> bool:
    """Tell whether the request carries a signature of this kind, good or bad."""
    return bool(message.lines("signature-input"))


def read(message: Message) -> Rfc9421Signature:
    """Read the one signature of this kind.

    Raises UntrustedSignature when there is none or more than one (as Mastodon does), when it
    covers something we do not know, or cannot be read.
    """
    label, member, written = _input(message.header("signature-input") or "")
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
        parameters=written,
        signature=_signature(message, label),
        kind=_KINDS[algorithm],
        created=_seconds(parameters, "created"),
        expires=_seconds(parameters, "expires"),
    )


def _input(text: str) -> tuple[str, Member, str]:
    """Read the one input: its label, what it says, and this in canonical form."""
    plain = find_plain_list(text)
    if plain is not None:
        return plain
    inputs = read_dictionary(text)
    if len(inputs) != 1:
        raise UntrustedSignature(f"{len(inputs)} signature inputs instead of one")
    [(label, member)] = inputs.items()
    return label, member, write_member(member)


def signature_base(message: Message, signature: Rfc9421Signature, *, origin: str) -> bytes:
    """Rebuild what was signed.

    origin: which of our public origins the request was meant for.

    Raises UntrustedSignature when something is covered that the request does not have.
    Source: RFC 9421 sections 2.2 and 2.5.
    """
    derived = _derived(message.method, message.target, origin)
    values = [
        (name, derived[name] if name in derived else message.covered(name))
        for name in signature.covered
    ]
    return _join(values, signature.parameters)


def _derived(method: str, target: str, origin: str) -> dict[str, str]:
    scheme, _, authority = origin.lower().partition("://")
    path, _, query = target.partition("?")
    return {
        METHOD: method.upper(),
        TARGET_URI: f"{origin}{target}",
        "@authority": authority,
        "@scheme": scheme,
        "@request-target": target,
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
