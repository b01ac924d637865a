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

REMEMBERED_FOR = timedelta(milliseconds=100)
"""How long after a reader others may still be expected: a page has its pictures and styles."""

PAUSE = timedelta(milliseconds=2)
"""Between two pieces that begin while there are readers, in which the event loop is theirs.

A delivery takes about as much of the event loop's time, so half of it is left to readers.
"""


@dataclass(slots=True)
class Precedence:
    """Knows whether somebody is reading; to be used in one event loop."""

    _asked_at: float = -REMEMBERED_FOR.total_seconds()

    def ask(self) -> None:
        """Be somebody who is waiting for a page, or another answer that is seen."""
        self._asked_at = time.monotonic()

    def is_quiet_for(self, span: timedelta) -> bool:
        """Tell whether nobody has asked for so long."""
        return time.monotonic() - self._asked_at >= span.total_seconds()

    async def give_way(self) -> None:
        """Wait for a moment before something is begun that can wait."""
        if not self.is_quiet_for(REMEMBERED_FOR):
            await asyncio.sleep(PAUSE.total_seconds())
            return
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
