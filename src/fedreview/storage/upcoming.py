"""What authors have announced."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, delete, select, update

from fedreview.domain.actor import AuthorId
from fedreview.domain.review import ReviewId
from fedreview.domain.upcoming import Upcoming, UpcomingId
from fedreview.errors import NotFound
from fedreview.storage.database import Transaction
from fedreview.storage.reviews import author_from_row, rating_from_row, set_rating
from fedreview.storage.tables import AuthorRow
from fedreview.storage.work_tables import MediaRow, WorkRow
from fedreview.storage.works import is_announced_publicly, work_from_rows
from fedreview.storage.writing_tables import UpcomingRow

MOST = 500


def save(tx: Transaction, upcoming: Upcoming) -> None:
    """Add the announcement or change the one with its id; its work must be there."""
    row = tx.get(UpcomingRow, upcoming.id)
    if row is None:
        row = UpcomingRow(id=upcoming.id, announced_at=upcoming.announced_at)
        tx.add(row)
    row.author_id, row.work_id = upcoming.author.id, upcoming.work.id
    row.note = upcoming.note
    row.announced_in, row.review_id = upcoming.announced_in, upcoming.review_id
    set_rating(row, upcoming.rating)
    tx.flush()


def _list(tx: Transaction, *which: ColumnElement[bool]) -> tuple[Upcoming, ...]:
    rows = tx.execute(
        select(UpcomingRow, AuthorRow, WorkRow, MediaRow)
        .join(AuthorRow, AuthorRow.id == UpcomingRow.author_id)
        .join(WorkRow, WorkRow.id == UpcomingRow.work_id)
        .outerjoin(MediaRow, MediaRow.name == WorkRow.cover_name)
        .where(*which)
        .order_by(UpcomingRow.announced_at.desc(), UpcomingRow.id.desc())
        .limit(MOST)
        # `fulfil` writes past what is in memory.
        .execution_options(populate_existing=True)
    )
    return tuple(
        Upcoming(
            id=UpcomingId(row.id),
            author=author_from_row(author),
            work=work_from_rows(work, media),
            announced_at=row.announced_at,
            rating=rating_from_row(row),
            note=row.note,
            announced_in=ReviewId(row.announced_in) if row.announced_in else None,
            review_id=ReviewId(row.review_id) if row.review_id else None,
        )
        for row, author, work, media in rows
    )


def get(tx: Transaction, id: str) -> Upcoming:
    """Read one. Raises NotFound."""
    found = _list(tx, UpcomingRow.id == id)
    if not found:
        raise NotFound("nothing announced by this id")
    return found[0]


def find_announced_in(tx: Transaction, review_id: str) -> Upcoming | None:
    """Look up what a review announces."""
    return next(iter(_list(tx, UpcomingRow.announced_in == review_id)), None)


def find_many_announced_in(
    tx: Transaction, review_ids: Collection[ReviewId]
) -> dict[ReviewId, Upcoming]:
    """Look up what each of several reviews announces, in one statement."""
    found = _list(tx, UpcomingRow.announced_in.in_(review_ids)) if review_ids else ()
    # The newest comes first, and is the one that counts.
    return {each.announced_in: each for each in reversed(found) if each.announced_in}


def list_become(tx: Transaction, review_id: str) -> tuple[Upcoming, ...]:
    """Read the announcements that a review has kept."""
    return _list(tx, UpcomingRow.review_id == review_id)


def list_open(tx: Transaction, author_id: AuthorId) -> tuple[Upcoming, ...]:
    """Read what an author has still to write, the last announced first, private or not."""
    return _list(tx, UpcomingRow.review_id.is_(None), UpcomingRow.author_id == author_id)


def list_public(tx: Transaction) -> tuple[Upcoming, ...]:
    """Read what everybody may know is to come, of all authors, the last announced first."""
    return _list(tx, UpcomingRow.review_id.is_(None), is_announced_publicly)


def list_of_work(tx: Transaction, work_id: str) -> tuple[Upcoming, ...]:
    """Read what everybody may know is to come about a work."""
    return _list(
        tx, UpcomingRow.review_id.is_(None), is_announced_publicly, UpcomingRow.work_id == work_id
    )


def fulfil(tx: Transaction, upcoming: Upcoming, review_id: ReviewId | None) -> None:
    """Note which review it has become, whose work is its own from then on; None opens it again.

    upcoming: with the work that it is to have.
    """
    tx.execute(
        update(UpcomingRow)
        .where(UpcomingRow.id == upcoming.id)
        .values(review_id=review_id, work_id=upcoming.work.id)
    )


def drop(tx: Transaction, id: UpcomingId) -> None:
    """Take an announcement back."""
    tx.execute(delete(UpcomingRow).where(UpcomingRow.id == id))
