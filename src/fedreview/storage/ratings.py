"""What others give a work, as a note of theirs says it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from fedreview.domain.rating import Rating
from fedreview.domain.review import ReviewState
from fedreview.domain.work import WorkId
from fedreview.storage.database import Transaction
from fedreview.storage.sight import in_sight
from fedreview.storage.tables import NoteRow, ReviewRow

_FINEST = 1
"""The step of a scale whose steps nobody knows, in thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRating:
    """A score that somebody elsewhere gives. url: of the note that says so."""

    actor: str
    rating: Rating
    url: str
    published_at: datetime


def columns(rating: Rating | None) -> dict[str, int | None]:
    """Write a score as the four columns of a note; of strangers' scales nobody knows the step."""
    if rating is None:
        return dict.fromkeys(("rating_value", "rating_best", "rating_worst", "rating_step"))
    best, worst, step = rating.scale.thousandths
    return {
        "rating_value": rating.thousandths,
        "rating_best": best,
        "rating_worst": worst,
        "rating_step": step if step > _FINEST else None,
    }


def from_row(row: NoteRow) -> Rating | None:
    """Read a score out of a note's columns."""
    return _rating(row.rating_value, row.rating_best, row.rating_worst, row.rating_step)


def from_columns(**values: int | None) -> Rating | None:
    """Read what `columns` has written, as it is read out of a note."""
    return _rating(*(values[f"rating_{part}"] for part in ("value", "best", "worst", "step")))


def _rating(
    value: int | None, best: int | None, worst: int | None, step: int | None = None
) -> Rating | None:
    if value is None or best is None or worst is None:
        return None
    return Rating.from_thousandths(value, best=best, worst=worst, step=step or _FINEST)


def list_of_work(tx: Transaction, work_id: WorkId, *, limit: int) -> tuple[GivenRating, ...]:
    """Read what others give a work, the newest first: the newest score of each writer.

    A note counts for the work that it names; a reply that names none of ours, for the one that
    is reviewed above it. Only public notes that are shown count.
    """
    about = select(ReviewRow.id).where(
        ReviewRow.work_id == work_id, ReviewRow.state == ReviewState.PUBLISHED
    )
    newest_first = (NoteRow.published_at.desc(), NoteRow.id.desc())
    place = func.row_number().over(partition_by=NoteRow.actor, order_by=newest_first)
    counted = (
        select(NoteRow.id, place.label("place"))
        .where(
            or_(
                NoteRow.work_id == work_id,
                and_(NoteRow.work_id.is_(None), NoteRow.review_id.in_(about)),
            ),
            NoteRow.rating_value.is_not(None),
            NoteRow.author_id.is_(None),
            *in_sight(),
        )
        .subquery()
    )
    rows = tx.execute(
        select(
            NoteRow.actor,
            NoteRow.url,
            NoteRow.published_at,
            NoteRow.rating_value,
            NoteRow.rating_best,
            NoteRow.rating_worst,
        )
        .join(counted, counted.c.id == NoteRow.id)
        .where(counted.c.place == 1)
        .order_by(*newest_first)
        .limit(limit)
    )
    given = (
        (actor, url, published_at, _rating(*stored)) for actor, url, published_at, *stored in rows
    )
    return tuple(
        GivenRating(actor=actor, rating=rating, url=url, published_at=published_at)
        for actor, url, published_at, rating in given
        if rating
    )
