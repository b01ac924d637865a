"""All catalogues that can be asked, by the names that the settings have for them."""

from collections.abc import Collection

from fedreview.federation.catalogues.anilist import AniList
from fedreview.federation.catalogues.candidates import Adapter
from fedreview.federation.catalogues.musicbrainz import MusicBrainz
from fedreview.federation.catalogues.openlibrary import OpenLibrary
from fedreview.federation.catalogues.wikidata import Wikidata


def adapters(names: Collection[str]) -> tuple[Adapter, ...]:
    """Make the adapters with these names; a kind's own catalogue comes before Wikidata."""
    known: tuple[Adapter, ...] = (OpenLibrary(), AniList(), MusicBrainz(), Wikidata())
    return tuple(each for each in known if each.name in names)
