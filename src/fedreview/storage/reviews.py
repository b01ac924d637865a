"""Reviews and drafts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    exists,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased

from fedreview.domain.actor import Author, AuthorId
from fedreview.domain.kinds import WorkKind
from fedreview.domain.legend import Legend
from fedreview.domain.rating import Rating, Scale
from fedreview.domain.review import Review, ReviewId, ReviewState, Spoilers, Synopsis
from fedreview.domain.work import Work
from fedreview.errors import NotFound
from fedreview.storage import indexing, lists, variants
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_once
from fedreview.storage.slugs import free_slug
from fedreview.storage.tables import AuthorRow, ReviewRow, ReviewTagRow
from fedreview.storage.work_tables import MediaRow, WorkRow
from fedreview.storage.works import work_from_rows
from fedreview.storage.writing_tables import UpcomingRow

Cursor = tuple[datetime, str]
"""Where a page of a list ends: publication time and id of its last review."""

_LAST_PINNED_FIRST = (ReviewRow.featured_at.desc(), ReviewRow.id.desc())

# Read with every review; most authors have one legend for years.
_legend = lru_cache(maxsize=64)(Legend.parse)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which published reviews to list; an empty field asks for nothing.

    featured: whether those that are pinned, or those that are not.
    since, before: when they were published; the end is not in it.
    level: the whole number that the rating is at or above, as ten would be the best.
    """

    author_id: AuthorId | None = None
    work_id: str = ""
    tag: str = ""
    kind: WorkKind | None = None
    featured: bool | None = None
    since: datetime | None = None
    before: datetime | None = None
    level: int | None = None


def author_from_row(row: AuthorRow) -> Author:
    """Make the domain's author of what is stored."""
    scale = Scale.from_thousandths(best=row.scale_best, worst=row.scale_worst, step=row.scale_step)
    return Author(
        id=AuthorId(row.id),
        username=row.username,
        name=row.name,
        summary=row.summary,
        created_at=row.created_at,
        also_known_as=tuple(row.also_known_as.splitlines()),
        moved_to=row.moved_to,
        shows_network=row.shows_network,
        scale=scale,
        legend=_legend(row.legend, scale),
        aspects=tuple(row.aspects.splitlines()),
        sign_off=row.sign_off,
        time_zone=row.time_zone,
        avatar=row.avatar_name or "",
    )


def rating_from_row(row: ReviewRow | UpcomingRow) -> Rating | None:
    """Make the domain's rating of four columns, which are all null or none."""
    value, best, worst, step = row.rating_value, row.rating_best, row.rating_worst, row.rating_step
    if value is None or best is None or worst is None or step is None:
        return None
    return Rating.from_thousandths(value, best=best, worst=worst, step=step)


def set_rating(row: ReviewRow | UpcomingRow, rating: Rating | None) -> None:
    """Write a rating into four columns."""
    best, worst, step = rating.scale.thousandths if rating else (None, None, None)
    row.rating_value = rating.thousandths if rating else None
    row.rating_best, row.rating_worst, row.rating_step = best, worst, step


def _synopsis(row: ReviewRow) -> Synopsis | None:
    if not row.synopsis:
        return None
    return Synopsis(text=row.synopsis, source=row.synopsis_source, url=row.synopsis_url)


def _review(row: ReviewRow, author: AuthorRow, work: Work, tags: Iterable[str]) -> Review:
    return Review(
        id=ReviewId(row.id),
        slug=row.slug,
        author=author_from_row(author),
        work=work,
        state=ReviewState(row.state),
        title=row.title,
        body=row.body,
        created_at=row.created_at,
        rating=rating_from_row(row),
        synopsis=_synopsis(row),
        verdict=row.verdict,
        teaser=row.teaser,
        spoilers=Spoilers(row.spoilers),
        tags=tuple(tags),
        language=row.language,
        aspects=lists.aspects_from_text(row.aspects),
        finished_on=row.finished_on,
        is_repeat=row.is_repeat,
        sign_off=row.sign_off,
        postscripts=lists.postscripts_from_text(row.postscripts),
        published_at=row.published_at,
        updated_at=row.updated_at,
        featured_at=row.featured_at,
        scheduled_at=row.scheduled_at,
        trashed_at=row.trashed_at,
        boosted_at=row.boosted_at,
        former_ids=tuple(map(ReviewId, row.former_ids.splitlines())),
    )


def save(tx: Transaction, review: Review) -> Review:
    """Add the review or change the one with its id; gives it with the slug it got.

    A slug is settled when the review is new or still a draft, and never changes after
    it was published once. What is neither published nor in the trash is pinned no more; else
    `feature` alone decides about that.
    """
    row = tx.get(ReviewRow, review.id)
    if row is None:
        row = ReviewRow(id=review.id, slug=free_slug(tx, ReviewRow, review.slug, owner=review.id))
        tx.add(row)
    elif row.published_at is None and not row.former_ids and row.slug != review.slug:
        row.slug = free_slug(tx, ReviewRow, review.slug, owner=review.id)
    synopsis = review.synopsis
    row.author_id, row.work_id = review.author.id, review.work.id
    row.state, row.title, row.body = review.state, review.title, review.body
    set_rating(row, review.rating)
    row.synopsis = synopsis.text if synopsis else ""
    row.synopsis_source = synopsis.source if synopsis else ""
    row.synopsis_url = synopsis.url if synopsis else ""
    row.verdict, row.teaser = review.verdict, review.teaser
    row.spoilers, row.language = review.spoilers, review.language
    row.created_at, row.published_at = review.created_at, review.published_at
    row.updated_at = review.updated_at
    row.aspects = lists.aspects_to_text(review.aspects)
    row.finished_on, row.is_repeat = review.finished_on, review.is_repeat
    row.sign_off = review.sign_off
    row.postscripts = lists.postscripts_to_text(review.postscripts)
    row.scheduled_at, row.trashed_at = review.scheduled_at, review.trashed_at
    row.boosted_at = review.boosted_at
    row.former_ids = "\n".join(review.former_ids)
    if review.state not in {ReviewState.PUBLISHED, ReviewState.TRASHED}:
        row.featured_at = None
    tx.flush()
    _save_tags(tx, review)
    indexing.renew(tx, [review.id])
    return get(tx, review.id)


def _save_tags(tx: Transaction, review: Review) -> None:
    tx.execute(delete(ReviewTagRow).where(ReviewTagRow.review_id == review.id))
    tx.add_all(
        ReviewTagRow(review_id=review.id, key=tag.casefold(), position=position, tag=tag)
        for position, tag in enumerate(review.tags)
    )
    tx.flush()


_Rows = tuple[ReviewRow, AuthorRow, WorkRow, MediaRow]


def _select(*which: ColumnElement[bool]) -> Select[*_Rows]:
    return (
        select(ReviewRow, AuthorRow, WorkRow, MediaRow)
        .join(AuthorRow, AuthorRow.id == ReviewRow.author_id)
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .outerjoin(MediaRow, MediaRow.name == WorkRow.cover_name)
        .where(*which)
    )


def _read(tx: Transaction, query: Select[*_Rows]) -> tuple[Review, ...]:
    rows = tx.execute(query).all()
    tags: dict[str, list[str]] = {row[0].id: [] for row in rows}
    for review_id, tag in tx.execute(
        select(ReviewTagRow.review_id, ReviewTagRow.tag)
        .where(ReviewTagRow.review_id.in_(tags))
        .order_by(ReviewTagRow.review_id, ReviewTagRow.position)
    ):
        tags[review_id].append(tag)
    others = variants.of_pictures(tx, {media.name for _, _, _, media in rows if media})
    return tuple(
        _review(
            row,
            author,
            work_from_rows(work, media, others[media.name] if media else ()),
            tags[row.id],
        )
        for row, author, work, media in rows
    )


def _one(tx: Transaction, *which: ColumnElement[bool]) -> Review:
    found = _read(tx, _select(*which))
    if not found:
        raise NotFound("no such review")
    return found[0]


def get(tx: Transaction, id: str) -> Review:
    """Read one in any state. Raises NotFound."""
    return _one(tx, ReviewRow.id == id)


def get_by_slug(tx: Transaction, slug: str) -> Review:
    """Read one in any state by its place in page addresses. Raises NotFound."""
    return _one(tx, ReviewRow.slug == slug)


@read_once
def find(tx: Transaction, id: str) -> Review | None:
    """Read one in any state, or None."""
    return next(iter(_read(tx, _select(ReviewRow.id == id))), None)


def find_by_address(tx: Transaction, *, id: str | None, slug: str | None) -> Review | None:
    """Read the one that an id or, failing that, a slug names, or give None."""
    if id:
        return find(tx, id)
    if slug:
        return next(iter(_read(tx, _select(ReviewRow.slug == slug))), None)
    return None


def published(wanted: Filter) -> list[ColumnElement[bool]]:
    """Say in SQL which rows the filter lets through."""
    which = [ReviewRow.state == ReviewState.PUBLISHED]
    if wanted.author_id:
        which.append(ReviewRow.author_id == wanted.author_id)
    if wanted.work_id:
        which.append(ReviewRow.work_id == wanted.work_id)
    if wanted.tag:
        tagged = select(ReviewTagRow.review_id).where(ReviewTagRow.key == wanted.tag.casefold())
        which.append(ReviewRow.id.in_(tagged))
    if wanted.featured is not None:
        is_pinned = ReviewRow.featured_at.is_not(None)
        which.append(is_pinned if wanted.featured else ~is_pinned)
    if wanted.kind:
        # Asked for each review that is come across: of a common kind the list would be long.
        work = aliased(WorkRow)
        which.append(exists().where(work.id == ReviewRow.work_id, work.kind == wanted.kind))
    return [*which, *_within(wanted)]


def _within(wanted: Filter) -> list[ColumnElement[bool]]:
    """Say in SQL between which times and scores."""
    which = []
    if wanted.since:
        which.append(ReviewRow.published_at >= wanted.since)
    if wanted.before:
        which.append(ReviewRow.published_at < wanted.before)
    if wanted.level is not None:
        which.append(ReviewRow.rating_value * 10 >= ReviewRow.rating_best * wanted.level)
        which.append(ReviewRow.rating_value * 10 < ReviewRow.rating_best * (wanted.level + 1))
    return which


def list_published(
    tx: Transaction, wanted: Filter, *, limit: int, before: Cursor | None = None
) -> tuple[Review, ...]:
    """Read the newest first; `before` goes on where a page ended."""
    query = _select(*published(wanted))
    if before:
        query = query.where(tuple_(ReviewRow.published_at, ReviewRow.id) < before)
    return _read(
        tx, query.order_by(ReviewRow.published_at.desc(), ReviewRow.id.desc()).limit(limit)
    )


def get_published_author(tx: Transaction, id: str) -> Author:
    """Read who wrote a published review. Raises NotFound when there is no such one."""
    row = tx.scalar(
        select(AuthorRow)
        .join(ReviewRow, ReviewRow.author_id == AuthorRow.id)
        .where(ReviewRow.id == id, ReviewRow.state == ReviewState.PUBLISHED)
    )
    if row is None:
        raise NotFound("no such published review")
    return author_from_row(row)


def find_published_names(
    tx: Transaction, *, id: str | None, slug: str | None
) -> tuple[ReviewId, str] | None:
    """Look up id and slug of the published review that an id or, failing that, a slug names."""
    which = ReviewRow.id == id if id else ReviewRow.slug == slug
    found = tx.execute(
        select(ReviewRow.id, ReviewRow.slug).where(which, ReviewRow.state == ReviewState.PUBLISHED)
    ).first()
    return (ReviewId(found[0]), found[1]) if found else None


def feature(tx: Transaction, id: ReviewId, featured_at: datetime | None) -> None:
    """Pin a review to its author's profile, or with None take it down."""
    tx.execute(update(ReviewRow).where(ReviewRow.id == id).values(featured_at=featured_at))


def list_featured(tx: Transaction, author_id: AuthorId) -> tuple[Review, ...]:
    """Read what the author has pinned, the last pinned first."""
    which = published(Filter(author_id=author_id, featured=True))
    return _read(tx, _select(*which).order_by(*_LAST_PINNED_FIRST))


def list_featured_ids(tx: Transaction, author_id: AuthorId) -> tuple[ReviewId, ...]:
    """Read the short ids of what the author has pinned, the last pinned first."""
    which = published(Filter(author_id=author_id, featured=True))
    rows = tx.scalars(select(ReviewRow.id).where(*which).order_by(*_LAST_PINNED_FIRST))
    return tuple(ReviewId(review_id) for review_id in rows)


def count_published(tx: Transaction, wanted: Filter) -> int:
    """Count them."""
    return tx.scalar(select(func.count()).select_from(ReviewRow).where(*published(wanted))) or 0


def count_of_work(tx: Transaction, work_id: str) -> int:
    """Count the reviews of a work that are not deleted."""
    query = select(func.count()).select_from(ReviewRow)
    which = (ReviewRow.work_id == work_id, ReviewRow.state != ReviewState.DELETED)
    return tx.scalar(query.where(*which)) or 0


def list_many(tx: Transaction, ids: Sequence[str]) -> tuple[Review, ...]:
    """Read these in any state, in this order; those that are not there are left out."""
    found = {str(review.id): review for review in _read(tx, _select(ReviewRow.id.in_(ids)))}
    return tuple(found[each] for each in ids if each in found)


def titles(tx: Transaction, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Read title and slug of several reviews at once, by id."""
    rows = tx.execute(
        select(ReviewRow.id, ReviewRow.title, ReviewRow.slug).where(ReviewRow.id.in_(list(ids)))
    )
    return {review_id: (title, slug) for review_id, title, slug in rows}


def list_drafts(tx: Transaction, author_id: AuthorId) -> tuple[Review, ...]:
    """Read what the author has not published, newest first."""
    return _read(
        tx,
        _select(ReviewRow.state == ReviewState.DRAFT, ReviewRow.author_id == author_id).order_by(
            ReviewRow.created_at.desc()
        ),
    )


def list_trashed(tx: Transaction, author_id: AuthorId) -> tuple[Review, ...]:
    """Read what the author can still bring back, the last deleted first."""
    which = (ReviewRow.state == ReviewState.TRASHED, ReviewRow.author_id == author_id)
    return _read(tx, _select(*which).order_by(ReviewRow.trashed_at.desc()))


def count_boosted(tx: Transaction, author_id: AuthorId, *, since: datetime) -> int:
    """Count the reviews that the author has sent to all followers again since then."""
    query = select(func.count()).select_from(ReviewRow)
    which = (ReviewRow.author_id == author_id, ReviewRow.boosted_at > since)
    return tx.scalar(query.where(*which)) or 0


def find_standing(tx: Transaction, *, id: str | None, slug: str | None) -> Review | None:
    """Look up the review that an id or, failing that, a slug names, if people can answer it.

    What is in the trash may come back, and what was said meanwhile with it. Who answers what
    was taken back and published again under another id, answers that.
    """
    found = find_by_address(tx, id=id, slug=slug)
    if found and found.state is ReviewState.DELETED:
        former = ReviewRow.former_ids.contains(found.id, autoescape=True)
        heirs = _read(tx, _select(former, ReviewRow.state != ReviewState.DELETED))
        found = next((heir for heir in heirs if found.id in heir.former_ids), None)
    is_there = found and found.state in {ReviewState.PUBLISHED, ReviewState.TRASHED}
    return found if is_there else None
