"""What is to be fetched from other servers when there is time; one errand for each address."""

from datetime import datetime
from enum import StrEnum

from fedreview.storage.database import Transaction
from fedreview.storage.tables import ErrandRow
from fedreview.storage.upsert import add_new


class ErrandKind(StrEnum):
    """What an errand is for.

    ANCESTORS: what the note with this id answers, and so on upwards, until we know it.
    REPLIES: what stands in this collection of replies of a note in one of our threads.
    ACTOR: this actor, whose document is stale. AVATAR: this actor's picture.
    SOFTWARE: what the server with this base URL runs.
    """

    ANCESTORS = "ancestors"
    REPLIES = "replies"
    ACTOR = "actor"
    AVATAR = "avatar"
    SOFTWARE = "software"


def add(tx: Transaction, kind: ErrandKind, url: str, *, now: datetime) -> bool:
    """Note what is to be fetched; tells whether that is new."""
    new = {"kind": kind, "url": url, "failures": 0, "created_at": now, "due_at": now}
    return add_new(tx, ErrandRow, new)
