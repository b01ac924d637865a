"""The background loops: apply, deliver, fetch, mail, push, publish what is due, tidy up."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from fedreview.errors import DatabaseAway
from fedreview.services.delivering import Delivering, Departure
from fedreview.services.gathering import Gathering
from fedreview.services.handling.applying import Handling
from fedreview.services.maintaining import Maintaining
from fedreview.services.posting import Posting
from fedreview.services.preceding import REMEMBERED_FOR, Precedence
from fedreview.services.pushing import Pushing
from fedreview.services.repeating import Insistence
from fedreview.services.timekeeping import Timekeeping
from fedreview.storage.arrivals import Arrival
from fedreview.storage.errands import Errand
from fedreview.worker.alarm import Alarm
from fedreview.worker.lanes import Lane

__all__ = ["Alarm", "Worker"]

LOOK_EVERY = timedelta(seconds=1)
"""How long to sleep when nobody rings: other processes' work is found by looking."""

LOOK_AGAIN_AFTER = timedelta(milliseconds=50)
"""A look that found nothing is not repeated at once, however often somebody rings."""

DELIVERIES_AT_ONCE = 100
MOST_DELIVERIES = 300
"""With those that have waited for their host for longer than a moment."""

LEASED_BESIDE_READERS = 25
"""At one stroke: to take a hundred keeps the interpreter busy for as long as several pages take."""

ARRIVALS_AT_ONCE = 40
ERRANDS_AT_ONCE = 10
PUSHES_AT_ONCE = 10
MAILS_AT_ONCE = 4
TIDY_EVERY = timedelta(hours=1)
STOP_WITHIN = timedelta(seconds=4)
BREATHE_AFTER_ERROR = timedelta(seconds=5)

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Worker:
    """Runs the loops until it is told to stop.

    What must stay in order, to one inbox or from one actor, is leased one by one; errands too,
    for each site.

    look_every: how long to sleep now when nobody rings.
    """

    alarm: Alarm
    now: Callable[[], datetime]
    delivering: Delivering
    handling: Handling
    gathering: Gathering
    posting: Posting
    pushing: Pushing
    timekeeping: Timekeeping
    maintaining: Maintaining
    precedence: Precedence
    insistence: Insistence
    look_every: Callable[[], timedelta] = lambda: LOOK_EVERY
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _lanes: tuple[Lane[Any], ...] = ()

    def __post_init__(self) -> None:
        """Lay out the lanes."""
        arrivals: Lane[Arrival] = Lane(
            name="arrival",
            room=ARRIVALS_AT_ONCE,
            most=ARRIVALS_AT_ONCE,
            lease=lambda room, busy: self.handling.lease(
                limit=room, except_actors={arrival.actor for arrival in busy}
            ),
            attempt=self.handling.apply,
            put_back=self.handling.put_back,
            give_back=self.handling.give_back,
        )
        deliveries = Lane(
            name="delivery",
            room=DELIVERIES_AT_ONCE,
            most=MOST_DELIVERIES,
            lease=self._lease_deliveries,
            attempt=self.delivering.attempt,
            settle=self.delivering.settle,
            give_way=self.precedence.give_way,
            put_back=self.delivering.put_back,
            give_back=self.delivering.give_back,
        )
        errands: Lane[Errand] = Lane(
            name="errand",
            room=ERRANDS_AT_ONCE,
            most=ERRANDS_AT_ONCE,
            lease=lambda room, busy: self.gathering.lease(
                limit=room, except_sites={errand.site for errand in busy}
            ),
            attempt=self.gathering.run,
            put_back=self.gathering.put_back,
            give_back=self.gathering.give_back,
        )
        pushes = Lane(
            name="push",
            room=PUSHES_AT_ONCE,
            most=PUSHES_AT_ONCE,
            lease=lambda room, _: self.pushing.lease(limit=room),
            attempt=self.pushing.push,
        )
        mails = Lane(
            name="mail",
            room=MAILS_AT_ONCE,
            most=MAILS_AT_ONCE,
            lease=lambda room, _: self.posting.lease(limit=room),
            attempt=self.posting.attempt,
            put_back=self.posting.put_back,
            give_back=self.posting.give_back,
        )
        self._lanes = (arrivals, deliveries, errands, pushes, mails)

    def _lease_deliveries(self, room: int, busy: Collection[Departure]) -> Sequence[Departure]:
        is_quiet = self.precedence.is_quiet_for(REMEMBERED_FOR)
        limit = room if is_quiet else min(room, LEASED_BESIDE_READERS)
        return self.delivering.lease(limit=limit, busy=busy)

    async def run(self) -> None:
        """Work until `stop`; what is under way then has STOP_WITHIN to finish."""
        try:
            await asyncio.to_thread(self.maintaining.reclaim)
        except Exception as error:  # noqa: BLE001  (the leases run out by themselves)
            _log.error("leases not taken back", exc_info=error)
        async with asyncio.TaskGroup() as tasks:
            for lane in self._lanes:
                tasks.create_task(self._loop(lane.name, lane.begin, lane.freed))
            tasks.create_task(self._loop("review", self._do_what_is_due, asyncio.Event()))
            tasks.create_task(self._tidy_now_and_then())
        await asyncio.gather(*(lane.finish(STOP_WITHIN) for lane in self._lanes))

    def stop(self) -> None:
        """Begin no more work."""
        self._stopping.set()
        self.insistence.end()
        for lane in self._lanes:
            lane.close()
        self.alarm.ring()

    async def run_until_idle(self) -> None:
        """Work until nothing is due: for tests and for one-off commands."""
        await self._do_what_is_due()
        while await self._begin_one_lane() or self._under_way:
            if self._under_way:
                await asyncio.wait(self._under_way)

    async def _begin_one_lane(self) -> bool:
        """Begin what the first lane has that has anything: what arrived before what leaves."""
        for lane in self._lanes:
            if await lane.begin():
                return True
        return False

    @property
    def _under_way(self) -> set[asyncio.Task[None]]:
        return {task for lane in self._lanes for task in lane.under_way}

    async def _loop(
        self, name: str, begin: Callable[[], Awaitable[int | None]], freed: asyncio.Event
    ) -> None:
        """Begin what there is to begin, until there is nothing; then wait for news.

        freed: is set when there is room again, which is news for this lane alone.
        """
        rung = self.alarm.listen(freed)
        while not self._stopping.is_set():
            rung.clear()
            try:
                begun = await begin()
            except DatabaseAway as error:
                _log.warning("worker waits for the database", loop=name, reason=str(error))
                await _sleep(BREATHE_AFTER_ERROR, self._stopping)
                continue
            except Exception as error:  # noqa: BLE001  (the one place: log it and go on)
                _log.error("worker stumbled", loop=name, exc_info=error)
                await _sleep(BREATHE_AFTER_ERROR, self._stopping)
                continue
            if begun == 0:
                await _sleep(LOOK_AGAIN_AFTER, self._stopping)
            if not begun:
                await _sleep(self.look_every(), rung)

    async def _do_what_is_due(self) -> int:
        """Publish what is scheduled and empty the trash; 0, for what fails must wait a while."""
        for review_id in await asyncio.to_thread(self.timekeeping.list_due):
            try:
                await asyncio.to_thread(self.timekeeping.run, review_id)
            except Exception as error:  # noqa: BLE001  (what cannot be done fails alone)
                _log.error("review stumbled", review=review_id, exc_info=error)
        return 0

    async def _tidy_now_and_then(self) -> None:
        while not self._stopping.is_set():
            try:
                await asyncio.to_thread(
                    self.maintaining.tidy, go_on=lambda: not self._stopping.is_set()
                )
            except Exception as error:  # noqa: BLE001  (tidying can wait an hour)
                _log.error("tidying failed", exc_info=error)
            await _sleep(TIDY_EVERY, self._stopping)


async def _sleep(longest: timedelta, event: asyncio.Event) -> None:
    """Wait for the event, but not longer than this."""
    try:
        async with asyncio.timeout(longest.total_seconds()):
            await event.wait()
    except TimeoutError:
        return
