"""Reviews that wait for a time: to be published, or to be emptied out of the trash."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from fedreview.domain.review import Review, ReviewId, ReviewState
from fedreview.storage import reviews
from fedreview.storage.database import Transaction
from fedreview.storage.tables import ReviewRow

AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is due: drafts scheduled until `now`, and trash from until `trashed_before`."""

    now: datetime
    trashed_before: datetime

    @property
    def which(self) -> ColumnElement[bool]:
        """The condition, which the indexes of both columns serve."""
        return or_(
            and_(ReviewRow.scheduled_at <= self.now, ReviewRow.state == ReviewState.DRAFT),
            and_(
                ReviewRow.trashed_at <= self.trashed_before,
                ReviewRow.state == ReviewState.TRASHED,
            ),
        )


def list_due(tx: Transaction, due: Due) -> tuple[ReviewId, ...]:
    """Read the ids of what is due, those that wait longest first."""
    query = select(ReviewRow.id).where(due.which).order_by(ReviewRow.scheduled_at, ReviewRow.id)
    return tuple(map(ReviewId, tx.scalars(query.limit(AT_ONCE))))


def take(tx: Transaction, id: ReviewId, due: Due) -> Review | None:
    """Lock one that is due still until the transaction ends, or give None.

    None also when another worker has it just now.
    """
    free = select(ReviewRow.id).where(ReviewRow.id == id, due.which)
    found = tx.scalar(free.with_for_update(of=ReviewRow, skip_locked=True))
    return reviews.get(tx, found) if found else None


def lock(tx: Transaction, id: ReviewId) -> Review:
    """Read one in any state, and let nobody else change it until the end. Raises NotFound."""
    tx.execute(select(ReviewRow.id).where(ReviewRow.id == id).with_for_update(of=ReviewRow))
    return reviews.get(tx, id)
