"""What a browser does that listens for push messages: it has keys, and reads what is for it."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fedreview.signatures.webpush import to_text


class Browser:
    """The other half of web push, written from RFC 8291 and RFC 8188 alone."""

    def __init__(self) -> None:
        self._key = generate_private_key(SECP256R1())
        self._secret = os.urandom(16)
        self._point = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    @property
    def p256dh(self) -> str:
        return to_text(self._point)

    @property
    def auth(self) -> str:
        return to_text(self._secret)

    def read(self, body: bytes) -> bytes | None:
        """Decrypt a message, or give None when it is for somebody else."""
        salt, length = body[:16], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        theirs = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender)
        shared = self._key.exchange(ECDH(), theirs)
        names = b"WebPush: info\x00" + self._point + sender
        material = _derive(shared, self._secret, names, 32)
        key = _derive(material, salt, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _derive(material, salt, b"Content-Encoding: nonce\x00", 12)
        try:
            opened = AESGCM(key).decrypt(nonce, sealed, None)
        except InvalidTag:
            return None
        return opened.rstrip(b"\x00").removesuffix(b"\x02")


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)
