"""Wait for what another thread is about to do."""

import threading
import time
from collections.abc import Callable

PATIENCE_SECONDS = 20.0


def until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds. Raises AssertionError when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        pause.wait(0.001)
