"""What a catalogue says a title may be, and how to read it out of whatever it answers."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from fedreview.domain.identifiers import Catalogue, Identifier
from fedreview.domain.work import WorkFacts, WorkKind
from fedreview.errors import InvalidInput
from fedreview.federation.client import FederationClient
from fedreview.federation.reading import Json

MOST = 5
MOST_NAMES = 6
LONGEST = 200

_YEAR = re.compile(r"\+?([12]\d{3})(?:-|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A work that a catalogue knows.

    source: what people call the catalogue. url: of its page about the work.
    note: what the catalogue says to tell it from others, or "". cover_url: of a picture, or "".
    """

    source: str
    url: str
    facts: WorkFacts
    note: str = ""
    cover_url: str = ""


class Adapter(Protocol):
    """A catalogue that can be asked.

    name: in the settings. label: what people call it. kinds: of which works it knows something.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def kinds(self) -> frozenset[WorkKind]: ...  # noqa: D102

    async def look_up(
        self, client: FederationClient, title: str, kind: WorkKind
    ) -> tuple[Candidate, ...]:
        """Ask for works with this title, at most MOST.

        Raises RemoteRefused or RemoteUnavailable.
        """


def inside(value: Json, *path: str) -> Json:
    """Go down an object by names; None where one is missing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def objects(value: Json, *path: str) -> Iterator[dict[str, Json]]:
    """Go through the objects of a list that stands somewhere inside; whatever else is left out."""
    found = inside(value, *path)
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict):
            yield item


def line(value: Json) -> str:
    """Read one line of text; "" when it is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return " ".join(str(value).split())[:LONGEST]


def year(value: Json) -> int | None:
    """Read the year of ``2017``, ``2017-05-20`` or ``+2017-05-20T00:00:00Z``."""
    found = _YEAR.match(line(value))
    return int(found[1]) if found else None


def names(values: Iterable[Json]) -> tuple[str, ...]:
    """Read names, each once; a comma would divide one in two."""
    texts = (" ".join(line(value).replace(",", " ").split()) for value in values)
    return tuple(dict.fromkeys(text for text in texts if text))[:MOST_NAMES]


def identifiers(found: Iterable[tuple[Catalogue, str]]) -> tuple[Identifier, ...]:
    """Keep those that are spelled as their catalogue spells them."""
    kept: dict[Identifier, None] = {}
    for catalogue, value in found:
        try:
            kept[Identifier.parse(f"{catalogue.value}: {value}")] = None
        except InvalidInput:
            continue
    return tuple(kept)
