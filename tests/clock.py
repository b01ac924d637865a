"""Time and ids that tests decide."""

from datetime import UTC, datetime, timedelta

START = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


class Clock:
    """Tells the time that it was set to, for whatever asks for `now`."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move on, and tell the new time."""
        self._now += by
        return self._now


class Ids:
    """Gives id0001, id0002 …: no two the same, and in the order in which they were asked for."""

    def __init__(self) -> None:
        self._given = 0

    def __call__(self) -> str:
        self._given += 1
        return f"id{self._given:04}"
