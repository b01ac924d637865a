"""A site of ours and foreign servers, all real processes on loopback, with a tap before each."""

from collections.abc import Generator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.interop.peer_process import Peer, is_about
from tests.interop.review_page import Page, written
from tests.interop.tap import Tap
from tests.servers import FedreviewProcess


@pytest.fixture(scope="session")
def peer_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all peers of this run keep their keys: they take seconds to make."""
    return tmp_path_factory.mktemp("peer-keys") / "keys.json"


@pytest.fixture(scope="module")
def to_site() -> Iterator[Tap]:
    """What reaches the site of ours, and what it answers."""
    with Tap() as tap:
        yield tap


@pytest.fixture(scope="module")
def to_peer() -> Iterator[Tap]:
    """What reaches the foreign server."""
    with Tap() as tap:
        yield tap


@pytest.fixture(scope="module")
def to_other() -> Iterator[Tap]:
    """What reaches the second foreign server."""
    with Tap() as tap:
        yield tap


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, to_site: Tap) -> Iterator[FedreviewProcess]:
    """A site of ours with the author anna."""
    environment = {"FEDREVIEW_BASE_URL": to_site.url}
    with FedreviewProcess(tmp_path_factory.mktemp("site"), environment=environment) as running:
        to_site.upstream = running.port
        yield running


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory, to_peer: Tap, peer_keys: Path) -> Iterator[Peer]:
    """A foreign server with bob and carol."""
    folder = tmp_path_factory.mktemp("peer")
    with Peer(folder, origin=to_peer.url, key_file=peer_keys) as running:
        to_peer.upstream = running.port
        yield running


@pytest.fixture(scope="module")
def other(
    tmp_path_factory: pytest.TempPathFactory, to_other: Tap, peer_keys: Path
) -> Iterator[Peer]:
    """A second foreign server, with a bob and a carol of its own."""
    folder = tmp_path_factory.mktemp("other")
    with Peer(folder, origin=to_other.url, key_file=peer_keys) as running:
        to_other.upstream = running.port
        yield running


@pytest.fixture(scope="module")
def desk(site: FedreviewProcess) -> Iterator[httpx.Client]:
    """The author's browser."""
    with site.login() as client:
        yield client


@pytest.fixture(scope="module")
def reader(site: FedreviewProcess) -> Iterator[httpx.Client]:
    """The browser of somebody without an account."""
    with httpx.Client(base_url=site.base_url, timeout=30) as client:
        yield client


@pytest.fixture
def page(desk: httpx.Client, reader: httpx.Client, request: pytest.FixtureRequest) -> Page:
    """A review that was just published; no two tests have the same."""
    return written(desk, reader, f"Clay, {request.node.name}")


@pytest.fixture
def follower(site: FedreviewProcess, peer: Peer) -> None:
    """Bob follows the author."""
    follow = peer.call("follow", actor=site.actor_id)
    peer.wait_for("Accept", is_about(follow["id"]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show under a failed test what the processes wrote, and what went between them."""
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, Peer | FedreviewProcess | Tap):
                report.sections.append((f"log of {name}", value.log))
    return report
