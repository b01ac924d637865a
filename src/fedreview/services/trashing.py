"""Delete reviews so that it can be undone for a while, and take published ones back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.review import Review, ReviewId, ReviewState
from fedreview.domain.work import WorkId
from fedreview.errors import NotFound
from fedreview.services.announcing import settle_announcements
from fedreview.services.sending import Sending
from fedreview.services.spreading import Spreading
from fedreview.storage import autosaves, renaming, reviews, versions, waiting, works
from fedreview.storage.database import Database, Transaction

UNDO_TIME = timedelta(minutes=10)
"""For how long what was deleted can be brought back, and nobody elsewhere is told yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trashing:
    """Takes reviews away: at once from every page, after UNDO_TIME for good."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def delete(self, author: Author, id: ReviewId) -> Review:
        """Put a review or draft into the trash. Raises NotFound."""
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id, ReviewState.DRAFT, ReviewState.PUBLISHED)
            return reviews.save(
                tx, replace(known, state=ReviewState.TRASHED, trashed_at=self.now())
            )

    def restore(self, author: Author, id: ReviewId) -> Review:
        """Bring back what was deleted, as it was. Raises NotFound when it is too late."""
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id, ReviewState.TRASHED)
            state = ReviewState.PUBLISHED if known.published_at else ReviewState.DRAFT
            return reviews.save(tx, replace(known, state=state, trashed_at=None))

    def delete_now(self, author: Author, id: ReviewId) -> None:
        """Delete for good what is in the trash, without waiting. Raises NotFound."""
        with self.database.transaction() as tx:
            self.empty(tx, self._owned(tx, author, id, ReviewState.TRASHED))
        self.sending.wake()

    def empty(self, tx: Transaction, known: Review) -> None:
        """Delete what is in the trash for good, and ask every server that may have it to.

        Within a transaction; wake the workers after.
        """
        versions.drop(tx, known.id)
        autosaves.drop(tx, known.author.id, known.id)
        gone = reviews.save(tx, known.emptied(now=self.now()))
        settle_announcements(tx, gone)
        if known.published_at:
            self._spreading.withdraw(tx, gone)

    def unpublish(self, author: Author, id: ReviewId) -> Review:
        """Make a draft of a published review, and ask every server to delete its copy.

        The draft has a new id: Mastodon and others remember for ever what was deleted, and
        would never show the old one again.

        Raises NotFound when it is no published review of this author.
        """
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id, ReviewState.PUBLISHED)
            # To whom it goes is read from the conversation, which is then moved.
            self._spreading.withdraw(tx, known)
            autosaves.drop(tx, author.id, id)
            own = self._with_own_work(tx, known)
            draft = renaming.to_draft(tx, own, ReviewId(self.new_id()), now=self.now())
            settle_announcements(tx, draft)
        self.sending.wake()
        return draft

    def _with_own_work(self, tx: Transaction, review: Review) -> Review:
        """Give it a work that nobody else reviews: an edit of a draft changes no public page."""
        if reviews.count_of_work(tx, review.work.id) == 1:
            return review
        work, own = review.work, WorkId(self.new_id())
        return replace(
            review, work=works.save(tx, own, work.facts, slug=work.slug, cover=work.cover)
        )

    def _owned(self, tx: Transaction, author: Author, id: ReviewId, *states: ReviewState) -> Review:
        review = waiting.lock(tx, id)
        if review.author.id != author.id or review.state not in states:
            raise NotFound(f"this author has no such review that is {' or '.join(states)}")
        return review

    @property
    def _spreading(self) -> Spreading:
        return Spreading(urls=self.urls, sending=self.sending, now=self.now)
