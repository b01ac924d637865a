"""Find published reviews by their words, with SQLite's FTS5 or PostgreSQL's text search."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)

from fedreview.content.terms import Wanted
from fedreview.domain.review import ReviewState
from fedreview.domain.work import WorkKind
from fedreview.storage.database import Transaction
from fedreview.storage.indexing import REVIEW
from fedreview.storage.search_tables import WORDS, SearchRow
from fedreview.storage.tables import AuthorRow, ReviewRow, ReviewTagRow
from fedreview.storage.work_tables import WorkRow

_WORDS = table(WORDS, column("rowid", Integer))

# As in the index that the schema change makes; else PostgreSQL reads every row.
_VECTOR: ColumnElement[Any] = literal_column(
    "(setweight(to_tsvector('simple'::regconfig, search_entries.heading), 'A')"
    " || setweight(to_tsvector('simple'::regconfig, search_entries.words), 'D'))"
)


class Order(StrEnum):
    """What comes first; the values stand in addresses."""

    BEST = "best"
    NEWEST = "newest"
    RATING = "rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to look for; an empty field asks for nothing.

    wanted: all of it must stand in the review.
    year: of the work. lowest, highest: ratings in thousandths, as ten would be the best.
    author: a username. language: the tag, or what a longer one begins with.
    """

    wanted: tuple[Wanted, ...] = ()
    kind: WorkKind | None = None
    year: int | None = None
    lowest: int | None = None
    highest: int | None = None
    author: str = ""
    tag: str = ""
    language: str = ""
    order: Order = Order.BEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A review that was found. shown: what a snippet may be cut from."""

    id: str
    shown: str


def find_reviews(
    tx: Transaction, question: Question, *, limit: int, skip: int
) -> tuple[tuple[Hit, ...], int]:
    """Give one page of what was found, and how much there is in all."""
    matching = _matching(tx, question)
    total = tx.scalar(select(func.count()).select_from(matching.subquery())) or 0
    if total <= skip:
        return (), total
    rows = tx.execute(matching.order_by(*_order(tx, question)).limit(limit).offset(skip))
    return tuple(Hit(id=row.id, shown=row.shown) for row in rows), total


def _is_sqlite(tx: Transaction) -> bool:
    return tx.get_bind().dialect.name == "sqlite"


def _matching(tx: Transaction, question: Question) -> Select[str, str]:
    query = (
        select(ReviewRow.id, SearchRow.shown)
        .join(SearchRow, (SearchRow.thing_id == ReviewRow.id) & (SearchRow.kind == REVIEW))
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(ReviewRow.state == ReviewState.PUBLISHED, *_filters(question))
    )
    if not question.wanted:
        return query
    if not _is_sqlite(tx):
        return query.where(_VECTOR.op("@@")(_tsquery(question.wanted)))
    words: ColumnElement[Any] = literal_column(WORDS)
    # The limit, which is none, lets SQLite ask the index once and not for each review.
    hits = (
        select(_WORDS.c.rowid, func.bm25(words, 8.0, 1.0).label("rank"))
        .where(words.op("MATCH")(_match(question.wanted)))
        .limit(-1)
        .subquery("hits")
    )
    return query.join(hits, hits.c.rowid == SearchRow.id)


def _match(wanted: Sequence[Wanted]) -> str:
    """Write a query of FTS5. Every term is quoted, and letters and digits alone."""
    return " AND ".join(
        f'"{" ".join(each.terms)}"{" *" if each.is_prefix else ""}' for each in wanted
    )


def _tsquery(wanted: Sequence[Wanted]) -> ColumnElement[Any]:
    """Write a query of PostgreSQL, with every term quoted."""
    phrases = (
        " <-> ".join(f"'{term}'" for term in each.terms) + (":*" if each.is_prefix else "")
        for each in wanted
    )
    return func.to_tsquery(
        text("'simple'::regconfig"), " & ".join(f"({phrase})" for phrase in phrases)
    )


def of_ten_times(factor: int) -> ColumnElement[int]:
    """Give the rating times a factor, so that it can be compared with factor/10 of the best."""
    return cast(ReviewRow.rating_value, BigInteger) * factor


def _filters(question: Question) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = []
    if question.kind:
        which.append(WorkRow.kind == question.kind)
    if question.year:
        which.append(WorkRow.year == question.year)
    if question.lowest is not None:
        which.append(of_ten_times(10_000) >= question.lowest * _best())
    if question.highest is not None:
        which.append(of_ten_times(10_000) <= question.highest * _best())
    if question.author:
        writer = select(AuthorRow.id).where(AuthorRow.username == question.author)
        which.append(ReviewRow.author_id.in_(writer))
    if question.tag:
        tagged = select(ReviewTagRow.review_id).where(ReviewTagRow.key == question.tag.casefold())
        which.append(ReviewRow.id.in_(tagged))
    if question.language:
        varieties = ReviewRow.language.startswith(f"{question.language}-", autoescape=True)
        which.append((ReviewRow.language == question.language) | varieties)
    return which


def _best() -> ColumnElement[int]:
    return cast(ReviewRow.rating_best, BigInteger)


def _order(tx: Transaction, question: Question) -> list[ColumnElement[Any]]:
    newest: list[ColumnElement[Any]] = [ReviewRow.published_at.desc(), ReviewRow.id.desc()]
    if question.order is Order.RATING:
        share = of_ten_times(1_000) / _best()
        return [share.desc().nulls_last(), *newest]
    if question.order is Order.NEWEST or not question.wanted:
        return newest
    if _is_sqlite(tx):
        # Smaller is better.
        return [literal_column("hits.rank"), *newest]
    weights = text("'{0.1,0.2,0.4,1.0}'::float4[]")
    rank = func.ts_rank(weights, _VECTOR, _tsquery(question.wanted), 1)
    return [rank.desc(), *newest]
