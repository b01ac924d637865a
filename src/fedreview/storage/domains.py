"""Servers that the site keeps at a distance, each with all its subdomains."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select

from fedreview.domain.moderation import Severity
from fedreview.errors import NotFound
from fedreview.storage import blocks
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_tables import DomainBlockRow
from fedreview.storage.tables import NoteRow, ReactionRow
from fedreview.storage.upsert import put


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainBlock:
    """A server that is kept at a distance; the fields of the row."""

    domain: str
    severity: Severity
    created_at: datetime
    reject_media: bool = False
    reject_reports: bool = False
    public_comment: str = ""
    private_comment: str = ""
    obfuscate: bool = False


_RENEWED = (
    "severity",
    "reject_media",
    "reject_reports",
    "public_comment",
    "private_comment",
    "obfuscate",
)


def _block(row: DomainBlockRow) -> DomainBlock:
    return DomainBlock(
        domain=row.domain,
        severity=Severity(row.severity),
        created_at=row.created_at,
        **{name: getattr(row, name) for name in _RENEWED[1:]},
    )


def put_block(tx: Transaction, block: DomainBlock) -> None:
    """Block a server, or change how far; what stands on pages follows at once."""
    values = {name: getattr(block, name) for name in _RENEWED}
    new = {"domain": block.domain, "created_at": block.created_at, **values}
    put(tx, DomainBlockRow, new, unique=["domain"], renew=_RENEWED)
    _refresh(tx, block.domain)


def remove(tx: Transaction, domain: str) -> DomainBlock:
    """End a block; what it alone kept off pages comes back. Raises NotFound."""
    ended = find(tx, domain)
    if ended is None:
        raise NotFound("no block of this server")
    tx.execute(delete(DomainBlockRow).where(DomainBlockRow.domain == domain))
    _refresh(tx, domain)
    return ended


def find(tx: Transaction, domain: str) -> DomainBlock | None:
    """Look a block up by the very name it was made under."""
    row = tx.scalar(select(DomainBlockRow).where(DomainBlockRow.domain == domain))
    return _block(row) if row else None


def list_(tx: Transaction) -> tuple[DomainBlock, ...]:
    """Read all blocks, by name."""
    return tuple(map(_block, tx.scalars(select(DomainBlockRow).order_by(DomainBlockRow.domain))))


def count(tx: Transaction) -> int:
    """Count them."""
    return tx.scalar(select(func.count()).select_from(DomainBlockRow)) or 0


def covering(tx: Transaction, host: str) -> tuple[DomainBlock, ...]:
    """Read the blocks that hold for a host, those of its parents included."""
    found = select(DomainBlockRow).where(DomainBlockRow.domain.in_(blocks.names_of(host)))
    return tuple(map(_block, tx.scalars(found)))


def is_suspended(tx: Transaction, host: str) -> bool:
    """Tell whether nothing is wanted from a host."""
    return bool(suspended_among(tx, [host]))


def suspended_among(tx: Transaction, hosts: Iterable[str]) -> set[str]:
    """Tell from which of these nothing is wanted."""
    return blocks.suspended_among(tx, hosts)


def _refresh(tx: Transaction, domain: str) -> None:
    blocks.refresh(tx, _on(NoteRow, domain))
    blocks.refresh_reactions(tx, _on(ReactionRow, domain))


def _on(row: type[NoteRow | ReactionRow], domain: str) -> ColumnElement[bool]:
    return or_(row.host == domain, row.host.endswith(f".{domain}", autoescape=True))
