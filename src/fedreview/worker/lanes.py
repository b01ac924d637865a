"""One kind of work: leased while there is room, each piece a task of its own."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

Piece = TypeVar("Piece")

SLOW_AFTER = timedelta(milliseconds=500)
"""After that a piece waits for somebody, and its place is free for one that does not."""

BATCH = 4
"""A lane leases again when a fourth of it is free: one by one, each would cost a transaction."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class Lane(Generic[Piece]):
    """The work of one queue in this process; whoever hangs holds up nobody else.

    name: of one piece, for the log.
    room: how many pieces may be attempted at once, not counting those that have become slow.
    most: how many with them.
    lease: blocking. Given how many, and what is under way, takes pieces for this process alone.
    attempt: does one piece. settle: writes down what `attempt` gave, while the place of the piece
    is free for another; without it, the attempt has done that too.
    put_back: blocking. What becomes of a piece whose attempt broke down; without it, its lease
    runs out.
    give_way: waited for between two pieces that begin; without it, all begin together.
    give_back: blocking. Ends the leases of what could not be finished; without it, they run out.
    """

    name: str
    room: int
    most: int
    lease: Callable[[int, Collection[Piece]], Sequence[Piece]]
    attempt: Callable[[Piece], Awaitable[Any]]
    settle: Callable[[Any], Awaitable[None]] | None = None
    give_way: Callable[[], Awaitable[None]] | None = None
    put_back: Callable[[Piece, Exception], None] | None = None
    give_back: Callable[[Sequence[Piece]], None] | None = None
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    _is_closed: bool = False
    _under_way: OrderedDict[asyncio.Task[None], tuple[Piece, float]] = field(
        default_factory=OrderedDict
    )

    @property
    def under_way(self) -> set[asyncio.Task[None]]:
        """What has begun and not ended."""
        return set(self._under_way)

    async def begin(self) -> int | None:
        """Lease as many pieces as there is room for, and begin each; gives how many.

        None when there was no room to look for any.
        """
        room = self._room()
        if room * BATCH < self.room:
            return None
        busy = [piece for piece, _ in self._under_way.values()]
        leased = await asyncio.to_thread(self.lease, room, busy)
        for number, piece in enumerate(leased):
            if self._is_closed:
                await self._give_back(leased[number:])
                break
            task = asyncio.create_task(self._do(piece))
            self._under_way[task] = (piece, time.monotonic())
            task.add_done_callback(self._end)
            if self.give_way:
                await self.give_way()
        return len(leased)

    def close(self) -> None:
        """Begin nothing more, not even what is leased already."""
        self._is_closed = True

    def _room(self) -> int:
        slow, before = 0, time.monotonic() - SLOW_AFTER.total_seconds()
        # The oldest come first, and before them those that are only being settled.
        for _, began in self._under_way.values():
            if began > before:
                break
            slow += 1
        return min(self.room + slow, self.most) - len(self._under_way)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        self.freed.set()

    async def _do(self, piece: Piece) -> None:
        try:
            result = await self.attempt(piece)
            if self.settle:
                self._free_place(piece)
                await self.settle(result)
        except Exception as error:  # noqa: BLE001  (a bug in one piece must not stop the queue)
            if self.put_back is None:
                _log.error("work stumbled", what=self.name, exc_info=error)
            else:
                await self._put_back(partial(self.put_back, piece, error))

    def _free_place(self, piece: Piece) -> None:
        task = asyncio.current_task()
        if task and task in self._under_way:
            self._under_way[task] = (piece, -math.inf)
            self._under_way.move_to_end(task, last=False)
            self.freed.set()

    async def _put_back(self, put_back: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(put_back)
        except Exception as error:  # noqa: BLE001  (as on a full disk: its lease will run out)
            _log.error("could not be put back", what=self.name, exc_info=error)

    async def finish(self, within: timedelta) -> None:
        """Let what is under way end; give back what does not end in time."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(self.under_way, timeout=within.total_seconds())
        unfinished = [self._under_way[task][0] for task in late]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        await self._give_back(unfinished)

    async def _give_back(self, pieces: Sequence[Piece]) -> None:
        if not (pieces and self.give_back):
            return
        try:
            await asyncio.to_thread(self.give_back, pieces)
        except Exception as error:  # noqa: BLE001  (their leases will run out)
            _log.warning("could not be given back", what=self.name, reason=str(error))
