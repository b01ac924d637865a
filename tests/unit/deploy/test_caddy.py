import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.proxied import DEPLOY, echo_server, free_port, running

pytestmark = [
    pytest.mark.proxy,
    pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed"),
]

CADDYFILE = DEPLOY / "Caddyfile"


def homes(folder: Path) -> dict[str, str]:
    return dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))


def adapted(folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    result = subprocess.run(
        ["caddy", "adapt", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **homes(folder), **environment},
    )
    assert result.returncode == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.fixture(scope="module")
def caddy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("caddy")
    port = free_port()
    with echo_server() as upstream:
        names = {
            "SITE_ADDRESS": f"http://reviews.example:{port}",
            "UPSTREAMS": f"127.0.0.1:{upstream}",
        }
        config = adapted(folder, names)
        config["admin"] = {"disabled": True, "config": {"persist": False}}
        path = folder / "caddy.json"
        path.write_text(json.dumps(config))
        command = ["caddy", "run", "--config", str(path)]
        with (
            running(command, port=port, log=folder / "log", environment=homes(folder)),
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers={"Host": "reviews.example"}
            ) as client,
        ):
            yield client


def test_caddy_accepts_the_caddyfile(tmp_path: Path) -> None:
    result = subprocess.run(
        ["caddy", "validate", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **homes(tmp_path)},
    )

    assert result.returncode == 0, result.stderr
    assert "Valid configuration" in result.stdout + result.stderr
    assert "not formatted" not in result.stdout + result.stderr


def test_caddy_serves_a_domain_over_https_and_gives_slow_clients_a_deadline(
    tmp_path: Path,
) -> None:
    config = adapted(tmp_path, {"SITE_ADDRESS": "films.example"})

    (server,) = config["apps"]["http"]["servers"].values()
    assert server["listen"] == [":443"]
    assert server["routes"][0]["match"] == [{"host": ["films.example"]}]
    assert 0 < server["read_header_timeout"] < server["read_timeout"] < server["write_timeout"]


def test_caddy_spreads_requests_over_several_processes(tmp_path: Path) -> None:
    config = adapted(tmp_path, {"UPSTREAMS": "127.0.0.1:8001 127.0.0.1:8002"})

    assert '[{"dial": "127.0.0.1:8001"}, {"dial": "127.0.0.1:8002"}]' in json.dumps(config)


def test_caddy_passes_the_host_and_believes_no_claims_about_the_client(
    caddy: httpx.Client,
) -> None:
    claims = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}

    headers = caddy.get("/users/anna", headers=claims).json()["headers"]

    assert headers["host"] == "reviews.example"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_caddy_compresses_activities_and_keeps_vary(caddy: httpx.Client, encoding: str) -> None:
    with caddy.stream("GET", "/", headers={"Accept-Encoding": encoding}) as response:
        assert response.headers["Content-Encoding"] == encoding
        vary = {item.strip() for item in response.headers["Vary"].split(",")}

    assert vary == {"Accept", "Accept-Encoding"}


def test_caddy_lets_a_picture_through_and_stops_a_film(caddy: httpx.Client) -> None:
    picture = caddy.post("/studio", content=bytes(15_000_000))
    film = caddy.post("/studio", content=bytes(25_000_000))

    assert picture.json()["body_bytes"] == 15_000_000
    assert film.status_code == 413
