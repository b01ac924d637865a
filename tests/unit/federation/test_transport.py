import ssl
from pathlib import Path

import certifi
import pytest

from fedreview.errors import ConfigurationError, RemoteUnavailable
from fedreview.federation.transport import tls_context
from fedreview.signatures.keys import PrivateKey
from tests.unit.federation.conftest import ClientMaker
from tests.unit.federation.peer import SITE, running_peer, server_side, to_loopback


@pytest.mark.anyio
async def test_certificate_and_host_go_by_the_name_while_the_address_was_checked(
    make_client: ClientMaker, certificate: Path, key: PrivateKey
) -> None:
    names: list[str | None] = []
    client = make_client(ca_file=certificate, resolver=to_loopback)
    async with running_peer(server_side(certificate, names)) as peer:
        peer.serve("/n", {"id": peer.url("/n", host=SITE)})

        document = await client.get_document(peer.url("/n", host="PEER.example."), key=key)

        assert document.url == peer.url("/n", host=SITE)
        assert peer.received[0].header("host") == f"{SITE}:{peer.port}"
        assert names == [SITE]
        await client.aclose()


@pytest.mark.anyio
async def test_a_certificate_for_another_name_is_not_accepted(
    make_client: ClientMaker, certificate: Path, key: PrivateKey
) -> None:
    client = make_client(ca_file=certificate, resolver=to_loopback)
    async with running_peer(server_side(certificate, [])) as peer:
        with pytest.raises(RemoteUnavailable):
            await client.get_document(peer.url("/n", host="other.example"), key=key)

        assert peer.received == []


@pytest.mark.anyio
async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    make_client: ClientMaker, certificate: Path, key: PrivateKey
) -> None:
    client = make_client(resolver=to_loopback)
    async with running_peer(server_side(certificate, [])) as peer:
        with pytest.raises(RemoteUnavailable):
            await client.get_document(peer.url("/n", host=SITE), key=key)

        assert peer.received == []


def test_authorities_come_from_certifi_when_the_system_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    bundled = ssl.create_default_context(cafile=certifi.where()).cert_store_stats()

    assert tls_context().cert_store_stats() == bundled


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_a_file_without_certificates_is_a_mistake_in_the_configuration(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "extra.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigurationError):
        tls_context(path)
