"""Do with reviews what its author wanted done at a time: publish, or empty the trash."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.domain.review import ReviewId, ReviewState
from fedreview.services.publishing import Publishing
from fedreview.services.rewinding import Rewinding
from fedreview.services.trashing import UNDO_TIME, Trashing
from fedreview.storage import waiting
from fedreview.storage.database import Database
from fedreview.storage.waiting import Due


@dataclass(frozen=True, slots=True, kw_only=True)
class Timekeeping:
    """Finds what is due and does it: once, whoever else looks, and late rather than never.

    rewinding: looks at the clock whenever we do.
    """

    database: Database
    publishing: Publishing
    trashing: Trashing
    rewinding: Rewinding
    now: Callable[[], datetime]

    def list_due(self) -> tuple[ReviewId, ...]:
        """Give the ids of the reviews with which something is to be done now."""
        self.rewinding.look()
        with self.database.snapshot() as tx:
            return waiting.list_due(tx, self._due())

    def run(self, id: ReviewId) -> None:
        """Do what is due with this review, unless it is not any more or another is at it."""
        with self.database.transaction() as tx:
            review = waiting.take(tx, id, self._due())
            if review is None:
                return
            if review.state is ReviewState.TRASHED:
                self.trashing.empty(tx, review)
            else:
                self.publishing.publish_as_saved(tx, review)
        self.publishing.sending.wake()

    def _due(self) -> Due:
        now = self.now()
        return Due(now=now, trashed_before=now - UNDO_TIME)
