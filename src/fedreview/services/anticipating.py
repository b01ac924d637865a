"""What is to come: announce a work without a review, and show what is announced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from fedreview.domain.actor import Author
from fedreview.domain.review import Announcement, Review, ReviewId, ReviewState
from fedreview.domain.upcoming import Upcoming, UpcomingId
from fedreview.domain.work import Work
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.announcing import announced_work
from fedreview.services.desk_views import OwnUpcoming
from fedreview.services.drafting import announcement_from_fields
from fedreview.services.views import PublicLink, UpcomingCard
from fedreview.storage import reviews, upcoming, works
from fedreview.storage.database import Database, Transaction

MOST_OPEN = 500


def upcoming_card(tx: Transaction, announced: Upcoming) -> UpcomingCard:
    """Give an announcement with what is public around it."""
    work = announced.work
    return UpcomingCard(
        upcoming=announced,
        work_url=f"/works/{quote(work.slug)}" if works.is_public(tx, work.id) else "",
        cover_url=f"/media/{work.cover.name}" if work.cover else "",
        announced_in=_public_link(tx, announced.announced_in),
        review=_public_link(tx, announced.review_id),
    )


def announced_in(tx: Transaction, review: Review) -> tuple[PublicLink, ...]:
    """Give the published reviews that announced this one."""
    kept = upcoming.list_become(tx, review.id)
    links = (_public_link(tx, each.announced_in) for each in kept)
    return tuple(link for link in links if link)


def _public_link(tx: Transaction, review_id: ReviewId | None) -> PublicLink | None:
    review = reviews.find(tx, review_id) if review_id else None
    if review is None or review.state is not ReviewState.PUBLISHED:
        return None
    return PublicLink(
        title=review.title, url=f"/reviews/{quote(review.slug)}", language=review.language
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Anticipating:
    """Keeps the list of what is to come."""

    database: Database
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def upcoming(self) -> tuple[UpcomingCard, ...]:
        """Give what all authors have announced in public and not reviewed yet, newest first."""
        with self.database.snapshot() as tx:
            return tuple(upcoming_card(tx, each) for each in upcoming.list_public(tx))

    def own(self, author: Author) -> tuple[OwnUpcoming, ...]:
        """Give what an author has announced and not reviewed yet, what drafts announce included."""
        with self.database.snapshot() as tx:
            return tuple(self._own(tx, each) for each in upcoming.list_open(tx, author.id))

    def get(self, author: Author, id: str) -> OwnUpcoming:
        """Give one that is still open. Raises NotFound when the author has no such one."""
        with self.database.snapshot() as tx:
            return self._own(tx, _open(tx, author, id))

    def _own(self, tx: Transaction, announced: Upcoming) -> OwnUpcoming:
        source = reviews.find(tx, announced.announced_in) if announced.announced_in else None
        begun = reviews.find(tx, announced.id)
        is_draft = begun is not None and begun.state is ReviewState.DRAFT
        return OwnUpcoming(
            upcoming=announced,
            source_id=source.id if source else "",
            source_title=source.title if source else "",
            is_public=source is None or source.state is ReviewState.PUBLISHED,
            draft_id=announced.id if is_draft else "",
        )

    def announce(
        self, author: Author, fields: Mapping[str, str], *, id: str | None = None
    ) -> Upcoming:
        """Announce a work by itself, or change what is announced.

        fields: under the names that the form for a review has for what comes next.
        id: of the one to change.

        Raises InvalidInput with a message for each field, or NotFound.
        """
        announces = announcement_from_fields(fields, scale=author.scale)
        with self.database.transaction() as tx:
            known = _open(tx, author, id) if id else None
            if known is None and len(upcoming.list_open(tx, author.id)) >= MOST_OPEN:
                raise InvalidInput({"next_title": "That are too many. Take some back first."})
            is_public = known is None or works.is_public(tx, known.work.id)
            work = announced_work(
                tx, announces.work, known, is_public=is_public, new_id=self.new_id
            )
            kept = self._kept(author, announces, work, known)
            upcoming.save(tx, kept)
            works.drop_unused(tx)
        return kept

    def _kept(
        self, author: Author, announces: Announcement, work: Work, known: Upcoming | None
    ) -> Upcoming:
        kept = known or Upcoming(
            id=UpcomingId(self.new_id()), author=author, work=work, announced_at=self.now()
        )
        return replace(kept, work=work, rating=announces.rating, note=announces.note)

    def take_back(self, author: Author, id: str) -> None:
        """Forget an announcement. Raises NotFound when the author has no such open one."""
        with self.database.transaction() as tx:
            upcoming.drop(tx, _open(tx, author, id).id)
            works.drop_unused(tx)


def _open(tx: Transaction, author: Author, id: str) -> Upcoming:
    found = upcoming.get(tx, id)
    if found.author.id != author.id or found.review_id is not None:
        raise NotFound("nothing that this author has still to write")
    return found
