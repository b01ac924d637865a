"""How much is tried: PROPERTY_EFFORT=50 in the environment tries fifty times as much."""

import os

from hypothesis import HealthCheck, settings

EFFORT = int(os.environ.get("PROPERTY_EFFORT", "1"))


def examples(count: int) -> settings:
    """Try so many examples, times the effort; the same ones each time where CI is set."""
    return settings(
        max_examples=count * EFFORT,
        deadline=None,
        derandomize=bool(os.environ.get("CI")) and EFFORT == 1,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
