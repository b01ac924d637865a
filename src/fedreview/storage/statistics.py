"""Count published reviews, in one statement for all numbers of a page."""

from typing import Any

from sqlalchemy import Integer, SQLColumnExpression, cast, extract, func, select

from fedreview.domain.review import ReviewId
from fedreview.domain.tally import Heap
from fedreview.domain.work import WorkKind
from fedreview.storage.database import Transaction
from fedreview.storage.reviews import Filter, published
from fedreview.storage.tables import ReviewRow, ReviewTagRow
from fedreview.storage.work_tables import WorkRow


def heaps(tx: Transaction, wanted: Filter) -> tuple[Heap, ...]:
    """Count reviews that are alike in all that is counted. Months are those of UTC."""
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


def months(tx: Transaction, wanted: Filter) -> tuple[tuple[int, int, int], ...]:
    """Count reviews by year and month, the newest first."""
    counted: dict[tuple[int, int], int] = {}
    for heap in heaps(tx, wanted):
        counted[heap.year, heap.month] = counted.get((heap.year, heap.month), 0) + heap.number
    return tuple((*month, counted[month]) for month in sorted(counted, reverse=True))


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
