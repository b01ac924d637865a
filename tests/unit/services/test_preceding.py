"""Readers go first: what can wait leaves them the event loop."""

import asyncio
import time
from datetime import timedelta

import pytest

from fedreview.services import preceding
from fedreview.services.preceding import NAP, PAUSE, ROUNDS, Precedence

pytestmark = pytest.mark.anyio


async def rounds_while(precedence: Precedence) -> int:
    """Count the rounds of the event loop that others have while one gives way."""
    way = asyncio.create_task(precedence.give_way())
    rounds = 0
    while not way.done():
        rounds += 1
        await asyncio.sleep(0)
    return rounds


async def test_others_are_served_before_the_next_piece_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preceding, "BUSY", timedelta(minutes=1))

    assert ROUNDS <= await rounds_while(Precedence()) <= ROUNDS + 2


async def test_while_somebody_reads_the_next_piece_waits_longer() -> None:
    precedence, loop = Precedence(), asyncio.get_running_loop()
    precedence.ask()
    began = loop.time()

    await precedence.give_way()

    # Timers may come a tick of the clock early.
    assert loop.time() - began > PAUSE.total_seconds() / 2


async def toil(rounds: int) -> None:
    """Keep the event loop busy, for longer than a round may take, and so often."""
    for _ in range(rounds):
        time.sleep(1.5 * preceding.BUSY.total_seconds())  # noqa: ASYNC251  (that is the point)
        await asyncio.sleep(0)


async def test_nothing_begins_while_what_has_begun_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preceding, "LONGEST", timedelta(minutes=1))
    work = asyncio.create_task(toil(5 * ROUNDS))

    await Precedence().give_way()

    assert work.done()


async def test_work_without_end_holds_up_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preceding, "LONGEST", timedelta(milliseconds=5))
    work = asyncio.create_task(toil(1_000_000))

    await asyncio.wait_for(Precedence().give_way(), 10)

    assert not work.done()
    work.cancel()


async def test_other_processes_get_the_processor_before_something_begins() -> None:
    precedence = Precedence(is_apart=True)
    wall, cpu = time.monotonic(), time.thread_time()

    for _ in range(20):
        await precedence.give_way()

    slept = (time.monotonic() - wall) - (time.thread_time() - cpu)
    assert slept >= 20 * NAP.total_seconds()
