"""What feeds say: the newest reviews of a site, author, tag or kind, with nothing given away."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import render_shut
from fedreview.domain.kinds import WorkKind
from fedreview.domain.review import Review, Spoilers
from fedreview.domain.upcoming import Upcoming
from fedreview.errors import NotFound
from fedreview.services.accounts import SiteInfo
from fedreview.services.assembling import cursor_from_text, cursor_text, page_of
from fedreview.services.noticing import site_info
from fedreview.services.rendering import paragraphs, teaser
from fedreview.storage import accounts, glances, reviews, upcoming
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reviews import Filter

ENTRIES_PER_PAGE = 20

# A text is rendered once for each version of it: a feed of twenty would take a tenth of a second.
_shut = lru_cache(maxsize=256)(render_shut)


class Scope(StrEnum):
    """Of what a feed is; the values stand in the template that names feeds."""

    SITE = "site"
    AUTHOR = "author"
    TAG = "tag"
    KIND = "kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOf:
    """Which feed. name: the username, tag or kind; "" for the site."""

    scope: Scope = Scope.SITE
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedVersion:
    """Which version of a feed there is now. label: the author's name, tag or kind, or "".

    changed_at: when the last of its reviews was; None when there is none.
    """

    tag: str
    info: SiteInfo
    label: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A review in a feed. All addresses are absolute.

    id: never changes, not even when the review is taken back and published again.
    body_html: without what spoilers hide; "" when the whole review gives the end away, and so
    with what follows it.
    summary: one plain line. cover_url: "" when there is no picture. announced: what is next.
    """

    review: Review
    id: str
    url: str
    author_url: str
    cover_url: str
    summary: str
    body_html: str
    postscripts_html: tuple[str, ...]
    sign_off_html: str
    synopsis_paragraphs: tuple[str, ...]
    published_at: datetime
    announced: Upcoming | None = None

    @property
    def changed_at(self) -> datetime:
        """Give when it was published or edited last."""
        return self.review.updated_at or self.published_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One page of a feed; `older` is the cursor of the next, or None."""

    version: FeedVersion
    entries: tuple[Entry, ...]
    older: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Syndicating:
    """Reads feeds."""

    database: Database
    urls: Urls

    def version(self, of: FeedOf) -> FeedVersion:
        """Tell whether a feed is as it was. Raises NotFound when it is of nothing here."""
        with self.database.snapshot() as tx:
            return self._version(tx, of)

    def feed(self, of: FeedOf, *, before: str | None, notice: str) -> Feed:
        """Read one page of a feed, newest first. Raises NotFound.

        notice: what stands in the place of each spoiler.
        """
        with self.database.snapshot() as tx:
            version = self._version(tx, of)
            wanted, _ = _wanted(tx, of)
            found = reviews.list_published(
                tx, wanted, limit=ENTRIES_PER_PAGE + 1, before=cursor_from_text(before)
            )
            shown, has_more = page_of(found, ENTRIES_PER_PAGE)
            announced = upcoming.find_many_announced_in(tx, [review.id for review in shown])
        entries = tuple(
            entry_of(review, self.urls, notice=notice, announced=announced.get(review.id))
            for review in shown
        )
        end = cursor_text(entries[-1].published_at, entries[-1].review.id) if has_more else None
        return Feed(version=version, entries=entries, older=end)

    def _version(self, tx: Transaction, of: FeedOf) -> FeedVersion:
        wanted, label = _wanted(tx, of)
        glance = glances.of_list(tx, wanted, limit=ENTRIES_PER_PAGE + 1)
        if of.scope is Scope.TAG and glance.changed_at is None:
            raise NotFound("no review has this tag")
        return FeedVersion(
            tag=glance.version, info=site_info(glance), label=label, changed_at=glance.changed_at
        )


def entry_of(
    review: Review, urls: Urls, *, notice: str, announced: Upcoming | None = None
) -> Entry:
    """Make the entry of a review.

    notice: what stands in the place of each spoiler. announced: what the review announces.
    """
    url = urls.review_page(review.slug)
    is_told = review.spoilers is not Spoilers.FULL

    def shut(text: str) -> str:
        return _shut(text, base_url=url, notice=notice) if is_told else ""

    cover = review.work.cover
    synopsis = review.synopsis
    return Entry(
        review=review,
        id=urls.review(review.former_ids[-1] if review.former_ids else review.id),
        url=url,
        author_url=urls.person_page(review.author.username),
        cover_url=urls.media(cover.name) if cover else "",
        summary=teaser(review),
        body_html=shut(review.body),
        postscripts_html=tuple(shut(each.text) for each in review.postscripts if is_told),
        sign_off_html=shut(review.sign_off),
        synopsis_paragraphs=paragraphs(synopsis.text) if synopsis else (),
        published_at=review.published_at or review.created_at,
        announced=announced,
    )


def _wanted(tx: Transaction, of: FeedOf) -> tuple[Filter, str]:
    """Give which reviews a feed has, and what it is called. Raises NotFound."""
    if of.scope is Scope.AUTHOR:
        author = accounts.get_author(tx, of.name)
        return Filter(author_id=author.id), author.name
    if of.scope is Scope.TAG:
        return Filter(tag=of.name), of.name
    if of.scope is Scope.KIND:
        try:
            return Filter(kind=WorkKind(of.name)), of.name
        except ValueError as error:
            raise NotFound("no such kind of work") from error
    return Filter(), ""
