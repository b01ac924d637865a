"""Search published reviews, and look after what they are found by."""

from collections.abc import Iterator
from dataclasses import dataclass

from fedreview.content.terms import Piece, snippet
from fedreview.domain.actor import Author
from fedreview.services.assembling import Assembling
from fedreview.services.views import ReviewCard
from fedreview.storage import accounts, indexing, reviews, search, statistics
from fedreview.storage.database import Database
from fedreview.storage.reviews import Filter
from fedreview.storage.search import MOST_FOUND, Order, Question

__all__ = ["Found", "FoundPage", "Order", "Question", "Searching", "catch_up"]

FOUND_PER_PAGE = 12
MOST_PAGES = MOST_FOUND // FOUND_PER_PAGE
SNIPPET_LENGTH = 240
AT_ONCE = 50
"""Reviews that are read in one transaction while the index is made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A review that was found, with where it says so."""

    card: ReviewCard
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page of what was found. page: from 1. pages: how many can be turned to.

    total: at most MOST_FOUND. is_more: whether there is more than that.
    """

    found: tuple[Found, ...]
    total: int
    is_more: bool
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be chosen from in the form."""

    authors: tuple[Author, ...]
    languages: tuple[str, ...]


def catch_up(database: Database) -> None:
    """Let every published review be found, after an upgrade."""
    while True:
        with database.transaction() as tx:
            missing = indexing.list_missing(tx, limit=AT_ONCE)
            indexing.renew(tx, missing)
        if len(missing) < AT_ONCE:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Searching:
    """Finds reviews by their words."""

    database: Database
    assembling: Assembling

    def choices(self) -> Choices:
        """Give what the form offers."""
        with self.database.snapshot() as tx:
            return Choices(authors=accounts.list_authors(tx), languages=statistics.languages(tx))

    def find(self, question: Question, *, page: int = 1) -> FoundPage:
        """Give a page of what was found. page: from 1; too high a number gives the last."""
        page = min(max(page, 1), MOST_PAGES)
        with self.database.snapshot() as tx:
            hits, total = search.find_reviews(
                tx, question, limit=FOUND_PER_PAGE, skip=(page - 1) * FOUND_PER_PAGE
            )
            found = reviews.list_many(tx, [hit.id for hit in hits])
            cards = self.assembling.cards(tx, found)
        shown = {hit.id: hit.shown for hit in hits}
        return FoundPage(
            found=tuple(
                Found(
                    card=card,
                    snippet=snippet(shown[card.review.id], question.wanted, length=SNIPPET_LENGTH),
                )
                for card in cards
            ),
            total=min(total, MOST_FOUND),
            is_more=total > MOST_FOUND,
            page=page,
            pages=min(-(-total // FOUND_PER_PAGE), MOST_PAGES),
        )

    def how_many(self) -> tuple[int, int]:
        """Count the reviews that can be found, and those that should be."""
        with self.database.snapshot() as tx:
            return indexing.count_indexed(tx), reviews.count_published(tx, Filter())

    def rebuild(self) -> Iterator[int]:
        """Make the index anew, and say after each part how many reviews are in it.

        Meanwhile a search finds less than there is.
        """
        with self.database.transaction() as tx:
            indexing.clear(tx)
        done = 0
        while True:
            with self.database.transaction() as tx:
                missing = indexing.list_missing(tx, limit=AT_ONCE)
                indexing.renew(tx, missing)
            done += len(missing)
            yield done
            if len(missing) < AT_ONCE:
                return
