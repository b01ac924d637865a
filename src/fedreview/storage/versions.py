"""What published reviews were before they were edited."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from fedreview.domain.review import ReviewId
from fedreview.errors import NotFound
from fedreview.storage.database import Transaction
from fedreview.storage.writing_tables import ReviewVersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A review as it was from `saved_at` on; no fields when its author took them away."""

    id: int
    saved_at: datetime
    fields: Mapping[str, str] | None


def _version(row: ReviewVersionRow) -> Version:
    fields = json.loads(row.fields) if row.fields else None
    return Version(id=row.id, saved_at=row.saved_at, fields=fields)


def add(tx: Transaction, review_id: ReviewId, fields: Mapping[str, str], at: datetime) -> None:
    """Keep one more. fields: the form's."""
    text = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True)
    tx.add(ReviewVersionRow(review_id=review_id, saved_at=at, fields=text))
    tx.flush()


def list_(tx: Transaction, review_id: ReviewId, *, newest: int) -> tuple[Version, ...]:
    """Read the newest of a review, and the first of all, the oldest first."""
    of_review = select(ReviewVersionRow).where(ReviewVersionRow.review_id == review_id)
    rows = tx.scalars(of_review.order_by(ReviewVersionRow.id.desc()).limit(newest)).all()
    first = tx.scalar(of_review.order_by(ReviewVersionRow.id).limit(1))
    found = list(rows) if first is None or first in rows else [*rows, first]
    return tuple(map(_version, reversed(found)))


def find_last(tx: Transaction, review_id: ReviewId) -> Version | None:
    """Read the newest of a review."""
    row = tx.scalar(
        select(ReviewVersionRow)
        .where(ReviewVersionRow.review_id == review_id)
        .order_by(ReviewVersionRow.id.desc())
        .limit(1)
    )
    return _version(row) if row else None


def empty(tx: Transaction, review_id: ReviewId, id: int) -> None:
    """Take the words of one away; that it was there stays. Raises NotFound."""
    changed = tx.execute(
        update(ReviewVersionRow)
        .where(ReviewVersionRow.id == id, ReviewVersionRow.review_id == review_id)
        .values(fields="")
        .returning(ReviewVersionRow.id)
    )
    if changed.first() is None:
        raise NotFound("no such version of this review")


def drop(tx: Transaction, review_id: ReviewId) -> None:
    """Forget all of a review."""
    tx.execute(delete(ReviewVersionRow).where(ReviewVersionRow.review_id == review_id))
