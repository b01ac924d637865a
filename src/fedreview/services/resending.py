"""Send an old review to all followers again, seldom enough to flood nobody."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedreview.activitypub import acts
from fedreview.activitypub.build import Document
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import ActorId, Author
from fedreview.domain.review import Review, ReviewId, ReviewState
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.sending import Sending
from fedreview.storage import actors, queues, reactions, reviews, waiting
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reactions import Reaction, ReactionKind

REST = timedelta(days=30)
"""How long a review rests after it was published or sent again."""

MOST_A_DAY = 3
"""How many reviews an author may send again within a day."""


def can_be_sent_again_at(review: Review) -> datetime | None:
    """Tell from when on a published review may be sent again."""
    last = max(filter(None, (review.published_at, review.boosted_at)), default=None)
    return last + REST if last else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resending:
    """Has an author boost a review of their own: Mastodon shows that as something new."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]

    def send_again(self, author: Author, id: ReviewId) -> None:
        """Announce a published review to all who follow now.

        The Announce before is taken back first, else Mastodon would take this one for it.

        Raises NotFound, InvalidInput for field "again" when it is too soon.
        """
        now = self.now()
        with self.database.transaction() as tx:
            review = waiting.lock(tx, id)
            if review.author.id != author.id or review.state is not ReviewState.PUBLISHED:
                raise NotFound("no such published review of this author")
            self._refuse_too_soon(tx, review, now)
            self._take_back(tx, review)
            self._announce(tx, review, now)
            reviews.save(tx, replace(review, boosted_at=now))
        self.sending.wake()

    def _refuse_too_soon(self, tx: Transaction, review: Review, now: datetime) -> None:
        rested_at = can_be_sent_again_at(review)
        if rested_at and rested_at > now:
            day = f"{rested_at:%d %B %Y}".removeprefix("0")
            raise InvalidInput(
                {"again": f"Your followers had this review lately. Send it again from {day} on."}
            )
        since = now - timedelta(days=1)
        if reviews.count_boosted(tx, review.author.id, since=since) >= MOST_A_DAY:
            raise InvalidInput(
                {"again": f"{MOST_A_DAY} reviews were sent again within a day. Wait for tomorrow."}
            )

    def _take_back(self, tx: Transaction, review: Review) -> None:
        me, uri = self._names(review)
        before = reactions.find(tx, ReactionKind.BOOST, actor=me, object=uri)
        if before is None:
            return
        told = queues.inboxes_of(tx, before.activity)
        reactions.remove(tx, actor=me, activity=before.activity)
        queues.withdraw(tx, before.activity)
        self._send(
            tx,
            review,
            lambda undo: acts.undo(undo, self._document(review, before)),
            told | actors.follower_inboxes(tx, review.author.id),
            listed=False,
        )

    def _announce(self, tx: Transaction, review: Review, now: datetime) -> None:
        me, uri = self._names(review)
        kind = ReactionKind.BOOST
        activity = self._send(
            tx,
            review,
            lambda uri: self._document(review, Reaction(activity=uri, kind=kind, created_at=now)),
            actors.follower_inboxes(tx, review.author.id),
            listed=True,
        )
        reactions.add(tx, activity=activity, kind=kind, actor=me, object=uri, now=now)

    def _send(
        self,
        tx: Transaction,
        review: Review,
        make: Callable[[str], Document],
        inboxes: set[str],
        *,
        listed: bool,
    ) -> str:
        outgoing = self.sending.prepare(
            make, author_id=review.author.id, about=self.urls.review(review.id), listed=listed
        )
        self.sending.queue(tx, outgoing, inboxes)
        return str(outgoing.document["id"])

    def _document(self, review: Review, given: Reaction) -> Document:
        """Write the Announce down, as it was when it was sent: an Undo repeats it."""
        me, uri = self._names(review)
        return acts.announce(
            given.activity,
            me,
            uri,
            followers=self.urls.followers(review.author.username),
            writer=me,
            published_at=given.created_at,
        )

    def _names(self, review: Review) -> tuple[ActorId, str]:
        return self.urls.actor(review.author.username), self.urls.review(review.id)
