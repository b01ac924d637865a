"""Works of every kind, out of Wikidata."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

import structlog

from fedreview.domain.identifiers import Catalogue
from fedreview.domain.work import WorkFacts, WorkKind
from fedreview.errors import RemoteRefused
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

MOST_PEOPLE = 40

_log = structlog.get_logger(__name__)

_MAKERS = {
    WorkKind.FILM: "P57",
    WorkKind.SERIES: "P57",
    WorkKind.ANIME: "P57",
    WorkKind.MANGA: "P50",
    WorkKind.BOOK: "P50",
    WorkKind.GAME: "P178",
    WorkKind.MUSIC: "P175",
}
_MAKERS_ELSE = {WorkKind.SERIES: "P170"}
_BEGINNINGS = ("P577", "P580")
_ORIGINAL_TITLE, _DURATION = "P1476", "P2047"
_MINUTE = "Q7727"
_NAMES: tuple[tuple[str, Catalogue, str], ...] = (
    ("P345", Catalogue.IMDB, "{}"),
    ("P4947", Catalogue.TMDB, "movie/{}"),
    ("P4983", Catalogue.TMDB, "tv/{}"),
    ("P8729", Catalogue.ANILIST, "anime/{}"),
    ("P8731", Catalogue.ANILIST, "manga/{}"),
    ("P4086", Catalogue.MAL, "anime/{}"),
    ("P4087", Catalogue.MAL, "manga/{}"),
    ("P648", Catalogue.OPENLIBRARY, "{}"),
    ("P436", Catalogue.MUSICBRAINZ, "release-group/{}"),
    ("P1733", Catalogue.STEAM, "{}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wikidata:
    """Wikidata's own API. base: where it is."""

    name: ClassVar[str] = "wikidata"
    label: ClassVar[str] = "Wikidata"
    kinds: ClassVar[frozenset[WorkKind]] = frozenset(WorkKind)
    base: str = "https://www.wikidata.org"

    async def look_up(
        self, client: FederationClient, title: str, kind: WorkKind
    ) -> tuple[Candidate, ...]:
        """Ask for works with this title: for ids, then for facts, then for who made them.

        Raises RemoteRefused or RemoteUnavailable.
        """
        found = await self._ask(
            client, action="wbsearchentities", search=title, type="item", limit=str(MOST)
        )
        ids = parse_search(found)
        if not ids:
            return ()
        items = await self._items(client, ids)
        people = parse_people(items, kind)
        named = await self._entities(client, people, "labels") if people else {}
        return parse(items, kind, ids=ids, labels=parse_labels(named))

    async def _items(self, client: FederationClient, ids: Iterable[str]) -> dict[str, Json]:
        """Fetch items one after the other: what is known of a famous one takes half a megabyte.

        One that is larger than we read is left out.
        """
        entities: dict[str, Json] = {}
        for id in ids:  # noqa: A001  (theirs)
            try:
                answer = await self._entities(client, [id], "labels|descriptions|claims")
            except RemoteRefused as error:
                _log.info("item of a catalogue left out", item=id, reason=str(error))
                continue
            entities[id] = inside(answer, "entities", id)
        return {"entities": entities}

    async def _entities(
        self, client: FederationClient, ids: Iterable[str], props: str
    ) -> dict[str, Json]:
        return await self._ask(client, action="wbgetentities", ids="|".join(ids), props=props)

    async def _ask(self, client: FederationClient, **question: str) -> dict[str, Json]:
        languages = {"languages": "en|mul"}
        if question["action"] == "wbsearchentities":
            languages = {"language": "en", "uselang": "en"}
        query = urlencode({**question, **languages, "format": "json"})
        return await client.get_json(
            f"{self.base}/w/api.php?{query}",
            accept=("application/json",),
            most_parts=MOST_PARTS_OF_CATALOGUE,
        )


def parse_search(answer: Json) -> tuple[str, ...]:
    """Read the ids that a search found, the best first."""
    return tuple(filter(None, (_item(each.get("id")) for each in objects(answer, "search"))))


def parse_labels(answer: Json) -> dict[str, str]:
    """Read what items are called, by id."""
    entities = inside(answer, "entities")
    found = entities.items() if isinstance(entities, dict) else ()
    return {id: _label(entity) for id, entity in found}  # noqa: A001


def parse_people(answer: Json, kind: WorkKind) -> tuple[str, ...]:
    """Read the ids of who made the works, to ask for their names."""
    entities = inside(answer, "entities")
    found = entities.values() if isinstance(entities, dict) else ()
    people = (person for entity in found for person in _makers(entity, kind))
    return tuple(dict.fromkeys(people))[:MOST_PEOPLE]


def parse(
    answer: Json, kind: WorkKind, *, ids: Iterable[str], labels: Mapping[str, str]
) -> tuple[Candidate, ...]:
    """Read facts of items; what has neither a year nor a maker is hardly a work of this kind.

    ids: of the items, the best first. labels: of who made them, by id.
    Source: wikidata.org/w/api.php?action=help&modules=wbgetentities.
    """
    entities = (inside(answer, "entities", each) for each in ids)
    found = (_candidate(entity, kind, labels) for entity in entities)
    return tuple(candidate for candidate in found if candidate)[:MOST]


def _candidate(entity: Json, kind: WorkKind, labels: Mapping[str, str]) -> Candidate | None:
    original = next((line(inside(each, "text")) for each in _values(entity, _ORIGINAL_TITLE)), "")
    title, id = _label(entity) or original, _item(inside(entity, "id"))  # noqa: A001  (theirs)
    began = (inside(each, "time") for which in _BEGINNINGS for each in _values(entity, which))
    years = sorted(filter(None, map(year, began)))
    creators = names(labels.get(person, "") for person in _makers(entity, kind))
    if not title or not id or not (years or creators):
        return None
    facts = WorkFacts(
        kind=kind,
        title=title,
        original_title=original if original != title else "",
        year=years[0] if years else None,
        creators=creators,
        length=_length(entity),
        identifiers=identifiers(_names(entity, id)),
    )
    note = line(inside(entity, "descriptions", "en", "value"))
    url = f"https://www.wikidata.org/wiki/{id}"
    return Candidate(source=Wikidata.label, url=url, facts=facts, note=note)


def _names(entity: Json, id: str) -> Iterator[tuple[Catalogue, str]]:
    yield Catalogue.WIKIDATA, id
    for which, catalogue, pattern in _NAMES:
        for value in _values(entity, which):
            yield catalogue, pattern.format(line(value))
            break


def _length(entity: Json) -> str:
    for value in _values(entity, _DURATION):
        amount = line(inside(value, "amount")).removeprefix("+").partition(".")[0]
        if amount.isdecimal() and line(inside(value, "unit")).endswith(f"/{_MINUTE}"):
            return f"{amount} min"
    return ""


def _makers(entity: Json, kind: WorkKind) -> tuple[str, ...]:
    found = (
        _item(inside(value, "id"))
        for which in filter(None, (_MAKERS[kind], _MAKERS_ELSE.get(kind)))
        for value in _values(entity, which)
    )
    return tuple(filter(None, found))


def _values(entity: Json, which: str) -> Iterator[Json]:
    """Give the values of a property; those that are called wrong or unknown are left out."""
    for claim in objects(entity, "claims", which):
        if claim.get("rank") != "deprecated":
            value = inside(claim, "mainsnak", "datavalue", "value")
            if value is not None:
                yield value


def _label(entity: Json) -> str:
    texts = (line(inside(entity, "labels", each, "value")) for each in ("en", "mul"))
    return next(filter(None, texts), "")


def _item(value: Json) -> str:
    text = line(value)
    return text if text[:1] == "Q" and text[1:].isdecimal() and len(text) < 14 else ""
