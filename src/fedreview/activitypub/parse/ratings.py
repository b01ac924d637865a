"""Scores that others give, in the three shapes there are, and the works that they are for."""

import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from fedreview.activitypub.dialects.neodb import NEODB_TYPES
from fedreview.activitypub.parse.properties import address, entries, members, type_name
from fedreview.activitypub.vocabulary import Json, RemoteRating

LARGEST_SCORE = 1_000
MOST_RELATED = 20
MOST_WORKS = 10

BOOKWYRM_BEST = Decimal(5)
BOOKWYRM_WORST = Decimal("0.5")

# What stands for an end of the scale that is not named.
# Sources: schema.org, of bestRating and worstRating; NeoDB, journal/models/rating.py.
DEFAULT_BEST = Decimal(5)
DEFAULT_WORST = Decimal(1)

_THOUSANDTH = Decimal("0.001")
_NUMBER = re.compile(r"-?[0-9]{1,6}(?:[.,][0-9]{1,9})?")
_BOOKWYRM_TYPES = frozenset({"Review", "Rating"})
_CATALOGUE_TYPES = frozenset(NEODB_TYPES.values()) | {"TVSeason", "Podcast", "Performance"}


def _number(value: Json) -> Decimal | None:
    """Read a number, or a short text that is one, to the thousandth."""
    if isinstance(value, str):
        return _exact(value.replace(",", ".")) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Before it is written out: there are whole numbers too long for that. Not a number, NaN
    # lies nowhere between.
    return _exact(str(value)) if -LARGEST_SCORE <= value <= LARGEST_SCORE else None


def _exact(text: str) -> Decimal | None:
    read = Decimal(text).quantize(_THOUSANDTH, rounding=ROUND_HALF_UP)
    return read if abs(read) <= LARGEST_SCORE else None


def _end(value: Json, default: Decimal) -> Decimal | None:
    return default if value is None else _number(value)


def _score(value: Json, best: Decimal | None, worst: Decimal | None) -> RemoteRating | None:
    """Believe a score only on a scale where it can stand."""
    read = _number(value)
    if read is None or best is None or worst is None:
        return None
    if not (0 <= worst < best and worst <= read <= best):
        return None
    return RemoteRating(value=read, best=best, worst=worst)


def _from_schema(document: Mapping[str, Json]) -> RemoteRating | None:
    rating = members(document.get("reviewRating"))
    return _score(
        rating.get("ratingValue"),
        _end(rating.get("bestRating"), DEFAULT_BEST),
        _end(rating.get("worstRating"), DEFAULT_WORST),
    )


def _related(document: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    for entry in entries(document.get("relatedWith"))[:MOST_RELATED]:
        yield members(entry)


def _from_neodb(document: Mapping[str, Json]) -> RemoteRating | None:
    for related in _related(document):
        if type_name(related.get("type")) == "Rating":
            return _score(
                related.get("value"),
                _end(related.get("best"), DEFAULT_BEST),
                _end(related.get("worst"), DEFAULT_WORST),
            )
    return None


def _from_bookwyrm(document: Mapping[str, Json]) -> RemoteRating | None:
    """Read BookWyrm's score, which stays in the Article or Note that other servers get.

    On anything else `rating` may mean anything, so a book must be named.
    """
    is_of_a_book = bool(address(document.get("inReplyToBook")))
    if not is_of_a_book and type_name(document.get("type")) not in _BOOKWYRM_TYPES:
        return None
    return _score(document.get("rating"), BOOKWYRM_BEST, BOOKWYRM_WORST)


def parse_rating(document: Mapping[str, Json]) -> RemoteRating | None:
    """Read the score that a note gives; None when there is none, or nonsense.

    Of several the most exact is taken: schema.org's, NeoDB's, BookWyrm's.
    """
    return _from_schema(document) or _from_neodb(document) or _from_bookwyrm(document)


def _named_works(document: Mapping[str, Json]) -> Iterator[Json]:
    item = members(document.get("itemReviewed"))
    yield from (item.get("id"), item.get("url"))
    yield from entries(item.get("sameAs"))[:MOST_WORKS]
    yield document.get("inReplyToBook")
    yield from (related.get("withRegardTo") for related in _related(document))
    for entry in entries(document.get("tag")):
        tag = members(entry)
        if type_name(tag.get("type")) in _CATALOGUE_TYPES:
            yield tag.get("href")


def parse_works(document: Mapping[str, Json]) -> tuple[str, ...]:
    """Give the addresses that name the work which a note reviews or rates, at most ten."""
    found = (address(named) for named in _named_works(document))
    return tuple(dict.fromkeys(filter(None, found)))[:MOST_WORKS]
