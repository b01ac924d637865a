"""Take away what nobody needs any more, a little at a time, and say how it goes.

Rows go a few in a transaction, with a pause after each, so that neither a page nor an inbox
waits for it. How long each kind of thing stays stands here and in docs/operating.md.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from fedreview.activitypub.urls import Urls
from fedreview.domain.moderation import KEEP_SET_ASIDE
from fedreview.services.copying import Copying
from fedreview.services.guesting import KEEP_ADDRESSES
from fedreview.services.picturing import Picturing
from fedreview.services.portraying import Portraying
from fedreview.services.surveying import ask_again_for_software
from fedreview.storage import keys, stale, sweeping
from fedreview.storage.database import Database
from fedreview.storage.sweeping import Sweep

KEEP_SETTLED = timedelta(days=14)
"""What was delivered or applied. Longer than a proof lasts, so that nothing comes in twice."""

KEEP_FAILED = timedelta(days=60)
"""What was given up, with its error."""
MOST_FAILED_ARRIVALS = 1_000

KEEP_WORDS = timedelta(days=1)
"""The bytes of what was applied, where nothing may ask for them."""

KEEP_GONE = timedelta(days=30)
KEEP_ORPHANS = timedelta(days=30)
KEEP_STRANGERS = timedelta(days=60)
KEEP_PLACES, KEEP_ERASED = timedelta(days=60), timedelta(days=365)

KEEP_RETIRED_KEYS = timedelta(days=8)
"""For how long a retired key may still be asked to sign: a delivery is given up after 7 days."""
KEEP_REPORTS = timedelta(days=90)
"""After somebody here was done with them."""

KEEP_LOG = timedelta(days=365)
"""Of what was done about replies, people and servers."""
KEEP_NOTICES, KEEP_READ_NOTICES = timedelta(days=365), timedelta(days=90)

KEEP_AUTOSAVES = timedelta(days=90)
"""After the last letter was typed into the form."""

PAUSE = timedelta(milliseconds=50)
"""After each few rows, so that another process finds SQLite's file free, too."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One kind of thing that was looked through. number: how many were dropped so far."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidying:
    """Keeps the database, and the folders of pictures, as large as what they show.

    keep_posts: how long posts of those who are followed stay; None for ever.
    """

    database: Database
    portraying: Portraying
    copying: Copying
    picturing: Picturing
    urls: Urls
    now: Callable[[], datetime]
    keep_posts: timedelta | None

    @property
    def kinds(self) -> int:
        """How many kinds of things are looked through."""
        return len(self._sweeps(self.now())) + 1  # and the files

    def tidy(self) -> Iterator[Done]:
        """Drop what is not needed any more; gives word after each little step.

        Whoever stops asking for the next step stops it.
        """
        now = self.now()
        self._look_after_keys(now)
        for sweep in self._sweeps(now):
            yield from self._sweep(sweep)
        yield Done(name="files", number=0)
        self.portraying.tidy()
        self.copying.tidy()
        removed = self.picturing.tidy()
        yield Done(name="files", number=removed)

    def _look_after_keys(self, now: datetime) -> None:
        """Wipe the private halves of retired keys: what cannot sign cannot be stolen.

        Also has servers asked again what they run, for that changes now and then.
        """
        with self.database.transaction() as tx:
            if keys.wipe(tx, retired_before=now - KEEP_RETIRED_KEYS):
                keys.renew_version(tx)
            ask_again_for_software(tx, scheme=urlsplit(self.urls.base).scheme, now=now)

    def _sweeps(self, now: datetime) -> tuple[Sweep, ...]:
        """Give what is to go, in an order in which nothing is kept by what goes after it."""
        return (
            stale.sessions(now=now),
            stale.login_failures(before=now - timedelta(days=1)),
            stale.applied_arrivals(before=now - KEEP_SETTLED),
            stale.bodies_of_arrivals(before=now - KEEP_WORDS),
            stale.failed_arrivals(before=now - KEEP_FAILED, most=MOST_FAILED_ARRIVALS),
            stale.ended_deliveries(before=now - KEEP_SETTLED, failed_before=now - KEEP_FAILED),
            stale.activities(before=now - KEEP_SETTLED),
            stale.errands(now=now),
            stale.letters(before=now - KEEP_SETTLED),
            stale.autosaves(before=now - KEEP_AUTOSAVES),
            stale.addresses_of_guests(before=now - KEEP_ADDRESSES),
            stale.set_aside(before=now - KEEP_SET_ASIDE, now=now),
            stale.log(before=now - KEEP_LOG),
            stale.reports(resolved_before=now - KEEP_REPORTS),
            stale.notices(before=now - KEEP_NOTICES, read_before=now - KEEP_READ_NOTICES),
            stale.tombstones(before=now - KEEP_GONE),
            stale.orphans(before=now - KEEP_ORPHANS),
            stale.posts(
                before=now - self.keep_posts if self.keep_posts else None,
                unfollowed_before=now - KEEP_STRANGERS,
            ),
            stale.places(before=now - KEEP_PLACES, erased_before=now - KEEP_ERASED),
            stale.reactions(reviews_at=self.urls.review(""), before=now - KEEP_GONE),
            stale.approvals(before=now - KEEP_GONE),
            stale.hosts(before=now - KEEP_STRANGERS),
            stale.strangers(before=now - KEEP_STRANGERS),
        )

    def _sweep(self, sweep: Sweep) -> Iterator[Done]:
        number = 0
        while True:
            with self.database.snapshot() as tx:
                found = sweeping.find(tx, sweep)
            gone = 0
            for done in self._drop(sweep, found):
                gone += done
                yield Done(name=sweep.name, number=number + gone)
            number += gone
            # What is left although it was found is in somebody's hand: it waits for next time.
            if len(found) < sweeping.FOUND_AT_ONCE or not gone:
                break
        yield Done(name=sweep.name, number=number)
        if number:
            _log.info("tidied", what=sweep.name, number=number)

    def _drop(self, sweep: Sweep, found: Sequence[sweeping.Key]) -> Iterator[int]:
        size = sweeping.DROPPED_AT_ONCE
        for start in range(0, len(found), size):
            if start:
                time.sleep(PAUSE.total_seconds())
            with self.database.transaction() as tx:
                dropped = sweeping.drop(tx, sweep, found[start : start + size])
            yield dropped
