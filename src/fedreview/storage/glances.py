"""Small looks at large things: whether a page is as it was, and which replies a review has."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    String,
    bindparam,
    cast,
    func,
    or_,
    select,
    union_all,
)

from fedreview.domain.review import ReviewId, ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import WorkKind
from fedreview.storage.database import Transaction
from fedreview.storage.tables import (
    ActorRow,
    AuthorRow,
    NoteRow,
    ReactionRow,
    ReviewRow,
    ReviewTagRow,
    SettingRow,
)
from fedreview.storage.work_tables import WorkRow

_BETWEEN_FIELDS, _BETWEEN_ROWS = "\x1f", "\x1e"

Column = SQLColumnExpression[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a page is made of, in brief.

    version: hexadecimal; another one as soon as anything that the page shows is another.
    title, tagline, language: of the site, None when they were never set.
    has_authors: whether the site is set up.
    """

    version: str
    title: str | None
    tagline: str | None
    language: str | None
    has_authors: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewGlance(Glance):
    """A review in brief, in any state. kind: of its work."""

    id: ReviewId
    slug: str
    state: ReviewState
    kind: WorkKind


def _line(*columns: Column) -> ColumnElement[str]:
    """Join columns into one text."""
    texts: list[ColumnElement[str]] = [
        func.coalesce(cast(column, String), "") for column in columns
    ]
    return reduce(lambda line, text: line.concat(_BETWEEN_FIELDS).concat(text), texts)


def _lines(*columns: Column, where: Sequence[ColumnElement[bool]] = ()) -> ScalarSelect[str]:
    """Join the same columns of many rows into one text."""
    joined = func.aggregate_strings(_line(*columns), _BETWEEN_ROWS)
    return select(joined).where(*where).scalar_subquery()


def _setting(name: str) -> ScalarSelect[str]:
    return select(SettingRow.value).where(SettingRow.name == name).scalar_subquery()


def _site() -> tuple[ScalarSelect[str], ...]:
    """Select title, tagline, language and authors; each page shows some of them."""
    avatar = func.coalesce(AuthorRow.avatar_name, "")
    about = _lines(AuthorRow.id, AuthorRow.username, AuthorRow.name, AuthorRow.summary, avatar)
    return _setting("title"), _setting("tagline"), _setting("language"), about


def _columns(row: type[ReviewRow | WorkRow]) -> tuple[Column, ...]:
    return tuple(row.__table__.columns)


def _digest(parts: Sequence[Any]) -> str:
    return hashlib.sha256(repr(tuple(parts)).encode()).hexdigest()[:32]


def _review_statement(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Select all that a review's page shows, in one row.

    Of replies only what can change is read: their number never falls, so a reply as it
    came is told by that; one that was edited, hidden or deleted since is read whole.
    """
    wanted = select(ReviewRow.id).where(which).scalar_subquery()
    in_thread = NoteRow.review_id == wanted
    changed = or_(NoteRow.updated_at.is_not(None), NoteRow.state != NoteState.SHOWN)
    reacted_to = union_all(
        select(NoteRow.uri).where(in_thread),
        select(bindparam("uri_start", type_=String).concat(ReviewRow.id)).where(which),
    )
    reactions = (
        select(ReactionRow.object, ReactionRow.kind, func.count().label("number"))
        .where(ReactionRow.object.in_(reacted_to))
        .group_by(ReactionRow.object, ReactionRow.kind)
        .subquery()
    )
    note = (
        NoteRow.id,
        NoteRow.state,
        NoteRow.audience,
        NoteRow.updated_at,
        NoteRow.language,
        NoteRow.url,
        NoteRow.summary,
        NoteRow.html,
        NoteRow.rating_value,
        NoteRow.rating_best,
        NoteRow.rating_worst,
    )
    writer = (ActorRow.id, ActorRow.name, ActorRow.handle, ActorRow.url, ActorRow.avatar)
    writers = select(NoteRow.actor).where(in_thread)
    tag = (ReviewTagRow.position, ReviewTagRow.tag)
    return (
        select(
            ReviewRow.id,
            ReviewRow.slug,
            ReviewRow.state,
            WorkRow.kind,
            *_site(),
            _line(*_columns(ReviewRow), *_columns(WorkRow)),
            _lines(*tag, where=[ReviewTagRow.review_id == wanted]),
            select(func.count()).select_from(NoteRow).where(in_thread).scalar_subquery(),
            _lines(*note, where=[in_thread, changed]),
            _lines(*writer, where=[ActorRow.id.in_(writers)]),
            _lines(reactions.c.object, reactions.c.kind, reactions.c.number),
        )
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(which)
    )


def _front_statement() -> Select[*tuple[Any, ...]]:
    """Select all that the cards of the newest reviews show, in one row.

    Of a review itself only when it was edited is read: an edit of a published one is always
    later than the one before.
    """
    replies = (
        select(func.count())
        .select_from(NoteRow)
        .where(
            NoteRow.review_id == ReviewRow.id,
            NoteRow.audience == "public",
            NoteRow.state == NoteState.SHOWN,
        )
        .correlate(ReviewRow)
        .scalar_subquery()
    )
    review = (ReviewRow.id, ReviewRow.slug, ReviewRow.published_at, ReviewRow.updated_at)
    newest = (
        select(_line(*review, *_columns(WorkRow), replies).label("line"))
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(ReviewRow.state == ReviewState.PUBLISHED)
        .order_by(ReviewRow.published_at.desc(), ReviewRow.id.desc())
        .limit(bindparam("limit", type_=Integer))
        .subquery()
    )
    return select(*_site(), _lines(newest.c.line))


# Made once: to put them together takes longer than to run them.
_BY_ID = _review_statement(ReviewRow.id == bindparam("wanted", type_=String))
_BY_SLUG = _review_statement(ReviewRow.slug == bindparam("wanted", type_=String))
_FRONT = _front_statement()


def of_review(
    tx: Transaction, *, uri_start: str, id: str | None = None, slug: str = ""
) -> ReviewGlance | None:
    """Look at a review with all that its page shows, in one statement, by id or else by slug.

    uri_start: what reviews' ActivityPub ids begin with; their short id follows.
    """
    statement, wanted = (_BY_SLUG, slug) if id is None else (_BY_ID, id)
    row = tx.execute(statement, {"wanted": wanted, "uri_start": uri_start}).first()
    if row is None:
        return None
    found_id, found_slug, state, kind, title, tagline, language, authors, *_ = row
    return ReviewGlance(
        version=_digest(row),
        title=title,
        tagline=tagline,
        language=language,
        has_authors=bool(authors),
        id=ReviewId(found_id),
        slug=found_slug,
        state=ReviewState(state),
        kind=WorkKind(kind),
    )


def of_front(tx: Transaction, *, limit: int) -> Glance:
    """Look at the newest reviews with all that their cards show, in one statement.

    limit: how many reviews.
    """
    row = tx.execute(_FRONT, {"limit": limit}).one()
    title, tagline, language, authors, *_ = row
    return Glance(
        version=_digest(row),
        title=title,
        tagline=tagline,
        language=language,
        has_authors=bool(authors),
    )
