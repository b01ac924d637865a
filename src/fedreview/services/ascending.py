"""Go up a thread: fetch what a reply answers, and what that answers, until we know it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from fedreview.activitypub.vocabulary import Audience, RemoteNote
from fedreview.errors import RemoteFailure, RemoteRefused, RemoteUnavailable
from fedreview.services.fetching import Fetching
from fedreview.services.placing import Placing
from fedreview.storage import errands
from fedreview.storage.database import Database
from fedreview.storage.errands import Errand, ErrandKind
from fedreview.storage.queues import QueueState

MOST_HOPS = 20
"""How far up; each hop fetches one note, and one writer where that is new."""

LONGEST_CLIMB = timedelta(minutes=2)
AGAIN_IN = timedelta(minutes=10)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ascending:
    """Finds the missing parents of replies."""

    database: Database
    fetching: Fetching
    placing: Placing
    now: Callable[[], datetime]

    async def ascend(self, url: str) -> None:
        """Fetch the missing note with this id and its ancestors, and keep those of our threads.

        Raises RemoteUnavailable when somebody on the way cannot be asked now; what was found
        below is kept all the same, and the next time goes on from there.
        """
        chain, failure = await self._climb(url)
        await asyncio.to_thread(self.placing.keep, chain)
        if failure:
            raise failure

    async def ancestors_of(self, note: RemoteNote) -> tuple[RemoteNote, ...]:
        """Find out whether a reply to something unknown stands in a thread of ours.

        Gives what is to be kept before it, parents first; () when its parent is known, leads to
        no thread of ours, or was looked for within a day: then nobody is asked. What is given
        has known writers. Never raises RemoteFailure.
        """
        parent = note.in_reply_to
        if note.audience is not Audience.PUBLIC or not parent:
            return ()
        errand = await asyncio.to_thread(self._claim, parent)
        if errand is None:
            return ()
        try:
            async with asyncio.timeout(LONGEST_CLIMB.total_seconds()):
                chain, failure = await self._climb(parent)
        except TimeoutError:
            chain, failure = (), RemoteUnavailable("the way up took too long")
        await asyncio.to_thread(self._settle, errand, failure)
        return chain

    async def _climb(self, url: str) -> tuple[tuple[RemoteNote, ...], RemoteUnavailable | None]:
        """Give the ancestors that stand in our threads, parents first, and what broke the way."""
        found: dict[str, RemoteNote] = {}
        failure: RemoteUnavailable | None = None
        while len(found) < MOST_HOPS:
            url = await asyncio.to_thread(
                self.placing.first_missing, url, most_hops=MOST_HOPS - len(found)
            )
            if not url or url in found:
                break
            try:
                note = await self.fetching.note(url)
            except RemoteRefused as error:
                _log.info("parent not to be had", note=url, reason=str(error))
                break
            except RemoteUnavailable as error:
                failure = error
                break
            found[url] = note
            url = note.in_reply_to
        ours = await asyncio.to_thread(self.placing.belonging, tuple(reversed(found.values())))
        return await self.fetching.with_writers(ours), failure

    def _claim(self, parent: str) -> Errand | None:
        if not self.placing.missing([parent]):
            return None
        now = self.now()
        with self.database.transaction() as tx:
            return errands.claim(
                tx, ErrandKind.ANCESTORS, parent, now=now, until=now + LONGEST_CLIMB
            )

    def _settle(self, errand: Errand, failure: RemoteFailure | None) -> None:
        now = self.now()
        with self.database.transaction() as tx:
            if failure:
                errands.retry(tx, errand.id, due_at=now + AGAIN_IN, error=str(failure)[:500])
            else:
                errands.settle(tx, errand.id, QueueState.DONE, now=now)
