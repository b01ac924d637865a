"""Keys: ours to sign with, strangers' to check with."""

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Self, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from fedreview.errors import ConfigurationError, UntrustedSignature
from fedreview.signatures import multibase

LONGEST_PEM = 8192
# Below this RSA is forgeable with money; above it one check costs more than it is worth.
FEWEST_RSA_BITS = 2048
MOST_RSA_BITS = 8192
HIGHEST_RSA_EXPONENT = 2**32
ED25519_PREFIX = bytes.fromhex("ed01")
RSA_PREFIX = bytes.fromhex("8524")

KEYS_LOADED = 64
"""How many private keys are remembered as loaded; checking the numbers of one takes 40 ms."""

_PADDING, _HASH = PKCS1v15(), SHA256()

_Private: TypeAlias = RSAPrivateKey | Ed25519PrivateKey
_Public: TypeAlias = RSAPublicKey | Ed25519PublicKey


class KeyKind(Enum):
    """The two kinds of key that the fediverse signs with."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """A key of one of our own actors.

    id: the key id that others look up, e.g. ``https://site.example/users/anna#main-key``.

    Loading an RSA key takes some 40 ms, signing with it one: the last ones loaded are remembered.
    """

    id: str
    key: _Private = field(repr=False, compare=False)

    @classmethod
    def load(cls, id: str, pem: str) -> Self:
        """Read an unencrypted private key as ``generate_rsa`` or ``generate_ed25519`` wrote it.

        Raises ConfigurationError when the PEM is anything else.
        """
        return cls(id=id, key=_load_private(pem))

    @property
    def kind(self) -> KeyKind:
        """Tell RSA from Ed25519."""
        return KeyKind.RSA if isinstance(self.key, RSAPrivateKey) else KeyKind.ED25519

    def public(self, owner: str) -> "PublicKey":
        """Give the half that others check with. owner: the id of our actor."""
        return PublicKey(id=self.id, owner=owner, key=self.key.public_key())

    def sign(self, message: bytes) -> bytes:
        """Sign with PKCS#1 v1.5 and SHA-256, or with plain Ed25519; both are deterministic."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(message, _PADDING, _HASH)
        return self.key.sign(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that somebody may have signed with.

    id: the key id as its owner's document names it.
    owner: the id of the actor it belongs to.
    """

    id: str
    owner: str
    key: _Public = field(repr=False, hash=False)

    @classmethod
    def from_pem(cls, id: str, owner: str, pem: str) -> Self:
        """Read a ``PUBLIC KEY`` or the older ``RSA PUBLIC KEY`` of a stranger.

        Raises UntrustedSignature when it is longer than 8 KB, no key, or not RSA of 2048 to 8192
        bits with an odd exponent from 3 to 2³², nor Ed25519.
        """
        if len(pem) > LONGEST_PEM:
            raise UntrustedSignature(f"public key of {len(pem)} characters is too long")
        try:
            key = load_pem_public_key(pem.encode("ascii"))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UntrustedSignature("public key cannot be read") from error
        return cls(id=id, owner=owner, key=_accepted(key))

    @classmethod
    def from_multibase(cls, id: str, owner: str, text: str) -> Self:
        """Read the ``publicKeyMultibase`` of a stranger; the same limits as for PEM.

        Raises UntrustedSignature when it is no such key.
        Source: FEP-521a; multicodec ``ed01`` is Ed25519, ``8524`` an RSA key as PKCS#1 DER.
        """
        data = multibase.decode(text)
        prefix, rest = data[:2], data[2:]
        try:
            if prefix == ED25519_PREFIX:
                return cls(id=id, owner=owner, key=Ed25519PublicKey.from_public_bytes(rest))
            if prefix == RSA_PREFIX:
                return cls(id=id, owner=owner, key=_accepted(load_der_public_key(rest)))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UntrustedSignature("multibase key cannot be read") from error
        raise UntrustedSignature(f"multibase key of unknown type {prefix.hex()}")

    @property
    def kind(self) -> KeyKind:
        """Tell RSA from Ed25519."""
        return KeyKind.RSA if isinstance(self.key, RSAPublicKey) else KeyKind.ED25519

    def pem(self) -> str:
        """Write as SubjectPublicKeyInfo, the form every server reads."""
        form = PublicFormat.SubjectPublicKeyInfo
        return self.key.public_bytes(Encoding.PEM, form).decode("ascii")

    def multibase(self) -> str:
        """Write as ``publicKeyMultibase`` in base58btc."""
        if isinstance(self.key, RSAPublicKey):
            der = self.key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
            return multibase.encode(RSA_PREFIX + der)
        return multibase.encode(ED25519_PREFIX + self.key.public_bytes_raw())

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Tell whether this key's owner signed exactly this message."""
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature, message, _PADDING, _HASH)
            else:
                self.key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def generate_rsa() -> str:
    """Make an RSA key of 2048 bits, as private PEM (PKCS#8); it takes a fraction of a second."""
    return _private_pem(generate_private_key(public_exponent=65537, key_size=2048))


def generate_ed25519() -> str:
    """Make an Ed25519 key, as private PEM (PKCS#8)."""
    return _private_pem(Ed25519PrivateKey.generate())


def public_pem(private_pem: str) -> str:
    """Give the public half of one of our keys as PEM. Raises as ``PrivateKey.load`` does."""
    return _public_half(private_pem).pem()


def public_multibase(private_pem: str) -> str:
    """Give the public half of one of our keys as multibase. Raises as ``PrivateKey.load`` does."""
    return _public_half(private_pem).multibase()


def _public_half(private_pem: str) -> PublicKey:
    return PublicKey(id="", owner="", key=_load_private(private_pem).public_key())


def _private_pem(key: _Private) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


@lru_cache(maxsize=KEYS_LOADED)
def _load_private(pem: str) -> _Private:
    """Load a key, or give it as it was loaded: what reads its keys anew has the same ones."""
    try:
        key = load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(["a private key cannot be read; is it encrypted?"]) from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigurationError(["a private key is neither RSA nor Ed25519"])
    return key


def _accepted(key: object) -> _Public:
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        if not (
            FEWEST_RSA_BITS <= key.key_size <= MOST_RSA_BITS
            and 3 <= numbers.e < HIGHEST_RSA_EXPONENT
            and numbers.e % 2
            and numbers.n % 2
        ):
            raise UntrustedSignature(f"RSA key of {key.key_size} bits has unsafe numbers")
        return key
    if isinstance(key, Ed25519PublicKey):
        return key
    raise UntrustedSignature("public key is neither RSA nor Ed25519")
