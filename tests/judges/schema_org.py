"""Judge JSON-LD by schema.org's vocabulary, as far as reviews and works need it.

Source: https://schema.org/version/29.0, the tables of properties of each type; and Google's
"Review snippet" documentation for what a review must have.
"""

import re
from typing import Any
from urllib.parse import urlsplit

_THING = {"name", "alternateName", "url", "sameAs", "image", "identifier", "description"}
_WORK = _THING | {
    "datePublished",
    "dateModified",
    "inLanguage",
    "author",
    "creator",
    "publisher",
    "keywords",
    "isBasedOn",
    "isPartOf",
    "review",
    "aggregateRating",
}
_RATING = _THING | {"ratingValue", "bestRating", "worstRating", "reviewAspect"}
PROPERTIES = {
    "CreativeWork": _WORK,
    "CreativeWorkSeries": _WORK,
    "Movie": _WORK | {"director", "duration", "productionCompany"},
    "TVSeries": _WORK | {"director", "numberOfEpisodes", "productionCompany"},
    "Book": _WORK | {"isbn", "numberOfPages"},
    "VideoGame": _WORK | {"gamePlatform"},
    "MusicAlbum": _WORK | {"byArtist"},
    "Review": _WORK | {"itemReviewed", "reviewRating", "reviewAspect", "associatedReview"},
    "Rating": _RATING,
    "AggregateRating": _RATING | {"ratingCount", "reviewCount"},
    "Person": _THING,
    "Organization": _THING,
    "MusicGroup": _THING,
    "PropertyValue": _THING | {"propertyID", "value"},
}
_TYPES = {
    "itemReviewed": {"Movie", "TVSeries", "Book", "VideoGame", "MusicAlbum"},
    "reviewRating": {"Rating"},
    "aggregateRating": {"AggregateRating"},
    "author": {"Person"},
    "creator": {"Person"},
    "director": {"Person"},
    "byArtist": {"MusicGroup"},
    "publisher": {"Organization"},
    "productionCompany": {"Organization"},
    "review": {"Review"},
    "associatedReview": {"Review"},
    "identifier": {"PropertyValue"},
}
_DATE = re.compile(r"\d{4}(-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?)?")
_DURATION = re.compile(r"PT(\d+H)?(\d+M)?(?<!T)")


def judge(document: dict[str, Any]) -> None:
    """Judge a whole document. Raises AssertionError naming what does not belong."""
    assert document["@context"] == "https://schema.org"
    _judge({key: value for key, value in document.items() if key != "@context"})


def _judge(node: dict[str, Any]) -> None:
    if set(node) == {"@id"}:
        return
    kind = node["@type"]
    wrong = set(node) - PROPERTIES[kind] - {"@type", "@id"}
    assert not wrong, (kind, wrong)
    if kind == "Review":
        assert node["author"]["name"]
    if kind in {"Rating", "AggregateRating"}:
        assert node["worstRating"] <= node["ratingValue"] <= node["bestRating"]
    if kind == "AggregateRating":
        assert node["ratingCount"] > 0
    for name, value in node.items():
        for each in value if isinstance(value, list) else [value]:
            _judge_value(name, each)


def _judge_value(name: str, value: Any) -> None:
    assert value not in ("", None), name
    if isinstance(value, dict):
        allowed = _TYPES.get(name)
        assert not allowed or set(value) == {"@id"} or value["@type"] in allowed, name
        _judge(value)
    elif name in {"url", "sameAs", "image", "@id"}:
        assert urlsplit(value).scheme == "https", value
    elif name in {"datePublished", "dateModified"}:
        assert _DATE.fullmatch(value), value
    elif name == "duration":
        assert _DURATION.fullmatch(value), value
