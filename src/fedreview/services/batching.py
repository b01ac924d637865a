"""Do together, in one thread, what many tasks bring at the same time."""

import asyncio
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from fedreview.errors import DatabaseAway

MOST_AT_ONCE = 64
"""How many go into one group; whoever came first does not wait for more."""

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass(slots=True, kw_only=True)
class Batches(Generic[Item, Outcome]):
    """Gives what tasks bring to one function, all that came while it worked on the last group.

    A lone task waits for nobody; a thousand cost one hop into a thread, and one commit, for each
    group. All tasks must be of one event loop.

    work: called in a thread, one call at a time; gives an outcome for each item, in order, or
    does nothing for any. An exception among the outcomes is raised for that item alone. When it
    raises one itself, it is called again with each item by itself: so a bad one fails alone.
        All fail together when the database is away.
    patience: how long a group waits for more, while more is expected. more_comes: whether it is.
    pace: from the beginning of a group to that of the next, unless that is whole before. What a
        group costs beside its items is then shared by more; a task that is alone does not wait.
    """

    work: Callable[[Sequence[Item]], Sequence[Outcome | Exception]]
    most: int = MOST_AT_ONCE
    patience: timedelta = timedelta()
    more_comes: Callable[[], bool] = lambda: False
    pace: timedelta = timedelta()
    _begun_at: float = -math.inf
    _waiting: list[tuple[Item, "asyncio.Future[Outcome]"]] = field(default_factory=list)
    _running: "asyncio.Task[None] | None" = None
    _whole: asyncio.Event | None = None

    async def do(self, item: Item) -> Outcome:
        """Have this item done with the others; gives its outcome, or raises it."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        elif self._whole is not None and self._may_wait() <= 0:
            self._whole.set()
        return await done

    def _may_wait(self) -> float:
        """Tell for how many seconds the next group may still wait for more."""
        if len(self._waiting) >= self.most:
            return 0.0
        due = self._begun_at + self.pace.total_seconds()
        early = due - asyncio.get_running_loop().time()
        return max(early, self.patience.total_seconds()) if self.more_comes() else early

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._let_come()
                self._begun_at = asyncio.get_running_loop().time()
                group, self._waiting = self._waiting[: self.most], self._waiting[self.most :]
                await self._do_all(group)
        finally:
            self._running = None

    async def _let_come(self) -> None:
        """Wait until the group is whole, or for as long as it may."""
        seconds = self._may_wait()
        if seconds <= 0:
            return
        self._whole = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._whole.wait()
        self._whole = None

    async def _do_all(self, group: "list[tuple[Item, asyncio.Future[Outcome]]]") -> None:
        outcomes = await asyncio.to_thread(self._outcomes, [item for item, _ in group])
        for (_, done), outcome in zip(group, outcomes, strict=True):
            if done.done():
                # Whoever waited has gone; what was done stays done.
                continue
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

    def _outcomes(self, items: Sequence[Item]) -> Sequence[Outcome | Exception]:
        try:
            return self.work(items)
        except DatabaseAway as error:
            # That is no item's fault, and each would have to wait as long once more.
            return [error] * len(items)
        except Exception as error:  # noqa: BLE001  (whoever waits for it gets it)
            if len(items) == 1:
                return [error]
        return [self._outcomes([item])[0] for item in items]
