"""The schema of what keeps a conversation liveable: blocks, rules, trust, reports, the log."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fedreview.storage.columns import Row, Serial


class BlockRow(Row):
    """Somebody elsewhere whom a local author wants nothing of; `activity` is our Block."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("author_id", "actor"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    actor: Mapped[str] = mapped_column(index=True)
    activity: Mapped[str]
    created_at: Mapped[datetime]


class DomainBlockRow(Row):
    """A server, with all its subdomains, that the site keeps at a distance.

    domain: lower case, without a port. severity: as in domain.moderation.
    public_comment: may be shown and exported. private_comment: for the desk alone.
    obfuscate: whether an exported list hides part of the name.
    """

    __tablename__ = "domain_blocks"

    domain: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str]
    reject_media: Mapped[bool]
    reject_reports: Mapped[bool]
    public_comment: Mapped[str]
    private_comment: Mapped[str]
    obfuscate: Mapped[bool]
    created_at: Mapped[datetime]


class TrustRow(Row):
    """Somebody elsewhere whose replies to this author never wait, and since when.

    by_hand: whether the author said so; else it came with the first approval.
    """

    __tablename__ = "trusted"

    author_id: Mapped[str] = mapped_column(
        ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True
    )
    actor: Mapped[str] = mapped_column(primary_key=True, index=True)
    by_hand: Mapped[bool]
    created_at: Mapped[datetime]


class RuleRow(Row):
    """Words that make a reply wait, or put it into the spam folder."""

    __tablename__ = "moderation_rules"

    id: Mapped[str] = mapped_column(primary_key=True)
    phrase: Mapped[str] = mapped_column(unique=True)
    verdict: Mapped[str]
    created_at: Mapped[datetime]


class ModerationRow(Row):
    """Who did what to which reply, person or server, and how it was before.

    batch: what was done at one stroke, and is undone at one.
    author_id: null for what the site did by itself. target_kind: "note", "actor", "domain",
    "review", "rule", "site". label: how the target read then. before: what undoing needs, as JSON.
    """

    __tablename__ = "moderation_log"
    __table_args__ = (Index(None, "batch"), Index(None, "at", "id"), Index(None, "target"))

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    batch: Mapped[str]
    author_id: Mapped[str | None] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    action: Mapped[str]
    target_kind: Mapped[str]
    target: Mapped[str]
    label: Mapped[str]
    detail: Mapped[str]
    before: Mapped[str]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class ReportRow(Row):
    """What another server has reported to us; `objects` are addresses, one to a line."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("activity", "actor"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    activity: Mapped[str]
    actor: Mapped[str] = mapped_column(index=True)
    content: Mapped[str]
    objects: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)
    resolved_at: Mapped[datetime | None]
