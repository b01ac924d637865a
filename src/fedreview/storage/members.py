"""What collections hold, a page at a time, in an order that newcomers do not disturb."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from fedreview.domain.actor import AuthorId
from fedreview.domain.review import ReviewState
from fedreview.storage.actors import FollowingState
from fedreview.storage.database import Transaction
from fedreview.storage.reactions import ReactionKind
from fedreview.storage.sight import from_welcome_servers, in_sight
from fedreview.storage.tables import (
    FollowerRow,
    FollowingRow,
    NoteRow,
    ReactionRow,
    ReviewRow,
    ReviewTagRow,
)

Place = tuple[datetime, str]
"""Where a page of notes ends: publication time and short id of its last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMember:
    """A note in a collection: its ActivityPub id, and its place there."""

    uri: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person or an activity in a collection.

    place: a number that grows with each newcomer. actor: whose it is, or who it is.
    """

    uri: str
    actor: str
    place: int


def _readable(*which: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Select what other servers may hear of: all that pages show, but what stays on this site."""
    return (*which, *in_sight(), NoteRow.local_only.is_(False))


def _notes(
    tx: Transaction, which: ColumnElement[bool], limit: int, after: Place | None
) -> tuple[NoteMember, ...]:
    query = select(NoteRow.uri, NoteRow.published_at, NoteRow.id).where(*_readable(which))
    if after:
        query = query.where(tuple_(NoteRow.published_at, NoteRow.id) > after)
    rows = tx.execute(query.order_by(NoteRow.published_at, NoteRow.id).limit(limit))
    return tuple(NoteMember(uri=uri, place=(moment, note_id)) for uri, moment, note_id in rows)


def in_thread(
    tx: Transaction, review_id: str, *, limit: int, after: Place | None = None
) -> tuple[NoteMember, ...]:
    """Read the replies that can be read under a review, whoever wrote them, the oldest first."""
    return _notes(tx, NoteRow.review_id == review_id, limit, after)


def count_in_thread(tx: Transaction, review_id: str) -> int:
    """Count them."""
    query = select(func.count()).select_from(NoteRow)
    return tx.scalar(query.where(*_readable(NoteRow.review_id == review_id))) or 0


def answering(
    tx: Transaction, uri: str, *, limit: int, after: Place | None = None
) -> tuple[NoteMember, ...]:
    """Read the notes that can be read and answer this one directly, the oldest first."""
    return _notes(tx, NoteRow.in_reply_to == uri, limit, after)


def count_answering(tx: Transaction, uri: str) -> int:
    """Count them."""
    query = select(func.count()).select_from(NoteRow)
    return tx.scalar(query.where(*_readable(NoteRow.in_reply_to == uri))) or 0


def count_own_answers(tx: Transaction) -> int:
    """Count what the authors of this site have answered, and others can read."""
    query = select(func.count()).select_from(NoteRow)
    return tx.scalar(query.where(*_readable(NoteRow.author_id.is_not(None)))) or 0


def reactions(
    tx: Transaction, object: str, kind: ReactionKind, *, limit: int, after: int = 0
) -> tuple[Member, ...]:
    """Read who liked or boosted something, the first first, without whom a block keeps away."""
    rows = tx.execute(
        select(ReactionRow.id, ReactionRow.activity, ReactionRow.actor)
        .where(
            ReactionRow.object == object,
            ReactionRow.veiled.is_(False),
            ReactionRow.id > after,
            ReactionRow.kind == kind,
        )
        .order_by(ReactionRow.id)
        .limit(limit)
    )
    return tuple(Member(uri=uri, actor=actor, place=place) for place, uri, actor in rows)


def _people(
    tx: Transaction,
    table: type[FollowerRow | FollowingRow],
    limit: int,
    before: int | None,
    *which: ColumnElement[bool],
) -> tuple[Member, ...]:
    query: Select[int, str] = select(table.id, table.actor)
    query = query.where(*which, from_welcome_servers(table.actor))
    if before is not None:
        query = query.where(table.id < before)
    rows = tx.execute(query.order_by(table.id.desc()).limit(limit))
    return tuple(Member(uri=actor, actor=actor, place=place) for place, actor in rows)


def followers(
    tx: Transaction, author_id: AuthorId, *, limit: int, before: int | None = None
) -> tuple[Member, ...]:
    """Read who follows, the newest first."""
    return _people(tx, FollowerRow, limit, before, FollowerRow.author_id == author_id)


def following(
    tx: Transaction, author_id: AuthorId, *, limit: int, before: int | None = None
) -> tuple[Member, ...]:
    """Read whom the author follows, without those who have not accepted, the newest first."""
    return _people(tx, FollowingRow, limit, before, *_accepted(author_id))


def count_following(tx: Transaction, author_id: AuthorId) -> int:
    """Count them."""
    query = select(func.count()).select_from(FollowingRow)
    return tx.scalar(query.where(*_accepted(author_id))) or 0


def _accepted(author_id: AuthorId) -> tuple[ColumnElement[bool], ...]:
    return (
        FollowingRow.author_id == author_id,
        FollowingRow.state == FollowingState.ACCEPTED,
        from_welcome_servers(FollowingRow.actor),
    )


def tags_of(tx: Transaction, author_id: AuthorId, *, limit: int) -> tuple[str, ...]:
    """Read the tags under which most of the author's published reviews stand, in one spelling."""
    rows = tx.scalars(
        select(func.min(ReviewTagRow.tag))
        .join(ReviewRow, ReviewRow.id == ReviewTagRow.review_id)
        .where(ReviewRow.author_id == author_id, ReviewRow.state == ReviewState.PUBLISHED)
        .group_by(ReviewTagRow.key)
        .order_by(func.count().desc(), ReviewTagRow.key)
        .limit(limit)
    )
    return tuple(rows)
