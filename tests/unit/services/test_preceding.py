"""Readers go first: what can wait leaves them the event loop."""

import asyncio

import pytest

from fedreview.services.preceding import PAUSE, ROUNDS, Precedence

pytestmark = pytest.mark.anyio


async def rounds_while(precedence: Precedence) -> int:
    """Count the rounds of the event loop that others have while one gives way."""
    way = asyncio.create_task(precedence.give_way())
    rounds = 0
    while not way.done():
        rounds += 1
        await asyncio.sleep(0)
    return rounds


async def test_others_are_served_before_the_next_piece_begins() -> None:
    assert ROUNDS <= await rounds_while(Precedence()) <= ROUNDS + 2


async def test_while_somebody_reads_the_next_piece_waits_longer() -> None:
    precedence, loop = Precedence(), asyncio.get_running_loop()
    precedence.ask()
    began = loop.time()

    await precedence.give_way()

    # Timers may come a tick of the clock early.
    assert loop.time() - began > PAUSE.total_seconds() / 2
