import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from fedreview.errors import ConfigurationError, UntrustedSignature
from fedreview.signatures import multibase
from fedreview.signatures.keys import (
    KeyKind,
    PrivateKey,
    PublicKey,
    generate_ed25519,
    generate_rsa,
    public_multibase,
    public_pem,
)
from tests.protocol.material import private_key, public_key, vectors

NAMES = ("test-key-rsa", "test-key-ed25519")
MODULUS = (1 << 2048) - 1


def rsa_pem(exponent: int, modulus: int) -> str:
    key = RSAPublicNumbers(exponent, modulus).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("generate", [generate_rsa, generate_ed25519])
def test_a_private_key_knows_its_public_half(generate: Callable[[], str]) -> None:
    pem = generate()

    public = PrivateKey.load("#k", pem).public("https://a.example/anna")

    assert (public.id, public.owner) == ("#k", "https://a.example/anna")
    assert public.pem() == public_pem(pem)


@pytest.mark.parametrize(
    ("generate", "kind"), [(generate_rsa, KeyKind.RSA), (generate_ed25519, KeyKind.ED25519)]
)
def test_a_new_key_signs_what_its_public_half_verifies(
    generate: Callable[[], str], kind: KeyKind
) -> None:
    pem = generate()
    private = PrivateKey.load("#k", pem)
    public = PublicKey.from_pem("#k", "#", public_pem(pem))

    signature = private.sign(b"text")

    assert private.kind is public.kind is kind
    assert public.verify(signature, b"text")
    assert not public.verify(signature, b"texts")
    assert PublicKey.from_multibase("#k", "#", public_multibase(pem)) == public


def test_no_two_new_keys_are_alike() -> None:
    assert generate_ed25519() != generate_ed25519()


@pytest.mark.parametrize("name", NAMES)
def test_signing_twice_gives_the_same_signature(name: str) -> None:
    assert private_key(name).sign(b"text") == private_key(name).sign(b"text")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("signature", [b"", b"\0", b"\0" * 64, b"\xff" * 256, b"\0" * 5000])
def test_a_made_up_signature_does_not_verify(name: str, signature: bytes) -> None:
    assert not public_key(name).verify(signature, b"text")


def test_a_key_of_one_kind_does_not_verify_the_others_signature() -> None:
    signature = private_key("test-key-ed25519").sign(b"text")

    assert not public_key("test-key-rsa").verify(signature, b"text")


@pytest.mark.parametrize("name", NAMES)
def test_a_public_key_survives_both_ways_of_writing_it(name: str) -> None:
    key = public_key(name)

    assert PublicKey.from_pem(key.id, key.owner, key.pem()) == key
    assert PublicKey.from_multibase(key.id, key.owner, key.multibase()) == key
    assert key.pem().startswith("-----BEGIN PUBLIC KEY-----\n")
    assert key.multibase().startswith("z")


def test_the_older_rsa_public_key_form_is_read() -> None:
    pem = vectors("rfc9421")["keys"]["test-key-rsa"]["public_pem"]
    assert pem.startswith("-----BEGIN RSA PUBLIC KEY-----")

    assert PublicKey.from_pem("#k", "#", pem).kind is KeyKind.RSA


def test_a_multibase_key_is_read_in_base64url_too() -> None:
    raw = multibase.decode(public_key("test-key-ed25519").multibase())
    text = "u" + base64.urlsafe_b64encode(raw).decode().rstrip("=")

    read = PublicKey.from_multibase("#k", "#", text)

    assert read.pem() == public_key("test-key-ed25519").pem()


def test_a_key_does_not_show_its_secret_when_printed() -> None:
    assert repr(private_key("test-key-rsa")) == f"PrivateKey(id='{private_key('test-key-rsa').id}')"


def test_public_keys_can_be_kept_in_sets() -> None:
    assert len({public_key("test-key-rsa"), public_key("test-key-ed25519")}) == 2


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(rsa_pem(3, MODULUS), id="smallest exponent"),
        pytest.param(rsa_pem(2**32 - 1, MODULUS), id="largest exponent"),
        pytest.param(rsa_pem(65537, (1 << 8192) - 1), id="most bits"),
    ],
)
def test_an_rsa_key_at_the_limits_is_taken(pem: str) -> None:
    assert PublicKey.from_pem("#k", "#", pem).kind is KeyKind.RSA


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(rsa_pem(65537, (1 << 2047) - 1), id="too few bits"),
        pytest.param(rsa_pem(65537, (1 << 8193) - 1), id="too many bits"),
        pytest.param(rsa_pem(2**32 + 1, MODULUS), id="exponent too large"),
        pytest.param(rsa_pem(65537, MODULUS - 1), id="even modulus"),
    ],
)
def test_an_rsa_key_beyond_the_limits_is_refused(pem: str) -> None:
    with pytest.raises(UntrustedSignature, match="unsafe numbers"):
        PublicKey.from_pem("#k", "#", pem)


def test_an_rsa_key_with_an_exponent_of_one_is_refused() -> None:
    length = 256
    integer = (
        b"\x02\x82" + (length + 1).to_bytes(2, "big") + b"\0" + MODULUS.to_bytes(length, "big")
    )
    numbers = integer + b"\x02\x01\x01"
    der = b"\x30\x82" + len(numbers).to_bytes(2, "big") + numbers
    pem = (
        "-----BEGIN RSA PUBLIC KEY-----\n"
        + base64.encodebytes(der).decode()
        + "-----END RSA PUBLIC KEY-----\n"
    )

    with pytest.raises(UntrustedSignature):
        PublicKey.from_pem("#k", "#", pem)


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "hello",
        "ключ",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n" + "A" * 8192 + "\n-----END PUBLIC KEY-----\n",
        vectors("rfc9421")["keys"]["test-key-ecc-p256"]["public_pem"],
        vectors("rfc9421")["keys"]["test-key-ed25519"]["private_pem"],
    ],
    ids=["empty", "text", "not ascii", "no key", "too long", "elliptic curve", "private"],
)
def test_a_pem_that_is_no_key_we_take_is_refused(pem: str) -> None:
    with pytest.raises(UntrustedSignature, match="public key"):
        PublicKey.from_pem("#k", "#", pem)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xed\x01",
        b"\xed\x01" + b"\x01" * 31,
        b"\xed\x01" + b"\x01" * 33,
        b"\x85\x24",
        b"\x85\x24" + b"\x30\x06\x02\x01\x01\x02\x01\x03",
        b"\x80\x24" + b"\x01" * 33,
    ],
)
def test_a_multibase_that_is_no_key_we_take_is_refused(data: bytes) -> None:
    with pytest.raises(UntrustedSignature):
        PublicKey.from_multibase("#k", "#", multibase.encode(data))


@given(st.binary(max_size=64))
def test_no_multibase_rsa_key_of_a_stranger_breaks_us(data: bytes) -> None:
    with pytest.raises(UntrustedSignature):
        PublicKey.from_multibase("#k", "#", multibase.encode(b"\x85\x24" + data))


def test_a_multibase_elliptic_curve_key_dressed_as_rsa_is_refused() -> None:
    der = generate_ec(SECP256R1()).public_key()
    data = der.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    with pytest.raises(UntrustedSignature, match="neither RSA nor Ed25519"):
        PublicKey.from_multibase("#k", "#", multibase.encode(b"\x85\x24" + data))


def test_a_private_key_that_cannot_be_read_is_a_fault_of_the_configuration() -> None:
    encrypted = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )

    for pem in ("", "ключ", encrypted.decode()):
        with pytest.raises(ConfigurationError, match="cannot be read"):
            PrivateKey.load("#k", pem)


def test_a_private_key_of_another_kind_is_a_fault_of_the_configuration() -> None:
    pem = generate_ec(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    with pytest.raises(ConfigurationError, match="neither RSA nor Ed25519"):
        public_pem(pem.decode())
