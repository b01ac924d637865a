"""How the interpreter is set in a process that serves for months, so that nobody is held up."""

import gc
import sys

SWITCH_SECONDS = 0.0005
"""After how long a thread that computes lets the others go on: a tenth of what is usual.

Whoever answers a page gives the interpreter away at each look at the network, and would wait 5 ms
for it each time while a thread of the worker's is busy.
"""


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
