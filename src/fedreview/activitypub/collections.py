"""Collections out: counted, whole or in pages."""

from fedreview.activitypub.build import Document
from fedreview.activitypub.contexts import OBJECT_CONTEXT
from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS, Json


def count_only(uri: str, *, total: int) -> Document:
    """Describe a collection that tells how many, and not who: likes and shares."""
    return {
        "@context": ACTIVITY_STREAMS,
        "id": uri,
        "type": "Collection",
        "totalItems": total,
    }


def ordered_collection(
    uri: str, *, total: int, first: str | None = None, items: list[Json] | None = None
) -> Document:
    """Describe a collection: paged by `first`, or with its items at once.

    Mastodon takes a collection without `first` as one that does not show its members.
    """
    document: Document = {
        "@context": ACTIVITY_STREAMS,
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": total,
    }
    if first:
        document["first"] = first
    if items is not None:
        document["orderedItems"] = items
    return document


def ordered_page(
    uri: str, *, part_of: str, items: list[Json], next_page: str | None = None
) -> Document:
    """Describe one page of a collection."""
    document: Document = {
        "@context": OBJECT_CONTEXT,
        "id": uri,
        "type": "OrderedCollectionPage",
        "partOf": part_of,
        "orderedItems": items,
    }
    if next_page:
        document["next"] = next_page
    return document
