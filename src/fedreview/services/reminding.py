"""Remind an author, while they type a title, of what they wrote about the work before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedreview.domain.actor import Author
from fedreview.domain.rating import Rating
from fedreview.domain.review import Review, ReviewState
from fedreview.domain.upcoming import Upcoming
from fedreview.storage import mentions, reviews, upcoming
from fedreview.storage.database import Database, Transaction
from fedreview.storage.works import title_key

LONGEST_TITLE = 300


class Before(StrEnum):
    """What there was of the work before."""

    REVIEWED = "reviewed"
    DRAFTED = "drafted"
    ANNOUNCED = "announced"
    MENTIONED = "mentioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Something that an author wrote about a work.

    title: of the review, or "" for an announcement by itself. url: a path that opens it.
    at: when they published it, else when they wrote it. about: kind and year of the work.
    """

    what: Before
    title: str
    url: str
    at: datetime
    about: str = ""
    rating: Rating | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """Looks through what an author wrote."""

    database: Database

    def about(self, author: Author, title: str, *, but: str = "") -> tuple[Reminder, ...]:
        """Give what the author wrote about a work of this title: reviews, announcements, mentions.

        but: the id of the review that is being written.
        """
        if not title_key(title) or len(title) > LONGEST_TITLE:
            return ()
        with self.database.snapshot() as tx:
            return tuple(self._found(tx, author, title, but))

    def _found(self, tx: Transaction, author: Author, title: str, but: str) -> Iterator[Reminder]:
        for review in mentions.list_of_title(tx, author.id, title, but=but):
            is_draft = review.state is ReviewState.DRAFT
            yield _of_review(review, Before.DRAFTED if is_draft else Before.REVIEWED)
        for announced in upcoming.list_open(tx, author.id):
            same = title_key(announced.work.facts.title).startswith(title_key(title))
            if same and str(announced.id) != but and announced.announced_in != but:
                yield _of_announcement(tx, announced)
        for review in mentions.list_with_title(tx, author.id, title, but=but):
            yield _of_review(review, Before.MENTIONED)


def _of_review(review: Review, what: Before) -> Reminder:
    is_draft = what is Before.DRAFTED
    facts = review.work.facts
    return Reminder(
        what=what,
        title=review.title,
        url=f"/studio/reviews/{review.id}" if is_draft else f"/reviews/{review.slug}",
        at=review.published_at or review.created_at,
        about=", ".join(filter(None, (facts.kind.value, str(facts.year or "")))),
        rating=None if what is Before.MENTIONED else review.rating,
    )


def _of_announcement(tx: Transaction, announced: Upcoming) -> Reminder:
    source = reviews.find(tx, announced.announced_in) if announced.announced_in else None
    return Reminder(
        what=Before.ANNOUNCED,
        title=source.title if source else "",
        url=f"/studio/reviews/{source.id}" if source else "/studio/upcoming",
        at=announced.announced_at,
        rating=announced.rating,
    )
