"""The page says how far something has come, by itself, as long as it goes on."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from fedreview.storage.database import Database
from fedreview.storage.queue_tables import DeliveryRow
from fedreview.storage.queues import QueueState
from tests.browser.conftest import Visit
from tests.browser.furnished import send_to_many
from tests.browser.material import review_file
from tests.servers import FedreviewProcess

pytestmark = pytest.mark.browser

ASKED_WHILE_HIDDEN = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, value: true });
  const asking = new Event("htmx:beforeRequest", { bubbles: true, cancelable: true });
  const asked = document.querySelector(".fan-outs").dispatchEvent(asking);
  delete document.hidden;
  return asked;
}"""


def test_the_bar_moves_while_something_is_sent_and_stops_asking_when_it_is_over(
    site: FedreviewProcess, visit: Visit
) -> None:
    sent = send_to_many(site, site.publish(review_file("Ash", kind="film", rating="8")))
    author = visit(site.base_url)
    author.signs_in()
    author.goes_to(f"/studio/deliveries/{sent}")
    part = author.page.locator(".fan-outs")
    bar = author.page.locator(f"#bar-{sent}")
    expect(part).to_contain_text("40 of 45 servers have it.")
    expect(bar).to_contain_text("40 delivered")
    assert not author.page.evaluate(ASKED_WHILE_HIDDEN)

    database = Database(f"sqlite:///{site.folder / 'data' / 'fedreview.sqlite3'}")
    with database.transaction() as tx:
        arrived = update(DeliveryRow).where(DeliveryRow.host == "next.example")
        tx.execute(arrived.values(state=QueueState.DONE))
    database.close()

    expect(part).to_contain_text("41 of 45 servers have it.")
    expect(bar).to_contain_text("41 delivered")
    assert part.get_attribute("hx-get") is None
    assert part.locator("progress").get_attribute("value") == "41"
