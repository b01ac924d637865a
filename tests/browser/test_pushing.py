"""The button that lets a browser show notices.

No headless browser gets an address from a push service; what is seen here is everything before.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.servers import FedreviewProcess

pytestmark = pytest.mark.browser

WORKERS = """async () => (await navigator.serviceWorker.getRegistrations()).map(
    (each) => [new URL(each.active.scriptURL).pathname, new URL(each.scope).pathname])"""


def test_the_button_registers_the_worker_for_the_desk_and_says_what_went_wrong(
    site: FedreviewProcess, visit: Visit, pictures: Path
) -> None:
    author = visit(site.base_url)
    author.page.context.grant_permissions(["notifications"])
    author.signs_in()
    author.goes_to("/studio/settings#push")
    section = author.page.locator("[data-push-key]")
    section.screenshot(path=pictures / "push-settings.png")

    author.presses("Show notices in this browser")

    expect(section.get_by_role("status")).to_contain_text("could not get an address")
    assert author.page.evaluate(WORKERS) == [["/push-worker.js", "/studio/"]]
    # Chromium's own words about why there is no address.
    author.complaints[:] = [each for each in author.complaints if "incognito" not in each]


def test_without_javascript_the_section_says_what_it_needs(
    site: FedreviewProcess, visit: Visit
) -> None:
    author = visit(site.base_url, javascript=False)
    author.signs_in()

    author.goes_to("/studio/settings")

    section = author.page.locator("[data-push-key]")
    expect(section.get_by_role("status")).to_contain_text("needs JavaScript")
    expect(section.get_by_role("button", name="Show notices in this browser")).to_be_hidden()
