"""A work that an author has announced, perhaps rated already, and not yet written about."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from fedreview.domain.actor import Author
from fedreview.domain.rating import Rating
from fedreview.domain.review import ReviewId
from fedreview.domain.work import Work

UpcomingId = NewType("UpcomingId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """One announcement as it is kept.

    note: one plain line about it, or "".
    announced_in: the review that says so; None when it was announced by itself.
    review_id: the published review that it has become; None as long as it is to come.
    """

    id: UpcomingId
    author: Author
    work: Work
    announced_at: datetime
    rating: Rating | None = None
    note: str = ""
    announced_in: ReviewId | None = None
    review_id: ReviewId | None = None
