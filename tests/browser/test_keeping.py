"""What is typed is kept by a real browser, and what a review was is shown."""

import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.servers import FedreviewProcess
from tests.waiting import until

pytestmark = pytest.mark.browser


def signed_in(site: FedreviewProcess, visit: Visit) -> Visitor:
    author = visit(site.base_url)
    author.signs_in()
    return author


def saved(page: Page) -> None:
    """Wait until the page says that what was typed is kept."""
    expect(page.locator("[data-status]")).to_contain_text("Saved ")


def test_a_draft_survives_a_closed_browser(
    site: FedreviewProcess, visit: Visit, pictures: Path
) -> None:
    author = signed_in(site, visit)
    author.goes_to("/studio/write")
    author.fills({"Title of the work": "Closed Too Soon", "Your review": "It was"})
    saved(author.page)
    author.fills({"Your review": "It was late."})
    author.page.close(run_before_unload=False)
    author.page.context.close()

    later = signed_in(site, visit)
    later.page.screenshot(path=pictures / "unsaved.png", full_page=True)
    later.page.get_by_role("link", name="Closed Too Soon").click()

    assert "Restored what you typed" in later.reads(".notice[role=status]")
    assert later.field("Your review").input_value() == "It was late."
    later.page.screenshot(path=pictures / "restored.png", full_page=True)
    later.presses("Discard these changes")
    assert "Closed Too Soon" not in later.reads("main")


def test_a_second_tab_is_warned_and_can_go_on(
    site: FedreviewProcess, visit: Visit, pictures: Path
) -> None:
    author = signed_in(site, visit)
    author.goes_to("/studio/write")
    author.fills({"Title of the work": "Two Tabs"})
    author.presses("Save draft")
    address = author.page.url
    other = author.page.context.new_page()
    other.goto(address)
    author.fills({"Your review": "From the first."})
    saved(author.page)

    other.get_by_label("Your review", exact=True).fill("From the second.")

    warning = other.locator("#other-tab")
    expect(warning).to_be_visible()
    other.screenshot(path=pictures / "second-tab.png", full_page=True)
    warning.get_by_role("button", name="Go on here").click()
    saved(other)
    other.get_by_role("button", name="Save draft").click()
    expect(other.get_by_label("Your review", exact=True)).to_have_value("From the second.")
    assert [each for each in author.complaints if "409 for" not in each] == []
    author.complaints.clear()


def test_a_scheduled_review_appears_by_itself_and_its_edits_are_told(
    site: FedreviewProcess, visit: Visit, pictures: Path
) -> None:
    author = signed_in(site, visit)
    author.goes_to("/studio/write")
    author.fills({"Title of the work": "On Time", "Your review": "It is good."})
    author.unfolds("Publish later")
    author.field("Publish on").fill("2030-01-01T08:00")
    author.presses("Schedule")
    author.page.screenshot(path=pictures / "scheduled.png", full_page=True)
    author.goes_to("/studio")
    assert "Tuesday 1 January 2030, 08:00" in author.reads("main")
    author.page.screenshot(path=pictures / "desk-scheduled.png", full_page=True)
    with sqlite3.connect(site.folder / "data" / "fedreview.sqlite3") as database:
        database.execute("UPDATE reviews SET scheduled_at = created_at WHERE slug = 'on-time'")

    def is_there() -> bool:
        return author.page.request.get(f"{site.base_url}/reviews/on-time").status == 200

    until(is_there)
    author.goes_to("/reviews/on-time")
    author.page.get_by_role("link", name="Edit this review").click()
    author.fills({"Your review": "It is very good."})
    author.presses("Save changes")
    author.page.get_by_role("link", name="edited").click()

    assert author.reads("ins") == "Added: very"
    author.page.screenshot(path=pictures / "history.png", full_page=True)
