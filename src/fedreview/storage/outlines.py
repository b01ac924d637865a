"""Threads in brief: which notes there are and what they answer, without their words."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select

from fedreview.domain.outline import Brief
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteId, NoteState
from fedreview.storage import threads
from fedreview.storage.database import Transaction
from fedreview.storage.tables import NoteRow
from fedreview.storage.threads import StoredNote, note_from_row


def of_review(tx: Transaction, review_id: ReviewId) -> tuple[Brief, ...]:
    """Read what is public under a review, in any state, the oldest first."""
    return _list(tx, NoteRow.review_id == review_id)


def of_take(tx: Transaction, uri: str) -> tuple[Brief, ...]:
    """Read what is public under a take, in any state, the oldest first."""
    below = threads.under(NoteRow.uri == uri)
    return _list(tx, NoteRow.uri.in_(select(below.c.uri)), NoteRow.uri != uri)


def list_notes(tx: Transaction, ids: Iterable[NoteId]) -> tuple[StoredNote, ...]:
    """Read notes in full, in no order. ids: as many as stand on a page."""
    rows = tx.scalars(select(NoteRow).where(NoteRow.id.in_(list(ids))))
    return tuple(map(note_from_row, rows))


def _list(tx: Transaction, *which: ColumnElement[bool]) -> tuple[Brief, ...]:
    # By uri where the time is the same: ids are given in the order of arrival, and that is
    # another one on every server.
    rows = tx.execute(
        select(
            NoteRow.id,
            NoteRow.uri,
            NoteRow.in_reply_to,
            NoteRow.state,
            NoteRow.veiled,
            NoteRow.moderated_at.is_not(None),
        )
        .where(*which, NoteRow.audience == "public")
        .order_by(NoteRow.published_at, NoteRow.uri)
    )
    return tuple(
        Brief(NoteId(note_id), uri, in_reply_to, NoteState(state), veiled, bool(is_removed))
        for note_id, uri, in_reply_to, state, veiled, is_removed in rows
    )
