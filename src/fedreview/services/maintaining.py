"""Bring the database up to date, tidy up, and say whether the site is well."""

from collections.abc import Callable
from dataclasses import dataclass

from fedreview.errors import DiskRefuses
from fedreview.services.searching import catch_up
from fedreview.services.tidying import Tidying
from fedreview.storage import arrivals, errands, letters, queues, schema, sizes
from fedreview.storage.database import Database
from fedreview.storage.sizes import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReport:
    """How full the two queues are, and how many errands there are."""

    deliveries: dict[str, int]
    arrivals: dict[str, int]
    errands: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintaining:
    """Looks after the database, and has it tidied."""

    database: Database
    tidying: Tidying

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

    def tidy(self, *, go_on: Callable[[], bool] = lambda: True) -> None:
        """Drop what nobody needs any more. go_on: asked after each little step."""
        for _ in self.tidying.tidy():
            if not go_on():
                return

    def compact(self) -> None:
        """Give the room of what was dropped back to the disk; only a SQLite file needs that.

        Nobody can write meanwhile.
        """
        if self.database.is_sqlite:
            self.database.vacuum()

    def size(self) -> Size:
        """Measure the database."""
        with self.database.snapshot() as tx:
            return sizes.measure(tx)

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
