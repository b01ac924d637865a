"""A site of ours and a foreign server, both real processes on loopback."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.interop.peer_process import Peer
from tests.servers import FedreviewProcess


@pytest.fixture(scope="session")
def peer_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all peers of this run keep their keys: they take seconds to make."""
    return tmp_path_factory.mktemp("peer-keys") / "keys.json"


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory, peer_keys: Path) -> Iterator[Peer]:
    """A foreign server with bob and carol."""
    with Peer(tmp_path_factory.mktemp("peer"), key_file=peer_keys) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedreviewProcess]:
    """A site of ours with the author anna."""
    with FedreviewProcess(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show under a failed test what the processes wrote."""
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, Peer | FedreviewProcess):
                report.sections.append((f"log of {name}", value.log))
    return report
