"""A process that is asked to end while it begins."""

import os
import signal
from collections.abc import Iterator

import pytest

from fedreview.cli.ending import Ending

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
    ending.listen()
    assert not ending.is_asked

    os.kill(os.getpid(), number)

    assert ending.is_asked


def test_a_signal_counts_also_where_python_lets_no_exception_out() -> None:
    class Freed:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            # The handler runs at the end of a call, so within this one.
            len("handled here")

    ending = Ending()
    ending.listen()

    del (freed := [Freed()])[0]

    assert not freed
    assert ending.is_asked


def test_who_waits_for_it_is_told_before_and_after() -> None:
    ending, told = Ending(), []
    ending.listen()
    ending.then(lambda: told.append("first"))

    os.kill(os.getpid(), signal.SIGINT)
    ending.then(lambda: told.append("second"))
    os.kill(os.getpid(), signal.SIGTERM)

    assert told == ["first", "second", "second"]
