"""Say which pages there are, for machines that read all of them, and what we ask of these."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.errors import NotFound
from fedreview.services.accounts import LEARN
from fedreview.storage import accounts, places
from fedreview.storage.database import Database, Transaction
from fedreview.storage.places import Place

MOST_PLACES = 10_000
"""In one part; the protocol allows five times as many, and a part should be quick to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A page with its picture, both absolute; picture may be ""."""

    url: str
    changed_at: datetime | None
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charting:
    """Lists all public pages, part by part."""

    database: Database
    urls: Urls

    def parts(self) -> tuple[str, ...]:
        """Name the parts that there are."""
        with self.database.snapshot() as tx:
            of_reviews, of_works = places.count(tx)
        numbered = (("reviews", of_reviews), ("works", of_works))
        return (
            "pages",
            *(
                f"{name}-{number + 1}"
                for name, total in numbered
                for number in range(-(-total // MOST_PLACES))
            ),
        )

    def part(self, name: str) -> tuple[Spot, ...]:
        """List the pages of one part. Raises NotFound."""
        kind, _, number = name.partition("-")
        with self.database.snapshot() as tx:
            if name == "pages":
                return self._pages(tx)
            if not number.isascii() or not number.isdigit() or not 0 < int(number) < MOST_PLACES:
                raise NotFound("no such part")
            offset = (int(number) - 1) * MOST_PLACES
            if kind == "reviews":
                found = places.list_reviews(tx, limit=MOST_PLACES, offset=offset)
                spots = self._spots(found, self.urls.review_page)
            elif kind == "works":
                found = places.list_works(tx, limit=MOST_PLACES, offset=offset)
                spots = self._spots(found, self.urls.work_page)
            else:
                raise NotFound("no such part")
        if not spots:
            raise NotFound("no such part")
        return spots

    def _pages(self, tx: Transaction) -> tuple[Spot, ...]:
        authors = places.list_authors(tx)
        tags = places.list_tags(tx, limit=MOST_PLACES // 2)
        last = max((author.changed_at for author in authors), default=None)
        return (
            Spot(url=f"{self.urls.base}/", changed_at=last),
            *self._spots(authors, self.urls.person_page),
            *self._spots(tags, self.urls.tag_page),
        )

    def _spots(self, found: tuple[Place, ...], page: Callable[[str], str]) -> tuple[Spot, ...]:
        return tuple(
            Spot(
                url=page(place.name),
                changed_at=place.changed_at,
                picture=f"{self.urls.base}/media/{quote(place.cover)}" if place.cover else "",
            )
            for place in found
        )

    def let_learn(self, may_learn: bool) -> None:
        """Keep whether machines may learn from the texts of this site."""
        with self.database.transaction() as tx:
            accounts.set_setting(tx, "ai_crawlers", LEARN if may_learn else "")
