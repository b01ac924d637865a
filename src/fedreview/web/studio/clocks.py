"""Times as the author's own clock shows them."""

from collections.abc import Callable
from datetime import datetime

from fedreview.domain.actor import Author
from fedreview.services.scheduling import zone_of


def clock_of(author: Author) -> Callable[[datetime], str]:
    """Give what writes an instant, to the minute, in the time zone that the author has chosen."""
    zone = zone_of(author.time_zone)

    def clock(moment: datetime) -> str:
        local = moment.astimezone(zone)
        return f"{local.day} {local:%B %Y, %H:%M}"

    return clock
