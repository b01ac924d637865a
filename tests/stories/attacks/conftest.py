"""Who means ill."""

import pytest

from tests.fediverse import Neighbourhood, PretendActor, PretendServer


@pytest.fixture
def evil(neighbourhood: Neighbourhood) -> PretendServer:
    return neighbourhood.server("evil.example")


@pytest.fixture
def mallory(evil: PretendServer) -> PretendActor:
    return evil.person("mallory")


@pytest.fixture
def neighbour_of_alice(social: PretendServer) -> PretendActor:
    """On the same server as alice, where everybody shares a host."""
    return social.person("trudy", key="trudy")
