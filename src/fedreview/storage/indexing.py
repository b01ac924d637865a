"""What a review is found by: kept in the transaction that changes the review or its work."""

from collections.abc import Collection

from sqlalchemy import delete, exists, func, select

from fedreview.content.markdown import plain_text
from fedreview.content.spoilers import SHUT
from fedreview.content.terms import index_text
from fedreview.domain.review import ReviewState, Spoilers
from fedreview.storage.database import Transaction
from fedreview.storage.search_tables import SearchRow
from fedreview.storage.tables import ReviewRow, ReviewTagRow
from fedreview.storage.work_tables import WorkRow

REVIEW = "review"

# PostgreSQL keeps no tsvector of more than 1 MB, and each term costs four bytes more there.
_HEADING_BYTES = 20_000
_WORDS_BYTES = 380_000


def renew(tx: Transaction, review_ids: Collection[str]) -> None:
    """Make what these reviews are found by anew; what is not published is not found."""
    tx.execute(
        delete(SearchRow).where(SearchRow.kind == REVIEW, SearchRow.thing_id.in_(review_ids))
    )
    found = tx.execute(
        select(ReviewRow, WorkRow)
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(ReviewRow.id.in_(review_ids), ReviewRow.state == ReviewState.PUBLISHED)
    ).all()
    if not found:
        return
    tags: dict[str, list[str]] = {review.id: [] for review, _ in found}
    for review_id, tag in tx.execute(
        select(ReviewTagRow.review_id, ReviewTagRow.tag).where(ReviewTagRow.review_id.in_(tags))
    ):
        tags[review_id].append(tag)
    tx.add_all(_entry(review, work, tags[review.id]) for review, work in found)
    tx.flush()


def renew_of_work(tx: Transaction, work_id: str) -> None:
    """Make anew what the published reviews of a work are found by, after its facts changed."""
    ids = tx.scalars(
        select(ReviewRow.id).where(
            ReviewRow.work_id == work_id, ReviewRow.state == ReviewState.PUBLISHED
        )
    ).all()
    if ids:
        renew(tx, ids)


def count_indexed(tx: Transaction) -> int:
    """Count the reviews that can be found."""
    is_known = (SearchRow.kind == REVIEW) & (SearchRow.thing_id == ReviewRow.id)
    query = select(func.count()).select_from(ReviewRow).join(SearchRow, is_known)
    return tx.scalar(query.where(ReviewRow.state == ReviewState.PUBLISHED)) or 0


def list_missing(tx: Transaction, *, limit: int) -> tuple[str, ...]:
    """Read ids of published reviews that nothing is known of here."""
    is_known = exists().where(SearchRow.kind == REVIEW, SearchRow.thing_id == ReviewRow.id)
    query = select(ReviewRow.id).where(ReviewRow.state == ReviewState.PUBLISHED, ~is_known)
    return tuple(tx.scalars(query.order_by(ReviewRow.id).limit(limit)))


def clear(tx: Transaction) -> None:
    """Forget everything that can be found."""
    tx.execute(delete(SearchRow))


def _entry(review: ReviewRow, work: WorkRow, tags: Collection[str]) -> SearchRow:
    heading = (review.title, work.title, work.original_title, work.creators, *tags)
    quiet = (review.verdict, review.teaser, review.synopsis)
    # A text that gives everything away is one spoiler; one that gives some away is found by
    # what is open in it, but never quoted.
    open_text = "" if review.spoilers == Spoilers.FULL else _open_text(review.body)
    quoted = open_text if review.spoilers == Spoilers.NONE else ""
    return SearchRow(
        kind=REVIEW,
        thing_id=review.id,
        heading=index_text("\n".join(heading), limit_bytes=_HEADING_BYTES),
        words=index_text("\n".join((*quiet, open_text)), limit_bytes=_WORDS_BYTES),
        shown="\n".join(part for part in (*quiet, quoted) if part),
    )


def _open_text(body: str) -> str:
    return plain_text(body).replace(SHUT, " … ")
