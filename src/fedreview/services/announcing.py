"""Keep what reviews announce, and tie an announcement to the review that it becomes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from fedreview.domain.review import Announcement, Review, slug_from_title
from fedreview.domain.upcoming import Upcoming, UpcomingId
from fedreview.domain.work import WorkId
from fedreview.storage import upcoming, works
from fedreview.storage.database import Transaction


def keep_announcement(
    tx: Transaction,
    review: Review,
    announces: Announcement | None,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Keep what this review announces in place of what it announced before.

    What has become a review stays: how it was announced is history.
    """
    known = upcoming.find_announced_in(tx, review.id)
    if known and known.review_id is not None:
        return
    if announces is None:
        if known:
            upcoming.drop(tx, known.id)
        return
    # As a draft's, the work is its own until there is a review of it.
    work_id = known.work.id if known else WorkId(new_id())
    slug = slug_from_title(announces.work.title) or work_id
    work = works.save(tx, work_id, announces.work, slug=slug, cover=None)
    kept = known or Upcoming(
        id=UpcomingId(new_id()),
        author=review.author,
        work=work,
        announced_at=now,
        announced_in=review.id,
    )
    upcoming.save(tx, replace(kept, work=work, rating=announces.rating, note=announces.note))
