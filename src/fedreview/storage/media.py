"""The pictures in the media folder."""

from datetime import datetime

from sqlalchemy import select

from fedreview.domain.work import Cover
from fedreview.storage.database import Transaction
from fedreview.storage.upsert import add_new
from fedreview.storage.work_tables import MediaRow
from fedreview.storage.works import cover_from_row


def add(tx: Transaction, cover: Cover, *, now: datetime) -> None:
    """Remember a picture; one that is known stays as it is, for names are hashes."""
    add_new(
        tx,
        MediaRow,
        {
            "name": cover.name,
            "media_type": cover.media_type,
            "width": cover.width,
            "height": cover.height,
            "bytes": cover.bytes,
            "created_at": now,
        },
    )


def find(tx: Transaction, name: str) -> Cover | None:
    """Look a picture up by its file name."""
    row = tx.scalar(select(MediaRow).where(MediaRow.name == name))
    return cover_from_row(row) if row else None
