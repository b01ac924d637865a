"""What catalogues call a work: IMDb, ISBN, AniList and the others."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from urllib.parse import quote

from fedreview.domain.kinds import WorkKind
from fedreview.errors import InvalidInput

LONGEST_VALUE = 100


class Catalogue(StrEnum):
    """The catalogues whose names we know; the values are what an author types before the colon."""

    IMDB = "imdb"
    TMDB = "tmdb"
    ANILIST = "anilist"
    MAL = "mal"
    ISBN = "isbn"
    OPENLIBRARY = "openlibrary"
    MUSICBRAINZ = "musicbrainz"
    STEAM = "steam"
    WIKIDATA = "wikidata"


_LABELS = {
    Catalogue.IMDB: "IMDb",
    Catalogue.TMDB: "TMDB",
    Catalogue.ANILIST: "AniList",
    Catalogue.MAL: "MyAnimeList",
    Catalogue.ISBN: "ISBN",
    Catalogue.OPENLIBRARY: "OpenLibrary",
    Catalogue.MUSICBRAINZ: "MusicBrainz",
    Catalogue.STEAM: "Steam",
    Catalogue.WIKIDATA: "Wikidata",
}

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# What each catalogue's names look like, and the page that is about the one named.
_SHAPES: dict[Catalogue, tuple[str, str]] = {
    Catalogue.IMDB: (r"tt\d{6,10}", "https://www.imdb.com/title/{}/"),
    Catalogue.TMDB: (r"(?:movie|tv)/\d{1,9}", "https://www.themoviedb.org/{}"),
    Catalogue.ANILIST: (r"(?:anime|manga)/\d{1,9}", "https://anilist.co/{}"),
    Catalogue.MAL: (r"(?:anime|manga)/\d{1,9}", "https://myanimelist.net/{}"),
    Catalogue.ISBN: (r"97[89]\d{10}", "https://openlibrary.org/isbn/{}"),
    Catalogue.OPENLIBRARY: (r"OL\d{1,10}[MW]", "https://openlibrary.org/{}/{}"),
    Catalogue.MUSICBRAINZ: (
        rf"(?:release-group|release|recording|work)/{_UUID}",
        "https://musicbrainz.org/{}",
    ),
    Catalogue.STEAM: (r"\d{1,9}", "https://store.steampowered.com/app/{}/"),
    Catalogue.WIKIDATA: (r"Q\d{1,12}", "https://www.wikidata.org/wiki/{}"),
}

# Where a catalogue's name stands in the address of its pages, after the host.
_PAGES: tuple[tuple[Catalogue, str, str], ...] = (
    (Catalogue.IMDB, "imdb.com", r"/(?:[a-z]{2}(?:-[a-z]{2})?/)?title/(tt\d{6,10})"),
    (Catalogue.TMDB, "themoviedb.org", r"/((?:movie|tv)/\d{1,9})"),
    (Catalogue.ANILIST, "anilist.co", r"/((?:anime|manga)/\d{1,9})"),
    (Catalogue.MAL, "myanimelist.net", r"/((?:anime|manga)/\d{1,9})"),
    (Catalogue.ISBN, "openlibrary.org", r"/isbn/([\dXx-]{10,17})"),
    (Catalogue.OPENLIBRARY, "openlibrary.org", r"/(?:books|works)/(OL\d{1,10}[MW])"),
    (
        Catalogue.MUSICBRAINZ,
        "musicbrainz.org",
        rf"/((?:release-group|release|recording|work)/{_UUID})",
    ),
    (Catalogue.STEAM, "store.steampowered.com", r"/app/(\d{1,9})"),
    (Catalogue.WIKIDATA, "wikidata.org", r"/(?:wiki|entity)/(Q\d{1,12})"),
)

# What follows a name in an address is its title, most often.
_END_OF_NAME = r"(?=[/.-]|\Z)"

# A series has one name for all of its seasons in most catalogues, and a manga for all of its
# volumes; what is reviewed here may be one of them.
_NAMES_A_PART = {
    WorkKind.SERIES: frozenset(Catalogue),
    WorkKind.ANIME: frozenset(Catalogue) - {Catalogue.ANILIST, Catalogue.MAL},
    WorkKind.MANGA: frozenset(Catalogue) - {Catalogue.ISBN},
}

_LINE = re.compile(r"\s*(?P<catalogue>[A-Za-z]+)\s*[:=\s]\s*(?P<value>\S+(?:[ -]\S+)*)\s*")
_ADDRESS = re.compile(r"https?://(?:www\.|m\.)?(?P<host>[^/?#]+)(?P<path>/[^?#]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """What one catalogue calls a work, spelled as the catalogue does."""

    catalogue: Catalogue
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``imdb: tt6574146``, ``ISBN 978-3-16-148410-0`` or the address of such a page.

        Raises InvalidInput for field "identifiers".
        """
        from_page = next(iter(identifiers_from_links([text.strip()])), None)
        if from_page:
            return cls(catalogue=from_page.catalogue, value=from_page.value)
        found = _LINE.fullmatch(text)
        known = {catalogue.value for catalogue in Catalogue}
        if found is None or found["catalogue"].lower() not in known:
            names = ", ".join(sorted(known))
            raise _wrong(f"Write one of {names}, a colon, and what it is called there.")
        catalogue = Catalogue(found["catalogue"].lower())
        value = _spelled(catalogue, found["value"])
        if value is None:
            raise _wrong(f"{found['value'][:40]} is not what {_LABELS[catalogue]} calls a work.")
        return cls(catalogue=catalogue, value=value)

    @property
    def text(self) -> str:
        """The line as it is typed: ``imdb: tt6574146``."""
        return f"{self.catalogue.value}: {self.value}"

    @property
    def label(self) -> str:
        """The catalogue's own name."""
        return _LABELS[self.catalogue]

    def names_one(self, kind: WorkKind) -> bool:
        """Tell whether two works of this kind that have it must be the same."""
        return self.catalogue not in _NAMES_A_PART.get(kind, ())

    @property
    def url(self) -> str:
        """The catalogue's page about the work."""
        _, page = _SHAPES[self.catalogue]
        if self.catalogue is Catalogue.OPENLIBRARY:
            return page.format("books" if self.value.endswith("M") else "works", self.value)
        return page.format(quote(self.value))


def identifiers_from_links(links: Iterable[str]) -> tuple[Identifier, ...]:
    """Recognise the pages of catalogues among addresses; each name once."""
    found: dict[Identifier, None] = {}
    for link in links:
        address = _ADDRESS.match(link)
        if address is None:
            continue
        for catalogue, host, path in _PAGES:
            place = re.match(path + _END_OF_NAME, address["path"], re.IGNORECASE)
            value = _spelled(catalogue, place[1]) if place else None
            if address["host"].lower() == host and value:
                found[Identifier(catalogue=catalogue, value=value)] = None
    return tuple(found)


def isbn13(text: str) -> str | None:
    """Read an ISBN of ten or thirteen digits, hyphens and all, as one of thirteen; None if wrong.

    Source: ISBN Users' Manual, section 5.4, for the check digits.
    """
    digits = re.sub(r"[\s-]", "", text).upper()
    if re.fullmatch(r"\d{9}[\dX]", digits, re.ASCII):
        weighted = (
            (10 if digit == "X" else int(digit)) * (10 - place)
            for place, digit in enumerate(digits)
        )
        return _with_check("978" + digits[:9]) if sum(weighted) % 11 == 0 else None
    if re.fullmatch(r"97[89]\d{10}", digits, re.ASCII) and _with_check(digits[:12]) == digits:
        return digits
    return None


def _with_check(twelve: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"


def _spelled(catalogue: Catalogue, value: str) -> str | None:
    """Spell a name as its catalogue does, or give None when it is no such name."""
    if catalogue is Catalogue.ISBN:
        return isbn13(value)
    shape, _ = _SHAPES[catalogue]
    if len(value) > LONGEST_VALUE or not re.fullmatch(shape, value, re.IGNORECASE | re.ASCII):
        return None
    capital = catalogue in {Catalogue.OPENLIBRARY, Catalogue.WIKIDATA}
    return value.upper() if capital else value.lower()


def _wrong(message: str) -> InvalidInput:
    return InvalidInput({"identifiers": message})
