"""A whole server is kept at a distance, and let in again, by its author's clicks."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.elsewhere import Elsewhere
from tests.browser.material import review_file
from tests.browser.test_conversing import sees
from tests.servers import FedreviewProcess

pytestmark = pytest.mark.browser


def test_a_blocked_servers_replies_vanish_and_come_back_on_unblock(
    site: FedreviewProcess, elsewhere: Elsewhere, visit: Visit
) -> None:
    review = site.publish(review_file("The Quiet Kiln", rating="8.5"))
    author = visit(site.base_url)
    reader = visit(site.base_url)
    author.signs_in()
    elsewhere.reply("mira", about=review["id"], html="<p>Buy my pots.</p>")
    sees(author, "/studio/conversation", "Buy my pots.")
    sees(reader, review["url"], "Buy my pots.")

    author.unfolds("Block or report")
    author.page.get_by_role("link", name="Block the whole server of Mira Okafor").click()
    assert author.reads("h1") == elsewhere.host
    assert "1 post that can be seen now" in author.reads(".panel")
    author.presses("Keep it at a distance")

    assert author.reads(".flash[role=status]").startswith("Suspended.")
    assert elsewhere.host in author.reads(".servers")
    reader.goes_to(review["url"])
    assert reader.reads("#thoughts").startswith("No thoughts")
    expect(reader.page.get_by_text("Buy my pots.")).to_have_count(0)
    author.goes_to("/studio/conversation")
    expect(author.page.get_by_text("Buy my pots.")).to_have_count(0)

    author.goes_to("/studio/servers")
    author.presses(f"Remove {elsewhere.host}")

    assert author.reads(".flash[role=status]").startswith("Removed from the list.")
    reader.goes_to(review["url"])
    expect(reader.page.get_by_text("Buy my pots.")).to_be_visible()
    author.presses("Undo")
    reader.goes_to(review["url"])
    expect(reader.page.get_by_text("Buy my pots.")).to_have_count(0)
    author.presses(f"Remove {elsewhere.host}")
    author.goes_to("/studio/conversation")
    expect(author.page.get_by_text("Buy my pots.")).to_be_visible()
