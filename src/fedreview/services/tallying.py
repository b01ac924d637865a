"""Pages of numbers: of all time, of an author, and of one year."""

from dataclasses import dataclass

from fedreview.domain.actor import Author
from fedreview.domain.tally import Tally, tally
from fedreview.errors import NotFound
from fedreview.services.assembling import Assembling
from fedreview.services.shelving import span_of
from fedreview.services.views import ReviewCard
from fedreview.storage import accounts, reviews, statistics
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reviews import Filter

BEST_SHOWN = 10
TAGS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersPage:
    """What reviews look like in numbers.

    best: the highest rated. tags: the most used. author, year: whose and when, None for all.
    years: the years before and after in which something was published, or None.
    """

    tally: Tally
    best: tuple[ReviewCard, ...]
    longest: ReviewCard | None
    tags: tuple[tuple[str, int], ...]
    author: Author | None = None
    year: int | None = None
    years: tuple[int | None, int | None] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallying:
    """Counts what is published."""

    database: Database
    assembling: Assembling

    def all_time(self, *, username: str = "") -> NumbersPage:
        """Count everything, or everything of one author. Raises NotFound."""
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username) if username else None
            return self._page(tx, Filter(author_id=author.id if author else None), author=author)

    def year(self, year: int) -> NumbersPage:
        """Count a year. Raises NotFound when nothing was published in it."""
        since, end = span_of(year)
        with self.database.snapshot() as tx:
            known = {found for found, _, _ in statistics.months(tx)}
            if year not in known:
                raise NotFound("nothing was published then")
            earlier = max((each for each in known if each < year), default=None)
            later = min((each for each in known if each > year), default=None)
            return self._page(
                tx, Filter(since=since, before=end), year=year, years=(earlier, later)
            )

    def _page(
        self,
        tx: Transaction,
        wanted: Filter,
        *,
        author: Author | None = None,
        year: int | None = None,
        years: tuple[int | None, int | None] = (None, None),
    ) -> NumbersPage:
        best = statistics.list_best(tx, wanted, limit=BEST_SHOWN)
        longest = statistics.find_longest(tx, wanted)
        found = reviews.list_many(tx, [*best, *([longest] if longest else [])])
        cards = {card.review.id: card for card in self.assembling.cards(tx, found)}
        return NumbersPage(
            tally=tally(statistics.heaps(tx, wanted)),
            best=tuple(cards[each] for each in best),
            longest=cards[longest] if longest else None,
            tags=statistics.tags(tx, wanted, limit=TAGS_SHOWN),
            author=author,
            year=year,
            years=years,
        )
