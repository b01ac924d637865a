"""What a short post says of a work, as data that every dialect can read."""

from fedreview.activitypub.dialects.neodb import Mark, neodb_mark
from fedreview.activitypub.dialects.schema import schema_rating, schema_work
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Json


def mark_members(mark: Mark, urls: Urls) -> dict[str, Json]:
    """Give what stands in the document of a post beside its words."""
    members: dict[str, Json] = {
        "itemReviewed": schema_work(mark.work, urls),
        "relatedWith": neodb_mark(mark, urls),
    }
    if mark.rating:
        members["reviewRating"] = schema_rating(mark.rating)
    return members
