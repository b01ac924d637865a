"""What others wrote to an author, whatever it is about."""

from sqlalchemy import ColumnElement, and_, exists, or_, select

from fedreview.domain.actor import AuthorId
from fedreview.domain.conversation import Part
from fedreview.domain.thread import NoteState
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_tables import BlockRow
from fedreview.storage.tables import NoteRecipientRow, NoteRow, ReviewRow
from fedreview.storage.threads import Cursor, StoredNote, note_from_row, page_by_arrival, under


def list_conversations(
    tx: Transaction,
    author_id: AuthorId,
    *,
    limit: int,
    before: Cursor | None = None,
    part: Part = Part.ALL,
) -> tuple[StoredNote, ...]:
    """Read what others wrote to this author, the last arrival first.

    Replies under the author's reviews and takes and to their answers, mentions, private
    messages; no private message to another author, and nothing of whom the author has blocked.
    """
    query = select(NoteRow).where(
        or_(NoteRow.author_id.is_(None), NoteRow.author_id != author_id),
        NoteRow.state.in_([NoteState.SHOWN, NoteState.HIDDEN, NoteState.HELD]),
        NoteRow.veiled.is_(False),
        NoteRow.actor.not_in(select(BlockRow.actor).where(BlockRow.author_id == author_id)),
        _in_part(author_id, part),
    )
    rows = tx.scalars(page_by_arrival(query, limit, before))
    return tuple(note_from_row(row) for row in rows)


def _in_part(author_id: AuthorId, part: Part) -> ColumnElement[bool]:
    own_notes = select(NoteRow.uri).where(NoteRow.author_id == author_id)
    # Asked for each note that is come across: the lists of all of them could be long.
    in_own_review = exists().where(
        ReviewRow.id == NoteRow.review_id, ReviewRow.author_id == author_id
    )
    names_them = exists().where(
        NoteRecipientRow.note_id == NoteRow.id, NoteRecipientRow.author_id == author_id
    )
    under_takes = under(NoteRow.author_id == author_id, NoteRow.in_reply_to == "")
    is_public = NoteRow.audience == "public"
    answers_them = or_(
        in_own_review,
        NoteRow.in_reply_to.in_(own_notes),
        NoteRow.uri.in_(select(under_takes.c.uri)),
    )
    match part:
        case Part.ALL:
            return or_(names_them, and_(is_public, answers_them))
        case Part.REPLIES:
            return and_(is_public, answers_them)
        case Part.MENTIONS:
            return and_(
                is_public,
                names_them,
                ~in_own_review,
                NoteRow.in_reply_to.not_in(own_notes),
                NoteRow.uri.not_in(select(under_takes.c.uri)),
            )
