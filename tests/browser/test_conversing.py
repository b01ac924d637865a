"""A conversation under a review, as its author leads it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.elsewhere import Document, Elsewhere
from tests.browser.material import review_file
from tests.browser.visitor import Visitor
from tests.servers import FedreviewProcess, eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def author(site: FedreviewProcess, visit: Visit, javascript: bool) -> Visitor:
    """Anna, signed in."""
    visitor = visit(site.base_url, javascript=javascript)
    visitor.signs_in()
    return visitor


@pytest.fixture
def review(site: FedreviewProcess) -> Document:
    """A published review: `url` is its page, `id` what replies answer."""
    return site.publish(review_file("The Quiet Kiln", rating="8.5"))


def sees(visitor: Visitor, address: str, text: str) -> None:
    """Open a page again and again until the text is on it."""

    def look() -> bool:
        visitor.goes_to(address)
        return visitor.page.get_by_text(text).count() > 0

    assert eventually(look)


def answers(received: list[Document], note_id: str) -> list[Document]:
    """Give the answers to a note among what has arrived at a server."""
    notes = [each["object"] for each in received if each["type"] == "Create"]
    return [note for note in notes if note["inReplyTo"] == note_id]


def test_a_reply_is_answered_from_the_page(
    author: Visitor, elsewhere: Elsewhere, review: Document
) -> None:
    question = elsewhere.reply("mira", about=review["id"], html="<p>Is it on a disc?</p>")
    sees(author, review["url"], "Is it on a disc?")
    assert author.reads("#thoughts").startswith("1 thought on")
    assert "Mira Okafor" in author.reads(".reply .who")
    assert f"@mira@{elsewhere.host}" in author.reads(".reply .who")

    author.unfolds("Answer")
    author.fills({"Your answer": "No, only in *cinemas*."})
    author.presses("Send answer")

    assert "Answered" in author.reads(".flash[role=status]")
    assert author.reads("#thoughts").startswith("2 thoughts on")
    assert author.reads(".depth-1 .by-author .reply-text") == "No, only in cinemas."
    (note,) = eventually(lambda: answers(elsewhere.received, question))
    assert elsewhere.actor_id("mira") in note["cc"]
    assert "<em>cinemas</em>" in note["content"]


def test_an_answer_that_is_too_long_comes_back_to_its_place(
    author: Visitor, elsewhere: Elsewhere, review: Document
) -> None:
    elsewhere.reply("mira", about=review["id"], html="<p>Is it on a disc?</p>")
    sees(author, review["url"], "Is it on a disc?")

    author.unfolds("Answer")
    author.fills({"Your answer": "x" * 20_001})
    author.presses("Send answer")

    assert author.field("Your answer").input_value() == "x" * 20_001
    assert author.field("Your answer").get_attribute("aria-invalid") == "true"
    assert author.reads("#thoughts").startswith("1 thought on")


def test_a_hidden_reply_leaves_its_place_and_can_be_shown_again(
    author: Visitor, elsewhere: Elsewhere, review: Document
) -> None:
    rude = elsewhere.reply("tom", about=review["id"], html="<p>You know nothing of pots.</p>")
    elsewhere.reply("mira", about=review["id"], to=rude, html="<p>Be kind.</p>")
    sees(author, review["url"], "Be kind.")

    author.presses("Hide the reply by Tom")

    assert "Hidden" in author.reads(".flash[role=status]")
    assert author.page.get_by_text("You know nothing").count() == 0
    assert "hidden here" in author.reads(".gap")
    assert "Be kind." in author.reads(".depth-1")
    author.goes_to("/studio/conversation")
    author.presses("Show again the reply by Tom")
    author.goes_to(review["url"])
    assert author.page.get_by_text("You know nothing").is_visible()
    assert author.reads("#thoughts").startswith("2 thoughts on")


def test_an_own_answer_can_be_taken_back(
    author: Visitor, elsewhere: Elsewhere, review: Document
) -> None:
    elsewhere.reply("mira", about=review["id"], html="<p>Is it on a disc?</p>")
    sees(author, review["url"], "Is it on a disc?")
    author.unfolds("Answer")
    author.fills({"Your answer": "Yes."})
    author.presses("Send answer")

    author.page.locator(".by-author").get_by_role("link", name="Delete").click()
    assert "cannot be undone" in author.reads("main")
    author.presses("Delete it")

    assert "Deleted" in author.reads(".flash[role=status]")
    assert author.reads("#thoughts").startswith("1 thought on")


def test_what_a_reply_warns_of_stays_folded(
    site: FedreviewProcess, elsewhere: Elsewhere, review: Document, visit: Visit, javascript: bool
) -> None:
    elsewhere.reply("tom", about=review["id"], html="<p>The kiln cracks.</p>", warning="the ending")
    reader = visit(site.base_url, javascript=javascript)
    sees(reader, review["url"], "the ending")
    text = reader.page.locator(".reply-text", has_text="The kiln cracks.")
    expect(text).to_be_hidden()

    reader.unfolds("Content warning: the ending")

    expect(text).to_be_visible()


def test_a_reader_is_told_how_to_answer_and_sees_no_buttons(
    site: FedreviewProcess, review: Document, visit: Visit, javascript: bool
) -> None:
    reader = visit(site.base_url, javascript=javascript)

    reader.goes_to(review["url"])

    assert reader.reads("#thoughts").startswith("No thoughts yet")
    assert "reply" in reader.reads(".join")
    assert reader.field("Address of this review").input_value() == review["url"]
    assert reader.page.get_by_role("button").count() == 0


def test_a_long_thread_shows_every_reply_and_stays_on_the_screen(
    site: FedreviewProcess, elsewhere: Elsewhere, review: Document, visit: Visit
) -> None:
    parent = ""
    for number in range(30):
        parent = elsewhere.reply(
            "mira", about=review["id"], to=parent, html=f"<p>Deep {number}.</p>"
        )
    for number in range(30):
        elsewhere.reply("tom", about=review["id"], html=f"<p>Wide {number}.</p>")
    reader = visit(site.base_url, viewport={"width": 360, "height": 800})

    sees(reader, review["url"], "Deep 29.")
    sees(reader, review["url"], "Wide 29.")

    assert reader.reads("#thoughts").startswith("60 thoughts on")
    for fold in reader.page.locator(".fold summary").all():
        fold.click()
    texts = reader.page.locator(".reply-text").all_inner_texts()
    deep = [f"Deep {number}." for number in range(30)]
    wide = [f"Wide {number}." for number in range(30)]
    assert [text.strip() for text in texts] == deep + wide
    widths = reader.page.locator(".reply-text").evaluate_all(
        "elements => elements.map(element => element.getBoundingClientRect().width)"
    )
    assert min(widths) > 200
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_ctrl_and_enter_send_the_answer(
    site: FedreviewProcess, elsewhere: Elsewhere, review: Document, visit: Visit
) -> None:
    elsewhere.reply("mira", about=review["id"], html="<p>Is it on a disc?</p>")
    author = visit(site.base_url)
    author.signs_in()
    sees(author, review["url"], "Is it on a disc?")

    author.unfolds("Answer")
    author.field("Your answer").fill("Yes.")
    author.field("Your answer").press("Control+Enter")
    author.page.wait_for_url(re.compile("done=answered"))

    assert author.reads(".by-author .reply-text") == "Yes."


def test_who_is_in_the_thread_is_named_with_the_keyboard_alone(
    site: FedreviewProcess, elsewhere: Elsewhere, review: Document, visit: Visit
) -> None:
    question = elsewhere.reply("mira", about=review["id"], html="<p>Is it on a disc?</p>")
    elsewhere.reply("tom", about=review["id"], html="<p>I saw one.</p>")
    author = visit(site.base_url)
    author.signs_in()
    sees(author, review["url"], "Is it on a disc?")
    sees(author, review["url"], "I saw one.")
    author.page.locator("summary", has_text="Answer").first.press("Enter")
    field, listed = author.field("Your answer").first, author.page.get_by_role("option")

    field.press_sequentially("Ask @")
    expect(listed).to_have_count(2)
    field.press_sequentially("zz")
    expect(listed).to_have_count(0)
    field.press("Backspace")
    field.press("Backspace")
    expect(listed).to_have_count(2)
    field.press("Escape")
    expect(listed).to_have_count(0)
    field.press_sequentially("t")
    expect(listed).to_have_text([f"Tom @tom@{elsewhere.host}"])
    expect(field).to_have_attribute("aria-activedescendant", re.compile("people-"))
    field.press("Enter")

    expect(field).to_have_value(f"Ask @tom@{elsewhere.host} ")
    expect(listed).to_have_count(0)
    field.press_sequentially("instead.")
    field.press("Control+Enter")
    author.page.wait_for_url(re.compile("done=answered"))
    note, *_ = eventually(lambda: answers(elsewhere.received, question))
    assert elsewhere.actor_id("tom") in note["cc"]


def test_how_much_room_an_answer_has_is_said_before_it_is_sent(
    site: FedreviewProcess, review: Document, visit: Visit
) -> None:
    author = visit(site.base_url)
    author.signs_in()
    author.goes_to(review["url"])
    author.unfolds("Comment on your own review")

    author.field("Your comment").fill("x" * 19_990)
    expect(author.page.locator(".room:not(.visually-hidden):visible")).to_have_text(
        "10 characters left"
    )
    author.field("Your comment").fill("x" * 20_002)

    expect(author.page.locator(".room.over")).to_have_text("2 characters too many")


def test_signing_out_closes_the_desk(author: Visitor) -> None:
    author.goes_to("/studio/settings")

    author.presses("Sign out here")

    assert author.page.get_by_role("link", name="Desk").count() == 0
    author.goes_to("/studio/settings")
    assert "/login" in author.page.url
    author.fills({"User name": "anna", "Password": "correct horse battery staple"})
    author.presses("Sign in")
    assert author.page.url.endswith("/studio/settings")
