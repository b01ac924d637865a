"""Reviews in lists: by kind, by year and month, by rating, by tag."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fedreview.domain.actor import Author
from fedreview.domain.kinds import WorkKind
from fedreview.domain.tally import BEST_LEVEL, Tally, tally
from fedreview.errors import NotFound
from fedreview.services.assembling import Assembling
from fedreview.services.views import CardPage
from fedreview.storage import accounts, reviews, statistics
from fedreview.storage.database import Database
from fedreview.storage.reviews import Filter

TITLES_PER_PAGE = 60
MOST_TAGS = 1000
FIRST_YEAR, LAST_YEAR = 1, 9998


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveYear:
    """A year with its months, pairs of number and how many reviews, January first."""

    year: int
    total: int
    months: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearPage:
    """Reviews of a year, or of one month of it. months: as in `ArchiveYear`.

    years: the years before and after in which something was published, or None.
    """

    year: int
    months: tuple[tuple[int, int], ...]
    listing: CardPage
    years: tuple[int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPage:
    """Reviews with a rating from a whole number to below the next, as ten would be the best.

    names: what authors call levels that lie there, with who does.
    """

    level: int
    total: int
    listing: CardPage
    names: tuple[tuple[Author, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelsPage:
    """How many reviews there are at each level. authors: those who name levels."""

    tally: Tally
    authors: tuple[Author, ...]


def span_of(year: int, month: int | None = None) -> tuple[datetime, datetime]:
    """Give where a year or a month of it begins, and where the next does.

    Raises NotFound for what is in no calendar.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR or (month is not None and not 1 <= month <= 12):
        raise NotFound("no such time")
    since = datetime(year, month or 1, 1, tzinfo=UTC)
    is_last = month is None or month == 12
    return since, datetime(year + is_last, 1 if is_last else (month or 0) + 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelving:
    """Reads lists of reviews."""

    database: Database
    assembling: Assembling

    def kinds(self) -> tuple[tuple[WorkKind, int], ...]:
        """Count the reviews of each kind of which there is any, the most first."""
        with self.database.snapshot() as tx:
            return tally(statistics.heaps(tx, Filter())).kinds

    def kind(
        self, kind: WorkKind, *, username: str = "", before: str | None = None
    ) -> tuple[CardPage, Author | None]:
        """Give the newest reviews of a kind, of everybody or of one author. Raises NotFound."""
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username) if username else None
            wanted = Filter(kind=kind, author_id=author.id if author else None)
            return self.assembling.listing(tx, wanted, before), author

    def archive(self) -> tuple[ArchiveYear, ...]:
        """Count the reviews of each year and month, the newest year first."""
        with self.database.snapshot() as tx:
            found = statistics.months(tx)
        return tuple(
            ArchiveYear(year=year, total=sum(n for _, n in months), months=months)
            for year in dict.fromkeys(year for year, _, _ in found)
            for months in [tuple(sorted((m, n) for y, m, n in found if y == year))]
        )

    def year(self, year: int, month: int | None = None, *, before: str | None = None) -> YearPage:
        """Give the reviews of a year or month, the newest first.

        Raises NotFound when nothing was published then.
        """
        since, end = span_of(year, month)
        with self.database.snapshot() as tx:
            counted = statistics.months(tx)
            listing = self.assembling.listing(
                tx, Filter(since=since, before=end), before, size=TITLES_PER_PAGE
            )
        months = tuple(sorted((m, number) for y, m, number in counted if y == year))
        if not any(month in (None, m) for m, _ in months):
            raise NotFound("nothing was published then")
        years = sorted({y for y, _, _ in counted})
        earlier = max((y for y in years if y < year), default=None)
        later = min((y for y in years if y > year), default=None)
        return YearPage(year=year, months=months, listing=listing, years=(earlier, later))

    def levels(self) -> LevelsPage:
        """Count the reviews of each level."""
        with self.database.snapshot() as tx:
            named = tuple(each for each in accounts.list_authors(tx) if each.legend.levels)
            return LevelsPage(tally=tally(statistics.heaps(tx, Filter())), authors=named)

    def level(self, level: int, *, before: str | None = None) -> LevelPage:
        """Give the newest reviews of a level. Raises NotFound when there is no such level."""
        if not 0 <= level <= BEST_LEVEL:
            raise NotFound("no such level")
        wanted = Filter(level=level)
        with self.database.snapshot() as tx:
            named = ((each, _names(each, level)) for each in accounts.list_authors(tx))
            return LevelPage(
                level=level,
                total=reviews.count_published(tx, wanted),
                listing=self.assembling.listing(tx, wanted, before),
                names=tuple(pair for pair in named if pair[1]),
            )

    def tags(self) -> tuple[tuple[str, int], ...]:
        """Count the reviews of each tag, the most used first."""
        with self.database.snapshot() as tx:
            return statistics.tags(tx, Filter(), limit=MOST_TAGS)


def _names(author: Author, level: int) -> tuple[tuple[str, str], ...]:
    """Give scores and names of an author's levels that begin within a level of ten."""
    best = author.scale.best
    return tuple(
        (f"{value.normalize():f}", name)
        for value, name in author.legend.levels
        if level * best <= value * BEST_LEVEL < (level + 1) * best
    )
