"""Who left a comment by the form on a page, and how many did lately."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from fedreview.domain.thread import NoteState
from fedreview.storage import accounts
from fedreview.storage.conversation_tables import GuestRow
from fedreview.storage.database import Transaction
from fedreview.storage.sight import in_state
from fedreview.storage.tables import NoteRow, SettingRow
from fedreview.storage.upsert import add_new

_KEY = "guest_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody without an account. site: http(s), or "". mail: for the author alone, or ""."""

    note_id: str
    name: str
    site: str
    mail: str


def add(tx: Transaction, guest: Guest, *, address_hash: str, now: datetime) -> None:
    """Keep who wrote a comment; the comment must be there."""
    tx.add(
        GuestRow(
            note_id=guest.note_id,
            name=guest.name,
            site=guest.site,
            mail=guest.mail,
            address_hash=address_hash,
            created_at=now,
        )
    )
    tx.flush()


def find_many(tx: Transaction, note_ids: Iterable[str]) -> dict[str, Guest]:
    """Look up who wrote these comments, by the ids of the notes."""
    rows = tx.scalars(select(GuestRow).where(GuestRow.note_id.in_(list(note_ids))))
    return {
        row.note_id: Guest(note_id=row.note_id, name=row.name, site=row.site, mail=row.mail)
        for row in rows
    }


def count_since(tx: Transaction, since: datetime, *, address_hash: str = "") -> int:
    """Count the comments since then, from one address or from all."""
    query = select(func.count()).select_from(GuestRow).where(GuestRow.created_at >= since)
    if address_hash:
        query = query.where(GuestRow.address_hash == address_hash)
    return tx.scalar(query) or 0


def count_waiting(tx: Transaction) -> int:
    """Count the comments that nobody has looked at."""
    query = select(func.count()).select_from(GuestRow).join(NoteRow, NoteRow.id == GuestRow.note_id)
    return tx.scalar(query.where(*in_state(NoteState.HELD))) or 0


def find_key(tx: Transaction) -> str | None:
    """Read what the forms of this site are signed with."""
    return accounts.find_setting(tx, _KEY)


def make_key(tx: Transaction) -> str:
    """Make it, once; of two processes that do so at a time both get the same."""
    add_new(tx, SettingRow, {"name": _KEY, "value": secrets.token_urlsafe(32)})
    return tx.scalars(select(SettingRow.value).where(SettingRow.name == _KEY)).one()
