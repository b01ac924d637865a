"""Notice that the clock was put back, and put back with it what waits for its time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from fedreview.storage import winding
from fedreview.storage.database import Database

TOLERATED = timedelta(minutes=1)
"""So far clocks go astray, and so far apart those of several machines may be."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Seen:
    """The latest time that was seen."""

    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewinding:
    """Watches the clock for the worker.

    A clock that was an hour ahead and is put right leaves everything in the queues due in an
    hour, and whom a dead worker held leased for as long. Put forward it does no harm: what waits
    is due at once, and goes out as quickly as at any other time.

    Where several workers share a database, each may put the same back once: what waits after a
    failure is then tried sooner than it would have been.
    """

    database: Database
    now: Callable[[], datetime]
    _seen: _Seen = field(default_factory=_Seen)

    def look(self) -> None:
        """Compare the time with the latest seen: by us, or in the queues before we began."""
        now, seen = self.now(), self._seen
        if seen.at is None:
            with self.database.snapshot() as tx:
                seen.at = winding.newest(tx) or now
        back = seen.at - now
        if back > TOLERATED:
            with self.database.transaction() as tx:
                number = winding.put_back(tx, back, now=now)
            _log.warning("the clock was put back", by=str(back), put_back_too=number)
            seen.at = now
        seen.at = max(seen.at, now)
