"""Find published reviews by their words, with SQLite's FTS5 or PostgreSQL's text search."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    text,
    union_all,
)

from fedreview.content.terms import Wanted
from fedreview.domain.review import ReviewState
from fedreview.domain.work import WorkKind
from fedreview.storage.database import Transaction
from fedreview.storage.indexing import REVIEW
from fedreview.storage.search_tables import WORDS, SearchRow
from fedreview.storage.tables import AuthorRow, ReviewRow, ReviewTagRow
from fedreview.storage.work_tables import WorkRow

T = TypeVar("T")

MOST_FOUND = 600
"""How much of what matches can be turned to; of more it is only told that there is more."""

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
    """Give one page of what was found, and how much there is in all.

    One more than MOST_FOUND stands for any number above it.

    The best come out of the MOST_FOUND that were published or changed last, and as many that say
    it in their heading: to weigh one costs microseconds, in PostgreSQL far more. By rating or
    date all that matches is put in order, which grows with how much that is.
    """
    total = tx.scalar(_counted(tx, question)) or 0
    if total <= skip:
        return (), total
    ids = tx.scalars(_ordered(tx, question).limit(limit).offset(skip)).all()
    # Of those on the page alone: a text that is sorted along costs more than to find it.
    rows = tx.execute(
        select(SearchRow.thing_id, SearchRow.shown).where(
            SearchRow.kind == REVIEW, SearchRow.thing_id.in_(ids)
        )
    )
    shown = {row.thing_id: row.shown for row in rows}
    return tuple(Hit(id=each, shown=shown[each]) for each in ids), total


def _is_sqlite(tx: Transaction) -> bool:
    return tx.get_bind().dialect.name == "sqlite"


def _counted(tx: Transaction, question: Question) -> Select[int]:
    found = _entries(question, select(SearchRow.id))
    if question.wanted:
        found = _with_words(tx, found, question.wanted)
    return select(func.count()).select_from(found.limit(MOST_FOUND + 1).subquery())


def _ordered(tx: Transaction, question: Question) -> Select[str]:
    """Select ids of reviews, in the order that is asked for."""
    query = _entries(question, select(ReviewRow.id))
    newest: list[ColumnElement[Any]] = [ReviewRow.published_at.desc(), ReviewRow.id.desc()]
    if question.order is Order.BEST and question.wanted:
        weighed = _weighed(tx, question, question.wanted)
        query = select(ReviewRow.id).join(weighed, weighed.c.id == ReviewRow.id)
        return query.order_by(weighed.c.rank, *newest)
    if question.wanted:
        query = _with_words(tx, query, question.wanted)
    if question.order is Order.RATING:
        share = of_ten_times(1_000) / _best()
        newest.insert(0, share.desc().nulls_last())
    return query.order_by(*newest)


def _entries(question: Question, query: Select[T]) -> Select[T]:
    """Let a query read published reviews that its filters let through, with their entries."""
    return (
        query.select_from(SearchRow)
        .join(ReviewRow, (SearchRow.thing_id == ReviewRow.id) & (SearchRow.kind == REVIEW))
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(ReviewRow.state == ReviewState.PUBLISHED, *_filters(question))
    )


def _with_words(tx: Transaction, query: Select[T], wanted: Sequence[Wanted]) -> Select[T]:
    """Let a query read only what has all these words."""
    if not _is_sqlite(tx):
        return query.where(_VECTOR.op("@@")(_tsquery(wanted)))
    # The limit, which is none, lets SQLite ask the index once and not for each review.
    hits = select(_WORDS.c.rowid).where(_matches(_match(wanted))).limit(-1).subquery("hits")
    return query.join(hits, hits.c.rowid == SearchRow.id)


def _weighed(tx: Transaction, question: Question, wanted: Sequence[Wanted]) -> Subquery:
    """Select ids of reviews, each with a rank: the smaller, the better.

    The entries that were made last are the first that are looked at.
    """
    entries = _entries(question, select(ReviewRow.id))
    if not _is_sqlite(tx):
        weights = text("'{0.1,0.2,0.4,1.0}'::float4[]")
        found = _with_words(tx, entries.add_columns(_VECTOR.label("vector")), wanted)
        some = found.order_by(SearchRow.id.desc()).limit(MOST_FOUND).subquery()
        rank = -func.ts_rank(weights, some.c.vector, _tsquery(wanted), 1)
        return select(some.c.id, rank.label("rank")).subquery()
    weighed = entries.add_columns(func.bm25(literal_column(WORDS), 8.0, 1.0).label("rank"))
    of_index = weighed.join(_WORDS, _WORDS.c.rowid == SearchRow.id)
    last = of_index.order_by(_WORDS.c.rowid.desc()).limit(MOST_FOUND)
    query = _match(wanted)
    some, named = (
        last.where(_matches(where)).subquery() for where in (query, f"heading : ({query})")
    )
    both = union_all(select(some), select(named)).subquery()
    # Who is among both was weighed by all of it in the first, which is never worse.
    return select(both.c.id, func.min(both.c.rank).label("rank")).group_by(both.c.id).subquery()


def _matches(query: str) -> ColumnElement[bool]:
    words: ColumnElement[Any] = literal_column(WORDS)
    return words.op("MATCH", is_comparison=True)(query)


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
