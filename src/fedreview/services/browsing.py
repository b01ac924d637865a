"""What everybody sees: every public page as one value, read in one snapshot."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice
from urllib.parse import quote

from fedreview.activitypub.dialects.schema import page_json_ld, work_json_ld
from fedreview.activitypub.urls import Urls
from fedreview.content.excerpt import reading_minutes
from fedreview.content.figures import picture_names
from fedreview.content.markdown import hashtags, plain_text, render_page
from fedreview.domain.actor import Author
from fedreview.domain.identifiers import identifiers_from_links
from fedreview.domain.rating import average_of_ten
from fedreview.domain.review import Draft, Review, ReviewId, ReviewState
from fedreview.domain.thread import Thread
from fedreview.domain.upcoming import Upcoming
from fedreview.domain.work import Cover, Variant, Work, WorkId
from fedreview.errors import NotFound
from fedreview.services.acclaiming import reaction_strip
from fedreview.services.announcing import would_announce
from fedreview.services.anticipating import announced_in, upcoming_card
from fedreview.services.assembling import (
    CARDS_PER_PAGE,
    Assembling,
    cursor_from_text,
    cursor_text,
    page_of,
)
from fedreview.services.carding import Card
from fedreview.services.conversing import thread_of_review, thread_of_take
from fedreview.services.guesting import welcomes
from fedreview.services.moving import account
from fedreview.services.noticing import front_version, review_version
from fedreview.services.publishing import ENDED
from fedreview.services.relating import occasions, related_works
from fedreview.services.rendering import paragraphs, teaser
from fedreview.services.views import (
    CardPage,
    NotePage,
    PageVersion,
    PersonPage,
    PostscriptView,
    ReactionStrip,
    ReviewPage,
    ReviewVersion,
    TakeCard,
    TakePage,
    UpcomingCard,
    WorkPage,
)
from fedreview.storage import (
    accounts,
    actors,
    conduct,
    media,
    reviews,
    statistics,
    takes,
    threads,
    upcoming,
    works,
)
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reviews import Filter
from fedreview.storage.threads import StoredNote

MOST_OF_WORK = 100
"""Reviews on the page of a work; more of one work nobody has written yet."""

ENOUGH_FOR_AVERAGE = 3
"""Ratings; an average of fewer says more about one person than about the work."""

TAKES_SHOWN = 20
"""On a page of takes."""
TAKES_SEARCHED = 500
"""The newest; what is older is found by its words, and not by its tags."""
TAKES_IN_PASSING = 5
"""Beside reviews."""

# A body is rendered once for each version of it: 5 KB cost 7 ms, and a boosted review is
# asked for by thousands within a minute.
_rendered = lru_cache(maxsize=256)(render_page)
_plain = lru_cache(maxsize=256)(plain_text)


def _json_ld(document: object) -> str:
    """Write JSON that can stand inside a script element: nothing in it can end the element.

    Source: NeoDB 4a28df10, a title with ``</script>`` in it.
    """
    text = json.dumps(document, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _picture_names(review: Review) -> tuple[str, ...]:
    """Give the pictures in the text, and in what stands after it."""
    return picture_names("\n".join([review.body, *(each.text for each in review.postscripts)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsing:
    """Reads pages."""

    database: Database
    urls: Urls
    assembling: Assembling
    now: Callable[[], datetime]

    def front(self, *, before: str | None = None) -> CardPage:
        """Give the newest reviews, with the version of the page when it is the first."""
        with self.database.snapshot() as tx:
            listing = self.assembling.listing(tx, Filter(), before)
            version = None if before else front_version(tx, cards=CARDS_PER_PAGE + 1)
        return replace(listing, version=version)

    def front_version(self) -> PageVersion:
        """Tell whether the first page is as it was."""
        with self.database.snapshot() as tx:
            return front_version(tx, cards=CARDS_PER_PAGE + 1)

    def tag(self, tag: str, *, before: str | None = None) -> CardPage:
        """Give the newest reviews with a tag. Raises NotFound when nothing has it."""
        with self.database.snapshot() as tx:
            listing = self.assembling.listing(tx, Filter(tag=tag), before)
            if not listing.cards and not self._tagged_takes(tx, tag):
                raise NotFound("nothing has this tag")
        return listing

    def takes_tagged(self, tag: str) -> tuple[TakeCard, ...]:
        """Give the newest takes with a tag, in the open."""
        with self.database.snapshot() as tx:
            return self.assembling.takes(tx, self._tagged_takes(tx, tag))

    def _tagged_takes(self, tx: Transaction, tag: str) -> tuple[StoredNote, ...]:
        recent = takes.list_(tx, limit=TAKES_SEARCHED, mentioning="#")
        wanted = tag.casefold()
        found = (note for note in recent if wanted in map(str.casefold, hashtags(note.source)))
        return tuple(islice(found, TAKES_SHOWN))

    def person(self, username: str, *, before: str | None = None) -> PersonPage:
        """Give an author's page. Raises NotFound."""
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
            return PersonPage(
                person=author,
                handle=self.urls.handle(author.username),
                followers=actors.count_followers(tx, author.id),
                ap_url=self.urls.actor(author.username),
                pinned=() if before else self.assembling.pinned(tx, author.id),
                listing=self.assembling.listing(
                    tx, Filter(author_id=author.id, featured=False), before
                ),
                moved_to=account(tx, author.moved_to) if author.moved_to else None,
                kinds=statistics.kinds(tx, Filter(author_id=author.id)),
                takes=()
                if before
                else self.assembling.takes(
                    tx, takes.list_(tx, author_id=author.id, limit=TAKES_IN_PASSING)
                ),
            )

    def work(self, slug: str) -> WorkPage:
        """Give a work's page. Raises NotFound when nothing about it is published or announced."""
        with self.database.snapshot() as tx:
            work = works.get_by_slug(tx, slug)
            if not works.is_public(tx, work.id):
                raise NotFound("nothing published about it")
            found = reviews.list_published(tx, Filter(work_id=work.id), limit=MOST_OF_WORK)
            cards = self.assembling.cards(tx, found)
            theirs = self.assembling.ratings(tx, work.id)
            related = related_works(tx, work)
            awaited = tuple(upcoming_card(tx, each) for each in upcoming.list_of_work(tx, work.id))
            short = self.assembling.takes(tx, takes.list_(tx, work_id=work.id, limit=TAKES_SHOWN))
        is_enough = len(theirs) >= ENOUGH_FOR_AVERAGE
        average = average_of_ten([each.rating for each in theirs]) if is_enough else ""
        json_ld = work_json_ld(
            work,
            self.urls,
            reviews=found,
            average=average,
            count=len(theirs),
        )
        return WorkPage(
            work=work,
            cover_url=self.assembling.cover_url(work),
            ap_url=self.urls.work(work.id),
            cards=cards,
            occasions=occasions(cards),
            identifiers=work.facts.all_identifiers,
            links=tuple(each for each in work.facts.links if not identifiers_from_links([each])),
            related=related,
            upcoming=awaited,
            ratings=theirs,
            average=average,
            json_ld=_json_ld(json_ld),
            takes=short,
        )

    def review(self, slug: str, *, replies: int = 1) -> ReviewPage:
        """Give a published review's page. Raises NotFound.

        replies: which page of them; the last one when there are not so many.
        """
        with self.database.snapshot() as tx:
            review = reviews.get_by_slug(tx, slug)
            if review.state is not ReviewState.PUBLISHED:
                raise NotFound("not published")
            uri = self.urls.review(review.id)
            thread = thread_of_review(tx, self.assembling, review, replies)
            page_url = f"/reviews/{quote(slug)}"
            strip = reaction_strip(tx, self.assembling, uri, page_url=page_url)
            announced = upcoming.find_announced_in(tx, review.id)
            announces = upcoming_card(tx, announced) if announced else None
            sources = announced_in(tx, review)
            # Of the same snapshot: else the page of one version could be kept as another's.
            version = review_version(tx, self.urls, now=self.now(), slug=slug)
            pictures = media.find_many(tx, _picture_names(review))
            led = conduct.in_force(tx, review.id)
            takes_comments = welcomes(tx, review, led=led, now=self.now())
        page = self._page(
            review,
            thread,
            pictures=tuple(pictures.values()),
            strip=strip,
        )
        return replace(
            page,
            announces=announces,
            announced_in=sources,
            takes_comments=takes_comments,
            version=version,
            conduct=led,
            is_closed=led.is_closed(self.now()),
        )

    def review_version(self, slug: str) -> ReviewVersion:
        """Tell whether a published review's page is as it was. Raises NotFound."""
        with self.database.snapshot() as tx:
            version = review_version(tx, self.urls, now=self.now(), slug=slug)
        if version is None:
            raise NotFound("not published")
        return version

    def preview(self, author: Author, draft: Draft, *, cover: Cover | None) -> ReviewPage:
        """Give the page that a draft would have, without a thread."""
        work = Work(id=WorkId("preview"), slug="preview", facts=draft.work, cover=cover)
        review = Review.of(
            draft,
            id=ReviewId("preview"),
            slug="preview",
            author=author,
            work=work,
            state=ReviewState.DRAFT,
            created_at=self.now(),
        )
        with self.database.snapshot() as tx:
            pictures = media.find_many(tx, _picture_names(review))
        kept = tuple(pictures.values())
        page = self._page(review, Thread(), pictures=kept, strip=ReactionStrip())
        announced = would_announce(author, draft, now=self.now())
        card = UpcomingCard(upcoming=announced, work_url="") if announced else None
        return replace(page, announces=card)

    def picture(self, name: str) -> Cover | Variant:
        """Give what is known of a file in the media folder. Raises NotFound."""
        with self.database.snapshot() as tx:
            found = media.find_file(tx, name)
        if found is None:
            raise NotFound("no such picture")
        return found

    def find_picture(self, name: str) -> Cover | None:
        """Look a picture in the media folder up."""
        with self.database.snapshot() as tx:
            return media.find(tx, name)

    def own_review(self, author: Author, id: str) -> Review:
        """Give a draft or published review of this author. Raises NotFound."""
        with self.database.snapshot() as tx:
            review = reviews.get(tx, id)
        if review.author.id != author.id or review.state in ENDED:
            raise NotFound("no such review of this author")
        return review

    def announced_in(self, review: Review) -> Upcoming | None:
        """Look up what a review announces."""
        with self.database.snapshot() as tx:
            return upcoming.find_announced_in(tx, review.id)

    def takes(self, *, before: str | None = None, author: Author | None = None) -> TakePage:
        """Give the newest takes, of one author or of all."""
        with self.database.snapshot() as tx:
            found = takes.list_(
                tx,
                limit=TAKES_SHOWN + 1,
                before=cursor_from_text(before),
                author_id=author.id if author else None,
            )
            notes, has_more = page_of(found, TAKES_SHOWN)
            cards = self.assembling.takes(tx, notes)
        older = cursor_text(notes[-1].published_at, notes[-1].id) if has_more else None
        return TakePage(takes=cards, older=older)

    def note(self, id: str, *, replies: int = 1) -> NotePage:
        """Give the page of a take, or of an author's answer to something elsewhere.

        replies: which page of those under a take; the last one when there are not so many.
        Raises NotFound.
        """
        with self.database.snapshot() as tx:
            note = threads.get(tx, id)
            if note.author_id is None or not note.is_in_sight:
                raise NotFound("no such answer")
            if takes.is_take(note):
                return self._take(tx, note, replies)
            parent = threads.find(tx, note.in_reply_to)
            reply = self.assembling.replies(tx, (note,), None)[0]
            strip = reaction_strip(tx, self.assembling, note.uri, page_url=f"/notes/{note.id}")
        return NotePage(
            note=reply,
            answers_url=parent.url if parent else "",
            ap_url=note.uri,
            reactions=strip,
        )

    def _take(self, tx: Transaction, note: StoredNote, replies: int) -> NotePage:
        author = accounts.find_author_by_id(tx, note.author_id) if note.author_id else None
        card = self.assembling.takes(tx, (note,))[0]
        return NotePage(
            note=card.note,
            answers_url="",
            ap_url=note.uri,
            take=card,
            thread=thread_of_take(tx, self.assembling, note, author, replies),
            author_id=note.author_id or "",
            reactions=reaction_strip(tx, self.assembling, note.uri, page_url=f"/notes/{note.id}"),
        )

    def _page(
        self,
        review: Review,
        thread: Thread,
        *,
        pictures: tuple[Cover, ...],
        strip: ReactionStrip,
    ) -> ReviewPage:
        is_preview = review.state is ReviewState.DRAFT
        # What is still being written would push everything else out of what is remembered.
        render, plain = (render_page, plain_text) if is_preview else (_rendered, _plain)
        description = "" if is_preview else teaser(review)
        cover = review.work.cover
        return ReviewPage(
            review=review,
            url=self.urls.review_page(review.slug),
            ap_url=self.urls.review(review.id),
            cover_url=self.assembling.cover_url(review.work),
            cover=cover,
            body_html=render(review.body, pictures),
            sign_off_html=render(review.sign_off, pictures) if review.sign_off else "",
            postscripts=tuple(
                PostscriptView(html=render(each.text, pictures), added_at=each.added_at)
                for each in review.postscripts
            ),
            synopsis_paragraphs=paragraphs(review.synopsis.text) if review.synopsis else (),
            work_url=self.urls.work_page(review.work.slug),
            author_url=self.urls.person_page(review.author.username),
            handle=self.urls.handle(review.author.username),
            thread=thread,
            reactions=strip,
            reading_minutes=reading_minutes(plain(review.body)),
            description=description,
            json_ld=""
            if is_preview
            else _json_ld(page_json_ld(review, self.urls, description=description)),
            share_image_url="" if is_preview else self._share_image_url(review),
            tag_links=tuple((tag, f"/tags/{quote(tag.casefold())}") for tag in review.tags),
        )

    def _share_image_url(self, review: Review) -> str:
        # Mastodon fetches a card's picture once: another picture needs another address.
        version = Card.of(review, site=self.urls.host).version
        return f"{self.urls.review_page(review.slug)}/card.png?v={version}"
