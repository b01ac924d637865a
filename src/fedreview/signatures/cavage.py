"""HTTP signatures as in draft-cavage-12: what the whole fediverse signs with."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedreview.errors import UntrustedSignature
from fedreview.signatures.digest import digest_header
from fedreview.signatures.fields import LONGEST_FIELD
from fedreview.signatures.freshness import http_date
from fedreview.signatures.keys import KeyKind, PrivateKey
from fedreview.signatures.message import LONGEST_KEY_ID, MOST_COVERED, Address, Message

TARGET: Final = "(request-target)"
CREATED: Final = "(created)"
EXPIRES: Final = "(expires)"

# Which kind of key each label asks for. hs2019 and no label leave it to the key; labelled so,
# GoToSocial sends plain RSA with SHA-256.
_KINDS = {
    None: None,
    "hs2019": None,
    "rsa-sha256": KeyKind.RSA,
    "ed25519": KeyKind.ED25519,
}
_PARAMETER = re.compile(
    r'[ \t]*([A-Za-z]{1,20})[ \t]*=[ \t]*(?:"([^"\\]*)"|([^\s",]+))[ \t]*(?:,|$)', re.ASCII
)
# RFC 9421 uses a header of the same name; only cavage's has a keyId in it.
_KEY_ID = re.compile(r"(?:^|[\s,])keyid[ \t]*=", re.IGNORECASE)
_PREFIX = re.compile(r"signature[ \t]+", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CavageSignature:
    """What a ``Signature`` header says, before anything of it is believed.

    covered: names in lower case, in the order signed.
    kind: the kind of key that the algorithm label asks for, None when any will do.
    created, expires: Unix seconds.
    """

    key_id: str
    covered: tuple[str, ...]
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
    covers_query: bool = True,
) -> dict[str, str]:
    """Give the headers to set: ``Host``, ``Date``, ``Digest`` (with a body), ``Signature``.

    body: None for a request without one; an empty body is still a body.
    now: becomes ``Date``. Sign anew at each attempt: BookWyrm and Takahē refuse after 300 s.
    content_type: the ``Content-Type`` the request will carry; covered when there is a body.
    covers_query: False signs the path alone, which is all that Pixelfed, BookWyrm and
        Fedify 2.3 check.

    Raises RemoteRefused when the URL is none that can be sent to.
    Source: draft-cavage-http-signatures-12; the covered headers are Mastodon's.
    """
    address = Address.parse(url)
    target = address.target if covers_query else address.target.partition("?")[0]
    headers = {"Host": address.host, "Date": http_date(now)}
    lines = {
        TARGET: f"{method.lower()} {target}",
        "host": headers["Host"],
        "date": headers["Date"],
    }
    if body is not None:
        headers["Digest"] = lines["digest"] = digest_header(body)
        if content_type is not None:
            lines["content-type"] = content_type
    signature = key.sign(_join(lines.items()))
    label = "rsa-sha256" if key.kind is KeyKind.RSA else "hs2019"
    headers["Signature"] = (
        f'keyId="{key.id}",algorithm="{label}",headers="{" ".join(lines)}",'
        f'signature="{base64.b64encode(signature).decode("ascii")}"'
    )
    return headers


def is_present(message: Message) -> bool:
    """Tell whether the request carries a signature of this kind, good or bad."""
    return bool(_candidates(message))


def read(message: Message) -> CavageSignature:
    """Read the one signature of this kind, from ``Signature`` or ``Authorization``.

    Raises UntrustedSignature when there is none, more than one, a parameter given twice, or
    one that cannot be read.
    """
    candidates = _candidates(message)
    if len(candidates) != 1:
        raise UntrustedSignature(f"{len(candidates)} signatures with a keyId instead of one")
    parameters = _parameters(candidates[0])
    key_id = parameters.get("keyid", "")
    if not 0 < len(key_id) <= LONGEST_KEY_ID:
        raise UntrustedSignature("the keyId is empty or too long")
    label = parameters["algorithm"].lower() if "algorithm" in parameters else None
    if label not in _KINDS:
        raise UntrustedSignature(f"unknown algorithm {label!r:.40}")
    covered = _covered(parameters.get("headers", "date"))
    # Source: draft section 2.3; Mastodon, too, refuses these under rsa-sha256.
    if _KINDS[label] is not None and not {CREATED, EXPIRES}.isdisjoint(covered):
        raise UntrustedSignature(f"(created) and (expires) are not for {label}")
    return CavageSignature(
        key_id=key_id,
        covered=covered,
        signature=_decoded(parameters.get("signature", "")),
        kind=_KINDS[label],
        created=_seconds(parameters, "created"),
        expires=_seconds(parameters, "expires"),
    )


def signing_string(message: Message, signature: CavageSignature, *, target: str) -> bytes:
    """Rebuild what was signed.

    target: path and query as the sender may have signed them, as Latin-1.

    Raises UntrustedSignature when something is covered that the request does not have.
    """
    values = {
        TARGET: f"{message.method.lower()} {target}",
        CREATED: _text(signature.created),
        EXPIRES: _text(signature.expires),
    }
    lines = []
    for name in signature.covered:
        value = values[name] if name in values else message.covered(name)
        if value is None:
            raise UntrustedSignature(f"the signature covers {name}, which is not given")
        lines.append((name, value))
    return _join(lines)


def _candidates(message: Message) -> tuple[str, ...]:
    found = tuple(line for line in message.lines("signature") if _has_key_id(line))
    if found:
        return found
    return tuple(line for line in message.lines("authorization") if _PREFIX.match(line))


def _has_key_id(line: str) -> bool:
    # The first is quick to say no, to the long signatures of RFC 9421.
    return "keyid" in line.lower() and _KEY_ID.search(line) is not None


def _parameters(line: str) -> dict[str, str]:
    if len(line) > LONGEST_FIELD:
        raise UntrustedSignature(f"signature header of {len(line)} characters is too long")
    prefix = _PREFIX.match(line)
    position = prefix.end() if prefix else 0
    parameters: dict[str, str] = {}
    while position < len(line):
        match = _PARAMETER.match(line, position)
        if match is None:
            raise UntrustedSignature("the signature header cannot be read")
        # Names are compared in lower case so that no second spelling slips past the first.
        name = match[1].lower()
        if name in parameters:
            raise UntrustedSignature(f"{match[1]} is given twice")
        parameters[name] = match[2] if match[2] is not None else match[3]
        position = match.end()
    return parameters


def _covered(text: str) -> tuple[str, ...]:
    names = tuple(text.lower().split())
    if len(names) > MOST_COVERED or len(set(names)) != len(names):
        raise UntrustedSignature("too many covered headers, or one of them twice")
    return names


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UntrustedSignature("the signature is not base64") from error


def _seconds(parameters: dict[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise UntrustedSignature(f"{name} is not in whole seconds")
    return int(text)


def _text(seconds: int | None) -> str | None:
    return None if seconds is None else str(seconds)


def _join(lines: Iterable[tuple[str, str]]) -> bytes:
    # Latin-1 gives back the bytes that were on the wire.
    text = "\n".join(f"{name}: {value}" for name, value in lines)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise UntrustedSignature("a covered value is not Latin-1") from error
