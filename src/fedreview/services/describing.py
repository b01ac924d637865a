"""Describe authors, reviews, works and answers for other servers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub import build, quotes
from fedreview.activitypub.approvals import reply_authorization
from fedreview.activitypub.dialects.bookwyrm import bookwyrm_review, bookwyrm_work, is_book
from fedreview.activitypub.dialects.works import work_document
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS
from fedreview.domain.actor import Author
from fedreview.domain.review import ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Work
from fedreview.errors import NotFound
from fedreview.services.counting import counts_of_note, counts_of_review
from fedreview.services.inviting import author_of_post, policy_of_note, policy_of_review
from fedreview.services.noticing import review_version
from fedreview.services.phrasing import note_document, people_named
from fedreview.services.presenting import actor_document
from fedreview.services.rendering import article_text, with_announcement
from fedreview.services.signing import NOTICE_WITHIN, Signing
from fedreview.services.views import ReviewVersion
from fedreview.storage import accounts, queues, reviews, threads, upcoming, works
from fedreview.storage import approvals as leaves_to_reply
from fedreview.storage import quotes as leaves
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document of ours, with the page that shows the same to people ("" when none does).

    version: of a review that is published.
    until: when it becomes another by itself, None for never.
    """

    document: build.Document
    page: str = ""
    version: ReviewVersion | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Describing:
    """Makes every document that can be fetched from us."""

    database: Database
    urls: Urls
    signing: Signing
    now: Callable[[], datetime]

    def actor(self, username: str) -> Found:
        """Describe an author. Raises NotFound."""
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
        return Found(
            document=actor_document(author, self.urls, self.signing),
            page=self.urls.person_page(author.username),
            until=self.now() + NOTICE_WITHIN,
        )

    def instance_actor(self) -> Found:
        """Describe the site itself."""
        keys = self.signing.keys(self.urls.instance_actor).public
        with self.database.snapshot() as tx:
            title = accounts.find_setting(tx, "title") or self.urls.host
        return Found(
            document=build.instance_actor(self.urls, keys, name=title),
            page=f"{self.urls.base}/",
            until=self.now() + NOTICE_WITHIN,
        )

    def review(self, id: str, *, for_bookwyrm: bool = False) -> Found:
        """Describe a published review; a deleted one leaves a tombstone.

        for_bookwyrm: as BookWyrm reads a review of a book; other works it has no word for.

        Raises NotFound.
        """
        with self.database.snapshot() as tx:
            review = reviews.get(tx, id)
            uri = self.urls.review(review.id)
            if review.state is ReviewState.DELETED and review.published_at:
                return self._tombstone(uri, review.updated_at or self.now(), "Article")
            if review.state is not ReviewState.PUBLISHED:
                raise NotFound("not published")
            counts = counts_of_review(tx, self.urls, review.id)
            policy = policy_of_review(tx, review.id, now=self.now())
            version = review_version(tx, self.urls, now=self.now(), id=id)
            announced = upcoming.find_announced_in(tx, review.id)
        text = with_announcement(article_text(review, base_url=self.urls.base), announced)
        document = build.with_context(build.article(review, text, self.urls, policy, counts))
        if for_bookwyrm and is_book(review.work):
            document = bookwyrm_review(document, review, self.urls)
        return Found(
            document=document,
            page=self.urls.review_page(review.slug),
            version=version,
            until=policy.until,
        )

    def review_version(self, id: str) -> ReviewVersion | None:
        """Tell whether a review's document is as it was; None when it is not published."""
        with self.database.snapshot() as tx:
            return review_version(tx, self.urls, now=self.now(), id=id)

    def _tombstone(self, uri: str, deleted_at: datetime, former_type: str) -> Found:
        gone = build.tombstone(uri, deleted_at=deleted_at, former_type=former_type)
        return Found(document={"@context": ACTIVITY_STREAMS, **gone})

    def work(self, id: str) -> Found:
        """Describe a work, as NeoDB and BookWyrm read it. Raises NotFound."""
        work = self._public_work(id)
        return Found(document=work_document(work, self.urls), page=self.urls.work_page(work.slug))

    def work_of_edition(self, id: str) -> Found:
        """Describe what all editions of a book have in common. Raises NotFound."""
        work = self._public_work(id)
        if not is_book(work):
            raise NotFound("only books have editions")
        return Found(document=bookwyrm_work(work, self.urls), page=self.urls.work_page(work.slug))

    def _public_work(self, id: str) -> Work:
        with self.database.snapshot() as tx:
            work = works.get(tx, id)
            if not works.is_public(tx, id):
                raise NotFound("nothing published about it")
        return work

    def note(self, id: str) -> Found:
        """Describe an author's answer; a deleted one leaves a tombstone. Raises NotFound."""
        with self.database.snapshot() as tx:
            note, author = own_note(tx, id)
            if note.state is NoteState.DELETED:
                return self._tombstone(note.uri, note.updated_at or self.now(), "Note")
            people = people_named(tx, self.urls, note)
            work = works.get(tx, note.work_id) if note.work_id else None
            counts = counts_of_note(tx, note.uri)
            policy = policy_of_note(tx, note, author, now=self.now())
        document = note_document(
            note, author, people, self.urls, policy=policy, counts=counts, work=work
        )
        return Found(document=build.with_context(document), page=note.url, until=policy.until)

    def note_page(self, id: str) -> str:
        """Give where an author's answer is shown, "" when it is deleted. Raises NotFound."""
        with self.database.snapshot() as tx:
            note, _ = own_note(tx, id)
        return "" if note.state is NoteState.DELETED else note.url

    def quote(self, id: str) -> Found:
        """Describe our leave to quote something of ours that is still there. Raises NotFound."""
        with self.database.snapshot() as tx:
            quote = leaves.get(tx, id)
            author = self._quoted_author(tx, quote.object)
        return Found(
            document=quotes.quote_authorization(
                self.urls.quote(quote.id),
                self.urls.actor(author.username),
                quoting=quote.quoting,
                quoted=quote.object,
            )
        )

    def approval(self, id: str) -> Found:
        """Describe our leave for a reply that still holds. Raises NotFound."""
        with self.database.snapshot() as tx:
            known = leaves_to_reply.get_accepted(tx, id)
            author = author_of_post(tx, self.urls, known.object)
            note = threads.find(tx, known.interacting)
        if author is None or note is None or note.state is not NoteState.SHOWN or note.veiled:
            raise NotFound("no reply that this leave is for")
        return Found(
            document=reply_authorization(
                self.urls.approval(known.id),
                self.urls.actor(author.username),
                reply=known.interacting,
                target=known.object,
            )
        )

    def _quoted_author(self, tx: Transaction, uri: str) -> Author:
        review_id, note_id = self.urls.review_id(uri), self.urls.note_id(uri)
        if review_id:
            return reviews.get_published_author(tx, review_id)
        note, author = own_note(tx, note_id or "")
        if note.state is not NoteState.SHOWN:
            raise NotFound("what is quoted has been deleted")
        return author

    def activity(self, id: str) -> Found:
        """Give a public activity exactly as it was sent. Raises NotFound."""
        with self.database.snapshot() as tx:
            body = queues.find_activity(tx, id)
            review_id = self.urls.review_id(queues.find_object(tx, id))
            if review_id:
                # What is in the trash is nowhere to be found, and neither is what was said of it.
                reviews.get_published_author(tx, review_id)
        if body is None:
            raise NotFound("no such public activity")
        return Found(document=json.loads(body))


def own_note(tx: Transaction, id: str) -> tuple[StoredNote, Author]:
    """Read an author's answer that everybody may fetch, and who wrote it. Raises NotFound."""
    note = threads.get(tx, id)
    author = accounts.find_author_by_id(tx, note.author_id) if note.author_id else None
    if author is None or note.audience != "public" or note.local_only:
        raise NotFound("no such answer of ours")
    return note, author
