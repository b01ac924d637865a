"""What can be read by everybody."""

from typing import Any

from sqlalchemy import ColumnElement, literal_column, select

from fedreview.domain.thread import NoteState
from fedreview.storage.tables import ActorRow, NoteRow


def in_sight() -> tuple[ColumnElement[bool], ...]:
    """Select the notes that pages show: public, approved, and by nobody who is blocked."""
    return (
        NoteRow.audience == "public",
        NoteRow.state == NoteState.SHOWN,
        NoteRow.veiled.is_(False),
    )


def in_state(*states: NoteState) -> tuple[ColumnElement[bool], ...]:
    """Select notes that are in one of these states, of which none is SHOWN, by their index."""
    # Written out, for the index is of such notes only.
    is_not_shown: ColumnElement[bool] = NoteRow.state != literal_column("'shown'")
    return (NoteRow.state.in_(states), is_not_shown)


def from_welcome_servers(actor: Any) -> ColumnElement[bool]:
    """Select what was done by people whose server is not suspended.

    actor: the column with their ActivityPub id, such as ``ReactionRow.actor``. A suspension ends,
    so nothing of theirs is deleted: they are left out wherever somebody is listed or counted.
    """
    # One look into a small index for the whole statement, instead of one for each row.
    kept_away: ColumnElement[bool] = actor.not_in(
        select(ActorRow.id).where(ActorRow.veiled.is_(True))
    )
    return kept_away
