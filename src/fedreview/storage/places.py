"""Every public page in a line, for lists of all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select

from fedreview.domain.review import ReviewState
from fedreview.storage.database import Transaction
from fedreview.storage.tables import AuthorRow, ReviewRow, ReviewTagRow
from fedreview.storage.work_tables import WorkRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page. name: its slug, username or tag. cover: the file of its picture, or ""."""

    name: str
    changed_at: datetime
    cover: str = ""


_PUBLISHED = ReviewRow.state == ReviewState.PUBLISHED
_CHANGED_AT = func.coalesce(ReviewRow.updated_at, ReviewRow.published_at)
_LAST = func.max(_CHANGED_AT)


def list_reviews(tx: Transaction, *, limit: int, offset: int) -> tuple[Place, ...]:
    """Read published reviews, the oldest first."""
    query = (
        select(ReviewRow.slug, _CHANGED_AT, WorkRow.cover_name)
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(_PUBLISHED)
        .order_by(ReviewRow.published_at, ReviewRow.id)
    )
    return _read(tx, query.limit(limit).offset(offset))


def list_works(tx: Transaction, *, limit: int, offset: int) -> tuple[Place, ...]:
    """Read works of which a review is published, each with when the last one changed."""
    query = (
        select(WorkRow.slug, _LAST, WorkRow.cover_name)
        .join(ReviewRow, ReviewRow.work_id == WorkRow.id)
        .where(_PUBLISHED)
        .group_by(WorkRow.id, WorkRow.slug, WorkRow.cover_name)
        .order_by(WorkRow.id)
    )
    return _read(tx, query.limit(limit).offset(offset))


def list_authors(tx: Transaction) -> tuple[Place, ...]:
    """Read authors who have published a review."""
    query = (
        select(AuthorRow.username, _LAST, literal(""))
        .join(ReviewRow, ReviewRow.author_id == AuthorRow.id)
        .where(_PUBLISHED)
        .group_by(AuthorRow.username)
        .order_by(AuthorRow.username)
    )
    return _read(tx, query)


def list_tags(tx: Transaction, *, limit: int) -> tuple[Place, ...]:
    """Read the tags of published reviews."""
    query = (
        select(ReviewTagRow.key, _LAST, literal(""))
        .join(ReviewRow, ReviewRow.id == ReviewTagRow.review_id)
        .where(_PUBLISHED)
        .group_by(ReviewTagRow.key)
        .order_by(ReviewTagRow.key)
    )
    return _read(tx, query.limit(limit))


def count(tx: Transaction) -> tuple[int, int]:
    """Count the published reviews, and the works that they are of."""
    query = select(func.count(), func.count(func.distinct(ReviewRow.work_id))).where(_PUBLISHED)
    found = tx.execute(query).one()
    return found[0], found[1]


def _read(tx: Transaction, query: Select[*tuple[Any, ...]]) -> tuple[Place, ...]:
    return tuple(
        Place(name=name, changed_at=changed_at, cover=cover or "")
        for name, changed_at, cover in tx.execute(query)
    )
