"""Anime and manga, out of AniList."""

import json
from dataclasses import dataclass
from typing import ClassVar

from fedreview.content.sanitize import safe_link
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
from fedreview.federation.reading import Json

QUERY = """
query ($title: String, $type: MediaType, $most: Int) {
  Page(perPage: $most) {
    media(search: $title, type: $type) {
      id
      idMal
      title { romaji english native }
      startDate { year }
      format
      episodes
      duration
      volumes
      coverImage { extraLarge }
      studios(isMain: true) { nodes { name } }
      staff(perPage: 8, sort: RELEVANCE) { edges { role node { name { full } } } }
    }
  }
}
"""
_MAKERS = ("director", "story", "art", "original creator", "story & art")


@dataclass(frozen=True, slots=True, kw_only=True)
class AniList:
    """AniList's GraphQL. base: where it is."""

    name: ClassVar[str] = "anilist"
    label: ClassVar[str] = "AniList"
    kinds: ClassVar[frozenset[WorkKind]] = frozenset({WorkKind.ANIME, WorkKind.MANGA})
    base: str = "https://graphql.anilist.co"

    async def look_up(
        self, client: FederationClient, title: str, kind: WorkKind
    ) -> tuple[Candidate, ...]:
        """Ask for anime or manga with this title. Raises RemoteRefused or RemoteUnavailable."""
        variables = {"title": title, "type": kind.value.upper(), "most": MOST}
        question = json.dumps({"query": QUERY, "variables": variables})
        return parse(await client.post_json(f"{self.base}/", question.encode()), kind)


def parse(answer: Json, kind: WorkKind) -> tuple[Candidate, ...]:
    """Read what it answers; what has no name or number is left out.

    Source: docs.anilist.co/reference/object/media.
    """
    found = (_candidate(media, kind) for media in objects(answer, "data", "Page", "media"))
    return tuple(candidate for candidate in found if candidate)[:MOST]


def _candidate(media: dict[str, Json], kind: WorkKind) -> Candidate | None:
    romaji, english, native = (
        line(inside(media, "title", each)) for each in ("romaji", "english", "native")
    )
    known = identifiers(
        (catalogue, f"{kind.value}/{line(media.get(field))}")
        for catalogue, field in ((Catalogue.ANILIST, "id"), (Catalogue.MAL, "idMal"))
    )
    title = english or romaji or native
    if not title or not known:
        return None
    facts = WorkFacts(
        kind=kind,
        title=title,
        original_title=native if native != title else "",
        year=year(inside(media, "startDate", "year")),
        creators=_makers(media),
        length=_length(media),
        publisher=", ".join(names(each.get("name") for each in _studios(media))),
        identifiers=known,
    )
    cover = line(inside(media, "coverImage", "extraLarge"))
    return Candidate(
        source=AniList.label,
        url=known[0].url,
        facts=facts,
        note=romaji if romaji != title else "",
        cover_url=cover if safe_link(cover) else "",
    )


def _studios(media: dict[str, Json]) -> list[dict[str, Json]]:
    return list(objects(media, "studios", "nodes"))


def _makers(media: dict[str, Json]) -> tuple[str, ...]:
    return names(
        inside(edge, "node", "name", "full")
        for edge in objects(media, "staff", "edges")
        if line(edge.get("role")).lower() in _MAKERS
    )


def _length(media: dict[str, Json]) -> str:
    episodes, minutes, volumes = (
        line(media.get(each)) for each in ("episodes", "duration", "volumes")
    )
    if volumes.isdecimal():
        return f"{volumes} volumes" if volumes != "1" else "1 volume"
    if episodes == "1" and minutes.isdecimal():
        return f"{minutes} min"
    return f"{episodes} episodes" if episodes.isdecimal() else ""
