"""Takes: the notes that authors of this site write of their own accord."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, select, tuple_

from fedreview.domain.actor import AuthorId
from fedreview.domain.work import WorkId
from fedreview.storage import threads
from fedreview.storage.database import Transaction
from fedreview.storage.sight import in_sight
from fedreview.storage.tables import NoteRow
from fedreview.storage.threads import Cursor, StoredNote, note_from_row

DEEPEST = 100
"""Generations between a take and an answer to what was said under it."""


def is_take(note: StoredNote) -> bool:
    """Tell whether a note is a take, deleted or not; a private message is none."""
    is_own = note.author_id is not None and not note.in_reply_to
    return is_own and note.audience == "public"


def _shown() -> tuple[ColumnElement[bool], ...]:
    return (
        NoteRow.author_id.is_not(None),
        NoteRow.in_reply_to == "",
        *in_sight(),
    )


def list_(
    tx: Transaction,
    *,
    limit: int,
    before: Cursor | None = None,
    author_id: AuthorId | None = None,
    work_id: WorkId | None = None,
    mentioning: str = "",
) -> tuple[StoredNote, ...]:
    """Read takes, the newest first; of one author, about one work, or all.

    before: when the last of the page before was published, and its id.
    mentioning: what the author's text must have in it.
    """
    query = select(NoteRow).where(*_shown())
    if author_id:
        query = query.where(NoteRow.author_id == author_id)
    if work_id:
        query = query.where(NoteRow.work_id == work_id)
    if mentioning:
        query = query.where(NoteRow.source.contains(mentioning, autoescape=True))
    if before:
        query = query.where(tuple_(NoteRow.published_at, NoteRow.id) < before)
    query = query.order_by(NoteRow.published_at.desc(), NoteRow.id.desc()).limit(limit)
    return tuple(map(note_from_row, tx.scalars(query)))


def count_about(tx: Transaction, work_id: str) -> int:
    """Count the takes about a work."""
    query = select(func.count()).select_from(NoteRow)
    return tx.scalar(query.where(*_shown(), NoteRow.work_id == work_id)) or 0


def count_replies(tx: Transaction, uris: Iterable[str]) -> dict[str, int]:
    """Count the replies that can be read under each take, at any depth."""
    below = threads.under(NoteRow.uri.in_(list(uris)))
    rows = tx.execute(
        select(below.c.top, func.count())
        .join(NoteRow, NoteRow.uri == below.c.uri)
        .where(NoteRow.uri != below.c.top)
        .where(*in_sight())
        .group_by(below.c.top)
    )
    return {str(top): count for top, count in rows}


def find_above(tx: Transaction, note: StoredNote) -> StoredNote | None:
    """Look for the take under which a note stands; a take stands under itself."""
    above: StoredNote | None = note
    for _ in range(DEEPEST):
        if above is None or above.review_id or is_take(above):
            break
        above = threads.find(tx, above.in_reply_to) if above.in_reply_to else None
    return above if above and is_take(above) else None
