"""Do much small database work at once: a commit costs more than what it keeps."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_AT_ONCE = 100
"""So that no transaction holds SQLite's only writer for long."""


class Batcher(Generic[T]):
    """Gathers what comes while the last batch is being done, and does it as one.

    Nobody waits for company: the first piece is done alone and at once. Belongs to one event
    loop.

    work: blocking; does some pieces in one transaction, all of them or none.
    """

    def __init__(self, work: Callable[[Sequence[T]], None]) -> None:
        self._work = work
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._working: asyncio.Task[None] | None = None

    async def do(self, piece: T) -> None:
        """Wait until this piece is done. Raises what doing it alone raises."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((piece, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work_off())
        await done

    async def _work_off(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            failure = await self._try([piece for piece, _ in batch])
            for piece, done in batch:
                # Together they all fail when one does; alone, only that one.
                alone = await self._try([piece]) if failure and len(batch) > 1 else failure
                if done.done():
                    continue
                if alone:
                    done.set_exception(alone)
                else:
                    done.set_result(None)

    async def _try(self, pieces: Sequence[T]) -> Exception | None:
        try:
            await asyncio.to_thread(self._work, pieces)
        except Exception as error:  # noqa: BLE001  (it goes to whoever waits)
            return error
        return None
