"""How interpreter and heap are set in a process that serves for months, so that nobody waits."""

import ctypes
import gc
import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedreview.services.preceding import Precedence

SWITCH_SECONDS = 0.0005
"""After how long a thread that computes lets the others go on: a tenth of what is usual.

Whoever answers a page gives the interpreter away at each look at the network, and would wait 5 ms
for it each time while a thread of the worker's is busy.
"""

_ARENA_MAX = -8
"""What glibc's mallopt calls the number of heaps; musl and macOS have no such function."""

_HEAPS = 2

QUIET_FOR = timedelta(seconds=1)
LOOK_EVERY = timedelta(seconds=10)

_YOUNG, _MIDDLE, _FULL = 700, 10, 50
"""The collector's thresholds. Only the last is not Python's own, which is 10."""


def use_few_heaps() -> None:
    """Let all threads share two heaps, before there are any.

    Else glibc gives each a heap of its own, up to eight for each core, and what a flood has freed
    in one is of no use to the others: 28 MB after 4,500 replies and as many pages, and 8 MB with
    two. Whoever sets MALLOC_ARENA_MAX has chosen already.
    """
    if "MALLOC_ARENA_MAX" not in os.environ and sys.platform != "win32":
        choose = getattr(ctypes.CDLL(None), "mallopt", None)
        if choose is not None:
            choose(_ARENA_MAX, _HEAPS)


def begin_loading() -> None:
    """Collect no garbage while modules are loaded: almost all that they make stays."""
    gc.disable()


def end_loading() -> None:
    """Take what the programme itself consists of out of the garbage collector's rounds.

    Each full round through its 150,000 objects took 100 ms, in which no thread could do
    anything; without them it takes 10 ms. What else could be freed at the start is not looked
    for: that, too, takes 100 ms, and gives back nothing that could be measured.

    Source: docs.python.org/3/library/gc.html, "gc.freeze".
    """
    gc.freeze()
    gc.enable()
    sys.setswitchinterval(SWITCH_SECONDS)


async def collect_when_quiet(precedence: "Precedence") -> None:
    """Make the garbage collector's full rounds when nobody is reading, as long as this runs.

    One takes 10 to 20 ms; those by itself come in the middle of somebody's page. They still do,
    but five times as rarely, where it is never quiet: nearly all garbage is found young.
    """
    import asyncio  # noqa: PLC0415  (every command loads this module, and few need that one)

    gc.set_threshold(_YOUNG, _MIDDLE, _FULL)
    while True:
        await asyncio.sleep(LOOK_EVERY.total_seconds())
        if precedence.is_quiet_for(QUIET_FOR):
            gc.collect()
