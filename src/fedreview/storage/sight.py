"""What can be read by everybody."""

from typing import Any

from sqlalchemy import ColumnElement, select

from fedreview.domain.thread import NoteState
from fedreview.storage.tables import ActorRow, NoteRow


def in_sight() -> tuple[ColumnElement[bool], ...]:
    """Select the notes that pages show: public, approved, and by nobody who is blocked."""
    return (
        NoteRow.audience == "public",
        NoteRow.state == NoteState.SHOWN,
        NoteRow.veiled.is_(False),
    )


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
