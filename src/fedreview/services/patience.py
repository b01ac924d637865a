"""How much of our attention another server may have at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fedreview.activitypub.origin import site
from fedreview.errors import OutOfPatience

MOST_AT_ONCE = 100
MOST_AT_ONCE_PER_SITE = 10
"""Fewer than a worker applies at once: a server that hangs leaves room for the others."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Counts the questions that are under way, because strangers decide whom we ask.

    Whoever posts to an inbox names a key, and we ask for it before anything is proved. Without
    a bound one sender could open any number of connections, to a server that never answers or
    to one that should be flooded in our name. Held in memory: each process has its own.
    """

    _under_way: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def asking(self, url: str) -> Iterator[None]:
        """Count a question to the server of this address for as long as the block lasts.

        Raises OutOfPatience when too many are under way: whoever sent us will try again.
        """
        place = site(url)
        if self._under_way[place] >= MOST_AT_ONCE_PER_SITE:
            raise OutOfPatience(f"{MOST_AT_ONCE_PER_SITE} questions to {place} are under way")
        if self._under_way.total() >= MOST_AT_ONCE:
            raise OutOfPatience(f"{MOST_AT_ONCE} questions are under way")
        self._under_way[place] += 1
        try:
            yield
        finally:
            self._under_way[place] -= 1
            if not self._under_way[place]:
                del self._under_way[place]
