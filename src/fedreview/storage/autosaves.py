"""What stands in forms of the desk that have not been sent."""

import json

from sqlalchemy import delete, func, select

from fedreview.domain.actor import AuthorId
from fedreview.domain.autosave import Autosave
from fedreview.storage.database import Transaction
from fedreview.storage.upsert import put
from fedreview.storage.writing_tables import AutosaveRow


def _autosave(row: AutosaveRow) -> Autosave:
    return Autosave(id=row.id, fields=json.loads(row.fields), tab=row.tab, saved_at=row.saved_at)


def save(tx: Transaction, author_id: AuthorId, autosave: Autosave) -> None:
    """Keep it in place of what was kept of the same form."""
    values = {
        "author_id": author_id,
        "id": autosave.id,
        "fields": json.dumps(dict(autosave.fields), ensure_ascii=False),
        "tab": autosave.tab,
        "saved_at": autosave.saved_at,
    }
    put(tx, AutosaveRow, values, unique=["author_id", "id"], renew=["fields", "tab", "saved_at"])


def find(tx: Transaction, author_id: AuthorId, id: str) -> Autosave | None:
    """Look up what is kept of a form."""
    row = tx.get(AutosaveRow, (author_id, id))
    return _autosave(row) if row else None


def list_(tx: Transaction, author_id: AuthorId) -> tuple[Autosave, ...]:
    """Read all of an author, the newest first."""
    rows = tx.scalars(
        select(AutosaveRow)
        .where(AutosaveRow.author_id == author_id)
        .order_by(AutosaveRow.saved_at.desc(), AutosaveRow.id)
    )
    return tuple(map(_autosave, rows))


def count(tx: Transaction, author_id: AuthorId) -> int:
    """Count those of an author."""
    query = select(func.count()).select_from(AutosaveRow)
    return tx.scalar(query.where(AutosaveRow.author_id == author_id)) or 0


def drop(tx: Transaction, author_id: AuthorId, id: str) -> None:
    """Forget what is kept of a form, if anything is."""
    tx.execute(delete(AutosaveRow).where(AutosaveRow.author_id == author_id, AutosaveRow.id == id))
