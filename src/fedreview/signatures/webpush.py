"""Messages that only one browser can read, and a proof of who sends them.

Source: RFC 8291 (encryption for web push), RFC 8188 (aes128gcm), RFC 8292 (VAPID).
"""

import base64
import binascii
import json
import os
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from fedreview.errors import ConfigurationError, InvalidInput

LONGEST_MESSAGE = 3_000
"""Bytes; push services need take no more than 4,096 with all that is around it."""

PROOF_LIFE = timedelta(hours=12)
"""Services refuse more than a day; their clocks may differ from ours."""

_RECORD_SIZE = 4_096
_POINT_BYTES = 65
_SECRET_BYTES = 16
_COORDINATE_BYTES = 32
_LAST_RECORD = b"\x02"


def to_text(data: bytes) -> str:
    """Write bytes as base64url without padding, as all of web push does."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_text(text: str) -> bytes:
    """Read base64url, padded or not. Raises ValueError."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("no base64url") from error


def generate_key() -> str:
    """Make the key that a site proves itself with, as PEM."""
    key = generate_private_key(SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode("ascii")


def public_key(pem: str) -> str:
    """Give the half that browsers are told, as base64url. Raises ConfigurationError."""
    return to_text(_point(_load(pem).public_key()))


def check_subscription(p256dh: str, auth: str) -> None:
    """Check what a browser gave us to encrypt with. Raises InvalidInput."""
    _read_subscription(p256dh, auth)


def encrypt(
    message: bytes,
    p256dh: str,
    auth: str,
    *,
    salt: bytes | None = None,
    private: EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Encrypt a message for one browser, in the content coding aes128gcm.

    p256dh, auth: as the browser gave them. salt, private: new ones for each message; given
    only to check against the RFC's example.

    Raises InvalidInput when it is too long, or the browser's keys cannot be used.
    """
    if len(message) > LONGEST_MESSAGE:
        raise InvalidInput({"message": f"More than {LONGEST_MESSAGE} bytes do not fit."})
    theirs, secret = _read_subscription(p256dh, auth)
    ours = private or generate_private_key(SECP256R1())
    salt = salt or os.urandom(16)
    shared = ours.exchange(ECDH(), theirs)
    names = b"WebPush: info\0" + _point(theirs) + _point(ours.public_key())
    material = _derive(shared, secret, names, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(key).encrypt(nonce, message + _LAST_RECORD, None)
    head = salt + _RECORD_SIZE.to_bytes(4, "big") + bytes([_POINT_BYTES])
    return head + _point(ours.public_key()) + sealed


def authorization(pem: str, *, audience: str, contact: str, now: datetime) -> str:
    """Write the header that proves to a push service who sends.

    audience: the service's origin. contact: a mailto: or https: address of whoever runs the site.
    """
    key = _load(pem)
    claims = {"aud": audience, "exp": int((now + PROOF_LIFE).timestamp()), "sub": contact}
    parts = (to_text(_json(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    signed = ".".join(parts)
    r, s = decode_dss_signature(key.sign(signed.encode("ascii"), ECDSA(SHA256())))
    signature = b"".join(number.to_bytes(_COORDINATE_BYTES, "big") for number in (r, s))
    return f"vapid t={signed}.{to_text(signature)}, k={public_key(pem)}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _load(pem: str) -> EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ConfigurationError(["The key for web push is of another kind than it should be."])
    return key


def _read_subscription(p256dh: str, auth: str) -> tuple[EllipticCurvePublicKey, bytes]:
    try:
        point, secret = from_text(p256dh), from_text(auth)
        theirs = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError as error:
        raise InvalidInput({"subscription": "The browser gave no key that can be used."}) from error
    if len(point) != _POINT_BYTES or len(secret) != _SECRET_BYTES:
        raise InvalidInput({"subscription": "The browser gave keys of another length."})
    return theirs, secret
