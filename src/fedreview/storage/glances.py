"""Small looks at large things: whether a page is as it was, and which replies a review has."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import aliased

from fedreview.domain.review import ReviewId, ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import WorkKind
from fedreview.storage import conduct, copies, reactions, reviews
from fedreview.storage.database import Transaction
from fedreview.storage.reviews import Filter
from fedreview.storage.sight import in_sight
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
from fedreview.storage.writing_tables import UpcomingRow

# Words of the statement, and not values: hundreds of these cost more than the answer.
_NOTHING, _BETWEEN_FIELDS, _BETWEEN_ROWS = (
    literal_column(f"'{text}'", String) for text in ("", "\x1f", "\x1e")
)

Column = SQLColumnExpression[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a page is made of, in brief.

    version: hexadecimal; another one as soon as anything that the page shows is another.
    title, tagline, language: of the site, None when they were never set.
    crawlers: what is asked of machines that learn, None when that was never set.
    has_authors: whether the site is set up.
    """

    version: str
    title: str | None
    tagline: str | None
    language: str | None
    has_authors: bool
    crawlers: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGlance(Glance):
    """A list of reviews in brief. changed_at: when the last of them was, None of none."""

    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewGlance(Glance):
    """A review in brief, in any state. kind: of its work.

    closes_at: when its conversation does by the clock, None for never.
    """

    id: ReviewId
    slug: str
    state: ReviewState
    kind: WorkKind
    closes_at: datetime | None = None


def _line(*columns: Column) -> ColumnElement[str]:
    """Join columns into one text."""
    texts: list[ColumnElement[str]] = [
        func.coalesce(sql_cast(column, String), _NOTHING) for column in columns
    ]
    return reduce(lambda line, text: line.concat(_BETWEEN_FIELDS).concat(text), texts)


def _in_rows(line: ColumnElement[str]) -> ColumnElement[str]:
    # It takes any expression, although it is declared with a text.
    return func.aggregate_strings(line, cast("str", _BETWEEN_ROWS))


def _lines(*columns: Column, where: Sequence[ColumnElement[bool]] = ()) -> ScalarSelect[str]:
    """Join the same columns of many rows into one text."""
    return select(_in_rows(_line(*columns))).where(*where).scalar_subquery()


def _setting(name: str) -> ScalarSelect[str]:
    return select(SettingRow.value).where(SettingRow.name == name).scalar_subquery()


def _site() -> tuple[ScalarSelect[str], ...]:
    """Select title, tagline, language, crawlers and authors; each page shows some of them."""
    about = _lines(*_columns_shown())
    settings = [_setting(name) for name in ("title", "tagline", "language", "ai_crawlers")]
    return (*settings, about)


def _columns_shown() -> tuple[Column, ...]:
    """Select what pages show of an author."""
    return (
        AuthorRow.id,
        AuthorRow.username,
        AuthorRow.name,
        AuthorRow.summary,
        AuthorRow.scale_best,
        AuthorRow.scale_worst,
        AuthorRow.scale_step,
        AuthorRow.legend,
        AuthorRow.avatar_name,
        AuthorRow.welcomes_guests,
    )


def _columns(row: type[ReviewRow | WorkRow | UpcomingRow]) -> tuple[Column, ...]:
    return tuple(row.__table__.columns)


def _digest(parts: Sequence[Any]) -> str:
    return hashlib.sha256(repr(tuple(parts)).encode()).hexdigest()[:32]


def _announcements(review_id: ScalarSelect[str]) -> ScalarSelect[str]:
    """Select what the review announces and what it has kept, with the review at the other end."""
    other, work = aliased(ReviewRow), aliased(WorkRow)
    return (
        select(
            _in_rows(
                _line(*_columns(UpcomingRow), work.title, work.kind, work.year, work.slug)
                .concat(_BETWEEN_FIELDS)
                .concat(_line(other.title, other.slug, other.state))
            )
        )
        .select_from(UpcomingRow)
        .join(work, work.id == UpcomingRow.work_id)
        .outerjoin(
            other,
            (other.id != review_id)
            & ((other.id == UpcomingRow.review_id) | (other.id == UpcomingRow.announced_in)),
        )
        .where((UpcomingRow.announced_in == review_id) | (UpcomingRow.review_id == review_id))
        .scalar_subquery()
    )


def _review_statement(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Select all that a review's page shows, in one row.

    Of a reply as it came only its id is read; one that was edited, hidden, held or deleted
    since is read whole. A page of the thread is told by the same: replies before it move it.
    """
    wanted = select(ReviewRow.id).where(which).scalar_subquery()
    # Without private messages, but for those that were edited: else the number could fall when
    # a reply is made private, and be the same again with the next one.
    may_be_shown = or_(NoteRow.audience == "public", NoteRow.updated_at.is_not(None))
    in_thread = and_(NoteRow.review_id == wanted, may_be_shown)
    # Votes are counted anew without an edit.
    changed = or_(
        NoteRow.updated_at.is_not(None),
        NoteRow.state != NoteState.SHOWN,
        NoteRow.veiled,
        NoteRow.type == "Question",
    )
    reacted_to = union_all(
        select(NoteRow.uri).where(in_thread),
        select(bindparam("uri_start", type_=String).concat(ReviewRow.id)).where(which),
    )
    counted = (
        select(ReactionRow.object, ReactionRow.kind, func.count().label("number"))
        .where(*reactions.shown(ReactionRow.object.in_(reacted_to)))
        .group_by(ReactionRow.object, ReactionRow.kind)
        .subquery()
    )
    of_review = ReactionRow.object == (
        select(bindparam("uri_start", type_=String).concat(ReviewRow.id))
        .where(which)
        .scalar_subquery()
    )
    emoji = reactions.emoji_counts(of_review).subquery()
    first = reactions.first(of_review).subquery()
    face = (ReactionRow.id, ReactionRow.actor, ActorRow.name, ActorRow.handle, ActorRow.avatar)
    faces = (
        select(_in_rows(_line(*face, ActorRow.url)))
        .select_from(ReactionRow)
        .outerjoin(ActorRow, ActorRow.id == ReactionRow.actor)
        .where(ReactionRow.id.in_(select(first.c.id)))
        .scalar_subquery()
    )
    note = (
        NoteRow.id,
        NoteRow.state,
        NoteRow.veiled,
        NoteRow.audience,
        NoteRow.updated_at,
        NoteRow.language,
        NoteRow.url,
        NoteRow.summary,
        NoteRow.html,
        NoteRow.rating_value,
        NoteRow.rating_best,
        NoteRow.rating_worst,
        NoteRow.extras,
    )
    writer = (
        ActorRow.id,
        ActorRow.name,
        ActorRow.handle,
        ActorRow.url,
        ActorRow.avatar,
        ActorRow.emojis,
    )
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
            _lines(NoteRow.id, where=[in_thread]),
            _lines(*note, where=[in_thread, changed]),
            _lines(*writer, where=[ActorRow.id.in_(writers)]),
            _lines(counted.c.object, counted.c.kind, counted.c.number),
            _lines(emoji.c.emoji, emoji.c.emoji_url, emoji.c.number),
            faces,
            _announcements(wanted),
            # One number for all copies: to look up those of each reply would cost more.
            _setting(copies.VERSION),
            _setting("reply_pictures"),
            # The documents say who may quote, the page who may reply.
            select(AuthorRow.who_replies.concat(_BETWEEN_FIELDS).concat(AuthorRow.who_quotes))
            .where(AuthorRow.id == ReviewRow.author_id)
            .correlate(ReviewRow)
            .scalar_subquery(),
            _setting("replies_mode"),
            _setting("closes_after_days"),
            ReviewRow.closes_after_days.label("own_days"),
            ReviewRow.published_at.label("at"),
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
            *in_sight(),
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
    found_id, found_slug, state, kind, title, tagline, language, crawlers, authors, *_ = row
    *_, site_days, own_days, published_at = row
    days = int(site_days or 0) if own_days is None else own_days
    return ReviewGlance(
        version=_digest(row),
        title=title,
        tagline=tagline,
        language=language,
        has_authors=bool(authors),
        crawlers=crawlers,
        id=ReviewId(found_id),
        slug=found_slug,
        state=ReviewState(state),
        kind=WorkKind(kind),
        closes_at=conduct.closes_at(published_at, days),
    )


def of_front(tx: Transaction, *, limit: int) -> Glance:
    """Look at the newest reviews with all that their cards show, in one statement.

    limit: how many reviews.
    """
    row = tx.execute(_FRONT, {"limit": limit}).one()
    title, tagline, language, crawlers, authors, *_ = row
    return Glance(
        version=_digest(row),
        title=title,
        tagline=tagline,
        language=language,
        has_authors=bool(authors),
        crawlers=crawlers,
    )


def of_list(tx: Transaction, wanted: Filter, *, limit: int) -> ListGlance:
    """Look at the newest reviews of a list with all that a feed says of them, in one statement.

    limit: how many reviews.
    """
    edited_at = func.coalesce(ReviewRow.updated_at, ReviewRow.published_at)
    review = (ReviewRow.id, ReviewRow.slug, ReviewRow.published_at, ReviewRow.updated_at)
    newest = (
        select(_line(*review, *_columns(WorkRow)).label("line"), edited_at.label("edited_at"))
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(*reviews.published(wanted))
        .order_by(ReviewRow.published_at.desc(), ReviewRow.id.desc())
        .limit(limit)
        .subquery()
    )
    last = select(func.max(newest.c.edited_at)).scalar_subquery()
    row = tuple(tx.execute(select(*_site(), _lines(newest.c.line), last)).one())
    title, tagline, language, crawlers, authors, *_, changed_at = row
    return ListGlance(
        version=_digest(row),
        title=title,
        tagline=tagline,
        language=language,
        has_authors=bool(authors),
        crawlers=crawlers,
        changed_at=changed_at,
    )
