"""Run errands: fetch what is missing, stale or not yet copied, one thing after the other."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from fedreview.errors import FedreviewError, RemoteRefused, RemoteUnavailable
from fedreview.services.ascending import Ascending
from fedreview.services.copying import BOUNDS, Copying
from fedreview.services.fetching import Fetching
from fedreview.services.placing import Placing
from fedreview.services.portraying import LARGEST_ORIGINAL, Portraying
from fedreview.services.refilling import Refilling
from fedreview.services.surveying import Surveying
from fedreview.storage import errands
from fedreview.storage.database import Database
from fedreview.storage.errands import Errand, ErrandKind
from fedreview.storage.queues import QueueState

LEASE = timedelta(minutes=5)
LONGEST = timedelta(minutes=4)
"""Shorter than the lease: nobody else may begin before an errand has ended."""

SPARE = 2
"""How many times as much to look for as to take: other workers look at the same time."""

FIRST_WAIT = timedelta(minutes=10)
MOST_FAILURES = 4
REPLIES_AGAIN_AFTER = timedelta(hours=6)
"""When the answers to a note are listed once more: by then most have come."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Runs errands."""

    database: Database
    fetching: Fetching
    ascending: Ascending
    refilling: Refilling
    placing: Placing
    portraying: Portraying
    copying: Copying
    surveying: Surveying
    now: Callable[[], datetime]

    def lease(self, *, limit: int, except_sites: Collection[str]) -> tuple[Errand, ...]:
        """Take the next errands for this worker, the oldest first, one of each site.

        except_sites: those that the worker is busy with.
        """
        now = self.now()
        with self.database.snapshot() as tx:
            due = errands.due(tx, now=now, limit=limit * SPARE, except_sites=except_sites)
        if not due:
            return ()
        with self.database.transaction() as tx:
            return errands.lease(tx, due, now=now, until=now + LEASE, limit=limit)

    async def run(self, errand: Errand) -> None:
        """Run one errand and settle it.

        Raises RemoteFailure, and TimeoutError when it takes longer than LONGEST.
        """
        async with asyncio.timeout(LONGEST.total_seconds()):
            await self._fetch(errand)
        await asyncio.to_thread(self._settle, errand)

    async def _fetch(self, errand: Errand) -> None:
        match errand.kind:
            case ErrandKind.ANCESTORS:
                await self.ascending.ascend(errand.url)
            case ErrandKind.REPLIES:
                await self.refilling.refill(errand.url)
            case ErrandKind.ACTOR:
                await self.fetching.actor(errand.url)
                await asyncio.to_thread(self.placing.note_actor, errand.url)
            case ErrandKind.AVATAR:
                await self._portray(errand.url)
            case ErrandKind.SOFTWARE:
                await self.surveying.survey(errand.url)
            case ErrandKind.COPY:
                await self._copy(errand.url)
            case _:
                assert_never(errand.kind)

    async def _portray(self, actor: str) -> None:
        wanting = await asyncio.to_thread(self.portraying.wanting, actor)
        if wanting:
            data = await self.fetching.picture(wanting.icon_url, limit_bytes=LARGEST_ORIGINAL)
            await asyncio.to_thread(self.portraying.keep, wanting, data)

    async def _copy(self, url: str) -> None:
        wanting = await asyncio.to_thread(self.copying.wanting, url)
        if wanting:
            limit = BOUNDS[wanting.kind].most_bytes
            data = await self.fetching.picture(url, limit_bytes=limit)
            await asyncio.to_thread(self.copying.keep, wanting, data)

    def _settle(self, errand: Errand) -> None:
        now = self.now()
        again_at = errand.created_at + REPLIES_AGAIN_AFTER
        with self.database.transaction() as tx:
            if errand.kind is ErrandKind.REPLIES and now < again_at:
                errands.repeat(tx, errand.id, due_at=again_at)
            else:
                errands.settle(tx, errand.id, QueueState.DONE, now=now)

    def put_back(self, errand: Errand, error: Exception) -> None:
        """Keep a failed errand for later, or end it when trying again will not help."""
        now, failures = self.now(), errand.failures + 1
        text = f"{type(error).__name__}: {error}"[:500]
        is_final = isinstance(error, RemoteRefused) or failures >= MOST_FAILURES
        with self.database.transaction() as tx:
            if is_final:
                errands.settle(tx, errand.id, QueueState.GIVEN_UP, now=now, error=text)
            else:
                asked = error.retry_after if isinstance(error, RemoteUnavailable) else None
                wait = max(FIRST_WAIT * 4**errand.failures, asked or FIRST_WAIT)
                due_at = now + min(wait, timedelta(days=1))
                errands.retry(tx, errand.id, due_at=due_at, error=text)
        expected = isinstance(error, FedreviewError | TimeoutError)
        log = _log.info if expected else _log.error
        log(
            "errand not done",
            kind=errand.kind,
            url=errand.url,
            failures=failures,
            reason=text,
            exc_info=None if expected else error,
        )

    def give_back(self, leased: Iterable[Errand]) -> None:
        """Return what was leased and not finished, when the worker stops."""
        with self.database.transaction() as tx:
            errands.give_back(tx, [errand.id for errand in leased])
