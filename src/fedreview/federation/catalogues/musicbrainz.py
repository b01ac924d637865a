"""Albums, out of MusicBrainz."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlencode

from fedreview.domain.identifiers import Catalogue
from fedreview.domain.work import WorkFacts, WorkKind
from fedreview.federation.catalogues.candidates import (
    MOST,
    Candidate,
    identifiers,
    inside,
    line,
    names,
    objects,
    year,
)
from fedreview.federation.client import FederationClient
from fedreview.federation.reading import MOST_PARTS_OF_CATALOGUE, Json


@dataclass(slots=True)
class Pace:
    """Lets one pass at a time, at most one a second.

    Source: musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting; whoever is quicker gets 503. It
    asks for a User-Agent with a way to reach us too, which every request of ours has.

    clock: in seconds. wait: for so many seconds.
    """

    seconds: float = 1.0
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _next: float = float("-inf")

    async def turn(self) -> None:
        """Wait for one's turn."""
        async with self._lock:
            early = self._next - self.clock()
            if early > 0:
                await self.wait(early)
            self._next = self.clock() + self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicBrainz:
    """MusicBrainz's search for what all releases of an album have in common. base: where it is."""

    name: ClassVar[str] = "musicbrainz"
    label: ClassVar[str] = "MusicBrainz"
    kinds: ClassVar[frozenset[WorkKind]] = frozenset({WorkKind.MUSIC})
    base: str = "https://musicbrainz.org"
    pace: Pace = field(default_factory=Pace)

    async def look_up(
        self, client: FederationClient, title: str, kind: WorkKind
    ) -> tuple[Candidate, ...]:
        """Ask for albums with this title. Raises RemoteRefused or RemoteUnavailable."""
        quoted = title.replace("\\", " ").replace('"', " ")
        query = urlencode({"query": f'releasegroup:"{quoted}"', "limit": MOST, "fmt": "json"})
        await self.pace.turn()
        answer = await client.get_json(
            f"{self.base}/ws/2/release-group?{query}",
            accept=("application/json",),
            most_parts=MOST_PARTS_OF_CATALOGUE,
        )
        return parse(answer, kind)


def parse(answer: Json, kind: WorkKind) -> tuple[Candidate, ...]:
    """Read what the search answers; what has no name or id is left out.

    Source: musicbrainz.org/doc/MusicBrainz_API/Search.
    """
    found = (_candidate(group, kind) for group in objects(answer, "release-groups"))
    return tuple(candidate for candidate in found if candidate)[:MOST]


def _candidate(group: dict[str, Json], kind: WorkKind) -> Candidate | None:
    title, id = line(group.get("title")), line(group.get("id"))  # noqa: A001  (theirs)
    known = identifiers([(Catalogue.MUSICBRAINZ, f"release-group/{id}")])
    if not title or not known:
        return None
    artists = (
        each.get("name") or inside(each, "artist", "name")
        for each in objects(group, "artist-credit")
    )
    facts = WorkFacts(
        kind=kind,
        title=title,
        year=year(group.get("first-release-date")),
        creators=names(artists),
        identifiers=known,
    )
    note = line(group.get("primary-type"))
    return Candidate(source=MusicBrainz.label, url=known[0].url, facts=facts, note=note)
