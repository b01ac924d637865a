"""Notes: replies, answers and posts of those followed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    delete,
    exists,
    func,
    select,
    tuple_,
    update,
)

from fedreview.domain.actor import AuthorId
from fedreview.domain.extras import NOTHING, Extras
from fedreview.domain.rating import Rating
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteId, NoteState
from fedreview.domain.work import WorkId
from fedreview.errors import NotFound
from fedreview.storage import blocks, ratings
from fedreview.storage.database import Transaction
from fedreview.storage.extras import extras_from_text, extras_text
from fedreview.storage.memory import read_ahead
from fedreview.storage.sight import in_sight
from fedreview.storage.tables import (
    GoneRow,
    NoteRecipientRow,
    NoteRow,
    ReactionRow,
)
from fedreview.storage.upsert import add_soon, put

Cursor = tuple[datetime, str]
"""Where a page of a list ends: arrival time and id of its last note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNote:
    """A note as it is kept.

    review_id: the thread it belongs to, None when it belongs to none of ours.
    author_id: the local author who wrote it, None for everybody else's.
    source: the local author's own Markdown. html: sanitised.
    host: of its writer's server, "" for what was written here. veiled: kept off pages by a block.
    local_only: other servers hear nothing of it.
    held_for: a HoldReason, or "". moderated_at: of the last decision about it.
    audience: "public" or "private".
    replies_url: where its server lists what answers it, or "".
    rating: a score that its writer gives. work_id: the work of ours that it names.
    """

    id: NoteId
    uri: str
    type: str
    actor: str
    in_reply_to: str
    html: str
    published_at: datetime
    arrived_at: datetime
    audience: str
    review_id: ReviewId | None = None
    author_id: AuthorId | None = None
    context: str = ""
    name: str = ""
    summary: str = ""
    source: str = ""
    language: str = ""
    url: str = ""
    state: NoteState = NoteState.SHOWN
    updated_at: datetime | None = None
    replies_url: str = ""
    rating: Rating | None = None
    work_id: WorkId | None = None
    host: str = ""
    veiled: bool = False
    local_only: bool = False
    held_for: str = ""
    held_detail: str = ""
    moderated_at: datetime | None = None
    extras: Extras = NOTHING

    @property
    def is_in_sight(self) -> bool:
        """Whether everybody may read it."""
        is_shown = self.state is NoteState.SHOWN and not self.veiled
        return is_shown and self.audience == "public"

    @property
    def is_erased(self) -> bool:
        """Whether it was an author who took it away for ever, and not its writer."""
        return self.state is NoteState.DELETED and self.moderated_at is not None


_APART = {"rating", "extras"}
_FIELDS = tuple(field.name for field in fields(StoredNote) if field.name not in _APART)


def note_from_row(row: NoteRow) -> StoredNote:
    """Make a note of what is stored."""
    return StoredNote(
        id=NoteId(row.id),
        uri=row.uri,
        type=row.type,
        actor=row.actor,
        in_reply_to=row.in_reply_to,
        html=row.html,
        published_at=row.published_at,
        arrived_at=row.arrived_at,
        audience=row.audience,
        review_id=ReviewId(row.review_id) if row.review_id else None,
        author_id=AuthorId(row.author_id) if row.author_id else None,
        context=row.context,
        name=row.name,
        summary=row.summary,
        source=row.source,
        language=row.language,
        url=row.url,
        state=NoteState(row.state),
        updated_at=row.updated_at,
        replies_url=row.replies_url,
        rating=ratings.from_row(row),
        work_id=WorkId(row.work_id) if row.work_id else None,
        host=row.host,
        veiled=row.veiled,
        local_only=row.local_only,
        held_for=row.held_for,
        held_detail=row.held_detail,
        moderated_at=row.moderated_at,
        extras=extras_from_text(row.extras),
    )


def add(
    tx: Transaction,
    note: StoredNote,
    *,
    recipients: Iterable[AuthorId] = (),
    is_answered: bool = True,
) -> StoredNote:
    """Keep a new note, and bring home the orphans that waited for it.

    recipients: the local authors whom it is addressed to or mentions. is_answered: False when it
    is known that nothing here answers it yet.

    Returns the note as kept: with the thread of its parent, when that is known.
    """
    if note.review_id is None:
        parent = find(tx, note.in_reply_to) if note.in_reply_to else None
        note = replace(note, review_id=parent.review_id if parent else None)
    _put(tx, note, recipients)
    brings = is_answered and note.review_id is not None
    adopted = adopt(tx, [note.uri], note.review_id) if brings and note.review_id else []
    if not adopted and not blocks.may_veil(tx, actor=note.actor, host=note.host):
        return replace(note, veiled=False)
    blocks.refresh(tx, NoteRow.uri.in_([note.uri, *adopted]))
    return replace(note, veiled=get(tx, note.id).veiled)


def _put(tx: Transaction, note: StoredNote, recipients: Iterable[AuthorId]) -> None:
    values = {field: getattr(note, field) for field in _FIELDS}
    rating, extras = ratings.columns(note.rating), extras_text(note.extras)
    add_soon(tx, NoteRow, {**values, **rating, "extras": extras})
    for author_id in sorted(set(recipients)):
        add_soon(tx, NoteRecipientRow, {"note_id": note.id, "author_id": author_id})
    kept = replace(note, rating=ratings.from_columns(**rating), extras=extras_from_text(extras))
    find.know(tx, kept, note.uri)
    is_answered.know(tx, True, note.in_reply_to)


@read_ahead(NoteRow)
def is_answered(tx: Transaction, uri: str) -> bool:
    """Tell whether anything here answers this, whether or not that is here itself."""
    return bool(tx.scalar(select(exists().where(NoteRow.in_reply_to == uri))))


def adopt(tx: Transaction, parents: Iterable[str], review_id: ReviewId) -> list[str]:
    """Bring notes that answer `parents`, and all below those, into the thread; gives which.

    However deep. One that named another conversation comes along too: what a note answers
    tells better where it belongs, and until now that was not known.
    """
    is_elsewhere = NoteRow.review_id.is_distinct_from(review_id)
    top = select(NoteRow.uri).where(NoteRow.in_reply_to.in_(list(parents)), is_elsewhere)
    orphans = top.cte(recursive=True)
    orphans = orphans.union(
        select(NoteRow.uri).where(NoteRow.in_reply_to == orphans.c.uri, is_elsewhere)
    )
    return list(
        tx.scalars(
            update(NoteRow)
            .where(NoteRow.uri.in_(select(orphans.c.uri)))
            .values(review_id=review_id)
            .returning(NoteRow.uri)
        )
    )


def change(tx: Transaction, note: StoredNote) -> None:
    """Keep a note's new text, rating and state."""
    tx.execute(
        update(NoteRow)
        .where(NoteRow.id == note.id)
        .values(
            html=note.html,
            name=note.name,
            summary=note.summary,
            source=note.source,
            language=note.language,
            url=note.url,
            state=note.state,
            audience=note.audience,
            updated_at=note.updated_at,
            work_id=note.work_id,
            held_for=note.held_for,
            held_detail=note.held_detail,
            moderated_at=note.moderated_at,
            extras=extras_text(note.extras),
            **ratings.columns(note.rating),
        )
    )


@read_ahead(NoteRow)
def find(tx: Transaction, uri: str) -> StoredNote | None:
    """Look a note up by its ActivityPub id."""
    row = tx.scalar(select(NoteRow).where(NoteRow.uri == uri))
    return note_from_row(row) if row else None


def foresee(tx: Transaction, uris: Collection[str], gone: Collection[tuple[str, str]]) -> None:
    """Read at once what will be asked about notes. gone: ids, each with who may have ended it."""
    found = find_many(tx, uris)
    for uri in uris:
        find.know(tx, found.get(uri), uri)
    # What is known was asked about its answers when it was new.
    new = [uri for uri in uris if uri not in found]
    above = select(NoteRow.in_reply_to).where(NoteRow.in_reply_to.in_(new)).distinct()
    answered = set(tx.scalars(above)) if new else set()
    for uri in new:
        is_answered.know(tx, uri in answered, uri)
    over = select(GoneRow.id, GoneRow.actor).where(GoneRow.id.in_([note for note, _ in gone]))
    ended = {(note, actor) for note, actor in tx.execute(over)} if gone else set()
    for note, actor in gone:
        is_gone.know(tx, (note, actor) in ended, note, actor=actor)


def find_many(tx: Transaction, uris: Iterable[str]) -> dict[str, StoredNote]:
    """Look several notes up by their ActivityPub ids."""
    rows = tx.scalars(select(NoteRow).where(NoteRow.uri.in_(set(uris))))
    return {row.uri: note_from_row(row) for row in rows}


def get(tx: Transaction, id: str) -> StoredNote:
    """Read a note by our own short id. Raises NotFound."""
    row = tx.get(NoteRow, id)
    if row is None:
        raise NotFound("no such note")
    return note_from_row(row)


def under(*tops: ColumnElement[bool]) -> CTE:
    """Select `uri` of the notes that `tops` picks and of all below them, with the `top` of each.

    However deep: and in a circle, which only hostile servers make, each is met once.
    """
    top = select(NoteRow.uri.label("top"), NoteRow.uri.label("uri")).where(*tops)
    below = top.cte(recursive=True)
    answers = select(below.c.top, NoteRow.uri).where(NoteRow.in_reply_to == below.c.uri)
    return below.union(answers)


def count_shown(tx: Transaction, review_ids: Iterable[str]) -> dict[str, int]:
    """Count the replies that can be read under each review; reads one index, and no note."""
    rows = tx.execute(
        select(NoteRow.review_id, func.count())
        .where(NoteRow.review_id.in_(list(review_ids)), *in_sight())
        .group_by(NoteRow.review_id)
    )
    return {str(review_id): count for review_id, count in rows}


def page_by_arrival(query: Select[NoteRow], limit: int, before: Cursor | None) -> Select[NoteRow]:
    """Cut a page out of a list of notes, the last arrival first."""
    if before:
        query = query.where(tuple_(NoteRow.arrived_at, NoteRow.id) < before)
    return query.order_by(NoteRow.arrived_at.desc(), NoteRow.id.desc()).limit(limit)


def list_posts(
    tx: Transaction, actors: Iterable[str], *, limit: int, before: Cursor | None = None
) -> tuple[StoredNote, ...]:
    """Read what these people posted of their own accord, the last arrival first."""
    query = select(NoteRow).where(
        NoteRow.actor.in_(list(actors)), NoteRow.in_reply_to == "", *in_sight()
    )
    return tuple(note_from_row(row) for row in tx.scalars(page_by_arrival(query, limit, before)))


def delete_by_actor(tx: Transaction, actor: str, *, now: datetime) -> None:
    """Empty everything that a vanished account wrote, and take back its reactions."""
    tx.execute(
        update(NoteRow)
        .where(NoteRow.actor == actor)
        .values(
            state=NoteState.DELETED,
            html="",
            summary="",
            name="",
            extras="",
            updated_at=now,
            moderated_at=None,
            **ratings.columns(None),
        )
    )
    tx.execute(delete(ReactionRow).where(ReactionRow.actor == actor))


def mark_gone(tx: Transaction, id: str, *, actor: str, now: datetime) -> None:
    """Remember a Delete or Undo, so that what it ends cannot come in after it."""
    new = {"id": id, "actor": actor, "gone_at": now}
    put(tx, GoneRow, new, unique=["id", "actor"], renew=["gone_at"])


@read_ahead(GoneRow)
def is_gone(tx: Transaction, id: str, *, actor: str) -> bool:
    """Tell whether this actor has already taken the thing back."""
    return tx.get(GoneRow, (id, actor)) is not None
