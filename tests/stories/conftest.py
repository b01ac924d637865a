"""Sites and servers for stories; each test has fresh ones."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from structlog.typing import EventDict

from tests.clock import Clock
from tests.fediverse import Neighbourhood, PretendActor, PretendServer
from tests.stories.site import Prepared, Published, Site, prepare, running


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    """What was logged so far."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """reviews.example, where critic writes."""
    return prepare("https://reviews.example", "critic", tmp_path_factory.mktemp("reviews"))


@pytest.fixture(scope="session")
def prepared_neighbour(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """books.example, where reader writes."""
    return prepare("https://books.example", "reader", tmp_path_factory.mktemp("books"))


@pytest.fixture
def neighbourhood(now: Clock) -> Neighbourhood:
    return Neighbourhood(now)


@pytest.fixture
async def site(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    async with running(prepared, tmp_path / "reviews", neighbourhood=neighbourhood) as site:
        yield site


@pytest.fixture
async def neighbour(
    prepared_neighbour: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    place = tmp_path / "books"
    async with running(prepared_neighbour, place, neighbourhood=neighbourhood) as site:
        yield site


@pytest.fixture
def social(neighbourhood: Neighbourhood) -> PretendServer:
    return neighbourhood.server("social.example")


@pytest.fixture
def alice(social: PretendServer) -> PretendActor:
    return social.person("alice")


@pytest.fixture
def bob(neighbourhood: Neighbourhood) -> PretendActor:
    """On another server, without a shared inbox."""
    return neighbourhood.server("small.example", shares_inbox=False).person("bob")


@pytest.fixture
async def review(site: Site) -> Published:
    return await site.publish()


@pytest.fixture
def evil(neighbourhood: Neighbourhood) -> PretendServer:
    return neighbourhood.server("evil.example")


@pytest.fixture
def mallory(evil: PretendServer) -> PretendActor:
    return evil.person("mallory")
