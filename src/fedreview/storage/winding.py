"""Put the times of all that waits back, as far as the clock was put back."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import InstrumentedAttribute

from fedreview.storage.columns import Row
from fedreview.storage.conversation_tables import LetterRow, PushSubscriptionRow
from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import ArrivalRow, DeliveryRow, ErrandRow, HostRow

_AHEAD: tuple[tuple[type[Row], InstrumentedAttribute[Any]], ...] = (
    (ArrivalRow, ArrivalRow.due_at),
    (ArrivalRow, ArrivalRow.leased_until),
    (DeliveryRow, DeliveryRow.due_at),
    (DeliveryRow, DeliveryRow.leased_until),
    (ErrandRow, ErrandRow.due_at),
    (ErrandRow, ErrandRow.leased_until),
    (LetterRow, LetterRow.due_at),
    (LetterRow, LetterRow.leased_until),
    (PushSubscriptionRow, PushSubscriptionRow.due_at),
    (HostRow, HostRow.resting_until),
)
"""Instants that we have set ahead ourselves; not those that a person chose."""


def newest(tx: Transaction) -> datetime | None:
    """Give when the last arrival came or the last delivery was queued."""
    arrived = select(ArrivalRow.received_at).order_by(ArrivalRow.received_at.desc()).limit(1)
    queued = select(DeliveryRow.queued_at).order_by(DeliveryRow.id.desc()).limit(1)
    found = [at for at in (tx.scalar(arrived), tx.scalar(queued)) if at is not None]
    return max(found, default=None)


def put_back(tx: Transaction, by: timedelta, *, now: datetime) -> int:
    """Put each instant that is still to come back by so much, to now at the most; counts them."""
    changed = 0
    for row, instant in _AHEAD:
        key = inspect(row).primary_key[0]
        ahead = tx.execute(
            select(key, instant).where(instant > now).order_by(key).with_for_update()
        ).all()
        _set(tx, row, instant.key, ((row_id, max(now, at - by)) for row_id, at in ahead))
        changed += len(ahead)
    return changed


def _set(
    tx: Transaction, row: type[Row], name: str, instants: Iterable[tuple[Any, datetime]]
) -> None:
    key = inspect(row).primary_key[0].name
    values = [{key: row_id, name: at} for row_id, at in instants]
    if values:
        tx.execute(update(row), values)
