"""A moderator at work, with a keyboard and a real page."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.elsewhere import Document, Elsewhere
from tests.browser.material import review_file
from tests.browser.visitor import Visitor
from tests.servers import FedreviewProcess, eventually

pytestmark = pytest.mark.browser

WAITING = "/studio/waiting"


@pytest.fixture
def review(site: FedreviewProcess) -> Document:
    """A published review where every reply is looked at first."""
    published = site.publish(review_file("The Quiet Kiln", rating="8.5"))
    with site.login() as author:
        path = f"/studio/reviews/{published['id'].rpartition('/')[2]}/conduct"
        answer = author.post(path, data={"replies_mode": "all"})
        assert answer.is_redirect
    return published


def waits(visitor: Visitor, number: int) -> None:
    """Open the queue again and again until so many replies stand there."""

    def look() -> bool:
        visitor.goes_to(WAITING)
        return visitor.page.locator(".held").count() == number

    assert eventually(look)


def text_in_focus(visitor: Visitor) -> str:
    return visitor.reads(".held:focus .reply-text")


def test_twenty_held_replies_are_cleared_with_the_keyboard(
    site: FedreviewProcess, elsewhere: Elsewhere, review: Document, visit: Visit
) -> None:
    for number in range(19):
        elsewhere.reply("mira", about=review["id"], html=f"<p>Thought {number}.</p>")
    author = visit(site.base_url)
    author.signs_in()
    waits(author, 19)
    # What different people say at the same time may be applied in any order.
    elsewhere.reply("tom", about=review["id"], html="<p>Thought 19.</p>")
    waits(author, 20)
    keys, page = author.page.keyboard, author.page

    keys.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    keys.press("a")
    keys.press("Escape")
    expect(page.locator(".held")).to_have_count(20)

    keys.press("j")
    assert text_in_focus(author) == "Thought 0."
    keys.press("ArrowDown")
    keys.press("k")
    for key in "aaaahhdds":
        keys.press(key)
    assert text_in_focus(author) == "Thought 9."
    expect(page.locator("[data-said]")).to_contain_text("Put with the spam")
    expect(page.locator(".stroke")).to_contain_text("Put with the spam")
    keys.press("u")
    expect(page.locator(".held")).to_have_count(12)
    expect(page.locator(".stroke")).to_contain_text("Undone")
    assert text_in_focus(author) == "Thought 9."
    keys.press("k")
    assert text_in_focus(author) == "Thought 8."
    keys.press("x")
    expect(page.locator("[name=pick]:checked")).to_have_count(1)
    for _ in range(11):
        keys.press("a")
    assert text_in_focus(author) == "Thought 19."
    keys.press("b")

    expect(page.locator("[data-none]")).to_be_focused()
    expect(page.locator(".stroke")).to_contain_text("Blocked")
    author.goes_to(review["url"])
    shown = [text.strip() for text in page.locator(".reply-text").all_inner_texts()]
    assert shown == [f"Thought {n}." for n in (0, 1, 2, 3, *range(8, 19))]
    author.goes_to("/studio/set-aside")
    assert page.locator(".held").count() == 3


def test_ticked_replies_are_decided_together(
    site: FedreviewProcess,
    elsewhere: Elsewhere,
    review: Document,
    visit: Visit,
    javascript: bool,
) -> None:
    for number in range(3):
        elsewhere.reply("mira", about=review["id"], html=f"<p>Thought {number}.</p>")
    author = visit(site.base_url, javascript=javascript)
    author.signs_in()
    waits(author, 3)

    author.page.get_by_text("Tick all on this page").click()
    author.page.get_by_role("button", name="Spam", exact=True).click()
    expect(author.page.locator(".stroke")).to_contain_text("3 replies")
    author.presses("Undo")

    expect(author.page.locator(".held")).to_have_count(3)
    author.page.locator("[data-act=delete]").first.click()
    expect(author.page.locator(".held")).to_have_count(2)
    author.page.get_by_text("Tick all on this page").click()
    author.page.get_by_role("button", name="Approve", exact=True).click()
    expect(author.page.locator("[data-none]")).to_be_visible()
