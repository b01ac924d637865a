import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.proxied import DEPLOY, echo_server, free_port, running

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

pytestmark = [
    pytest.mark.proxy,
    pytest.mark.skipif(not Path(NGINX).exists(), reason="nginx is not installed"),
]

DOMAIN = "reviews.example"
CERTIFICATE = f"/etc/letsencrypt/live/{DOMAIN}/fullchain.pem"
KEY = f"/etc/letsencrypt/live/{DOMAIN}/privkey.pem"
# What Debian's own nginx.conf does around a file in sites-enabled, in a folder of the test.
AROUND = """
{user}
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    plain_port: int
    client: httpx.Client


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DOMAIN)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(DOMAIN)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def write_configuration(folder: Path, replacements: dict[str, str]) -> Path:
    site = (DEPLOY / "nginx.conf").read_text()
    for old, new in {
        CERTIFICATE: str(folder / "cert.pem"),
        KEY: str(folder / "key.pem"),
        **replacements,
    }.items():
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    write_certificate(folder)
    path = folder / "nginx.conf"
    # As root, nginx works as another user, who does not reach the folders of this one.
    user = "user root;" if os.geteuid() == 0 else ""
    path.write_text(AROUND.format(folder=folder, user=user))
    return path


def command(folder: Path, path: Path) -> list[str]:
    return [NGINX, "-e", "stderr", "-p", str(folder), "-c", str(path)]


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("nginx")
    plain, secure = free_port(), free_port()
    with echo_server() as upstream:
        path = write_configuration(
            folder,
            {
                "    listen [::]:80;\n": "",
                "    listen [::]:443 ssl http2;\n": "",
                "listen 80;": f"listen 127.0.0.1:{plain};",
                "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
                "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream};",
            },
        )
        with (
            running(command(folder, path), port=secure, log=folder / "log", environment={}),
            httpx.Client(
                base_url=f"https://127.0.0.1:{secure}",
                headers={"Host": DOMAIN},
                verify=ssl.create_default_context(cafile=folder / "cert.pem"),
            ) as client,
        ):
            yield Nginx(plain_port=plain, client=client)


def ask(nginx: Nginx, method: str, path: str, **headers: str) -> httpx.Response:
    return nginx.client.request(
        method,
        path,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        extensions={"sni_hostname": DOMAIN},
    )


def post(nginx: Nginx, body: bytes) -> httpx.Response:
    return nginx.client.post("/studio", content=body, extensions={"sni_hostname": DOMAIN})


def test_nginx_accepts_the_configuration(tmp_path: Path) -> None:
    path = write_configuration(tmp_path, {})

    result = subprocess.run(
        [*command(tmp_path, path), "-t"], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert "warn" not in result.stderr


def test_nginx_passes_the_host_and_believes_no_claims_about_the_client(nginx: Nginx) -> None:
    answer = ask(
        nginx, "GET", "/users/anna", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="http"
    )

    headers = answer.json()["headers"]
    assert headers["host"] == DOMAIN
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-host"] == DOMAIN


def test_nginx_sends_readers_from_http_to_https(nginx: Nginx) -> None:
    answer = nginx.client.get(f"http://127.0.0.1:{nginx.plain_port}/reviews/blame?page=2")

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://{DOMAIN}/reviews/blame?page=2"


def test_nginx_compresses_activities_and_keeps_vary(nginx: Nginx) -> None:
    answer = ask(nginx, "GET", "/", Accept_Encoding="gzip")

    assert answer.headers["Content-Encoding"] == "gzip"
    vary = {item.strip() for item in answer.headers["Vary"].split(",")}
    assert vary == {"Accept", "Accept-Encoding"}


def test_nginx_lets_a_picture_through_and_stops_a_film(nginx: Nginx) -> None:
    picture = post(nginx, bytes(15_000_000))
    film = post(nginx, bytes(25_000_000))

    assert picture.json()["body_bytes"] == 15_000_000
    assert film.status_code == 413


def test_nginx_gives_slow_clients_a_deadline() -> None:
    site = (DEPLOY / "nginx.conf").read_text()

    for name in ("client_header_timeout", "client_body_timeout", "send_timeout"):
        assert f"    {name} " in site
