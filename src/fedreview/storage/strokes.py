"""What was done to many things at one stroke, in the log."""

from collections.abc import Iterable

from sqlalchemy import insert, select
from sqlalchemy.orm import aliased

from fedreview.storage.database import Transaction
from fedreview.storage.moderation_log import LogEntry
from fedreview.storage.moderation_tables import ModerationRow

_FIELDS = tuple(name for name in LogEntry.__slots__ if name != "id")


def add(tx: Transaction, entries: Iterable[LogEntry]) -> None:
    """Write down what was done, however much it is."""
    rows = [{name: getattr(entry, name) for name in _FIELDS} for entry in entries]
    if rows:
        tx.execute(insert(ModerationRow), rows)


def is_undoable(tx: Transaction, batch: str) -> bool:
    """Tell whether there is something of this batch that was not undone."""
    found = select(ModerationRow.id).where(
        ModerationRow.batch == batch, ModerationRow.undone_at.is_(None)
    )
    return tx.scalar(found.limit(1)) is not None


def list_overtaken(tx: Transaction, batch: str) -> set[str]:
    """Read to which targets of a batch something else was done since, and stands."""
    later = aliased(ModerationRow)
    rows = tx.scalars(
        select(ModerationRow.target)
        .join(
            later,
            (later.target == ModerationRow.target)
            & (later.target_kind == ModerationRow.target_kind)
            & (later.id > ModerationRow.id),
        )
        .where(ModerationRow.batch == batch, later.batch != batch, later.undone_at.is_(None))
        .distinct()
    )
    return set(rows)
