"""Our leave for others to quote what is ours (FEP-044f)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, or_, select, update

from fedreview.domain.actor import AuthorId
from fedreview.errors import NotFound
from fedreview.storage import reactions
from fedreview.storage.database import Transaction
from fedreview.storage.sight import from_welcome_servers
from fedreview.storage.tables import NoteRow, QuoteRow, ReviewRow
from fedreview.storage.upsert import add_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Our leave for the post `quoting` of `actor` to quote `object`, which is ours.

    revoked_at: since when it holds no more, or None.
    """

    id: str
    object: str
    quoting: str
    actor: str
    created_at: datetime
    revoked_at: datetime | None = None


def _quote(row: QuoteRow) -> Quote:
    return Quote(
        id=row.id,
        object=row.object,
        quoting=row.quoting,
        actor=row.actor,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def add(tx: Transaction, quote: Quote) -> Quote:
    """Give leave once for each pair of posts; asked again, gives the leave there is or was."""
    new = {
        "id": quote.id,
        "object": quote.object,
        "quoting": quote.quoting,
        "actor": quote.actor,
        "created_at": quote.created_at,
    }
    if add_new(tx, QuoteRow, new):
        return quote
    of_both = (QuoteRow.object == quote.object, QuoteRow.quoting == quote.quoting)
    return _quote(tx.scalars(select(QuoteRow).where(*of_both)).one())


def find(tx: Transaction, object: str, *, quoting: str) -> Quote | None:
    """Look up the leave that was given for these two posts, also one that was revoked."""
    of_both = (QuoteRow.object == object, QuoteRow.quoting == quoting)
    row = tx.scalar(select(QuoteRow).where(*of_both))
    return _quote(row) if row else None


def get(tx: Transaction, id: str) -> Quote:
    """Read a leave that holds. Raises NotFound, for one that was revoked too."""
    row = tx.get(QuoteRow, id)
    if row is None or row.revoked_at:
        raise NotFound("no such leave to quote")
    return _quote(row)


def list_by_author(
    tx: Transaction, author_id: AuthorId, *, reviews_start: str, limit: int
) -> tuple[Quote, ...]:
    """Read the leaves that hold for what this author wrote, the newest first.

    Without those of people whose server is suspended.

    reviews_start: what reviews' ActivityPub ids begin with; their short id follows.
    """
    notes = select(NoteRow.uri).where(NoteRow.author_id == author_id)
    reviews = select(literal(reviews_start).concat(ReviewRow.id)).where(
        ReviewRow.author_id == author_id
    )
    rows = tx.scalars(
        select(QuoteRow)
        .where(
            or_(QuoteRow.object.in_(notes), QuoteRow.object.in_(reviews)),
            QuoteRow.revoked_at.is_(None),
            from_welcome_servers(QuoteRow.actor),
        )
        .order_by(QuoteRow.created_at.desc(), QuoteRow.id.desc())
        .limit(limit)
    )
    return tuple(_quote(row) for row in rows)


def revoke(tx: Transaction, id: str, *, now: datetime) -> None:
    """Take leave back, for good: the same two posts do not get it again, nor are they counted."""
    which = (QuoteRow.id == id, QuoteRow.revoked_at.is_(None))
    ended = tx.scalar(select(QuoteRow).where(*which))
    if ended:
        reactions.remove(tx, actor=ended.actor, activity=ended.quoting)
    tx.execute(update(QuoteRow).where(*which).values(revoked_at=now))
