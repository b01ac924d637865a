"""A slash leads to the search, but not while something is being typed."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.servers import FedreviewProcess

pytestmark = pytest.mark.browser


def test_a_slash_leads_to_the_search_and_can_be_typed_there(
    site: FedreviewProcess, visit: Visit
) -> None:
    reader = visit(site.base_url)
    reader.goes_to("/archive")

    reader.page.keyboard.press("/")
    reader.page.wait_for_url("**/search")
    field = reader.page.get_by_role("searchbox")
    reader.page.keyboard.press("/")
    expect(field).to_be_focused()
    reader.page.keyboard.type("8/10")

    expect(field).to_have_value("8/10")
