"""Full rounds of the garbage collector are made when nobody reads."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from fedreview.cli import tuning
from fedreview.services.preceding import Precedence

pytestmark = pytest.mark.anyio


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What generations were collected by hand, with a look at every round of the event loop."""
    monkeypatch.setattr(tuning, "LOOK_EVERY", timedelta(0))
    thresholds, seen = gc.get_threshold(), list[int]()

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "stop":
            seen.append(about["generation"])

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    gc.set_threshold(*thresholds)


async def collect_for_some_rounds(precedence: Precedence) -> None:
    collecting = asyncio.create_task(tuning.collect_when_quiet(precedence))
    for _ in range(6):
        await asyncio.sleep(0)
    collecting.cancel()
    with suppress(asyncio.CancelledError):
        await collecting


async def test_when_nobody_reads_all_is_looked_through(rounds: list[int]) -> None:
    await collect_for_some_rounds(Precedence())

    assert 2 in rounds


async def test_while_somebody_reads_it_is_not(rounds: list[int]) -> None:
    precedence = Precedence()
    precedence.ask()

    await collect_for_some_rounds(precedence)

    assert 2 not in rounds
