"""Books, out of OpenLibrary."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from fedreview.domain.identifiers import Catalogue
from fedreview.domain.work import WorkFacts, WorkKind
from fedreview.federation.catalogues.candidates import (
    MOST,
    Candidate,
    identifiers,
    line,
    names,
    objects,
    year,
)
from fedreview.federation.client import FederationClient
from fedreview.federation.reading import MOST_PARTS_OF_CATALOGUE, Json

COVERS = "https://covers.openlibrary.org/b/id"
_FIELDS = "key,title,author_name,first_publish_year,cover_i,number_of_pages_median"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLibrary:
    """OpenLibrary's search. base: where it is."""

    name: ClassVar[str] = "openlibrary"
    label: ClassVar[str] = "OpenLibrary"
    kinds: ClassVar[frozenset[WorkKind]] = frozenset({WorkKind.BOOK, WorkKind.MANGA})
    base: str = "https://openlibrary.org"

    async def look_up(
        self, client: FederationClient, title: str, kind: WorkKind
    ) -> tuple[Candidate, ...]:
        """Ask for books with this title. Raises RemoteRefused or RemoteUnavailable."""
        query = urlencode({"title": title, "limit": MOST, "fields": _FIELDS})
        answer = await client.get_json(
            f"{self.base}/search.json?{query}",
            accept=("application/json",),
            most_parts=MOST_PARTS_OF_CATALOGUE,
        )
        return parse(answer, kind)


def parse(answer: Json, kind: WorkKind) -> tuple[Candidate, ...]:
    """Read what the search answers; what is no book with a name is left out.

    Source: openlibrary.org/dev/docs/api/search.
    """
    found = (_candidate(document, kind) for document in objects(answer, "docs"))
    return tuple(candidate for candidate in found if candidate)[:MOST]


def _candidate(document: dict[str, Json], kind: WorkKind) -> Candidate | None:
    title, key = line(document.get("title")), line(document.get("key")).rpartition("/")[2]
    known = identifiers([(Catalogue.OPENLIBRARY, key)])
    if not title or not known:
        return None
    authors = document.get("author_name")
    pages, cover = line(document.get("number_of_pages_median")), line(document.get("cover_i"))
    facts = WorkFacts(
        kind=kind,
        title=title,
        year=year(document.get("first_publish_year")),
        creators=names(authors if isinstance(authors, list) else ()),
        length=f"{pages} pages" if pages.isdecimal() else "",
        identifiers=known,
    )
    cover_url = f"{COVERS}/{cover}-L.jpg" if cover.isdecimal() else ""
    return Candidate(source=OpenLibrary.label, url=known[0].url, facts=facts, cover_url=cover_url)
