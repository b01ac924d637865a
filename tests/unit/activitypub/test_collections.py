"""Collections as other servers read them."""

from fedreview.activitypub import acts, collections
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS, PUBLIC
from tests.factories import SITE, an_author

URLS = Urls(SITE)
URI = f"{SITE}/users/ana/followers"


def test_a_collection_that_is_only_counted_names_no_page() -> None:
    assert collections.collection(URI, total=3) == {
        "@context": ACTIVITY_STREAMS,
        "id": URI,
        "type": "OrderedCollection",
        "totalItems": 3,
    }


def test_a_collection_leads_to_its_pages_or_has_its_items() -> None:
    paged = collections.collection(URI, total=3, first=f"{URI}?page=1", owner=f"{SITE}/users/ana")
    whole = collections.collection(URI, total=1, ordered=False, items=["https://a.example/1"])

    assert (paged["first"], paged["attributedTo"]) == (f"{URI}?page=1", f"{SITE}/users/ana")
    assert (whole["type"], whole["items"]) == ("Collection", ["https://a.example/1"])


def test_a_page_names_the_next_only_when_there_is_one() -> None:
    last = collections.page(f"{URI}?page=1", part_of=URI, items=[])
    middle = collections.page(
        f"{URI}?page=1", part_of=URI, items=[], next_page=f"{URI}?after=7", ordered=False
    )

    assert last == {
        "id": f"{URI}?page=1",
        "type": "OrderedCollectionPage",
        "partOf": URI,
        "orderedItems": [],
    }
    assert (middle["type"], middle["next"]) == ("CollectionPage", f"{URI}?after=7")
    assert "items" in middle


def test_a_page_becomes_a_document_by_its_context() -> None:
    page = collections.page(f"{URI}?page=1", part_of=URI, items=[])

    assert collections.page_of_ids(page)["@context"] == ACTIVITY_STREAMS
    assert "sensitive" in str(collections.page_of_objects(page)["@context"])


def test_featured_tags_are_hashtags_with_their_pages() -> None:
    found = collections.featured_tags(f"{SITE}/users/ana/featuredTags", ("SlowCinema",), URLS)

    assert found["items"] == [
        {"type": "Hashtag", "name": "#SlowCinema", "href": f"{SITE}/tags/slowcinema"}
    ]


def test_a_pin_names_the_review_and_the_collection() -> None:
    added = acts.pinning("Add", f"{SITE}/ap/activities/1", an_author(), URLS.review("r1"), URLS)

    assert (added["type"], added["actor"]) == ("Add", f"{SITE}/users/ana")
    assert added["object"] == URLS.review("r1")
    assert added["target"] == f"{SITE}/users/ana/featured"
    assert (added["to"], added["cc"]) == ([PUBLIC], [f"{SITE}/users/ana/followers"])
