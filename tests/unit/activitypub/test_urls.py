from fedreview.activitypub.urls import Urls
from fedreview.domain.review import SLUG_LENGTH, slug_from_title

URLS = Urls("https://reviews.example")


def test_the_page_of_a_review_with_a_long_title_in_any_script_is_recognised() -> None:
    for letter in ("漢", "𠀋", "x"):
        slug = f"{slug_from_title(letter * 100)}-12"

        assert len(slug) == SLUG_LENGTH + len("-12")
        assert URLS.review_slug(URLS.review_page(slug)) == slug


def test_every_address_is_made_in_one_place() -> None:
    base = URLS.base

    assert URLS.instance_actor == f"{base}/actor"
    assert URLS.note_page("n1") == f"{base}/notes/n1"
    assert URLS.comment("n1") == f"{base}/comments/n1"
    assert URLS.quote("q1") == f"{base}/ap/quotes/q1"
    assert URLS.approval("r1") == f"{base}/ap/approvals/r1"
    assert URLS.activity("a1") == f"{base}/ap/activities/a1"
    assert URLS.tag_page("slow cinema") == f"{base}/tags/slow%20cinema"


def test_a_work_is_recognised_by_its_id_and_by_its_page() -> None:
    assert URLS.work_id(URLS.work("w1")) == "w1"
    assert URLS.work_slug(URLS.work_page("blame")) == "blame"
    assert URLS.work_slug("https://elsewhere.example/works/blame") is None
