import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.proxied import DEPLOY

COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))
CONTAINERFILE = DEPLOY / "Containerfile"


def document(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", CONTAINERFILE.read_text())
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2]) for line in lines]


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_what_a_compose_file_uses_is_declared_in_it(path: Path) -> None:
    compose = document(path)

    services, volumes = compose["services"], compose["volumes"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert source in volumes or (DEPLOY / source).is_file()
        if "build" in service:
            assert (DEPLOY / service["build"]["context"]).resolve() == DEPLOY.parent
            assert (DEPLOY.parent / service["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_fedreview_believes_the_proxy_of_its_own_network_alone(path: Path) -> None:
    compose = document(path)

    (network,) = compose["networks"]["default"]["ipam"]["config"]
    trusted = {
        service["environment"]["FEDREVIEW_TRUSTED_PROXIES"]
        for service in compose["services"].values()
        if "FEDREVIEW_BASE_URL" in service.get("environment", {})
    }
    assert trusted == {network["subnet"]}


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_fedreview_hears_of_the_end_from_its_first_moment_and_has_time(path: Path) -> None:
    ours = [each for each in document(path)["services"].values() if "build" in each]

    assert {(each["init"], each["stop_grace_period"]) for each in ours} == {(True, "30s")}


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_only_caddy_is_reached_from_outside_and_it_gets_what_its_file_asks_for(
    path: Path,
) -> None:
    services = document(path)["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    asked = set(re.findall(r"\{\$(\w+)", (DEPLOY / "Caddyfile").read_text()))
    assert set(services["caddy"]["environment"]) == asked
    upstream, _, port = services["caddy"]["environment"]["UPSTREAMS"].partition(":")
    assert upstream in services
    assert ("EXPOSE", port) in instructions()


def test_the_large_set_up_changes_the_schema_before_anything_else_starts() -> None:
    services = document(DEPLOY / "compose.postgresql.yaml")["services"]

    for name in ("web", "worker"):
        assert services[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
    assert services["migrate"]["depends_on"]["postgresql"] == {"condition": "service_healthy"}


def test_the_container_copies_only_what_exists() -> None:
    copied = [words for name, words in instructions() if name == "COPY" and "--from" not in words]

    sources = {source for words in copied for source in words.split()[:-1]}
    assert sources == {"pyproject.toml", "README.md", "LICENSE", "src", "alembic"}
    assert all((DEPLOY.parent / source).exists() for source in sources)


def test_the_container_runs_as_nobody_special_and_tells_its_health() -> None:
    final = instructions()[[name for name, _ in instructions()].index("FROM", 1) :]

    named = dict(final)
    assert named["USER"] == "10001:10001"
    assert named["VOLUME"] == "/data"
    assert "/healthz" in named["HEALTHCHECK"]
