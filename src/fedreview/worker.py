"""The background loops: apply, deliver, fetch, mail, push, publish what is due, tidy up."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from fedreview.services.delivering import Delivering
from fedreview.services.gathering import Gathering
from fedreview.services.handling.applying import Handling
from fedreview.services.maintaining import Maintaining
from fedreview.services.posting import Posting
from fedreview.services.pushing import Parcel, Pushing
from fedreview.services.timekeeping import Timekeeping
from fedreview.storage.arrivals import Arrival
from fedreview.storage.errands import Errand
from fedreview.storage.letters import Letter
from fedreview.storage.queues import Delivery

LOOK_EVERY = timedelta(seconds=1)
"""How long to sleep when nobody rings: other processes' work is found by looking."""

DELIVERIES_AT_ONCE = 40
ARRIVALS_AT_ONCE = 40
ERRANDS_AT_ONCE = 10
PUSHES_AT_ONCE = 10
MAILS_AT_ONCE = 4
TIDY_EVERY = timedelta(hours=1)
STOP_WITHIN = timedelta(seconds=4)
BREATHE_AFTER_ERROR = timedelta(seconds=5)

_log = structlog.get_logger(__name__)


class Alarm:
    """Wakes the worker of this process, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: list[asyncio.Event] = []

    def listen(self) -> asyncio.Event:
        """Give an event that is set at each ring; call it in the worker's loop."""
        event = asyncio.Event()
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._events.append(event)
        return event

    def ring(self) -> None:
        """Say that there is something to do; without a worker here nothing happens."""
        with self._lock:
            loop, events = self._loop, tuple(self._events)
        if loop is None or loop.is_closed():
            return
        for event in events:
            loop.call_soon_threadsafe(event.set)


@dataclass(slots=True, kw_only=True)
class Worker:
    """Runs the loops until it is told to stop.

    Each delivery, arrival and errand is a task of its own: whoever hangs holds up nobody else,
    and the loops go on leasing while there is room. What must stay in order, to one inbox or
    from one actor, is leased one by one; errands too, for each site.

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
    look_every: Callable[[], timedelta] = lambda: LOOK_EVERY
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _sent: dict[asyncio.Task[None], Delivery] = field(default_factory=dict)
    _applied: dict[asyncio.Task[None], Arrival] = field(default_factory=dict)
    _run: dict[asyncio.Task[None], Errand] = field(default_factory=dict)
    _pushed: set[asyncio.Task[None]] = field(default_factory=set)
    _posted: dict[asyncio.Task[None], Letter] = field(default_factory=dict)

    async def run(self) -> None:
        """Work until `stop`; what is under way then has STOP_WITHIN to finish."""
        try:
            await asyncio.to_thread(self.maintaining.reclaim)
        except Exception as error:  # noqa: BLE001  (the leases run out by themselves)
            _log.error("leases not taken back", exc_info=error)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._loop("arrivals", self._begin_applying))
            tasks.create_task(self._loop("deliveries", self._begin_delivering))
            tasks.create_task(self._loop("errands", self._begin_errands))
            tasks.create_task(self._loop("pushes", self._begin_pushing))
            tasks.create_task(self._loop("mails", self._begin_posting))
            tasks.create_task(self._loop("reviews", self._do_what_is_due))
            tasks.create_task(self._tidy_now_and_then())
        await self._finish()

    def stop(self) -> None:
        """Begin no more work."""
        self._stopping.set()
        self.alarm.ring()

    async def run_until_idle(self) -> None:
        """Work until nothing is due: for tests and for one-off commands."""
        await self._do_what_is_due()
        while (
            await self._begin_applying()
            or await self._begin_delivering()
            or await self._begin_errands()
            or await self._begin_pushing()
            or await self._begin_posting()
            or self._under_way
        ):
            under_way = self._under_way
            if under_way:
                await asyncio.wait(under_way)

    @property
    def _under_way(self) -> set[asyncio.Task[None]]:
        return {*self._applied, *self._sent, *self._run, *self._pushed, *self._posted}

    async def _loop(self, name: str, begin: Callable[[], Awaitable[int]]) -> None:
        rung = self.alarm.listen()
        while not self._stopping.is_set():
            rung.clear()
            try:
                begun = await begin()
            except Exception as error:  # noqa: BLE001  (the one place: log it and go on)
                _log.error("worker stumbled", loop=name, exc_info=error)
                await _sleep(BREATHE_AFTER_ERROR, self._stopping)
                continue
            if not begun:
                await _sleep(self.look_every(), rung)

    async def _begin_delivering(self) -> int:
        """Lease as many deliveries as there is room for, and set each on its way."""
        room = DELIVERIES_AT_ONCE - len(self._sent)
        if room <= 0:
            return 0
        busy = {delivery.host for delivery in self._sent.values()}
        leased = await asyncio.to_thread(self.delivering.lease, limit=room, except_hosts=busy)
        for delivery in leased:
            task = asyncio.create_task(self._deliver(delivery))
            self._sent[task] = delivery
            task.add_done_callback(self._end_delivery)
        return len(leased)

    def _end_delivery(self, task: asyncio.Task[None]) -> None:
        self._sent.pop(task, None)
        self.alarm.ring()

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self.delivering.attempt(delivery)
        except Exception as error:  # noqa: BLE001  (a bug must not stop the queue)
            _log.error("delivery stumbled", activity=delivery.activity, exc_info=error)
            await _put_back(
                partial(self.delivering.put_back, delivery, error), what=delivery.activity
            )

    async def _begin_applying(self) -> int:
        """Lease as many arrivals as there is room for, and begin to apply each."""
        room = ARRIVALS_AT_ONCE - len(self._applied)
        if room <= 0:
            return 0
        busy = {arrival.actor for arrival in self._applied.values()}
        leased = await asyncio.to_thread(self.handling.lease, limit=room, except_actors=busy)
        for arrival in leased:
            task = asyncio.create_task(self._apply(arrival))
            self._applied[task] = arrival
            task.add_done_callback(self._end_applying)
        return len(leased)

    def _end_applying(self, task: asyncio.Task[None]) -> None:
        self._applied.pop(task, None)
        self.alarm.ring()

    async def _apply(self, arrival: Arrival) -> None:
        try:
            await self.handling.apply(arrival)
        except Exception as error:  # noqa: BLE001  (a poisonous arrival fails alone)
            await _put_back(partial(self.handling.put_back, arrival, error), what=arrival.activity)

    async def _begin_errands(self) -> int:
        """Lease as many errands as there is room for, and begin each."""
        room = ERRANDS_AT_ONCE - len(self._run)
        if room <= 0:
            return 0
        busy = {errand.site for errand in self._run.values()}
        leased = await asyncio.to_thread(self.gathering.lease, limit=room, except_sites=busy)
        for errand in leased:
            task = asyncio.create_task(self._gather(errand))
            self._run[task] = errand
            task.add_done_callback(self._end_errand)
        return len(leased)

    def _end_errand(self, task: asyncio.Task[None]) -> None:
        self._run.pop(task, None)
        self.alarm.ring()

    async def _gather(self, errand: Errand) -> None:
        try:
            await self.gathering.run(errand)
        except Exception as error:  # noqa: BLE001  (an errand that cannot be done fails alone)
            await _put_back(partial(self.gathering.put_back, errand, error), what=errand.url)

    async def _begin_pushing(self) -> int:
        """Lease browsers that something waits for, and send to each."""
        room = PUSHES_AT_ONCE - len(self._pushed)
        leased = await asyncio.to_thread(self.pushing.lease, limit=room) if room > 0 else ()
        for parcel in leased:
            task = asyncio.create_task(self._push(parcel))
            self._pushed.add(task)
            task.add_done_callback(self._end_push)
        return len(leased)

    def _end_push(self, task: asyncio.Task[None]) -> None:
        self._pushed.discard(task)
        self.alarm.ring()

    async def _push(self, parcel: Parcel) -> None:
        try:
            await self.pushing.push(parcel)
        except Exception as error:  # noqa: BLE001  (its lease runs out, and it is tried again)
            _log.error("push stumbled", browser=parcel.subscription.id, exc_info=error)

    async def _begin_posting(self) -> int:
        """Lease as many mails as there is room for, and set each on its way."""
        room = MAILS_AT_ONCE - len(self._posted)
        if room <= 0:
            return 0
        leased = await asyncio.to_thread(self.posting.lease, limit=room)
        for letter in leased:
            task = asyncio.create_task(self._post(letter))
            self._posted[task] = letter
            task.add_done_callback(self._end_posting)
        return len(leased)

    def _end_posting(self, task: asyncio.Task[None]) -> None:
        self._posted.pop(task, None)
        self.alarm.ring()

    async def _post(self, letter: Letter) -> None:
        try:
            await self.posting.attempt(letter)
        except Exception as error:  # noqa: BLE001  (a mail that cannot be sent fails alone)
            _log.error("mail stumbled", exc_info=error)
            await _put_back(partial(self.posting.put_back, letter, error), what="mail")

    async def _do_what_is_due(self) -> int:
        """Publish what is scheduled and empty the trash; 0, for what fails must wait a while."""
        for review_id in await asyncio.to_thread(self.timekeeping.list_due):
            try:
                await asyncio.to_thread(self.timekeeping.run, review_id)
            except Exception as error:  # noqa: BLE001  (what cannot be done fails alone)
                _log.error("review stumbled", review=review_id, exc_info=error)
        return 0

    async def _finish(self) -> None:
        """Let what is under way end; give back what does not end in time.

        An arrival needs no giving back: its lease runs out, and applying it is one
        transaction, done or not.
        """
        under_way = self._under_way
        if not under_way:
            return
        _, late = await asyncio.wait(under_way, timeout=STOP_WITHIN.total_seconds())
        unfinished = [self._sent[task] for task in late if task in self._sent]
        unposted = [self._posted[task] for task in late if task in self._posted]
        undone = [self._run[task] for task in late if task in self._run]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        if unfinished:
            await asyncio.to_thread(self.delivering.give_back, unfinished)
        if undone:
            await asyncio.to_thread(self.gathering.give_back, undone)
        if unposted:
            await asyncio.to_thread(self.posting.give_back, unposted)

    async def _tidy_now_and_then(self) -> None:
        while not self._stopping.is_set():
            try:
                await asyncio.to_thread(self.maintaining.tidy)
            except Exception as error:  # noqa: BLE001  (tidying can wait an hour)
                _log.error("tidying failed", exc_info=error)
            await _sleep(TIDY_EVERY, self._stopping)


async def _put_back(put_back: Callable[[], None], *, what: str) -> None:
    """Put back what failed; when that fails too, as on a full disk, its lease will run out."""
    try:
        await asyncio.to_thread(put_back)
    except Exception as error:  # noqa: BLE001  (the queue goes on with the next)
        _log.error("could not be put back", what=what, exc_info=error)


async def _sleep(longest: timedelta, event: asyncio.Event) -> None:
    """Wait for the event, but not longer than this."""
    try:
        async with asyncio.timeout(longest.total_seconds()):
            await event.wait()
    except TimeoutError:
        return
