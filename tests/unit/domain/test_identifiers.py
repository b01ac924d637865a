"""What catalogues call a work."""

import pytest

from fedreview.domain.identifiers import Catalogue, Identifier, identifiers_from_links, isbn13
from fedreview.domain.kinds import WorkKind
from fedreview.errors import InvalidInput

MBID = "f5093c06-23e3-404f-aeaa-40f72885ee3a"


@pytest.mark.parametrize(
    ("typed", "text", "url"),
    [
        ("imdb: tt6574146", "imdb: tt6574146", "https://www.imdb.com/title/tt6574146/"),
        ("IMDB TT6574146", "imdb: tt6574146", "https://www.imdb.com/title/tt6574146/"),
        ("tmdb: movie/27205", "tmdb: movie/27205", "https://www.themoviedb.org/movie/27205"),
        (
            "isbn = 3-16-148410-X",
            "isbn: 9783161484100",
            "https://openlibrary.org/isbn/9783161484100",
        ),
        (
            "openlibrary: ol45804w",
            "openlibrary: OL45804W",
            "https://openlibrary.org/works/OL45804W",
        ),
        ("openlibrary: OL1M", "openlibrary: OL1M", "https://openlibrary.org/books/OL1M"),
        ("wikidata: q42", "wikidata: Q42", "https://www.wikidata.org/wiki/Q42"),
        (
            f"https://musicbrainz.org/release-group/{MBID}",
            f"musicbrainz: release-group/{MBID}",
            f"https://musicbrainz.org/release-group/{MBID}",
        ),
        (
            "https://store.steampowered.com/app/620/Portal_2/",
            "steam: 620",
            "https://store.steampowered.com/app/620/",
        ),
    ],
)
def test_a_name_is_read_however_it_is_typed(typed: str, text: str, url: str) -> None:
    identifier = Identifier.parse(typed)

    assert (identifier.text, identifier.url) == (text, url)
    assert Identifier.parse(identifier.text) == identifier
    assert Identifier.parse(identifier.url) == identifier


@pytest.mark.parametrize(
    "typed",
    ["", "imdb", "allmovie: 5", "imdb: 6574146", "isbn: 9783161484101", f"steam: {'1' * 200}"],
)
def test_what_is_no_name_is_refused_with_what_to_type(typed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Identifier.parse(typed)

    assert set(caught.value.problems) == {"identifiers"}


def test_every_catalogue_has_a_label() -> None:
    labels = {Identifier(catalogue=each, value="x").label for each in Catalogue}

    assert len(labels) == len(Catalogue)


def test_pages_of_catalogues_are_recognised_once_each() -> None:
    found = identifiers_from_links(
        [
            "https://www.imdb.com/title/tt6574146/",
            "http://m.imdb.com/de/title/tt6574146/reviews",
            "https://anilist.co/anime/21872/BLAME/",
            "https://anilist.co.evil.example/anime/1",
            "https://imdb.com/name/nm0000001",
            "https://openlibrary.org/isbn/123",
            "no address",
        ]
    )

    assert [each.text for each in found] == ["imdb: tt6574146", "anilist: anime/21872"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("978-3-16-148410-0", "9783161484100"),
        ("316148410X", "9783161484100"),
        ("3161484101", None),
        ("9783161484101", None),
        ("9993161484100", None),
        ("", None),
    ],
)
def test_an_isbn_counts_only_with_its_check_digit(typed: str, read: str | None) -> None:
    assert isbn13(typed) == read


@pytest.mark.parametrize(
    ("catalogue", "kind", "is_one"),
    [
        (Catalogue.IMDB, WorkKind.FILM, True),
        (Catalogue.IMDB, WorkKind.SERIES, False),
        (Catalogue.IMDB, WorkKind.ANIME, False),
        (Catalogue.ANILIST, WorkKind.ANIME, True),
        (Catalogue.ANILIST, WorkKind.MANGA, False),
        (Catalogue.ISBN, WorkKind.MANGA, True),
    ],
)
def test_what_names_all_seasons_or_volumes_names_no_single_one(
    catalogue: Catalogue, kind: WorkKind, *, is_one: bool
) -> None:
    assert Identifier(catalogue=catalogue, value="x").names_one(kind) is is_one
