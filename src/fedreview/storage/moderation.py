"""Replies that wait for an author or were set aside, and what is decided about them."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased

from fedreview.domain.actor import AuthorId
from fedreview.domain.thread import NoteState
from fedreview.storage import ratings
from fedreview.storage.conversation_tables import GuestRow
from fedreview.storage.database import Transaction
from fedreview.storage.sight import in_state
from fedreview.storage.tables import NoteRecipientRow, NoteRow, ReviewRow
from fedreview.storage.threads import Cursor, StoredNote, note_from_row, under

SET_ASIDE = (NoteState.SPAM, NoteState.REMOVED)

_Author: TypeAlias = AuthorId | BindParameter[AuthorId]
_Conditions: TypeAlias = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a note. held_for, held_detail: why, "" for no reason any more."""

    state: NoteState
    held_for: str = ""
    held_detail: str = ""
    moderated_at: datetime | None = None


def _takes_above(*which: ColumnElement[bool]) -> Select[tuple[str, str, str]]:
    """Select ids of notes with the address and author of the take under which each stands.

    From the notes upwards: few wait, and takes have many answers.
    """
    is_below = (NoteRow.review_id.is_(None), NoteRow.in_reply_to != "")
    start = select(NoteRow.id.label("leaf"), NoteRow.in_reply_to.label("up"))
    way = start.where(*is_below, *which).cte("way", recursive=True)
    parent, take = aliased(NoteRow), aliased(NoteRow)
    further = (
        select(way.c.leaf, parent.in_reply_to)
        .join(parent, parent.uri == way.c.up)
        .where(parent.in_reply_to != "")
    )
    way = way.union(further)
    return (
        select(way.c.leaf, take.uri, take.author_id)
        .join(take, take.uri == way.c.up)
        .where(take.in_reply_to == "", take.author_id.is_not(None))
    )


def _concerns(author_id: _Author, *which: ColumnElement[bool]) -> _Conditions:
    """Select what an author decides about, among the notes that `which` picks.

    That is what stands under their reviews and takes; and of what stands in no thread of this
    site, or is private, what is for them.
    """
    own_reviews = select(ReviewRow.id).where(ReviewRow.author_id == author_id)
    own_notes = select(NoteRow.uri).where(NoteRow.author_id == author_id)
    to_them = select(NoteRecipientRow.note_id).where(NoteRecipientRow.author_id == author_id)
    takes = _takes_above(*which).subquery()
    own_takes = select(takes.c.leaf).where(takes.c.author_id == author_id)
    is_public = NoteRow.audience == "public"
    in_thread = or_(NoteRow.review_id.in_(own_reviews), NoteRow.id.in_(own_takes))
    is_outside = and_(NoteRow.review_id.is_(None), NoteRow.id.not_in(select(takes.c.leaf)))
    is_theirs = or_(
        and_(is_public, in_thread),
        and_(is_public, is_outside, NoteRow.in_reply_to.in_(own_notes)),
        and_(or_(~is_public, is_outside), NoteRow.id.in_(to_them)),
    )
    return (*which, NoteRow.author_id.is_(None), is_theirs)


def _waiting(author_id: _Author) -> _Conditions:
    return _concerns(author_id, *in_state(NoteState.HELD), NoteRow.veiled.is_(False))


def _aside(author_id: _Author) -> _Conditions:
    return _concerns(author_id, *in_state(*SET_ASIDE))


def list_waiting(
    tx: Transaction, author_id: AuthorId, *, limit: int, after: Cursor | None = None
) -> tuple[StoredNote, ...]:
    """Read what waits for an author, the first arrival first."""
    query = select(NoteRow).where(*_waiting(author_id))
    if after:
        query = query.where(tuple_(NoteRow.arrived_at, NoteRow.id) > after)
    query = query.order_by(NoteRow.arrived_at, NoteRow.id).limit(limit)
    return tuple(map(note_from_row, tx.scalars(query)))


def list_held_of(
    tx: Transaction, author_id: AuthorId, *, actor: str = "", host: str = ""
) -> tuple[StoredNote, ...]:
    """Read what is held from one person, or from one server with its subdomains, blocked or not."""
    of_host = or_(NoteRow.host == host, NoteRow.host.endswith(f".{host}", autoescape=True))
    which = NoteRow.actor == actor if actor else of_host
    query = select(NoteRow).where(*_concerns(author_id, *in_state(NoteState.HELD), which))
    return tuple(map(note_from_row, tx.scalars(query.order_by(NoteRow.arrived_at, NoteRow.id))))


def list_set_aside(
    tx: Transaction, author_id: AuthorId, *, limit: int | None, before: Cursor | None = None
) -> tuple[StoredNote, ...]:
    """Read what was set aside, the latest decision first."""
    query = select(NoteRow).where(*_aside(author_id))
    if before:
        query = query.where(tuple_(NoteRow.moderated_at, NoteRow.id) < before)
    query = query.order_by(NoteRow.moderated_at.desc(), NoteRow.id.desc()).limit(limit)
    return tuple(map(note_from_row, tx.scalars(query)))


def count_waiting(tx: Transaction, author_id: AuthorId) -> int:
    """Count what waits for an author."""
    return tx.scalar(_count(_waiting), {"author": author_id}) or 0


def count_set_aside(tx: Transaction, author_id: AuthorId) -> int:
    """Count what was set aside."""
    return tx.scalar(_count(_aside), {"author": author_id}) or 0


@cache
def _count(of: Callable[[_Author], _Conditions]) -> Select[int]:
    """Write the statement once: every page of the desk counts, and that takes longer than to."""
    author = bindparam("author", type_=NoteRow.author_id.type)
    return select(func.count()).select_from(NoteRow).where(*of(author))


def list_own(tx: Transaction, author_id: AuthorId, ids: Collection[str]) -> tuple[StoredNote, ...]:
    """Read those of these notes that this author decides about, the first arrival first."""
    query = select(NoteRow).where(*_concerns(author_id, NoteRow.id.in_(ids)))
    return tuple(map(note_from_row, tx.scalars(query.order_by(NoteRow.arrived_at, NoteRow.id))))


def list_by_uri(tx: Transaction, uris: Collection[str]) -> dict[str, StoredNote]:
    """Look several notes up at once."""
    rows = tx.scalars(select(NoteRow).where(NoteRow.uri.in_(uris)))
    return {row.uri: note_from_row(row) for row in rows}


def takes_above(tx: Transaction, ids: Collection[str]) -> dict[str, str]:
    """Give for each of these notes the address of the take under which it stands."""
    above = _takes_above(NoteRow.id.in_(ids)).subquery()
    rows = tx.execute(select(above.c.leaf, above.c.uri))
    return {str(leaf): str(uri) for leaf, uri in rows}


def find_take_above(tx: Transaction, uri: str) -> StoredNote | None:
    """Look for the take under which an answer to this note would stand, however deep."""
    parent, take = aliased(NoteRow), aliased(NoteRow)
    start = select(NoteRow.uri, NoteRow.in_reply_to).where(NoteRow.uri == uri)
    way = start.where(NoteRow.review_id.is_(None)).cte("way", recursive=True)
    up = select(parent.uri, parent.in_reply_to).join(way, way.c.in_reply_to == parent.uri)
    way = way.union(up)
    is_take = (take.uri.in_(select(way.c.uri)), take.in_reply_to == "", take.author_id.is_not(None))
    row = tx.scalar(select(take).where(*is_take))
    return note_from_row(row) if row else None


def recipients_of(tx: Transaction, note_id: str) -> set[AuthorId]:
    """Read which authors a note is addressed to or mentions."""
    found = select(NoteRecipientRow.author_id).where(NoteRecipientRow.note_id == note_id)
    return {AuthorId(each) for each in tx.scalars(found)}


def list_homeless(tx: Transaction, uri: str) -> tuple[StoredNote, ...]:
    """Read the public notes of others that would come home with this one, which is not here yet.

    They answer it, or what answers it, stand in no thread so far, and nobody decided about them.
    """
    below = under(NoteRow.in_reply_to == uri)
    query = select(NoteRow).where(
        NoteRow.uri.in_(select(below.c.uri)),
        NoteRow.review_id.is_(None),
        NoteRow.author_id.is_(None),
        NoteRow.audience == "public",
        NoteRow.state == NoteState.SHOWN,
        NoteRow.moderated_at.is_(None),
    )
    return tuple(map(note_from_row, tx.scalars(query)))


def decide(tx: Transaction, note: StoredNote, decision: Decision) -> bool:
    """Keep a decision; tells whether the note was still as it was read, else nothing changes."""
    changed = tx.execute(
        update(NoteRow)
        .where(NoteRow.id == note.id, NoteRow.state == note.state)
        .values(
            state=decision.state,
            held_for=decision.held_for,
            held_detail=decision.held_detail,
            moderated_at=decision.moderated_at,
        )
        .returning(NoteRow.id)
        .execution_options(synchronize_session=False)
    )
    is_changed = changed.first() is not None
    tx.expire_all()
    return is_changed


def erase(tx: Transaction, ids: Iterable[str], *, now: datetime) -> None:
    """Empty notes for ever. Their rows stay, so that the same note does not come again."""
    meant = list(ids)
    tx.execute(delete(GuestRow).where(GuestRow.note_id.in_(meant)))
    tx.execute(
        update(NoteRow)
        .where(NoteRow.id.in_(meant))
        .values(**emptied(now=now))
        .execution_options(synchronize_session=False)
    )
    tx.expire_all()


def emptied(*, now: datetime) -> dict[str, object]:
    """Give the columns of a note that was erased."""
    return {
        "state": NoteState.DELETED,
        "html": "",
        "name": "",
        "summary": "",
        "extras": "",
        "held_detail": "",
        "moderated_at": now,
        **ratings.columns(None),
    }
