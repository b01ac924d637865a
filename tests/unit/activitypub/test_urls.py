from fedreview.activitypub.urls import Urls
from fedreview.domain.review import SLUG_LENGTH, slug_from_title

URLS = Urls("https://reviews.example")


def test_the_page_of_a_review_with_a_long_title_in_any_script_is_recognised() -> None:
    for letter in ("漢", "𠀋", "x"):
        slug = f"{slug_from_title(letter * 100)}-12"

        assert len(slug) == SLUG_LENGTH + len("-12")
        assert URLS.review_slug(URLS.review_page(slug)) == slug
