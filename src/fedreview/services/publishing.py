"""Save, publish and change reviews."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.review import (
    Announcement,
    Draft,
    Postscript,
    Review,
    ReviewId,
    ReviewState,
    slug_from_title,
)
from fedreview.domain.upcoming import Upcoming
from fedreview.domain.work import Cover, Work, WorkId
from fedreview.errors import NotFound
from fedreview.services.announcing import keep_announcement, settle_announcements
from fedreview.services.remembering import keep_first, keep_version
from fedreview.services.sending import Sending
from fedreview.services.spreading import Spreading
from fedreview.storage import autosaves, reviews, upcoming, waiting, works
from fedreview.storage.database import Database, Transaction

ENDED = frozenset({ReviewState.TRASHED, ReviewState.DELETED})

# What a review keeps in another form than a draft.
_OTHERWISE = frozenset({"work", "announces"})


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
        scheduled_at: datetime | None = None,
    ) -> Review:
        """Keep what is written without showing it to anybody.

        id: of the author's draft to change; None makes a new one.
        new_id: for a new one, so that a form which is sent twice makes one review.
        cover: a new picture of the work, already in the media folder.
        scheduled_at: when it is to be published by itself; None leaves it as it was.

        Raises NotFound when `id` is no draft of this author.
        """
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id) if id else self._sent(tx, author, draft, new_id)
            if known and known.state is not ReviewState.DRAFT:
                raise NotFound("published already, and so no draft")
            written = self._review(tx, author, draft, known, cover, is_public=False, new_id=new_id)
            scheduled = scheduled_at or (known.scheduled_at if known else None)
            saved = reviews.save(tx, replace(written, scheduled_at=scheduled))
            self._announce_next(tx, saved, draft)
            autosaves.drop(tx, author.id, saved.id)
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
            review = self._make_public(tx, written, draft)
        self.sending.wake()
        return review

    def publish_as_saved(self, tx: Transaction, known: Review) -> None:
        """Publish a draft as it was last saved, within a transaction; wake the workers after."""
        draft = draft_of(known, upcoming.find_announced_in(tx, known.id))
        written = self._review(tx, known.author, draft, known, None, is_public=True)
        self._make_public(tx, written, draft)

    def _make_public(self, tx: Transaction, written: Review, draft: Draft) -> Review:
        now = self.now()
        review = reviews.save(tx, replace(written, state=ReviewState.PUBLISHED, published_at=now))
        self._announce_next(tx, review, draft)
        works.drop_unused(tx)
        keep_version(tx, review, at=now)
        autosaves.drop(tx, review.author.id, review.id)
        self._spreading.tell(tx, "Create", review)
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
            keep_first(tx, known)
            edited_at = self._later_than(known.updated_at or known.published_at)
            changed = replace(
                self._review(tx, author, draft, known, cover, is_public=True),
                state=ReviewState.PUBLISHED,
                updated_at=edited_at,
            )
            review = reviews.save(tx, changed)
            self._announce_next(tx, review, draft)
            works.drop_unused(tx)
            keep_version(tx, review, at=edited_at)
            autosaves.drop(tx, author.id, id)
            self._spreading.tell(tx, "Update", review)
        self.sending.wake()
        return review

    def unschedule(self, author: Author, id: ReviewId) -> None:
        """Let a scheduled draft be a draft again. Raises NotFound when it is none any more."""
        with self.database.transaction() as tx:
            known = self._owned(tx, author, id)
            if known.state is not ReviewState.DRAFT:
                raise NotFound("published already, and so not to be published later")
            reviews.save(tx, replace(known, scheduled_at=None))

    @property
    def _spreading(self) -> Spreading:
        return Spreading(urls=self.urls, sending=self.sending, now=self.now)

    def _announce_next(self, tx: Transaction, review: Review, draft: Draft) -> None:
        keep_announcement(tx, review, draft.announces, now=self.now(), new_id=self.new_id)
        settle_announcements(tx, review)

    def _owned(self, tx: Transaction, author: Author, id: ReviewId) -> Review:
        review = waiting.lock(tx, id)
        if review.author.id != author.id or review.state in ENDED:
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
        if found is None or found.state in ENDED:
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


def draft_of(review: Review, announced: Upcoming | None) -> Draft:
    """Give what was written, without what has become of it. announced: what it announces."""
    announces = None
    if announced:
        announces = Announcement(
            work=announced.work.facts, rating=announced.rating, note=announced.note
        )
    names = {each.name for each in fields(Draft)} - _OTHERWISE
    same = {name: getattr(review, name) for name in names}
    return Draft(work=review.work.facts, announces=announces, **same)
