"""Tidy up what nobody needs any more, and say whether the site is well."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedreview.storage import accounts, queues, schema, threads
from fedreview.storage.database import Database

KEEP_SETTLED = timedelta(days=14)
KEEP_GONE = timedelta(days=30)
KEEP_ORPHANS = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReport:
    """How full the two queues are."""

    deliveries: dict[str, int]
    arrivals: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintaining:
    """Looks after the database."""

    database: Database
    now: Callable[[], datetime]

    def tidy(self) -> None:
        """Drop ended sessions, settled queue rows, old tombstones and lost orphans."""
        now = self.now()
        with self.database.transaction() as tx:
            accounts.prune(tx, now=now, failures_before=now - timedelta(days=1))
            queues.prune(tx, before=now - KEEP_SETTLED)
            threads.prune(tx, gone_before=now - KEEP_GONE, orphans_before=now - KEEP_ORPHANS)

    def migrate(self) -> None:
        """Bring the schema up to date. Safe to repeat."""
        schema.upgrade(self.database)

    def is_current(self) -> bool:
        """Tell whether the schema is the one that this version needs."""
        return schema.is_current(self.database)

    def ping(self) -> None:
        """Ask the database whether it answers; its error says what is wrong."""
        self.database.ping()

    def queues(self) -> QueueReport:
        """Count what waits, fails and is done."""
        with self.database.snapshot() as tx:
            return QueueReport(
                deliveries=queues.count_deliveries(tx), arrivals=queues.count_arrivals(tx)
            )
