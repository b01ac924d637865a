"""Collections out: counted, and in pages that name the next."""

from fedreview.activitypub.build import Document
from fedreview.activitypub.contexts import HASHTAG_CONTEXT, OBJECT_CONTEXT
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS, Json


def collection(
    uri: str,
    *,
    total: int,
    ordered: bool = True,
    first: str | Document | None = None,
    items: list[Json] | None = None,
    owner: str = "",
) -> Document:
    """Describe a collection: only counted, paged by `first`, or with its items at once.

    Mastodon takes a collection without `first` as one that does not show its members.

    first: the address of the first page, or that page itself.
    owner: who answers for what is in it, for conversations (FEP-7888).
    """
    document: Document = {
        "@context": ACTIVITY_STREAMS,
        "id": uri,
        "type": "OrderedCollection" if ordered else "Collection",
    }
    if owner:
        document["attributedTo"] = owner
    document["totalItems"] = total
    if first is not None:
        document["first"] = first
    if items is not None:
        document["orderedItems" if ordered else "items"] = items
    return document


def page(
    uri: str, *, part_of: str, items: list[Json], next_page: str = "", ordered: bool = True
) -> Document:
    """Describe one page, without ``@context``: it may stand inside its collection."""
    document: Document = {
        "id": uri,
        "type": "OrderedCollectionPage" if ordered else "CollectionPage",
        "partOf": part_of,
        "orderedItems" if ordered else "items": items,
    }
    if next_page:
        document["next"] = next_page
    return document


def page_of_ids(page: Document) -> Document:
    """Make a page of addresses a document of its own."""
    return {"@context": ACTIVITY_STREAMS, **page}


def page_of_objects(page: Document) -> Document:
    """Make a page of whole activities a document of its own."""
    return {"@context": OBJECT_CONTEXT, **page}


def featured_tags(uri: str, tags: tuple[str, ...], urls: Urls) -> Document:
    """Describe the tags that somebody writes under most.

    Source: Mastodon fetch_featured_tags_collection_service.rb, which reads Hashtags in `items`.
    """
    items: list[Json] = [
        {"type": "Hashtag", "name": f"#{tag}", "href": urls.tag_page(tag.casefold())}
        for tag in tags
    ]
    document = collection(uri, total=len(items), ordered=False, items=items)
    return {**document, "@context": HASHTAG_CONTEXT}
