"""Multibase text: bytes as base58btc (``z``) or unpadded base64url (``u``)."""

import base64

from fedreview.errors import UntrustedSignature

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
# The DER of an RSA key of 8192 bits takes about 1,430 letters; base58 costs the square of this.
LONGEST_TEXT = 2048


def encode(data: bytes) -> str:
    """Write bytes as base58btc with its ``z`` prefix.

    Source: FEP-521a, which asks publishers for base58btc.
    """
    number = int.from_bytes(data, "big")
    letters = []
    while number:
        number, value = divmod(number, 58)
        letters.append(ALPHABET[value])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + "1" * zeros + "".join(reversed(letters))


def decode(text: str) -> bytes:
    """Read what a stranger wrote in base58btc or base64url.

    Raises UntrustedSignature when the base is another one, a letter is foreign or the text is
    longer than any key we take.
    """
    if len(text) > LONGEST_TEXT:
        raise UntrustedSignature(f"multibase text of {len(text)} letters is too long")
    if text.startswith("z"):
        return _decode_base58(text[1:])
    if text.startswith("u"):
        return _decode_base64url(text[1:])
    raise UntrustedSignature(f"unknown multibase prefix {text[:1]!r}")


def _decode_base58(letters: str) -> bytes:
    number = 0
    for letter in letters:
        if letter not in VALUES:
            raise UntrustedSignature("multibase text holds a letter that base58 lacks")
        number = number * 58 + VALUES[letter]
    zeros = len(letters) - len(letters.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _decode_base64url(letters: str) -> bytes:
    bare = letters.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    try:
        if "+" in bare or "/" in bare:  # b64decode takes these beside its altchars
            raise UntrustedSignature("multibase text is base64, not base64url")
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError as error:
        raise UntrustedSignature("multibase text is not base64url") from error
