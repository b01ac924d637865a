"""Read and write times as an author's clock shows them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedreview.errors import InvalidInput

FIELD = "publish_on"
FURTHEST = 10
"""Years."""


def zone_of(name: str) -> ZoneInfo:
    """Give the zone of this name; UTC for "" and for one that this machine does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def instant_from_local(text: str, zone: ZoneInfo, *, now: datetime) -> datetime:
    """Read what an author typed as the time to publish, such as ``2024-05-02T18:30``.

    When clocks are put back an hour comes twice, and the first is meant.

    Raises InvalidInput for FIELD when it is no time, none that will come, or one that clocks
    jump over.
    """
    if not text.strip():
        raise InvalidInput({FIELD: "Say on which day and at which time to publish it."})
    try:
        local = datetime.fromisoformat(text.strip()).replace(tzinfo=zone, fold=0)
        instant = local.astimezone(UTC)
        is_real = instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise InvalidInput({FIELD: "Type a day and a time, such as 2026-03-01 18:30."}) from error
    if not is_real:
        text = "Clocks are put forward then and jump over this time. Choose one an hour later."
        raise InvalidInput({FIELD: text})
    if instant <= now:
        raise InvalidInput({FIELD: "That is over already. Choose a time to come."})
    if instant.year > now.year + FURTHEST:
        raise InvalidInput({FIELD: f"Choose a time within the next {FURTHEST} years."})
    return instant


def local_text(instant: datetime | None, zone: ZoneInfo) -> str:
    """Write an instant as the field of a form holds it, or "" for none."""
    return instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if instant else ""


def spoken(instant: datetime, zone: ZoneInfo) -> str:
    """Write an instant for the author: ``Thursday 2 May 2024, 18:30 (Europe/Berlin)``."""
    local = instant.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({zone.key})"
