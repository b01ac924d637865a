"""A process that is asked to end while it begins."""

import os
import signal
from collections.abc import Iterator

import pytest

from fedreview.cli.serving import Ending

SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture(autouse=True)
def handlers_of_before() -> Iterator[None]:
    """Give the tests' own process its handlers back."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted(number: signal.Signals) -> None:
    ending = Ending()
    ending.hear()
    assert not ending.asked

    os.kill(os.getpid(), number)

    assert ending.asked


def test_a_signal_counts_also_where_python_lets_no_exception_out() -> None:
    class Freed:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            # The handler runs at the end of a call, so within this one.
            len("handled here")

    ending = Ending()
    ending.hear()

    del (freed := [Freed()])[0]

    assert not freed
    assert ending.asked
