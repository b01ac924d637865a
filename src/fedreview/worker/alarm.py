"""Wake the loops of this process when there is something to do."""

import asyncio
import threading


class Alarm:
    """Wakes the worker of this process, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: list[asyncio.Event] = []

    def listen(self, event: asyncio.Event) -> asyncio.Event:
        """Set this event at each ring, and give it; call it in the worker's loop."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._events.append(event)
        return event

    def ring(self) -> None:
        """Say that there is something to do; without a worker here nothing happens."""
        with self._lock:
            loop, events = self._loop, tuple(self._events)
        if loop is None or loop.is_closed():
            return
        for event in events:
            loop.call_soon_threadsafe(event.set)
