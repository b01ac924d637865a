"""Who means ill."""

import pytest

from tests.fediverse import PretendActor, PretendServer


@pytest.fixture
def neighbour_of_alice(social: PretendServer) -> PretendActor:
    """On the same server as alice, where everybody shares a host."""
    return social.person("trudy", key="trudy")
