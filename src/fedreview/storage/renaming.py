"""Give a review another id, with all that belongs to it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import update

from fedreview.domain.review import Review, ReviewId, ReviewState
from fedreview.storage import reviews
from fedreview.storage.database import Transaction
from fedreview.storage.slugs import free_slug
from fedreview.storage.tables import NoteRow, ReviewRow
from fedreview.storage.writing_tables import ReviewVersionRow, UpcomingRow


def to_draft(tx: Transaction, review: Review, new_id: ReviewId, *, now: datetime) -> Review:
    """Make a draft with a new id of a published review; the old id keeps a deleted one.

    Its place in page addresses, replies, versions and announcements go to the draft.
    """
    old = review.id
    # Two rows cannot have one slug, not even for a moment.
    left = free_slug(tx, ReviewRow, old, owner=old)
    tx.execute(update(ReviewRow).where(ReviewRow.id == old).values(slug=left))
    tx.expire_all()
    draft = reviews.save(
        tx,
        replace(
            review,
            id=new_id,
            state=ReviewState.DRAFT,
            published_at=None,
            updated_at=None,
            boosted_at=None,
            former_ids=(old, *review.former_ids),
        ),
    )
    for column in (
        NoteRow.review_id,
        ReviewVersionRow.review_id,
        UpcomingRow.announced_in,
        UpcomingRow.review_id,
    ):
        tx.execute(update(column.class_).where(column == old).values({column.key: new_id}))
    tx.expire_all()
    reviews.save(tx, replace(review.emptied(now=now), slug=left))
    return draft
