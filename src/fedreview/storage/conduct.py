"""How conversations are led: what the site, an author and a review say of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from fedreview.domain.actor import AuthorId
from fedreview.domain.moderation import MOST_LINKS, Conduct, RepliesMode, Who
from fedreview.domain.review import ReviewId
from fedreview.errors import NotFound
from fedreview.storage import accounts
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_once
from fedreview.storage.tables import AuthorRow, ReviewRow

_SETTINGS = ("replies_mode", "closes_after_days", "most_links", "reply_pictures")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConduct:
    """What the site says. closes_after_days, most_links: 0 for never and for any number.

    shows_pictures: whether pictures of replies are shown small, and not only linked.
    """

    mode: RepliesMode = RepliesMode.OPEN
    closes_after_days: int = 0
    most_links: int = MOST_LINKS
    shows_pictures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorConduct:
    """What an author says: whom they let reply and quote, and whether guests may comment."""

    who_replies: Who = Who.EVERYONE
    who_quotes: Who = Who.EVERYONE
    welcomes_guests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewConduct:
    """What a review says; None where it follows the site or its author.

    closes_after_days: from its publication on; 0 for never.
    """

    mode: RepliesMode | None = None
    closes_after_days: int | None = None
    who_replies: Who | None = None
    who_quotes: Who | None = None


@read_once
def of_site(tx: Transaction) -> SiteConduct:
    """Read what the site says, in one statement: every reply that arrives asks for it."""
    said = accounts.find_settings(tx, _SETTINGS)
    return SiteConduct(
        mode=RepliesMode(said.get("replies_mode", RepliesMode.OPEN)),
        closes_after_days=int(said.get("closes_after_days", 0)),
        most_links=int(said.get("most_links", MOST_LINKS)),
        shows_pictures=said.get("reply_pictures") == "shown",
    )


def set_of_site(tx: Transaction, said: SiteConduct) -> None:
    """Keep what the site says."""
    accounts.set_setting(tx, "replies_mode", said.mode)
    accounts.set_setting(tx, "closes_after_days", str(said.closes_after_days))
    accounts.set_setting(tx, "most_links", str(said.most_links))
    accounts.set_setting(tx, "reply_pictures", "shown" if said.shows_pictures else "linked")


def of_author(tx: Transaction, author_id: AuthorId) -> AuthorConduct:
    """Read what an author says. Raises NotFound."""
    row = tx.get(AuthorRow, author_id)
    if row is None:
        raise NotFound("no such author")
    return AuthorConduct(
        who_replies=Who(row.who_replies),
        who_quotes=Who(row.who_quotes),
        welcomes_guests=row.welcomes_guests,
    )


def set_of_author(tx: Transaction, author_id: AuthorId, said: AuthorConduct) -> None:
    """Keep what an author says."""
    tx.execute(
        update(AuthorRow)
        .where(AuthorRow.id == author_id)
        .values(
            who_replies=said.who_replies,
            who_quotes=said.who_quotes,
            welcomes_guests=said.welcomes_guests,
        )
    )


def of_review(tx: Transaction, review_id: ReviewId) -> ReviewConduct:
    """Read what a review says. Raises NotFound."""
    row = tx.get(ReviewRow, review_id)
    if row is None:
        raise NotFound("no such review")
    return ReviewConduct(
        mode=RepliesMode(row.replies_mode) if row.replies_mode else None,
        closes_after_days=row.closes_after_days,
        who_replies=Who(row.who_replies) if row.who_replies else None,
        who_quotes=Who(row.who_quotes) if row.who_quotes else None,
    )


def set_of_review(tx: Transaction, review_id: ReviewId, said: ReviewConduct) -> None:
    """Keep what a review says."""
    tx.execute(
        update(ReviewRow)
        .where(ReviewRow.id == review_id)
        .values(
            replies_mode=said.mode or "",
            closes_after_days=said.closes_after_days,
            who_replies=said.who_replies or "",
            who_quotes=said.who_quotes or "",
        )
    )


@read_once
def author_of(tx: Transaction, review_id: ReviewId) -> AuthorId:
    """Tell who leads the conversation under a review. Raises NotFound."""
    found = tx.scalar(select(ReviewRow.author_id).where(ReviewRow.id == review_id))
    if found is None:
        raise NotFound("no such review")
    return AuthorId(found)


@read_once
def in_force(tx: Transaction, review_id: ReviewId) -> Conduct:
    """Give what holds under a review, in two statements. Raises NotFound."""
    row = tx.execute(
        select(
            ReviewRow.published_at,
            ReviewRow.replies_mode,
            ReviewRow.closes_after_days,
            # What a review does not say, its author does.
            func.coalesce(func.nullif(ReviewRow.who_replies, ""), AuthorRow.who_replies),
            func.coalesce(func.nullif(ReviewRow.who_quotes, ""), AuthorRow.who_quotes),
        )
        .join(AuthorRow, AuthorRow.id == ReviewRow.author_id)
        .where(ReviewRow.id == review_id)
    ).first()
    if row is None:
        raise NotFound("no such review")
    published_at, mode, own_days, who, who_quotes = row
    site = of_site(tx)
    days = site.closes_after_days if own_days is None else own_days
    return Conduct(
        mode=RepliesMode(mode or site.mode),
        who=Who(who),
        who_quotes=Who(who_quotes),
        closes_at=closes_at(published_at, days),
        most_links=site.most_links,
    )


def in_force_under_take(tx: Transaction, author_id: AuthorId, published_at: datetime) -> Conduct:
    """Give what holds under a take, which says nothing of its own. Raises NotFound."""
    site, author = of_site(tx), of_author(tx, author_id)
    return Conduct(
        mode=site.mode,
        who=author.who_replies,
        who_quotes=author.who_quotes,
        closes_at=closes_at(published_at, site.closes_after_days),
        most_links=site.most_links,
    )


def closes_at(published_at: datetime | None, days: int) -> datetime | None:
    """Tell when a conversation closes that stays open for so many days; 0 for never."""
    return published_at + timedelta(days=days) if days and published_at else None
