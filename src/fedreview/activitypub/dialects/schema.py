"""schema.org, which everybody may read: in documents, and in pages for search engines."""

from collections.abc import Iterable
from decimal import Decimal

from fedreview.activitypub.instants import instant_text
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Json
from fedreview.domain.rating import Rating
from fedreview.domain.review import Review
from fedreview.domain.work import Work, WorkKind

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
    if work.facts.links:
        item["sameAs"] = list(work.facts.links)
    return item


def page_json_ld(review: Review, urls: Urls, *, description: str) -> dict[str, Json]:
    """Give the schema.org Review that search engines read from the page."""
    facts, author = review.work.facts, review.author
    work: dict[str, Json] = {
        "@type": SCHEMA_TYPES[facts.kind],
        "@id": urls.work(review.work.id),
        "name": facts.title,
        "url": urls.work_page(review.work.slug),
    }
    if facts.year:
        work["datePublished"] = str(facts.year)
    if facts.creators:
        work[_CREATOR_TERMS[facts.kind]] = [
            {"@type": "Person", "name": name} for name in facts.creators
        ]
    if facts.links:
        work["sameAs"] = list(facts.links)
    if review.work.cover:
        work["image"] = urls.media(review.work.cover.name)
    document: dict[str, Json] = {
        "@context": "https://schema.org",
        "@type": "Review",
        "@id": urls.review(review.id),
        "url": urls.review_page(review.slug),
        "name": review.title,
        "description": description,
        "inLanguage": review.language,
        "author": {
            "@type": "Person",
            "name": author.name,
            "url": urls.person_page(author.username),
        },
        "itemReviewed": work,
    }
    if review.published_at:
        document["datePublished"] = instant_text(review.published_at)
    if review.updated_at:
        document["dateModified"] = instant_text(review.updated_at)
    if review.rating:
        document["reviewRating"] = {
            "@type": "Rating",
            "ratingValue": json_number(review.rating.value),
            "bestRating": json_number(review.rating.scale.best),
            "worstRating": json_number(review.rating.scale.worst),
        }
    return document
