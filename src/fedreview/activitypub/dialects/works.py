"""The document at a work's address, which every dialect can read."""

from fedreview.activitypub.dialects.bookwyrm import edition_members, is_book
from fedreview.activitypub.dialects.neodb import neodb_item
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS, Json
from fedreview.domain.work import Work


def work_document(work: Work, urls: Urls) -> dict[str, Json]:
    """Give a work as NeoDB's catalogue reads it and, when it is a book, BookWyrm too.

    Both call a book an `Edition`, and neither has a word of the other's with another meaning.
    """
    document: dict[str, Json] = {
        "@context": ACTIVITY_STREAMS,
        "id": urls.work(work.id),
        "name": work.facts.title,
        "url": urls.work_page(work.slug),
        **neodb_item(work, urls),
    }
    if is_book(work):
        document.update(edition_members(work, urls))
    if work.cover:
        document["image"] = {
            "type": "Image",
            "mediaType": work.cover.media_type,
            "url": urls.media(work.cover.name),
            "name": work.facts.cover_alt,
        }
    return document
