"""NeoDB: a rating of ten, the one work that is meant, and what it reads at its address.

Sources: NeoDB docs/internals/activitypub.md, takahe/ap_handlers.py, catalog/sites/fedi.py and
catalog/models (2026-08).
"""

from dataclasses import dataclass
from datetime import datetime

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

_CREATOR_FIELDS = {
    "Movie": "director",
    "TVShow": "director",
    "Edition": "author",
    "Game": "developer",
    "Album": "artist",
}
_PUBLISHER_FIELDS = {"Edition": "publisher", "Game": "publisher", "Album": "company"}


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
        related.append(_rating(uri, review.rating, shared))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a short post says of a work. comment: Markdown, or "" for a rating alone."""

    uri: str
    page: str
    actor: str
    work: Work
    rating: Rating | None
    comment: str
    published_at: datetime
    updated_at: datetime | None


def neodb_mark(mark: Mark, urls: Urls) -> list[Json]:
    """Give what a short post says of a work as what NeoDB calls a mark.

    Only who rates a work has finished it, as far as we know.
    """
    shared: dict[str, Json] = {
        "withRegardTo": urls.work(mark.work.id),
        "attributedTo": mark.actor,
        "href": mark.page,
        "published": instant_text(mark.published_at),
        "updated": instant_text(mark.updated_at or mark.published_at),
    }
    related: list[Json] = []
    if mark.rating:
        status = {"type": "Status", "id": f"{mark.uri}#status", "status": "complete", **shared}
        related += [status, _rating(mark.uri, mark.rating, shared)]
    if mark.comment:
        comment = {"type": "Comment", "id": f"{mark.uri}#comment", "content": mark.comment}
        related.append({**comment, **shared})
    return related


def _rating(uri: str, rating: Rating, shared: dict[str, Json]) -> dict[str, Json]:
    return {
        "type": "Rating",
        "id": f"{uri}#rating",
        "best": NEODB_BEST,
        "worst": NEODB_WORST,
        "value": rating.rounded(best=NEODB_BEST, worst=NEODB_WORST),
        **shared,
    }


def neodb_item(work: Work, urls: Urls) -> dict[str, Json]:
    """Give what NeoDB's catalogue takes of a work.

    It reads it at the address in the tag, within two seconds, and only when `id` is that very
    address. The links say which of its own works this is.
    """
    facts, kind = work.facts, NEODB_TYPES[work.facts.kind]
    item: dict[str, Json] = {
        "type": kind,
        "title": facts.title,
        "display_title": facts.title,
        "external_resources": [{"url": link} for link in facts.pages],
    }
    if facts.original_title:
        item["orig_title"] = facts.original_title
    if facts.year:
        item["year"] = facts.year
        item.update({"pub_year": facts.year} if kind == "Edition" else _released(facts.year))
    if facts.creators:
        item[_CREATOR_FIELDS[kind]] = list(facts.creators)
    if facts.publisher and kind in _PUBLISHER_FIELDS:
        item[_PUBLISHER_FIELDS[kind]] = [facts.publisher]
    if work.cover:
        item["cover_image_url"] = urls.media(work.cover.name)
    return item


def _released(year: int) -> dict[str, Json]:
    return {"release_date": str(year)}
