"""What can be read by everybody."""

from sqlalchemy import ColumnElement

from fedreview.domain.thread import NoteState
from fedreview.storage.tables import NoteRow


def in_sight() -> tuple[ColumnElement[bool], ...]:
    """Select the notes that pages show: public, approved, and by nobody who is blocked."""
    return (
        NoteRow.audience == "public",
        NoteRow.state == NoteState.SHOWN,
        NoteRow.veiled.is_(False),
    )
