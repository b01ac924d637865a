"""Save, publish, change and delete reviews."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedreview.activitypub import build
from fedreview.activitypub.dialects.bookwyrm import SOFTWARE, bookwyrm_review, is_book
from fedreview.activitypub.origin import host
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.review import (
    Draft,
    Postscript,
    Review,
    ReviewId,
    ReviewState,
    slug_from_title,
)
from fedreview.domain.work import Cover, Work, WorkId
from fedreview.errors import NotFound
from fedreview.services.announcing import keep_announcement, settle_announcements
from fedreview.services.counting import counts_of_review
from fedreview.services.rendering import article_text, with_announcement
from fedreview.services.sending import Sending
from fedreview.storage import audience, hosts, queues, reviews, upcoming, works
from fedreview.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """Makes reviews public and keeps them so: page, activity and deliveries together."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def save_draft(
        self,
        author: Author,
        draft: Draft,
        *,
        id: ReviewId | None = None,
        new_id: ReviewId | None = None,
        cover: Cover | None = None,
    ) -> Review:
        """Keep what is written without showing it to anybody.

        id: of the author's draft to change; None makes a new one.
        new_id: for a new one, so that a form which is sent twice makes one review.
        cover: a new picture of the work, already in the media folder.

        Raises NotFound when `id` is no draft of this author.
        """
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id) if id else self._sent(tx, author, draft, new_id)
            if known and known.state is not ReviewState.DRAFT:
                raise NotFound("published already, and so no draft")
            written = self._review(tx, author, draft, known, cover, is_public=False, new_id=new_id)
            saved = reviews.save(tx, written)
            self._announce_next(tx, saved, draft)
            return saved

    def publish(
        self,
        author: Author,
        draft: Draft,
        *,
        id: ReviewId | None = None,
        new_id: ReviewId | None = None,
        cover: Cover | None = None,
    ) -> Review:
        """Make the review public and queue it for every follower: both, or neither.

        id: of the author's draft to publish; None publishes at once.
        new_id: for a new one, so that a form which is sent twice makes one review.

        Raises NotFound when `id` is no draft of this author.
        """
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id) if id else self._sent(tx, author, draft, new_id)
            if known and known.state is ReviewState.PUBLISHED:
                # A doubled click: the first one has published it.
                return known
            written = self._review(tx, author, draft, known, cover, is_public=True, new_id=new_id)
            review = reviews.save(
                tx, replace(written, state=ReviewState.PUBLISHED, published_at=self.now())
            )
            self._announce_next(tx, review, draft)
            works.drop_unused(tx)
            self._announce(tx, "Create", review)
        self.sending.wake()
        return review

    def update(
        self, author: Author, id: ReviewId, draft: Draft, *, cover: Cover | None = None
    ) -> Review:
        """Change a published review, and tell every follower's server.

        Raises NotFound when it is no published review of this author.
        """
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id)
            if known.state is not ReviewState.PUBLISHED:
                raise NotFound("not published")
            changed = replace(
                self._review(tx, author, draft, known, cover, is_public=True),
                state=ReviewState.PUBLISHED,
                updated_at=self._later_than(known.updated_at or known.published_at),
            )
            review = reviews.save(tx, changed)
            self._announce_next(tx, review, draft)
            works.drop_unused(tx)
            self._announce(tx, "Update", review)
        self.sending.wake()
        return review

    def delete(self, author: Author, id: ReviewId) -> Review:
        """Take a review away for good, and ask every server that may have it to do the same.

        Raises NotFound when the author has no such review.
        """
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id)
            gone = reviews.save(tx, known.emptied(now=self.now()))
            settle_announcements(tx, gone)
            if known.state is ReviewState.PUBLISHED:
                self._withdraw(tx, gone)
        self.sending.wake()
        return gone

    def _announce_next(self, tx: Transaction, review: Review, draft: Draft) -> None:
        keep_announcement(tx, review, draft.announces, now=self.now(), new_id=self.new_id)
        settle_announcements(tx, review)

    def _owned(self, tx: Transaction, author: Author, id: ReviewId) -> Review:
        review = reviews.get(tx, id)
        if review.author.id != author.id or review.state is ReviewState.DELETED:
            raise NotFound("no such review of this author")
        return review

    def _sent(
        self, tx: Transaction, author: Author, draft: Draft, new_id: ReviewId | None
    ) -> Review | None:
        """Find what the same form has made before.

        With other words in it, or after what it made was deleted, it is a form that was come
        back to for another review.
        """
        found = reviews.find(tx, new_id) if new_id else None
        if found is None or found.state is ReviewState.DELETED:
            return None
        made = (found.author.id, found.title, found.body)
        return found if made == (author.id, draft.title, draft.body) else None

    def _review(
        self,
        tx: Transaction,
        author: Author,
        draft: Draft,
        known: Review | None,
        cover: Cover | None,
        *,
        is_public: bool,
        new_id: ReviewId | None = None,
    ) -> Review:
        slug = slug_from_title(draft.title)
        review_id = known.id if known else self._free_id(tx, new_id)
        written = Review.of(
            draft,
            id=review_id,
            slug=slug or review_id,
            author=author,
            work=self._work(tx, draft, known, cover, is_public=is_public),
            state=ReviewState.DRAFT,
            created_at=known.created_at if known else self.now(),
            published_at=known.published_at if known else None,
        )
        if known is None:
            return written
        return replace(
            written,
            postscripts=self._postscripts(draft, known),
            featured_at=known.featured_at,
            boosted_at=known.boosted_at,
            former_ids=known.former_ids,
        )

    def _postscripts(self, draft: Draft, known: Review) -> tuple[Postscript, ...]:
        """Give those that are new to a published review the time of their adding."""
        before = {each.text: each for each in known.postscripts}
        added_at = self.now() if known.state is ReviewState.PUBLISHED else None
        return tuple(
            before.get(each.text) or replace(each, added_at=added_at) for each in draft.postscripts
        )

    def _later_than(self, before: datetime | None) -> datetime:
        """Give now, but at least a second after: an edit that is not later is no edit.

        Times are sent in whole seconds, and Mastodon ignores an Update that is not newer.
        """
        now = self.now()
        return max(now, before + timedelta(seconds=1)) if before else now

    def _free_id(self, tx: Transaction, wanted: ReviewId | None) -> ReviewId:
        is_free = wanted is not None and reviews.find(tx, wanted) is None
        return wanted if wanted is not None and is_free else ReviewId(self.new_id())

    def _work(
        self,
        tx: Transaction,
        draft: Draft,
        known: Review | None,
        cover: Cover | None,
        *,
        is_public: bool,
    ) -> Work:
        """Find the work that the facts name, or make it.

        What is to be public joins the work of the same kind, title and year that has a
        page already: it adds facts to it, and empties none. A draft has a work of its own,
        so that nobody sees what is not published. A review that is alone with its work keeps
        it, so that a typo in the title leaves no second work behind.
        """
        before = known.work.id if known else None
        is_alone = before is not None and works.count_uses(tx, before) == 1
        found = works.find_public(tx, draft.work) if is_public else None
        facts = draft.work
        if found and found != before:
            facts = works.joined(facts, works.get(tx, found).facts)
        work_id = found or (before if is_alone else None) or WorkId(self.new_id())
        slug = slug_from_title(facts.title) or work_id
        return works.save(tx, work_id, facts, slug=slug, cover=cover)

    def _announce(self, tx: Transaction, type: str, review: Review) -> None:
        """Send the Article, and BookWyrm servers in its place a Review of the same id.

        The second is an activity of its own, for an id stands for one text; it is not listed,
        for the outbox says each thing once.
        """
        announced = upcoming.find_announced_in(tx, review.id)
        text = with_announcement(article_text(review, base_url=self.urls.base), announced)
        # Mastodon takes over the numbers of likes and boosts that an Update brings.
        counts = counts_of_review(tx, self.urls, review.id)
        article = build.article(review, text, self.urls, counts)
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

    def _withdraw(self, tx: Transaction, review: Review) -> None:
        uri = self.urls.review(review.id)
        inboxes = self._inboxes(tx, review)
        # With the activities go their deliveries: a Create that still waits for a server
        # which is down would otherwise come after the Delete, and bring the review back.
        queues.forget(tx, uri)
        gone = build.tombstone(uri, deleted_at=self.now(), former_type="Article")
        outgoing = self.sending.prepare(
            lambda activity: build.deletion(activity, review.author, gone, self.urls),
            author_id=review.author.id,
            about=uri,
            listed=False,
        )
        self.sending.queue(tx, outgoing, inboxes)

    def _inboxes(self, tx: Transaction, review: Review) -> set[str]:
        return audience.inboxes_that_may_know(
            tx, review.author.id, self.urls.review(review.id), review_id=review.id
        )
