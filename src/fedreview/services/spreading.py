"""Tell every server that may have a review what has become of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub import acts, build
from fedreview.activitypub.dialects.bookwyrm import SOFTWARE, bookwyrm_review, is_book
from fedreview.activitypub.origin import host
from fedreview.activitypub.urls import Urls
from fedreview.domain.review import Review, ReviewState
from fedreview.services.counting import counts_of_review
from fedreview.services.inviting import policy_of_review
from fedreview.services.rendering import article_text, with_announcement
from fedreview.services.sending import Sending
from fedreview.storage import audience, conduct, hosts, queues, upcoming
from fedreview.storage.conduct import ReviewConduct
from fedreview.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreading:
    """Queues the activities about a review, in the transaction that changes it."""

    urls: Urls
    sending: Sending
    now: Callable[[], datetime]

    def tell(self, tx: Transaction, type: str, review: Review) -> None:
        """Send the Article, and BookWyrm servers in its place a Review of the same id.

        type: Create or Update.

        The second is an activity of its own, for an id stands for one text; it is not listed,
        for the outbox says each thing once.
        """
        announced = upcoming.find_announced_in(tx, review.id)
        text = with_announcement(article_text(review, base_url=self.urls.base), announced)
        # Mastodon takes over the numbers of likes and boosts that an Update brings.
        counts = counts_of_review(tx, self.urls, review.id)
        policy = policy_of_review(tx, review.id, now=self.now())
        article = build.article(review, text, self.urls, policy, counts)
        inboxes = self._inboxes(tx, review)
        in_bookwyrm = self._inboxes_in_bookwyrm(tx, inboxes) if is_book(review.work) else set()
        self._send(tx, type, review, article, inboxes - in_bookwyrm, listed=True)
        if not in_bookwyrm:
            return
        # What BookWyrm does not have it does not update, and it may have become known as what
        # it is only after the Create. To an old acquaintance a second Create is an edit.
        told = audience.inboxes_told_apart(tx, self.urls.review(review.id))
        theirs = bookwyrm_review(article, review, self.urls)
        for type_there, which in ((type, in_bookwyrm & told), ("Create", in_bookwyrm - told)):
            if which:
                self._send(tx, type_there, review, theirs, which, listed=False)

    def lead(self, tx: Transaction, review: Review, said: ReviewConduct) -> None:
        """Keep how the conversation under a review is led, and tell of a new policy.

        With `updated` as it was: so Mastodon takes over the policy, and calls nothing edited.
        Source: Mastodon, app/services/activitypub/process_status_update_service.rb.
        """
        before = policy_of_review(tx, review.id, now=self.now())
        conduct.set_of_review(tx, review.id, said)
        is_new = policy_of_review(tx, review.id, now=self.now()) != before
        if is_new and review.state is ReviewState.PUBLISHED:
            self.tell(tx, "Update", review)

    def withdraw(self, tx: Transaction, review: Review) -> None:
        """Ask every server that may have it to delete it."""
        uri = self.urls.review(review.id)
        inboxes = self._inboxes(tx, review)
        # With the activities go their deliveries: a Create that still waits for a server
        # which is down would otherwise come after the Delete, and bring the review back.
        queues.forget(tx, uri)
        gone = build.tombstone(uri, deleted_at=self.now(), former_type="Article")
        outgoing = self.sending.prepare(
            lambda activity: acts.deletion(activity, review.author, gone, self.urls),
            author_id=review.author.id,
            about=uri,
            listed=False,
        )
        self.sending.queue(tx, outgoing, inboxes)

    def _send(
        self,
        tx: Transaction,
        type: str,
        review: Review,
        document: build.Document,
        inboxes: set[str],
        *,
        listed: bool,
    ) -> None:
        outgoing = self.sending.prepare(
            lambda uri: build.about(type, uri, document, now=self.now()),
            author_id=review.author.id,
            about=self.urls.review(review.id),
            listed=listed,
        )
        self.sending.queue(tx, outgoing, inboxes)

    def _inboxes_in_bookwyrm(self, tx: Transaction, inboxes: set[str]) -> set[str]:
        hosts_of_it = hosts.running(tx, set(map(host, inboxes)), SOFTWARE)
        return {inbox for inbox in inboxes if host(inbox) in hosts_of_it}

    def _inboxes(self, tx: Transaction, review: Review) -> set[str]:
        return audience.inboxes_that_may_know(
            tx, review.author.id, self.urls.review(review.id), review_id=review.id
        )
