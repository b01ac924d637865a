"""Look before the readers do: what may have changed is looked at before the next of them asks."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from fedreview.errors import DatabaseAway

LOOK_EVERY = timedelta(milliseconds=50)
"""On SQLite a look that finds nothing new takes 10 µs; on PostgreSQL it is a small question."""

WANTED_FOR = timedelta(seconds=10)
"""After a request, another for the same is expected for so long."""

MOST_WANTED = 16
"""Answers; those that were asked for last."""

Refresh = Callable[[], Awaitable[bool]]
"""Looks at an answer; gives False when there was nothing to do, for nothing has changed."""

_log = structlog.get_logger(__name__)


class Ahead:
    """Has answers looked at again that readers would else wait for.

    Each request of a reader is followed by one such look at most, so that a page which changes
    all the time, and is read rarely, is not made for nobody.
    """

    def __init__(self) -> None:
        self._wanted: OrderedDict[Hashable, tuple[float, Refresh]] = OrderedDict()
        self._is_wanted = asyncio.Event()

    def want(self, key: Hashable, refresh: Refresh) -> None:
        """Note that a reader has got an answer that is for everybody."""
        self._wanted[key] = time.monotonic(), refresh
        self._wanted.move_to_end(key)
        if len(self._wanted) > MOST_WANTED:
            self._wanted.popitem(last=False)
        self._is_wanted.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look, beside something else; what is in a thread at the end of it ends by itself."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.wait([looking])

    async def _look(self) -> None:
        while True:
            await self._is_wanted.wait()
            await asyncio.sleep(LOOK_EVERY.total_seconds())
            self._forget_old()
            # What was asked for last comes first; who asks meanwhile is for the next round.
            for key, (_, refresh) in reversed(list(self._wanted.items())):
                await self._look_at(key, refresh)
            if not self._wanted:
                self._is_wanted.clear()

    def _forget_old(self) -> None:
        longest_ago = time.monotonic() - WANTED_FOR.total_seconds()
        while self._wanted and next(iter(self._wanted.values()))[0] < longest_ago:
            self._wanted.popitem(last=False)

    async def _look_at(self, key: Hashable, refresh: Refresh) -> None:
        try:
            is_done = await refresh()
        except DatabaseAway:
            # Whoever asks is told; here it can wait.
            return
        except Exception as error:  # noqa: BLE001  (nobody has asked; who does is told)
            _log.warning("could not look ahead", answer=str(key), exc_info=error)
            is_done = True
        if is_done:
            self._wanted.pop(key, None)
