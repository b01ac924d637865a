"""What authors should hear of: kept once each, shown in groups, and read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from fedreview.domain.actor import AuthorId
from fedreview.domain.notice import NoticeKind
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import NotFound
from fedreview.storage import waking
from fedreview.storage.conversation_tables import NoticeRow
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_tables import BlockRow
from fedreview.storage.reactions import ReactionKind
from fedreview.storage.tables import FollowerRow, NoteRow, ReactionRow
from fedreview.storage.threads import StoredNote, note_from_row
from fedreview.storage.upsert import add_new_soon

MOST_IN_GROUP = 20
"""Of a group, so many are read one by one; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """A notice to keep. Meanings: NoticeRow. mail, push: whether it is to leave by that way."""

    author_id: AuthorId
    kind: NoticeKind
    subject: str
    topic: str
    created_at: datetime
    note_id: NoteId | None = None
    review_id: ReviewId | None = None
    actor: str = ""
    detail: str = ""
    mail: bool = False
    push: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice as it is kept. Meanings: NoticeRow."""

    id: int
    author_id: AuthorId
    kind: NoticeKind
    subject: str
    topic: str
    note_id: NoteId | None
    review_id: ReviewId | None
    actor: str
    detail: str
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Notices of one kind and topic. notices: the newest MOST_IN_GROUP, the newest first."""

    kind: NoticeKind
    topic: str
    count: int
    unread: int
    notices: tuple[Notice, ...]

    @property
    def newest(self) -> Notice:
        """The one that decides where the group stands."""
        return self.notices[0]


def _notice(row: NoticeRow) -> Notice:
    return Notice(
        id=row.id,
        author_id=AuthorId(row.author_id),
        kind=NoticeKind(row.kind),
        subject=row.subject,
        topic=row.topic,
        note_id=NoteId(row.note_id) if row.note_id else None,
        review_id=ReviewId(row.review_id) if row.review_id else None,
        actor=row.actor,
        detail=row.detail,
        created_at=row.created_at,
        read_at=row.read_at,
    )


def add(tx: Transaction, notice: NewNotice) -> None:
    """Keep a notice, unless the author was told the same before."""
    values = {
        "author_id": notice.author_id,
        "kind": notice.kind,
        "subject": notice.subject,
        "topic": notice.topic,
        "note_id": notice.note_id,
        "review_id": notice.review_id,
        "actor": notice.actor,
        "detail": notice.detail,
        "created_at": notice.created_at,
        "mailed_at": None if notice.mail else notice.created_at,
        "pushed_at": None if notice.push else notice.created_at,
    }
    add_new_soon(tx, NoticeRow, values)
    if notice.push:
        waking.call(tx)


def standing() -> tuple[ColumnElement[bool], ...]:
    """Select the notices of what still is, and of nobody who was blocked since.

    Of a like or boost the subject is what it is to and whose it is, with a space between; of a
    quote the post that quotes.
    """
    note = select(NoteRow.id).where(
        NoteRow.id == NoticeRow.note_id,
        NoteRow.state.in_([NoteState.SHOWN, NoteState.HELD]),
        NoteRow.veiled.is_(False),
    )
    follower = select(FollowerRow.id).where(
        FollowerRow.author_id == NoticeRow.author_id, FollowerRow.actor == NoticeRow.actor
    )
    is_kind = or_(
        ReactionRow.kind == NoticeRow.kind,
        and_(NoticeRow.kind == NoticeKind.LIKE, ReactionRow.kind == ReactionKind.EMOJI),
    )
    reaction = select(ReactionRow.id).where(
        is_kind,
        ReactionRow.actor == NoticeRow.actor,
        ReactionRow.object + " " + ReactionRow.actor == NoticeRow.subject,
    )
    quote = select(ReactionRow.id).where(
        ReactionRow.kind == ReactionKind.QUOTE, ReactionRow.activity == NoticeRow.subject
    )
    blocked = exists().where(
        BlockRow.author_id == NoticeRow.author_id, BlockRow.actor == NoticeRow.actor
    )
    return (
        or_(NoticeRow.note_id.is_(None), note.exists()),
        or_(NoticeRow.kind != NoticeKind.FOLLOW, follower.exists()),
        or_(NoticeRow.kind.not_in([NoticeKind.LIKE, NoticeKind.BOOST]), reaction.exists()),
        or_(NoticeRow.kind != NoticeKind.QUOTE, quote.exists()),
        ~blocked,
    )


def list_groups(
    tx: Transaction,
    author_id: AuthorId,
    *,
    kind: NoticeKind | None,
    before: int | None,
    limit: int,
) -> tuple[Group, ...]:
    """Read groups of notices, that with the newest notice first.

    before: id of the newest notice of the last group of the page before.
    """
    newest = func.max(NoticeRow.id)
    which = [NoticeRow.author_id == author_id, *standing()]
    if kind:
        which.append(NoticeRow.kind == kind)
    query = (
        select(NoticeRow.kind, NoticeRow.topic, func.count(), func.count(NoticeRow.read_at))
        .where(*which)
        .group_by(NoticeRow.kind, NoticeRow.topic)
        .order_by(newest.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.having(newest < before)
    found = tx.execute(query).all()
    members = _members(tx, author_id, [(kind, topic) for kind, topic, _, _ in found])
    return tuple(
        Group(
            kind=NoticeKind(kind),
            topic=topic,
            count=count,
            unread=count - read,
            notices=tuple(members[kind, topic]),
        )
        for kind, topic, count, read in found
    )


def _members(
    tx: Transaction, author_id: AuthorId, groups: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[Notice]]:
    if not groups:
        return {}
    place = func.row_number().over(
        partition_by=[NoticeRow.kind, NoticeRow.topic], order_by=NoticeRow.id.desc()
    )
    these = or_(*(and_(NoticeRow.kind == kind, NoticeRow.topic == topic) for kind, topic in groups))
    numbered = (
        select(NoticeRow.id, place.label("place"))
        .where(NoticeRow.author_id == author_id, these, *standing())
        .subquery()
    )
    newest = select(numbered.c.id).where(numbered.c.place <= MOST_IN_GROUP)
    rows = tx.scalars(
        select(NoticeRow).where(NoticeRow.id.in_(newest)).order_by(NoticeRow.id.desc())
    )
    found: dict[tuple[str, str], list[Notice]] = {}
    for row in rows:
        found.setdefault((row.kind, row.topic), []).append(_notice(row))
    return found


def count_unread(tx: Transaction, author_id: AuthorId, *, limit: int) -> int:
    """Count what the author has not read, up to `limit`."""
    unread = (
        select(NoticeRow.id)
        .where(NoticeRow.author_id == author_id, NoticeRow.read_at.is_(None), *standing())
        .limit(limit)
        .subquery()
    )
    return tx.scalar(select(func.count()).select_from(unread)) or 0


def get(tx: Transaction, author_id: AuthorId, id: int) -> Notice:
    """Read one notice of an author. Raises NotFound."""
    row = tx.scalar(select(NoticeRow).where(NoticeRow.id == id, NoticeRow.author_id == author_id))
    if row is None:
        raise NotFound("no such notice")
    return _notice(row)


def notes_of(tx: Transaction, ids: Collection[str]) -> dict[str, StoredNote]:
    """Read the notes that notices are about, by their own short ids."""
    rows = tx.scalars(select(NoteRow).where(NoteRow.id.in_(list(ids))))
    return {row.id: note_from_row(row) for row in rows}


def mark_read(tx: Transaction, notice: Notice, *, with_group: bool, now: datetime) -> None:
    """Note that the author has seen it. with_group: and those that are shown as one with it."""
    these: ColumnElement[bool] = NoticeRow.id == notice.id
    if with_group:
        these = and_(NoticeRow.kind == notice.kind, NoticeRow.topic == notice.topic)
    tx.execute(
        update(NoticeRow)
        .where(NoticeRow.author_id == notice.author_id, NoticeRow.read_at.is_(None), these)
        .values(read_at=now)
    )


def mark_all_read(tx: Transaction, author_id: AuthorId, *, up_to: int, now: datetime) -> int:
    """Note that everything up to this id has been seen; gives how many had not been."""
    marked = tx.scalars(
        update(NoticeRow)
        .where(NoticeRow.author_id == author_id, NoticeRow.read_at.is_(None), NoticeRow.id <= up_to)
        .values(read_at=now)
        .returning(NoticeRow.id)
    )
    return len(marked.all())


def mark_unread(tx: Transaction, author_id: AuthorId, *, read_at: datetime) -> None:
    """Undo what was marked as read at just this moment."""
    tx.execute(
        update(NoticeRow)
        .where(NoticeRow.author_id == author_id, NoticeRow.read_at == read_at)
        .values(read_at=None)
    )


def list_unmailed(
    tx: Transaction,
    author_id: AuthorId,
    kinds: Iterable[NoticeKind],
    *,
    limit: int,
    until: datetime | None = None,
) -> tuple[Notice, ...]:
    """Read what is still to be told by mail, the oldest first. until: and came no later."""
    which = [NoticeRow.mailed_at.is_(None), NoticeRow.kind.in_(list(kinds)), *standing()]
    if until is not None:
        which.append(NoticeRow.created_at <= until)
    rows = tx.scalars(
        select(NoticeRow)
        .where(NoticeRow.author_id == author_id, *which)
        .order_by(NoticeRow.id)
        .limit(limit)
    )
    return tuple(_notice(row) for row in rows)


def authors_with_unmailed(tx: Transaction) -> tuple[AuthorId, ...]:
    """Give whose notices are still to be told by mail."""
    rows = tx.scalars(select(NoticeRow.author_id).where(NoticeRow.mailed_at.is_(None)).distinct())
    return tuple(AuthorId(author_id) for author_id in sorted(rows))


def end_mailing(tx: Transaction, ids: Iterable[int], *, now: datetime) -> None:
    """Note that these have been told by mail."""
    tx.execute(update(NoticeRow).where(NoticeRow.id.in_(list(ids))).values(mailed_at=now))


def leave_unmailed(
    tx: Transaction, author_id: AuthorId, kinds: Iterable[NoticeKind], *, now: datetime
) -> None:
    """Note that what waits of these kinds need not be told by mail any more."""
    tx.execute(
        update(NoticeRow)
        .where(
            NoticeRow.author_id == author_id,
            NoticeRow.mailed_at.is_(None),
            NoticeRow.kind.in_(list(kinds)),
        )
        .values(mailed_at=now)
    )
