from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fedreview.federation.client import FederationClient
from fedreview.federation.exchange import Deadlines
from fedreview.federation.guard import AddressPolicy
from fedreview.signatures.keys import PrivateKey, generate_rsa, public_pem
from tests.unit.federation.peer import SITE, Peer, running_peer

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BASE_URL = "https://reviews.example"
KEY_ID = f"{BASE_URL}/actor#main-key"
QUICK = Deadlines(
    connect=timedelta(seconds=2),
    read=timedelta(seconds=2),
    write=timedelta(seconds=2),
    whole=timedelta(seconds=4),
    farewell=timedelta(milliseconds=200),
)

ClientMaker = Callable[..., FederationClient]


@cache
def key_pem() -> str:
    return generate_rsa()


@pytest.fixture(scope="session")
def key() -> PrivateKey:
    return PrivateKey.load(KEY_ID, key_pem())


@pytest.fixture(scope="session")
def public_key_pem(key: PrivateKey) -> str:
    return public_pem(key_pem())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with running_peer() as running:
        yield running


@pytest.fixture
async def stranger() -> AsyncIterator[Peer]:
    async with running_peer() as running:
        yield running


@pytest.fixture
async def make_client() -> AsyncIterator[ClientMaker]:
    async with AsyncExitStack() as stack:

        def make(**changes: object) -> FederationClient:
            settings: dict[str, object] = {
                "policy": AddressPolicy(allow_private=True),
                "base_url": BASE_URL,
                "now": lambda: NOW,
                "deadlines": QUICK,
                **changes,
            }
            client = FederationClient(**settings)  # type: ignore[arg-type]  # checked at run time
            stack.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
def client(make_client: ClientMaker) -> FederationClient:
    return make_client()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a certificate for SITE that vouches for itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SITE)])
    made_at = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(made_at - timedelta(days=1))
        .not_valid_after(made_at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SITE)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "site.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    return path
