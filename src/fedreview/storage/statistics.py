"""Count published reviews, in one statement for all numbers of a page."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, SQLColumnExpression, cast, extract, func, literal, select

from fedreview.domain.review import ReviewId
from fedreview.domain.tally import Heap
from fedreview.domain.work import WorkKind
from fedreview.storage.database import Transaction
from fedreview.storage.reviews import Filter, published
from fedreview.storage.tables import ReviewRow, ReviewTagRow
from fedreview.storage.work_tables import WorkRow

_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)


def heaps(tx: Transaction, wanted: Filter) -> tuple[Heap, ...]:
    """Count reviews that are alike in all that is counted. Months are those of UTC.

    Reads every review that is wanted.
    """
    moment: SQLColumnExpression[Any] = ReviewRow.published_at
    if tx.get_bind().dialect.name == "postgresql":
        moment = func.timezone("UTC", ReviewRow.published_at)
    keys = (
        cast(extract("year", moment), Integer),
        cast(extract("month", moment), Integer),
        WorkRow.kind,
        WorkRow.year,
        ReviewRow.rating_value,
        ReviewRow.rating_best,
        ReviewRow.is_repeat,
    )
    rows = tx.execute(
        select(*keys, func.count())
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(*published(wanted))
        .group_by(*keys)
    )
    return tuple(
        Heap(
            year=year,
            month=month,
            kind=WorkKind(kind),
            work_year=work_year,
            value=value,
            best=best,
            is_repeat=is_repeat,
            number=number,
        )
        for year, month, kind, work_year, value, best, is_repeat, number in rows
    )


def months(tx: Transaction) -> tuple[tuple[int, int, int], ...]:
    """Count reviews by year and month of UTC, the newest first.

    Goes from one month in which there is something to the one before, and counts in the index:
    a month costs microseconds, and a review next to nothing.
    """
    at, which = ReviewRow.published_at, published(Filter())
    last = select(func.max(at)).where(*which).scalar_subquery()
    month = select(
        _month_of(tx, last).label("since"), literal(_END_OF_TIME, at.type).label("until")
    ).cte(recursive=True)
    earlier = select(func.max(at)).where(*which, at < month.c.since).scalar_subquery()
    month = month.union_all(
        select(_month_of(tx, earlier), month.c.since).where(month.c.since.is_not(None))
    )
    number = select(func.count()).where(*which, at >= month.c.since, at < month.c.until)
    rows = tx.execute(
        select(month.c.since, number.scalar_subquery())
        .where(month.c.since.is_not(None))
        .order_by(month.c.since.desc())
    )
    return tuple((since.year, since.month, number) for since, number in rows)


def _month_of(tx: Transaction, moment: SQLColumnExpression[Any]) -> SQLColumnExpression[Any]:
    """Give when the month of a moment began, in UTC."""
    if tx.get_bind().dialect.name == "postgresql":
        began = func.date_trunc("month", func.timezone("UTC", moment))
        return func.timezone("UTC", began, type_=ReviewRow.published_at.type)
    # As SQLAlchemy writes instants there, so that they can be compared.
    written = "%Y-%m-01 00:00:00.000000"
    return func.strftime(written, moment, type_=ReviewRow.published_at.type)


def tags(tx: Transaction, wanted: Filter, *, limit: int) -> tuple[tuple[str, int], ...]:
    """Count reviews by tag, the most used first; spelled as somebody spells it."""
    number = func.count()
    rows = tx.execute(
        select(func.min(ReviewTagRow.tag), number)
        .join(ReviewRow, ReviewRow.id == ReviewTagRow.review_id)
        .where(*published(wanted))
        .group_by(ReviewTagRow.key)
        .order_by(number.desc(), ReviewTagRow.key)
        .limit(limit)
    )
    return tuple((tag, count) for tag, count in rows)


def list_best(tx: Transaction, wanted: Filter, *, limit: int) -> tuple[ReviewId, ...]:
    """Read which reviews give most of what their scale has to give, the best first."""
    share = ReviewRow.rating_value * 1.0 / ReviewRow.rating_best
    return tuple(
        map(
            ReviewId,
            tx.scalars(
                select(ReviewRow.id)
                .where(*published(wanted), ReviewRow.rating_value.is_not(None))
                .order_by(share.desc(), ReviewRow.published_at.desc(), ReviewRow.id.desc())
                .limit(limit)
            ),
        )
    )


def find_longest(tx: Transaction, wanted: Filter) -> ReviewId | None:
    """Look for the review with the longest text."""
    found = tx.scalar(
        select(ReviewRow.id)
        .where(*published(wanted))
        .order_by(func.length(ReviewRow.body).desc(), ReviewRow.id)
        .limit(1)
    )
    return ReviewId(found) if found else None


def languages(tx: Transaction) -> tuple[str, ...]:
    """Read which languages reviews are in."""
    query = select(ReviewRow.language).where(*published(Filter())).distinct()
    return tuple(sorted(tx.scalars(query)))
