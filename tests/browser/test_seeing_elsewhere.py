"""A review as others show it, chosen beside the form, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.material import REVIEW
from tests.browser.visitor import Visitor
from tests.servers import FedreviewProcess

WRITTEN = {name: REVIEW[name] for name in ("Title of the work", "Title of your review")}
pytestmark = pytest.mark.browser


@pytest.fixture
def author(site: FedreviewProcess, visit: Visit, javascript: bool) -> Visitor:
    """Anna, at an empty form."""
    author = visit(site.base_url, javascript=javascript)
    author.signs_in()
    author.goes_to("/studio/write")
    return author


def test_a_press_shows_the_review_as_another_server_does(author: Visitor) -> None:
    author.fills(WRITTEN)
    author.field("Your review").fill(REVIEW["Your review"])
    author.page.locator("#field-rating").fill(REVIEW["Rating"])
    author.presses("Preview")
    preview = author.page.locator("#preview")

    for name, words in (("Mastodon", REVIEW["Title of your review"]), ("NeoDB", "9/10")):
        preview.get_by_role("button", name=name, exact=True).click()

        expect(preview.get_by_role("article", name=f"As on {name}")).to_contain_text(words)
        expect(preview.get_by_role("button", pressed=True)).to_have_text(name)
    assert author.field("Your review").input_value() == REVIEW["Your review"]
