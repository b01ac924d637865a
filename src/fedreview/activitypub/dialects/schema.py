"""schema.org, which everybody may read: in documents, and in pages for search engines."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from fedreview.activitypub.instants import instant_text
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Json
from fedreview.domain.actor import Author
from fedreview.domain.identifiers import Catalogue
from fedreview.domain.rating import Rating
from fedreview.domain.relations import Relation, RelationKind
from fedreview.domain.review import Review
from fedreview.domain.work import Work, WorkFacts, WorkKind

SCHEMA_TYPES = {
    WorkKind.FILM: "Movie",
    WorkKind.SERIES: "TVSeries",
    WorkKind.ANIME: "TVSeries",
    WorkKind.MANGA: "Book",
    WorkKind.BOOK: "Book",
    WorkKind.GAME: "VideoGame",
    WorkKind.MUSIC: "MusicAlbum",
}

_CREATOR_TERMS = {
    WorkKind.FILM: "director",
    WorkKind.SERIES: "creator",
    WorkKind.ANIME: "director",
    WorkKind.MANGA: "author",
    WorkKind.BOOK: "author",
    WorkKind.GAME: "creator",
    WorkKind.MUSIC: "byArtist",
}


_SCREENED = frozenset({WorkKind.FILM, WorkKind.SERIES, WorkKind.ANIME})
_RELATION_TERMS = {RelationKind.BASED_ON: "isBasedOn", RelationKind.SERIES: "isPartOf"}
_COUNTED = {"Book": ("page", "numberOfPages"), "TVSeries": ("episode", "numberOfEpisodes")}
_TIME = re.compile(r"(?:(\d{1,2})\s*h(?:ours?)?)?\s*(?:(\d{1,4})\s*m(?:in(?:ute)?s?)?)?", re.ASCII)


def json_number(value: Decimal) -> int | float:
    """Write a score as JSON does: 8.5, but 10 and not 10.0."""
    return int(value) if value == value.to_integral_value() else float(value)


def schema_rating(rating: Rating) -> dict[str, Json]:
    """Give schema.org's Rating, exact and on the author's own scale."""
    return {
        "type": "schema:Rating",
        "ratingValue": json_number(rating.value),
        "bestRating": json_number(rating.scale.best),
        "worstRating": json_number(rating.scale.worst),
    }


def schema_properties(fields: Iterable[tuple[str, str]]) -> list[Json]:
    """Give what was typed into single fields, exactly, so that nothing of a review is lost.

    With the prefix written out: NeoDB's rating has a `value` of its own, and two terms of one
    IRI become one there. Source: schema.org, additionalProperty.
    """
    return [
        {"type": "schema:PropertyValue", "schema:propertyID": name, "schema:value": text}
        for name, text in fields
    ]


def schema_work(work: Work, urls: Urls) -> dict[str, Json]:
    """Give the work as schema.org's item reviewed, with the pages that say which it is."""
    item: dict[str, Json] = {
        "type": f"schema:{SCHEMA_TYPES[work.facts.kind]}",
        "id": urls.work(work.id),
        "name": work.facts.title,
        "url": urls.work_page(work.slug),
    }
    if work.facts.pages:
        item["sameAs"] = list(work.facts.pages)
    return item


def page_json_ld(review: Review, urls: Urls, *, description: str) -> dict[str, Json]:
    """Give the schema.org Review that search engines read from the page."""
    document: dict[str, Json] = {
        "@context": "https://schema.org",
        **_review(review, urls),
        "description": description,
        "itemReviewed": _item(review.work, urls),
    }
    if review.tags:
        document["keywords"] = list(review.tags)
    if review.aspects:
        # Each a review of one side of the work: search engines expect one rating in a review.
        document["associatedReview"] = [
            {
                "@type": "Review",
                "reviewAspect": aspect.name,
                "reviewRating": _rating(aspect.rating),
                "author": _author(review.author, urls),
                "itemReviewed": {"@id": urls.work(review.work.id)},
            }
            for aspect in review.aspects
        ]
    return document


def work_json_ld(
    work: Work, urls: Urls, *, reviews: Sequence[Review], average: str = "", count: int = 0
) -> dict[str, Json]:
    """Give the work as search engines read it from its page.

    reviews: of it. average, count: of what others give it, as ten would be the best; "" when
    there is none to tell of.
    """
    document: dict[str, Json] = {"@context": "https://schema.org", **_item(work, urls)}
    document["review"] = [_review(review, urls) for review in reviews]
    if average:
        document["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": json_number(Decimal(average)),
            "bestRating": 10,
            "worstRating": 0,
            "ratingCount": count,
        }
    return document


def _review(review: Review, urls: Urls) -> dict[str, Json]:
    document: dict[str, Json] = {
        "@type": "Review",
        "@id": urls.review(review.id),
        "url": urls.review_page(review.slug),
        "name": review.title,
        "inLanguage": review.language,
        "author": _author(review.author, urls),
    }
    if review.published_at:
        document["datePublished"] = instant_text(review.published_at)
    if review.updated_at:
        document["dateModified"] = instant_text(review.updated_at)
    if review.rating:
        document["reviewRating"] = _rating(review.rating)
    return document


def _author(author: Author, urls: Urls) -> dict[str, Json]:
    return {"@type": "Person", "name": author.name, "url": urls.person_page(author.username)}


def _rating(rating: Rating) -> dict[str, Json]:
    return {
        "@type": "Rating",
        "ratingValue": json_number(rating.value),
        "bestRating": json_number(rating.scale.best),
        "worstRating": json_number(rating.scale.worst),
    }


def _item(work: Work, urls: Urls) -> dict[str, Json]:
    """Give all that is known of a work, in the words that its type has for it."""
    facts = work.facts
    item: dict[str, Json] = {
        "@type": SCHEMA_TYPES[facts.kind],
        "@id": urls.work(work.id),
        "name": facts.title,
        "url": urls.work_page(work.slug),
        **_length(facts),
    }
    if facts.original_title:
        item["alternateName"] = facts.original_title
    if facts.year:
        item["datePublished"] = str(facts.year)
    if facts.creators:
        kind = "MusicGroup" if facts.kind is WorkKind.MUSIC else "Person"
        item[_CREATOR_TERMS[facts.kind]] = [
            {"@type": kind, "name": name} for name in facts.creators
        ]
    if facts.publisher:
        term = "productionCompany" if facts.kind in _SCREENED else "publisher"
        item[term] = {"@type": "Organization", "name": facts.publisher}
    if facts.platform and facts.kind is WorkKind.GAME:
        item["gamePlatform"] = facts.platform
    if work.cover:
        item["image"] = urls.media(work.cover.name)
    return {**item, **_names(facts), **_relations(facts)}


def _length(facts: WorkFacts) -> dict[str, Json]:
    """Read a length such as "1 h 45 min" or "320 pages"; nothing of what is in other words."""
    text = facts.length.strip().lower()
    if facts.kind is WorkKind.FILM:
        time = _TIME.fullmatch(text)
        hours, minutes = (int(part or 0) for part in time.groups()) if time else (0, 0)
        total = hours * 60 + minutes
        return {"duration": f"PT{total}M"} if total else {}
    unit, term = _COUNTED.get(SCHEMA_TYPES[facts.kind], ("", ""))
    number = re.fullmatch(rf"(\d{{1,6}}) {unit}s?", text, re.ASCII) if unit else None
    return {term: int(number[1])} if number else {}


def _names(facts: WorkFacts) -> dict[str, Json]:
    found: dict[str, Json] = {}
    identifiers = facts.all_identifiers
    if facts.pages:
        found["sameAs"] = list(facts.pages)
    if identifiers:
        found["identifier"] = [
            {"@type": "PropertyValue", "propertyID": each.label, "value": each.value}
            for each in identifiers
        ]
    isbns: list[Json] = [each.value for each in identifiers if each.catalogue is Catalogue.ISBN]
    if isbns and SCHEMA_TYPES[facts.kind] == "Book":
        found["isbn"] = isbns[0]
    return found


def _relations(facts: WorkFacts) -> dict[str, Json]:
    """Tell what the work is based on and belongs to; for the rest schema.org has no word."""
    found: dict[str, list[Json]] = {}
    for relation in facts.relations:
        if relation.kind in _RELATION_TERMS:
            found.setdefault(_RELATION_TERMS[relation.kind], []).append(_other_work(relation))
    return dict(found)


def _other_work(relation: Relation) -> dict[str, Json]:
    kind = SCHEMA_TYPES[relation.work_kind] if relation.work_kind else "CreativeWork"
    is_series = relation.kind is RelationKind.SERIES
    other: dict[str, Json] = {
        "@type": "CreativeWorkSeries" if is_series else kind,
        "name": relation.title,
    }
    if relation.year:
        other["datePublished"] = str(relation.year)
    return other
