"""Answer other servers' questions: who is who here, what is what, and who answered."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview import __version__
from fedreview.activitypub import build, collections, quotes
from fedreview.activitypub.dialects.bookwyrm import bookwyrm_review, bookwyrm_work, is_book
from fedreview.activitypub.dialects.works import work_document
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS, Json
from fedreview.domain.actor import Author
from fedreview.domain.review import ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Work
from fedreview.errors import NotFound
from fedreview.services.answering import note_document
from fedreview.services.assembling import page_of
from fedreview.services.noticing import review_version
from fedreview.services.presenting import actor_document
from fedreview.services.rendering import article_text
from fedreview.services.signing import Signing
from fedreview.services.views import ReviewVersion
from fedreview.storage import accounts, actors, glances, queues, reviews, threads, works
from fedreview.storage import quotes as leaves
from fedreview.storage.actors import FollowingState
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reviews import Filter
from fedreview.storage.threads import ReactionKind, StoredNote

OUTBOX_PAGE = 20
MOST_LISTED = 500
NODEINFO_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document of ours, with the page that shows the same to people ("" when none does).

    version: of a review that is published.
    """

    document: build.Document
    page: str = ""
    version: ReviewVersion | None = None


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
        )

    def instance_actor(self) -> Found:
        """Describe the site itself."""
        keys = self.signing.keys(self.urls.instance_actor).public
        with self.database.snapshot() as tx:
            title = accounts.find_setting(tx, "title") or self.urls.host
        return Found(
            document=build.instance_actor(self.urls, keys, name=title), page=f"{self.urls.base}/"
        )

    def instance_outbox(self) -> Found:
        """Describe the empty outbox of the site itself."""
        uri = f"{self.urls.instance_actor}/outbox"
        return Found(document=collections.ordered_collection(uri, total=0, items=[]))

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
            shown = threads.count_shown(tx, [review.id]).get(review.id, 0)
            counts = _counts(tx, uri, replies=shown)
            version = review_version(tx, self.urls, id=id)
        text = article_text(review, base_url=self.urls.base)
        document = build.with_context(build.article(review, text, self.urls, counts))
        if for_bookwyrm and is_book(review.work):
            document = bookwyrm_review(document, review, self.urls)
        return Found(
            document=document,
            page=self.urls.review_page(review.slug),
            version=version,
        )

    def review_version(self, id: str) -> ReviewVersion | None:
        """Tell whether a review's document is as it was; None when it is not published."""
        with self.database.snapshot() as tx:
            return review_version(tx, self.urls, id=id)

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
            if not reviews.count_published(tx, Filter(work_id=id)):
                raise NotFound("nothing published about it")
        return work

    def note(self, id: str) -> Found:
        """Describe an author's answer; a deleted one leaves a tombstone. Raises NotFound."""
        with self.database.snapshot() as tx:
            note, author = _own_note(tx, id)
            if note.state is NoteState.DELETED:
                return self._tombstone(note.uri, note.updated_at or self.now(), "Note")
            parent = threads.find(tx, note.in_reply_to)
            writer = actors.find(tx, parent.actor) if parent else None
            answers = threads.list_uris_answering(tx, note.uri, limit=MOST_LISTED)
            counts = _counts(tx, note.uri, replies=len(answers))
        document = note_document(note, author, writer, self.urls, counts)
        return Found(document=build.with_context(document), page=note.url)

    def note_page(self, id: str) -> str:
        """Give where an author's answer is shown, "" when it is deleted. Raises NotFound."""
        with self.database.snapshot() as tx:
            note, _ = _own_note(tx, id)
        return "" if note.state is NoteState.DELETED else note.url

    def quote(self, id: str) -> Found:
        """Describe our leave to quote something of ours. Raises NotFound."""
        with self.database.snapshot() as tx:
            quote = leaves.get(tx, id)
            note = threads.find(tx, quote.object)
            review_id = self.urls.review_id(quote.object)
            author = reviews.get(tx, review_id).author if review_id else None
            if note and note.author_id:
                author = accounts.find_author_by_id(tx, note.author_id)
        if author is None:
            raise NotFound("what is quoted is no longer here")
        return Found(
            document=quotes.quote_authorization(
                self.urls.quote(quote.id),
                self.urls.actor(author.username),
                quoting=quote.quoting,
                quoted=quote.object,
            )
        )

    def activity(self, id: str) -> Found:
        """Give a public activity exactly as it was sent. Raises NotFound."""
        with self.database.snapshot() as tx:
            body = queues.find_activity(tx, id)
        if body is None:
            raise NotFound("no such public activity")
        return Found(document=json.loads(body))

    def outbox(self, username: str, *, page: str | None) -> Found:
        """Describe an author's outbox, or one page of it; "" is the first page.

        Raises NotFound.
        """
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
            uri = f"{self.urls.actor(author.username)}/outbox"
            if page is None:
                total = queues.count_outbox(tx, author.id)
                return Found(
                    document=collections.ordered_collection(uri, total=total, first=f"{uri}?page=")
                )
            found = queues.list_outbox(tx, author.id, limit=OUTBOX_PAGE + 1, before=page or None)
        rows, has_more = page_of(found, OUTBOX_PAGE)
        return Found(
            document=collections.ordered_page(
                f"{uri}?page={page}",
                part_of=uri,
                items=[json.loads(body) for _, body in rows],
                next_page=f"{uri}?page={rows[-1][0]}" if has_more else None,
            )
        )

    def followers(self, username: str) -> Found:
        """Count an author's followers; who they are is their own business."""
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
            total = actors.count_followers(tx, author.id)
        uri = self.urls.followers(author.username)
        return Found(document=collections.ordered_collection(uri, total=total))

    def following(self, username: str) -> Found:
        """Count whom an author follows, without those who have not accepted."""
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
            following = actors.list_following(tx, author.id)
        total = sum(1 for each in following if each.state is FollowingState.ACCEPTED)
        uri = f"{self.urls.actor(author.username)}/following"
        return Found(document=collections.ordered_collection(uri, total=total))

    def featured(self, username: str) -> Found:
        """Describe what an author has pinned: nothing yet, but Mastodon asks."""
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
        uri = f"{self.urls.actor(author.username)}/featured"
        return Found(document=collections.ordered_collection(uri, total=0, items=[]))

    def review_collection(self, id: str, name: str, *, page: bool) -> Found:
        """Describe a review's replies, likes, shares or context. Raises NotFound.

        page: whether the one page of the replies is asked for, and not the whole.

        Mastodon fetches all replies from here, other people's included: this is how its
        readers see the whole conversation (fetch-all-replies, 4.5).
        """
        with self.database.snapshot() as tx:
            review = reviews.get(tx, id)
            if review.state is not ReviewState.PUBLISHED:
                raise NotFound("not published")
            uri = self.urls.review(review.id)
            if name not in {"context", "replies"}:
                return _reactions(tx, uri, name)
            shown = glances.replies_of(tx, review.id)
        author = self.urls.actor(review.author.username)
        if name == "context":
            items: list[Json] = [uri, *shown]
            collection = collections.ordered_collection(
                f"{uri}/context", total=len(items), items=items
            )
            return Found(document={**collection, "attributedTo": author})
        return Found(document=_replies(uri, author, list(shown), page=page))

    def note_collection(self, id: str, name: str, *, page: bool) -> Found:
        """Describe the replies, likes or shares of an author's answer. Raises NotFound."""
        with self.database.snapshot() as tx:
            note, author = _own_note(tx, id)
            if name != "replies":
                return _reactions(tx, note.uri, name)
            answers = threads.list_uris_answering(tx, note.uri, limit=MOST_LISTED)
        actor = self.urls.actor(author.username)
        return Found(document=_replies(note.uri, actor, list(answers), page=page))

    def webfinger(self, resource: str) -> build.Document:
        """Say who a handle, id or profile page belongs to. Raises NotFound.

        Source: RFC 7033; Mastodon app/lib/webfinger.rb for what must be in it.
        """
        username = self._username(resource)
        if username is None:
            raise NotFound("nobody by that name")
        if self._is_site(username):
            return self._site_finger(username)
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
        actor, page = self.urls.actor(author.username), self.urls.person_page(author.username)
        return {
            "subject": f"acct:{self.urls.handle(author.username)}",
            "aliases": [page, actor],
            "links": [
                {
                    "rel": "http://webfinger.net/rel/profile-page",
                    "type": "text/html",
                    "href": page,
                },
                {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
            ],
        }

    def _is_site(self, username: str) -> bool:
        return username == self.urls.host.partition(":")[0]

    def _site_finger(self, username: str) -> build.Document:
        actor = self.urls.instance_actor
        return {
            "subject": f"acct:{self.urls.handle(username)}",
            "aliases": [actor],
            "links": [{"rel": "self", "type": ACTIVITY_JSON, "href": actor}],
        }

    def _username(self, resource: str) -> str | None:
        if resource.rstrip("/") in {self.urls.base, self.urls.instance_actor}:
            return self.urls.host.partition(":")[0]
        if "://" in resource:
            return self.urls.username(resource)
        name, _, host = resource.removeprefix("acct:").removeprefix("@").rpartition("@")
        is_here = host.lower().rstrip(".") == self.urls.host.lower()
        return name if name and is_here else None

    def nodeinfo_links(self) -> build.Document:
        """Say where NodeInfo is, and who the site's own actor is (FEP-2677)."""
        links: list[Json] = [
            {
                "rel": f"{NODEINFO_SCHEMA}/{version}",
                "href": f"{self.urls.base}/nodeinfo/{version}",
            }
            for version in ("2.0", "2.1")
        ]
        links.append({"rel": f"{ACTIVITY_STREAMS}#Application", "href": self.urls.instance_actor})
        return {"links": links}

    def nodeinfo(self, version: str) -> build.Document:
        """Say what runs here and how much of it there is. Source: FEP-f1d5."""
        with self.database.snapshot() as tx:
            authors = len(accounts.list_authors(tx))
            posts = reviews.count_published(tx, Filter())
            title = accounts.find_setting(tx, "title") or ""
        software: build.Document = {"name": "fedreview", "version": __version__}
        if version == "2.1":
            software["repository"] = "https://github.com/fedreview/fedreview"
        return {
            "version": version,
            "software": software,
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": False,
            "usage": {"users": {"total": authors}, "localPosts": posts},
            "metadata": {"nodeName": title},
        }


def _own_note(tx: Transaction, id: str) -> tuple[StoredNote, Author]:
    note = threads.get(tx, id)
    author = accounts.find_author_by_id(tx, note.author_id) if note.author_id else None
    if author is None or note.audience != "public":
        raise NotFound("no such answer of ours")
    return note, author


def _counts(tx: Transaction, uri: str, *, replies: int) -> build.Counts:
    counted = threads.count_reactions(tx, [uri])
    return build.Counts(
        replies=replies,
        likes=counted.get((uri, ReactionKind.LIKE), 0),
        shares=counted.get((uri, ReactionKind.BOOST), 0),
    )


def _reactions(tx: Transaction, uri: str, name: str) -> Found:
    """Count likes or shares; whose they are is their own business."""
    counts = _counts(tx, uri, replies=0)
    total = counts.likes if name == "likes" else counts.shares
    return Found(document=collections.count_only(f"{uri}/{name}", total=total))


def _replies(uri: str, author: str, items: list[str], *, page: bool) -> build.Document:
    """Describe the replies, or their page: bounded, for Mastodon reads at most 500 of a post."""
    listed: list[Json] = [*items[:MOST_LISTED]]
    collection = f"{uri}/replies"
    first: build.Document = {
        "id": f"{collection}?page=1",
        "type": "CollectionPage",
        "partOf": collection,
        "items": listed,
    }
    if page:
        return {"@context": ACTIVITY_STREAMS, **first}
    return {
        "@context": ACTIVITY_STREAMS,
        "id": collection,
        "type": "Collection",
        "attributedTo": author,
        "totalItems": len(items),
        "first": first,
    }
