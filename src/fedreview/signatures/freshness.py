"""When a signature was made, and whether that is recent enough."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from fedreview.errors import UntrustedSignature

# Source: Mastodon keeps a signature for up to 12 h and forgives clocks one hour
# (app/lib/signed_request.rb); a queue that was stuck for the night still gets through.
OLDEST = timedelta(hours=12)
CLOCK_SKEW = timedelta(hours=1)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Own pattern: the parser of email.utils raises OverflowError for some dates and takes
# zone-less ones, both of which a stranger may send.
_HTTP_DATE = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{1,2}) ("
    + "|".join(_MONTHS)
    + r") ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
# The year 9999: the last that a datetime can hold.
_LAST_SECOND = 253_402_300_799


def http_date(at: datetime) -> str:
    """Write an aware instant as the ``Date`` header."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def instant_from_http_date(text: str) -> datetime:
    """Read a ``Date`` header. Raises UntrustedSignature when it is not one."""
    match = _HTTP_DATE.fullmatch(text.strip())
    if match is None:
        raise UntrustedSignature(f"not a date: {text[:40]!r}")
    day, month, year, hour, minute, second = match.groups()
    try:
        return datetime(
            int(year),
            _MONTHS.index(month) + 1,
            int(day),
            int(hour),
            int(minute),
            int(second),
            tzinfo=UTC,
        )
    except ValueError as error:
        raise UntrustedSignature(f"not a date: {text[:40]!r}") from error


def instant_from_seconds(seconds: int) -> datetime:
    """Read Unix time. Raises UntrustedSignature when it is before 1970 or after 9999."""
    if not 0 <= seconds <= _LAST_SECOND:
        raise UntrustedSignature("a time of the signature is out of range")
    return datetime.fromtimestamp(seconds, tz=UTC)


def instant_from_iso(text: str) -> datetime:
    """Read an ISO 8601 instant with its zone. Raises UntrustedSignature when it is not one."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise UntrustedSignature(f"an instant without a zone: {text[:40]!r}")
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UntrustedSignature(f"not an instant: {text[:40]!r}") from error


def refuse_future(at: datetime, *, now: datetime) -> None:
    """Raise UntrustedSignature when it was made more than an hour after ``now``."""
    if at > now + CLOCK_SKEW:
        raise UntrustedSignature(f"signed in the future, at {at.isoformat()}")


def refuse_stale(at: datetime, *, now: datetime) -> None:
    """Raise UntrustedSignature when it was made in the future or more than 12 hours ago."""
    refuse_future(at, now=now)
    if now - at > OLDEST:
        raise UntrustedSignature(f"signed too long ago, at {at.isoformat()}")


def refuse_expired(expires: datetime, *, now: datetime) -> None:
    """Raise UntrustedSignature when it expired more than an hour ago; clocks differ."""
    if now - expires > CLOCK_SKEW:
        raise UntrustedSignature(f"expired at {expires.isoformat()}")
