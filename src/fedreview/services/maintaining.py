"""Tidy up what nobody needs any more, and say whether the site is well."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from fedreview.activitypub.urls import Urls
from fedreview.domain.moderation import KEEP_SET_ASIDE
from fedreview.errors import DiskRefuses
from fedreview.services.copying import Copying
from fedreview.services.guesting import KEEP_ADDRESSES
from fedreview.services.portraying import Portraying
from fedreview.services.searching import catch_up
from fedreview.services.surveying import ask_again_for_software
from fedreview.storage import (
    accounts,
    actors,
    approvals,
    arrivals,
    autosaves,
    errands,
    guests,
    hosts,
    keys,
    letters,
    moderation,
    moderation_log,
    notices,
    queues,
    reports,
    schema,
    threads,
)
from fedreview.storage.database import Database

KEEP_SETTLED = timedelta(days=14)
KEEP_GONE = timedelta(days=30)
KEEP_ORPHANS = timedelta(days=30)
KEEP_STRANGERS = timedelta(days=60)

KEEP_RETIRED_KEYS = timedelta(days=8)
"""For how long a retired key may still be asked to sign: a delivery is given up after 7 days."""
KEEP_REPORTS = timedelta(days=90)
"""After somebody here was done with them."""

KEEP_LOG = timedelta(days=365)
"""Of what was done about replies, people and servers."""
KEEP_NOTICES, KEEP_READ_NOTICES = timedelta(days=365), timedelta(days=90)

KEEP_AUTOSAVES = timedelta(days=90)
"""After the last letter was typed into the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReport:
    """How full the two queues are, and how many errands there are."""

    deliveries: dict[str, int]
    arrivals: dict[str, int]
    errands: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintaining:
    """Looks after the database, and the pictures of people."""

    database: Database
    portraying: Portraying
    copying: Copying
    urls: Urls
    now: Callable[[], datetime]

    def reclaim(self) -> None:
        """Take back what a worker that died had leased, at the start of the next one.

        On SQLite only, which serves one machine: an arrival is applied once in any case, and
        a delivery that was under way elsewhere arrives twice under one id at the worst. On
        PostgreSQL other workers may well be alive; there a lease runs out by itself.
        """
        if self.database.is_sqlite:
            with self.database.transaction() as tx:
                queues.release_leases(tx)
                errands.release_leases(tx)
                letters.release_leases(tx)

    def tidy(self) -> None:
        """Drop ended sessions, settled queue rows, old tombstones, lost orphans, pictures.

        Forms that nobody came back to go, too, and the words of what was set aside for long.

        Of retired keys the private halves go: what cannot sign cannot be stolen. Also has
        servers asked again what they run, for that changes now and then.
        """
        now = self.now()
        with self.database.transaction() as tx:
            accounts.prune(tx, now=now, failures_before=now - timedelta(days=1))
            queues.prune(tx, before=now - KEEP_SETTLED)
            hosts.prune(tx, before=now - KEEP_STRANGERS)
            actors.prune(tx, before=now - KEEP_STRANGERS)
            approvals.prune(tx, before=now - KEEP_GONE)
            threads.prune(tx, gone_before=now - KEEP_GONE, orphans_before=now - KEEP_ORPHANS)
            if keys.wipe(tx, retired_before=now - KEEP_RETIRED_KEYS):
                keys.renew_version(tx)
            errands.prune(tx, now=now)
            guests.forget_addresses(tx, before=now - KEEP_ADDRESSES)
            autosaves.prune(tx, before=now - KEEP_AUTOSAVES)
            letters.prune(tx, before=now - KEEP_SETTLED)
            notices.prune(tx, before=now - KEEP_NOTICES, read_before=now - KEEP_READ_NOTICES)
            reports.prune(tx, resolved_before=now - KEEP_REPORTS)
            moderation.erase_old(tx, before=now - KEEP_SET_ASIDE, now=now)
            moderation_log.prune(tx, before=now - KEEP_LOG)
            ask_again_for_software(tx, scheme=urlsplit(self.urls.base).scheme, now=now)
        self.portraying.tidy()
        self.copying.tidy()

    def migrate(self) -> None:
        """Bring the schema up to date, and what reviews are found by. Safe to repeat."""
        schema.upgrade(self.database)
        catch_up(self.database)

    def is_current(self) -> bool:
        """Tell whether the schema is the one that this version needs."""
        return schema.is_current(self.database)

    def ping(self) -> None:
        """Ask the database whether it answers; its error says what is wrong.

        Raises DiskRefuses when nothing could be written a moment ago, and still cannot.
        """
        self.database.ping()
        refusal = self.database.disk.refusal and self.database.try_disk()
        if refusal:
            raise DiskRefuses(refusal)

    def queues(self) -> QueueReport:
        """Count what waits, fails and is done."""
        with self.database.snapshot() as tx:
            return QueueReport(
                deliveries=queues.count_deliveries(tx),
                arrivals=arrivals.count(tx),
                errands=errands.count(tx),
            )
