"""How much one server, or one address, may send us in a while."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Lock

import structlog

from fedreview.errors import TooManyRequests

PERIOD = timedelta(minutes=1)
LONGEST_WAIT = 2 * PERIOD
MOST_SUBJECTS = 10_000
"""How many senders to remember; whoever was quiet for longest is forgotten first."""

MOST_ADDRESSES = 1_024
"""Of so many we remember what they belong to; another is read anew."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Throttle:
    """Lets through so many of one subject in a minute, in bursts of as many.

    The generic cell rate algorithm: one instant is kept for each subject, that at which all it
    has sent would have been sent had it kept to the rate. Held in memory: each process counts
    for itself, and a restart forgives.

    what: what is counted, for the log. per_minute: what one subject may send.
    """

    what: str
    per_minute: int
    now: Callable[[], datetime]
    _due: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    _told: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, subject: str, *, cost: int = 1) -> None:
        """Count something that the subject sent.

        cost: how many ordinary ones it counts for.

        Raises TooManyRequests, with how long to wait, when that is more than it may send now.
        """
        now = self.now()
        step = PERIOD / self.per_minute
        with self._lock:
            due = self._due_of(subject, now) + step * cost
            early_by = due - now - PERIOD
            if early_by > timedelta(0):
                self._tell(subject, now)
                raise TooManyRequests(f"too much from {subject}", retry_after=early_by)
            self._remember(subject, due)

    def charge(self, subject: str, *, cost: int) -> None:
        """Count what has been let through already and turned out to be worse than it looked."""
        now = self.now()
        with self._lock:
            due = self._due_of(subject, now) + PERIOD / self.per_minute * cost
            # A cap, so that nobody has to wait for more than a while when they stop.
            self._remember(subject, min(due, now + LONGEST_WAIT))

    def _due_of(self, subject: str, now: datetime) -> datetime:
        """Give the subject's instant; one further ahead is from before the clock was put back."""
        due = self._due.get(subject, now)
        return due if now <= due <= now + LONGEST_WAIT else now

    def _tell(self, subject: str, now: datetime) -> None:
        """Log who is slowed down once a minute: a line for each refusal is what a flood wants."""
        told = self._told.get(subject)
        if told is None or abs(now - told) >= PERIOD:
            _log.warning("slowed down", what=self.what, sender=subject, per_minute=self.per_minute)
            self._told[subject] = now
            self._told.move_to_end(subject)
            if len(self._told) > MOST_SUBJECTS:
                self._told.popitem(last=False)

    def _remember(self, subject: str, due: datetime) -> None:
        self._due[subject] = due
        self._due.move_to_end(subject)
        if len(self._due) > MOST_SUBJECTS:
            self._due.popitem(last=False)


@lru_cache(maxsize=MOST_ADDRESSES)
def subject_of_address(address: str) -> str:
    """Give what one person or machine has: an IPv4 address, or a /64 of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((parsed, 64), strict=False))
    return str(parsed)
