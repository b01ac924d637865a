"""What other servers need to show our rating and work natively.

Sources: NeoDB docs/internals/activitypub.md and catalog/sites/fedi.py (2026-08);
schema.org for everybody else.
"""

from datetime import datetime
from decimal import Decimal

from fedreview.activitypub.instants import instant_text
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Json
from fedreview.domain.rating import Rating
from fedreview.domain.review import Review
from fedreview.domain.work import Work, WorkKind

NEODB_BEST = 10
NEODB_WORST = 1

NEODB_TYPES = {
    WorkKind.FILM: "Movie",
    WorkKind.SERIES: "TVShow",
    WorkKind.ANIME: "TVShow",
    WorkKind.MANGA: "Edition",
    WorkKind.BOOK: "Edition",
    WorkKind.GAME: "Game",
    WorkKind.MUSIC: "Album",
}
"""NeoDB's catalogue types; what it has no word for goes under the nearest one."""

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


def schema_work(work: Work, urls: Urls) -> dict[str, Json]:
    """Give the work as schema.org's item reviewed."""
    return {
        "type": f"schema:{SCHEMA_TYPES[work.facts.kind]}",
        "id": urls.work(work.id),
        "name": work.facts.title,
    }


def neodb_tag(work: Work, urls: Urls) -> dict[str, Json]:
    """Give the one catalogue-typed tag that tells NeoDB which work is meant.

    NeoDB drops the whole post when there is more than one of these.
    """
    tag: dict[str, Json] = {
        "type": NEODB_TYPES[work.facts.kind],
        "href": urls.work(work.id),
        "name": work.facts.title,
    }
    if work.cover:
        tag["image"] = urls.media(work.cover.name)
    return tag


def neodb_related(review: Review, urls: Urls, *, published_at: datetime) -> list[Json]:
    """Give the review, its rating and "finished it" as NeoDB's related objects.

    NeoDB keeps whole numbers and would round 8.5 down to 8, half to even; we send 9.
    """
    uri = urls.review(review.id)
    shared: dict[str, Json] = {
        "withRegardTo": urls.work(review.work.id),
        "attributedTo": urls.actor(review.author.username),
        "href": urls.review_page(review.slug),
        "published": instant_text(published_at),
        "updated": instant_text(review.updated_at or published_at),
    }
    related: list[Json] = [
        {"type": "Status", "id": f"{uri}#status", "status": "complete", **shared},
    ]
    if review.rating:
        related.append(
            {
                "type": "Rating",
                "id": f"{uri}#rating",
                "best": NEODB_BEST,
                "worst": NEODB_WORST,
                "value": review.rating.rounded(best=NEODB_BEST, worst=NEODB_WORST),
                **shared,
            }
        )
    related.append(
        {
            "type": "Review",
            "id": f"{uri}#review",
            "name": review.title,
            "content": review.body,
            "mediaType": "text/markdown",
            **shared,
        }
    )
    return related


def work_document(work: Work, urls: Urls) -> dict[str, Json]:
    """Give the work as NeoDB reads it from our own address."""
    uri, facts = urls.work(work.id), work.facts
    document: dict[str, Json] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": NEODB_TYPES[facts.kind],
        "name": facts.title,
        "title": facts.title,
        "display_title": facts.title,
        "url": urls.work_page(work.slug),
        "external_resources": [{"url": link} for link in facts.links],
    }
    if facts.original_title:
        document["orig_title"] = facts.original_title
    if facts.year:
        document["year"] = facts.year
    if work.cover:
        document["cover_image_url"] = urls.media(work.cover.name)
        document["image"] = {
            "type": "Image",
            "mediaType": work.cover.media_type,
            "url": urls.media(work.cover.name),
            "name": facts.cover_alt,
        }
    return document


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
