"""Look before the readers do: what may have changed is looked at before the next of them asks."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Generic, TypeVar

import structlog
from starlette.types import Scope

from fedreview.errors import DatabaseAway

LOOK_EVERY = timedelta(milliseconds=50)
"""On SQLite a look that finds nothing new takes 10 µs; on PostgreSQL it is one small question."""

WANTED_FOR = timedelta(seconds=10)
"""After a request, another for the same is expected for so long."""

MOST_WANTED = 16
"""Answers; those that were asked for last."""

Key = TypeVar("Key", bound=Hashable)

_log = structlog.get_logger(__name__)


class Ahead(Generic[Key]):
    """Has answers looked at again that readers would else wait for.

    Each request of a reader is followed by one such look at most, so that a page which changes
    all the time, and is read rarely, is not made for nobody.

    mark: names the state of all that answers are made of; asked once for all of them.
    refresh: looks at one answer as of that mark, with the scope of a request for it. Gives False
    when there was nothing to do, for nothing has changed.
    """

    def __init__(
        self,
        *,
        mark: Callable[[], Awaitable[str]],
        refresh: Callable[[Key, str, Scope], Awaitable[bool]],
    ) -> None:
        self._mark = mark
        self._refresh = refresh
        self._wanted: OrderedDict[Key, tuple[float, Scope]] = OrderedDict()
        self._is_wanted = asyncio.Event()

    def want(self, key: Key, scope: Scope) -> None:
        """Note that a reader has got an answer that is for everybody."""
        self._wanted[key] = time.monotonic(), scope
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
            try:
                await self._look_at_all()
            except DatabaseAway:
                # Whoever asks for something is told; here it can wait.
                pass
            except Exception as error:  # noqa: BLE001  (it must not be the last look)
                _log.warning("could not look ahead", exc_info=error)
                self._wanted.clear()
            if not self._wanted:
                self._is_wanted.clear()

    def _forget_old(self) -> None:
        longest_ago = time.monotonic() - WANTED_FOR.total_seconds()
        while self._wanted and next(iter(self._wanted.values()))[0] < longest_ago:
            self._wanted.popitem(last=False)

    async def _look_at_all(self) -> None:
        if not self._wanted:
            return
        mark = await self._mark()
        # What was asked for last comes first.
        for key, entry in reversed(list(self._wanted.items())):
            is_done = await self._look_at(key, mark, entry[1])
            # Who has asked during the look is for the next round.
            if is_done and self._wanted.get(key) is entry:
                del self._wanted[key]

    async def _look_at(self, key: Key, mark: str, scope: Scope) -> bool:
        try:
            return await self._refresh(key, mark, scope)
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001  (nobody has asked; who does is told)
            _log.warning("could not look ahead", path=scope["path"], exc_info=error)
            return True
