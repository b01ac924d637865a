"""Let readers go before what can wait, in a process that serves both."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

ROUNDS = 2
"""Of the event loop between two pieces that begin, so that others are served between them.

A hundred that began in one round would take 50 ms of it, and go on in step. A round takes 10 to
20 µs where nothing else is to be done, so there are no more of them while nobody reads.
"""

BUSY = timedelta(milliseconds=1)
"""When that many rounds take longer, what has begun keeps the processor busy."""

LONGEST = timedelta(milliseconds=20)
"""But so often something begins at least."""

NAP = timedelta(microseconds=50)
"""Before something begins, the thread of a worker apart sleeps: others get the processor.

A worker that never sleeps keeps it for 3 ms at a time, and a page of the web process beside it
waits for that, whatever their priorities are: systems that share by groups do not look at them.
"""

REMEMBERED_FOR = timedelta(milliseconds=100)
"""How long after a reader others may still be expected: a page has its pictures and styles."""

PAUSE = timedelta(milliseconds=4)
"""Between two pieces that begin while there are readers, in which the event loop is theirs.

A delivery takes one to two of the event loop's time, so more than half of it is left to readers.
"""


@dataclass(slots=True)
class Precedence:
    """Knows whether somebody is reading; to be used in one event loop.

    is_apart: whether whoever reads is served by another process.
    """

    is_apart: bool = False
    _asked_at: float = -REMEMBERED_FOR.total_seconds()

    def ask(self) -> None:
        """Be somebody who is waiting for a page, or another answer that is seen."""
        self._asked_at = time.monotonic()

    def is_quiet_for(self, span: timedelta) -> bool:
        """Tell whether nobody has asked for so long."""
        return time.monotonic() - self._asked_at >= span.total_seconds()

    async def give_way(self) -> None:
        """Wait for a moment before something is begun that can wait.

        While the event loop has its hands full, something further would only take longer itself,
        and make everything else wait.
        """
        if not self.is_quiet_for(REMEMBERED_FOR):
            await asyncio.sleep(PAUSE.total_seconds())
            return
        if self.is_apart:
            time.sleep(NAP.total_seconds())  # noqa: ASYNC251  (nobody here who would wait)
        end = time.monotonic() + LONGEST.total_seconds()
        while True:
            began = time.monotonic()
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
            now = time.monotonic()
            if now - began < BUSY.total_seconds() or now > end:
                return
