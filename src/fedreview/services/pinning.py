"""Pin reviews to the head of their author's profile, here and elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub import acts
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.review import Review, ReviewId, ReviewState
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.sending import Sending
from fedreview.storage import actors, reviews
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reviews import Filter

MOST_PINNED = 5
"""As many as Mastodon lets its own people pin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinning:
    """Puts reviews at the head of a profile, and tells the followers' servers."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]

    def pin(self, author: Author, id: ReviewId) -> None:
        """Pin a published review; one that is pinned already stays as it is.

        Raises NotFound, InvalidInput for field "pin" when MOST_PINNED are pinned.
        """
        with self.database.transaction() as tx:
            review = self._published(tx, author, id)
            if review.featured_at is None:
                self._refuse_too_many(tx, author)
                reviews.feature(tx, id, self.now())
                self._tell(tx, "Add", review)
        self.sending.wake()

    def unpin(self, author: Author, id: ReviewId) -> None:
        """Take a review down from the head of the profile. Raises NotFound."""
        with self.database.transaction() as tx:
            review = self._published(tx, author, id)
            if review.featured_at is not None:
                reviews.feature(tx, id, None)
                self._tell(tx, "Remove", review)
        self.sending.wake()

    def _published(self, tx: Transaction, author: Author, id: ReviewId) -> Review:
        review = reviews.get(tx, id)
        if review.author.id != author.id or review.state is not ReviewState.PUBLISHED:
            raise NotFound("no such published review of this author")
        return review

    def _refuse_too_many(self, tx: Transaction, author: Author) -> None:
        if reviews.count_published(tx, Filter(author_id=author.id, featured=True)) >= MOST_PINNED:
            raise InvalidInput(
                {"pin": f"{MOST_PINNED} reviews are pinned, and more cannot be. Unpin one first."}
            )

    def _tell(self, tx: Transaction, type: str, review: Review) -> None:
        uri = self.urls.review(review.id)
        outgoing = self.sending.prepare(
            lambda activity: acts.pinning(type, activity, review.author, uri, self.urls),
            author_id=review.author.id,
            about=uri,
            listed=False,
        )
        self.sending.queue(tx, outgoing, actors.follower_inboxes(tx, review.author.id))
