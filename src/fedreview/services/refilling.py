"""Fill the holes of a thread: read what its other servers list as answers, and fetch the new."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from fedreview.activitypub.origin import same_origin, site
from fedreview.activitypub.vocabulary import RemoteNote
from fedreview.errors import RemoteFailure, RemoteUnavailable
from fedreview.services.fetching import Fetching
from fedreview.services.placing import Placing

MOST_NOTES = 25
"""Tries, for one list and what hangs below it."""

MOST_OF_OTHERS = 5
"""Of one other site: a list could send us, and many like us, to whom it wishes ill."""

MOST_IN_VAIN = 5
"""Of all other sites together: a list of what is not there could send us to very many."""

MOST_LISTS = 5

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class _Purse:
    """What may still be spent in one refill. home: where the list stands."""

    home: str
    notes: int = MOST_NOTES
    tried: Counter[str] = field(default_factory=Counter)
    failed: set[str] = field(default_factory=set)
    in_vain: int = 0

    def spend(self, url: str) -> bool:
        """Pay for one note, if there is enough left for that site."""
        place = site(url)
        is_at_home = place == site(self.home)
        is_too_much = not is_at_home and (
            self.tried[place] >= MOST_OF_OTHERS or self.in_vain >= MOST_IN_VAIN
        )
        if self.notes <= 0 or is_too_much or place in self.failed:
            return False
        self.notes -= 1
        self.tried[place] += 1
        return True

    def note_failure(self, url: str, error: RemoteFailure) -> None:
        """Remember that a note was not to be had."""
        place = site(url)
        self.in_vain += place != site(self.home)
        if isinstance(error, RemoteUnavailable):
            # The next ones would have to wait as long.
            self.failed.add(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refilling:
    """Finds answers that nobody sent us."""

    fetching: Fetching
    placing: Placing

    async def refill(self, url: str) -> None:
        """Read a collection of replies or of a conversation, and keep what is new in our threads.

        What answers the new ones is looked for too, as long as the bounds allow.

        Raises RemoteRefused or RemoteUnavailable when the collection cannot be had.
        """
        purse, lists, seen = _Purse(home=url), deque[str](), {url}
        lists.extend(await self._take(await self.fetching.items(url), purse))
        while lists and len(seen) < MOST_LISTS and purse.notes > 0:
            further = lists.popleft()
            if further in seen:
                continue
            seen.add(further)
            try:
                items = await self.fetching.items(further)
            except RemoteFailure as error:
                _log.info("replies not to be had", list=further, reason=str(error))
                continue
            lists.extend(await self._take(items, purse))

    async def _take(self, ids: Iterable[str], purse: _Purse) -> tuple[str, ...]:
        """Fetch and keep what is new of a list; give where the answers to it are listed."""
        wanted = await asyncio.to_thread(self.placing.missing, ids)
        found = [note for note in [await self._fetch(url, purse) for url in wanted] if note]
        ours = await asyncio.to_thread(self.placing.belonging, _parents_first(found))
        kept = set(
            await asyncio.to_thread(self.placing.keep, await self.fetching.with_writers(ours))
        )
        return tuple(
            note.replies for note in found if note.id in kept and same_origin(note.replies, note.id)
        )

    async def _fetch(self, url: str, purse: _Purse) -> RemoteNote | None:
        if not purse.spend(url):
            return None
        try:
            return await self.fetching.note(url)
        except RemoteFailure as error:
            purse.note_failure(url, error)
            _log.info("reply not to be had", note=url, reason=str(error))
            return None


def _parents_first(notes: Iterable[RemoteNote]) -> tuple[RemoteNote, ...]:
    """Sort what was found so that each stands after what it answers; a circle is left out."""
    waiting = {note.id: note for note in notes}
    ordered: list[RemoteNote] = []
    while ready := [note for note in waiting.values() if note.in_reply_to not in waiting]:
        ordered.extend(ready)
        for note in ready:
            del waiting[note.id]
    return tuple(ordered)
