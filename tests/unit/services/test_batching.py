"""Small pieces of work that are done together."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from fedreview.services.batching import MOST_AT_ONCE, Batcher

pytestmark = pytest.mark.anyio


class Ledger:
    """Notes what is done together; the first batch waits until the gate opens."""

    def __init__(self, *, bad: int | None = None) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self._bad = bad

    def write(self, pieces: Sequence[int]) -> None:
        if not self.batches:
            self.batches.append(list(pieces))
            assert self.gate.wait(20)
            return
        if self._bad in pieces:
            raise ValueError(f"not {self._bad}")
        self.batches.append(list(pieces))


async def begun(batcher: Batcher[int], pieces: Sequence[int]) -> list[asyncio.Task[None]]:
    """Hand the pieces in, and come back when they wait."""
    tasks = [asyncio.create_task(batcher.do(piece)) for piece in pieces]
    await asyncio.sleep(0)
    return tasks


async def test_what_gathers_meanwhile_is_done_at_once() -> None:
    ledger = Ledger()
    batcher = Batcher(ledger.write)

    first = await begun(batcher, [0])
    others = await begun(batcher, range(1, MOST_AT_ONCE + 1))
    ledger.gate.set()
    await asyncio.gather(*first, *others)

    assert ledger.batches == [[0], list(range(1, MOST_AT_ONCE + 1))]


async def test_a_bad_piece_fails_alone() -> None:
    ledger = Ledger(bad=2)
    batcher = Batcher(ledger.write)
    first = await begun(batcher, [0])
    ledger.gate.set()
    await asyncio.gather(*first)

    results = await asyncio.gather(*(batcher.do(n) for n in (1, 2, 3)), return_exceptions=True)

    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert ledger.batches == [[0], [1], [3]]


async def test_whoever_does_not_wait_any_more_holds_up_nobody() -> None:
    ledger = Ledger()
    batcher = Batcher(ledger.write)
    (impatient,) = await begun(batcher, [0])
    (patient,) = await begun(batcher, [1])

    impatient.cancel()
    ledger.gate.set()
    await patient

    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert ledger.batches == [[0], [1]]
