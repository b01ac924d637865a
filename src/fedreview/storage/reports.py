"""What other servers have reported to us."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update

from fedreview.activitypub.origin import host
from fedreview.errors import NotFound
from fedreview.storage import blocks
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_tables import ReportRow
from fedreview.storage.upsert import add_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of something that is ours, or stands with us.

    actor: who reports; most often a server as a whole. objects: ids of what is reported.
    content: why, in plain text. resolved_at: when somebody here was done with it, or None.
    """

    id: str
    activity: str
    actor: str
    content: str
    objects: tuple[str, ...]
    received_at: datetime
    resolved_at: datetime | None = None


def _report(row: ReportRow) -> Report:
    return Report(
        id=row.id,
        activity=row.activity,
        actor=row.actor,
        content=row.content,
        objects=tuple(row.objects.splitlines()),
        received_at=row.received_at,
        resolved_at=row.resolved_at,
    )


def add(tx: Transaction, report: Report, *, origin: str, most_open: int) -> bool:
    """Keep a report once for each activity; tells whether it is new.

    origin: scheme and host of who reports. most_open: of that server; its oldest open ones
    give way to new ones.
    """
    new = {
        "id": report.id,
        "activity": report.activity,
        "actor": report.actor,
        "content": report.content,
        "objects": "\n".join(report.objects),
        "received_at": report.received_at,
    }
    if not add_new(tx, ReportRow, new):
        return False
    kept = (
        select(ReportRow.id)
        .where(ReportRow.resolved_at.is_(None))
        .where(ReportRow.actor.startswith(f"{origin}/", autoescape=True))
        .order_by(ReportRow.received_at.desc(), ReportRow.id.desc())
    )
    surplus = tx.scalars(kept.offset(most_open)).all()
    tx.execute(delete(ReportRow).where(ReportRow.id.in_(surplus)))
    return True


def list_open(tx: Transaction, *, limit: int) -> tuple[Report, ...]:
    """Read the reports that nobody is done with, the newest first; none of a suspended server."""
    rows = tx.scalars(
        select(ReportRow)
        .where(*_open(tx))
        .order_by(ReportRow.received_at.desc(), ReportRow.id.desc())
        .limit(limit)
    )
    return tuple(_report(row) for row in rows)


def list_resolved(tx: Transaction, *, limit: int) -> tuple[Report, ...]:
    """Read the reports that somebody is done with, the last first."""
    rows = tx.scalars(
        select(ReportRow)
        .where(ReportRow.resolved_at.is_not(None))
        .order_by(ReportRow.resolved_at.desc(), ReportRow.id.desc())
        .limit(limit)
    )
    return tuple(_report(row) for row in rows)


def count_open(tx: Transaction) -> int:
    """Count them."""
    return tx.scalar(select(func.count()).select_from(ReportRow).where(*_open(tx))) or 0


def _open(tx: Transaction) -> tuple[ColumnElement[bool], ...]:
    """Select the open reports that count.

    Who reports need not be known as a person here: they are told by their own address.
    """
    is_open = ReportRow.resolved_at.is_(None)
    who = {actor: host(actor) for actor in tx.scalars(select(ReportRow.actor).where(is_open))}
    suspended = blocks.suspended_among(tx, who.values())
    unwanted = [actor for actor, place in who.items() if place in suspended]
    return (is_open, ReportRow.actor.not_in(unwanted)) if unwanted else (is_open,)


def find(tx: Transaction, id: str) -> Report | None:
    """Look one up."""
    row = tx.get(ReportRow, id)
    return _report(row) if row else None


def resolve(tx: Transaction, id: str, *, resolved_at: datetime | None) -> None:
    """Be done with a report, or, with None, not after all. Raises NotFound."""
    changed = tx.execute(
        update(ReportRow)
        .where(ReportRow.id == id)
        .values(resolved_at=resolved_at)
        .returning(ReportRow.id)
    )
    if changed.first() is None:
        raise NotFound("no such report")
