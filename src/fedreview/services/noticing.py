"""Notice whether a page is still as it was, without making it."""

from datetime import datetime

from fedreview.activitypub.dialects.bookwyrm import BOOK_KINDS
from fedreview.activitypub.urls import Urls
from fedreview.domain.review import ReviewState
from fedreview.services.accounts import SiteInfo, asks_not_to_learn
from fedreview.services.views import PageVersion, ReviewVersion
from fedreview.storage import glances
from fedreview.storage.database import Transaction
from fedreview.storage.glances import Glance


def front_version(tx: Transaction, *, cards: int) -> PageVersion:
    """Give the version of the front page. cards: how many reviews it depends on."""
    glance = glances.of_front(tx, limit=cards)
    return PageVersion(tag=glance.version, info=site_info(glance), is_set_up=glance.has_authors)


def review_version(
    tx: Transaction, urls: Urls, *, now: datetime, id: str | None = None, slug: str = ""
) -> ReviewVersion | None:
    """Give the version of a review's page, or None when there is no such published review.

    now: for the page says when its conversation is closed, which happens by itself.
    """
    glance = glances.of_review(tx, uri_start=urls.review(""), id=id, slug=slug)
    if glance is None or glance.state is not ReviewState.PUBLISHED:
        return None
    is_closed = glance.closes_at is not None and now >= glance.closes_at
    return ReviewVersion(
        tag=f"{glance.version}{'closed' if is_closed else ''}",
        info=site_info(glance),
        is_set_up=glance.has_authors,
        ap_url=urls.review(glance.id),
        page_url=urls.review_page(glance.slug),
        is_of_book=glance.kind in BOOK_KINDS,
        until=None if is_closed else glance.closes_at,
    )


def site_info(glance: Glance) -> SiteInfo:
    """Give what the site says of itself, of the same moment."""
    return SiteInfo(
        title="Reviews" if glance.title is None else glance.title,
        tagline=glance.tagline or "",
        language=glance.language or "",
        asks_not_to_learn=asks_not_to_learn(glance.crawlers),
    )
