"""Pins on the desk, and the page that other sites lead an author to."""

from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.conftest import LAPTOP, Scheme, Visit
from tests.browser.elsewhere import Elsewhere
from tests.browser.material import review_file
from tests.browser.visitor import Visitor
from tests.servers import FedreviewProcess, eventually

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
def author(site: FedreviewProcess, visit: Visit, javascript: bool) -> Visitor:
    """Anna, signed in."""
    visitor = visit(site.base_url, javascript=javascript)
    visitor.signs_in()
    return visitor


def interaction(address: str) -> str:
    return f"/authorize_interaction?{urlencode({'uri': address})}"


def test_a_review_is_pinned_with_the_mouse_and_taken_down_with_the_keyboard(
    site: FedreviewProcess, author: Visitor
) -> None:
    site.publish(review_file("The Quiet Kiln", rating="8.5"))
    site.publish(review_file("Ash", kind="music", rating="2"))
    author.goes_to("/studio")

    author.page.get_by_role("button", name="Pin to profile The Quiet Kiln").first.click()

    expect(author.page.get_by_role("status")).to_have_text(
        "Pinned. It stands first on your profile."
    )
    author.goes_to("/@anna")
    first = author.page.locator("article.card").first
    expect(first.locator(".card-title")).to_have_text("The Quiet Kiln")
    expect(first.locator(".badge")).to_have_text("Pinned")
    author.goes_to("/studio")
    author.page.get_by_role("button", name="Unpin The Quiet Kiln").first.press("Enter")
    expect(author.page.get_by_role("status")).to_have_text("Unpinned.")
    author.goes_to("/@anna")
    assert author.page.locator(".badge").count() == 0


def test_an_address_leads_through_the_sign_in_page_to_somebody_to_follow(
    site: FedreviewProcess, elsewhere: Elsewhere, visit: Visit, javascript: bool
) -> None:
    visitor = visit(site.base_url, javascript=javascript)
    name, before = "nora" if javascript else "otto", len(elsewhere.received)
    visitor.goes_to(interaction(f"acct:{name}@{elsewhere.host}"))
    visitor.fills({"User name": "anna", "Password": "correct horse battery staple"})
    visitor.presses("Sign in")
    assert visitor.field("Address").input_value() == f"acct:{name}@{elsewhere.host}"

    visitor.presses("Look it up")
    visitor.presses(f"Follow {name}")

    assert "Asked" in visitor.reads(".flash[role=status]")
    assert "has not answered yet" in visitor.reads("main article")
    assert eventually(lambda: len(elsewhere.received) > before)
    visitor.presses(f"Unfollow {name}")
    again = visitor.page.get_by_role("button", name=f"Follow {name}", exact=True)
    expect(again).to_be_visible()


def test_a_post_is_looked_up_and_answered(author: Visitor, elsewhere: Elsewhere) -> None:
    post = elsewhere.post("mira", "<p>Which film has the <b>longest</b> silence?</p>")
    author.goes_to(interaction(post))
    author.presses("Look it up")
    assert author.reads(".reply-text") == "Which film has the longest silence?"

    author.unfolds("Answer")
    author.fills({"Your answer": "The one about clay."})
    author.presses("Send answer")

    assert "Answered" in author.reads(".flash[role=status]")
    assert author.reads("h1") == "Answer a post"
    (note,) = eventually(
        lambda: [
            each["object"]
            for each in elsewhere.received
            if each["type"] == "Create" and each["object"].get("inReplyTo") == post
        ]
    )
    assert elsewhere.actor_id("mira") in note["cc"]


def test_what_cannot_be_found_says_so_beside_the_field(author: Visitor) -> None:
    author.goes_to("/authorize_interaction")
    author.fills({"Address": "no handle"})

    author.presses("Look it up")

    assert "Nothing was found there" in author.reads("#problem-uri")
    assert author.field("Address").input_value() == "no handle"


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    """What the system asks for."""
    return "dark" if request.param == "dark" else "light"


@pytest.fixture(params=[PHONE, LAPTOP], ids=["phone", "laptop"])
def author_on_a_screen(
    request: pytest.FixtureRequest, site: FedreviewProcess, visit: Visit, scheme: Scheme
) -> Visitor:
    visitor = visit(site.base_url, viewport=request.param, scheme=scheme)
    visitor.signs_in()
    return visitor


def test_every_form_of_the_page_fits_its_screen(
    site: FedreviewProcess,
    author_on_a_screen: Visitor,
    elsewhere: Elsewhere,
    scheme: Scheme,
    pictures: Path,
) -> None:
    site.publish(review_file("The Quiet Kiln", rating="8.5"))
    author, page = author_on_a_screen, author_on_a_screen.page
    post = elsewhere.post("layla", "<p>Averyveryverylongword" * 6 + "</p>")
    for address in (post, elsewhere.actor_id("layla")):
        author.goes_to(interaction(address))
        if page.get_by_role("button", name="Look it up").count():
            author.presses("Look it up")
    author.goes_to("/studio")
    if not page.get_by_role("button", name="Unpin").count():
        page.get_by_role("button", name="Pin to profile The Quiet Kiln").first.click()
    forms = {
        "interaction": "/authorize_interaction",
        "interaction-unknown": interaction("https://elsewhere.example/notes/1"),
        "interaction-person": interaction(elsewhere.actor_id("layla")),
        "interaction-post": interaction(post),
        "interaction-here": interaction(f"{author.base_url}/@anna"),
        "pins-desk": "/studio",
        "pins-person": "/@anna",
        "pins-settings": "/studio/settings",
    }

    for name, address in forms.items():
        author.goes_to(address)
        width = (page.viewport_size or LAPTOP)["width"]
        page.screenshot(path=pictures / f"{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_a_reader_is_led_to_their_own_server_and_asked_for_the_handle_once(
    site: FedreviewProcess, elsewhere: Elsewhere, visit: Visit, javascript: bool, pictures: Path
) -> None:
    reader = visit(site.base_url, javascript=javascript, viewport=PHONE)
    reader.goes_to("/@anna")
    reader.page.get_by_role("link", name="Follow").first.click()
    expect(reader.page.get_by_role("heading", level=1)).to_contain_text("from your own server")
    field = reader.page.get_by_label("Your handle in the fediverse")

    field.fill("not a handle")
    field.press("Enter")
    expect(reader.page.get_by_role("alert")).to_contain_text("Type your whole handle")
    reader.page.screenshot(path=pictures / "interact-problem.png", full_page=True)

    field.fill(f"@mira@{elsewhere.host}")
    reader.page.screenshot(path=pictures / "interact.png", full_page=True)
    field.press("Enter")
    reader.page.wait_for_url(f"{elsewhere.actor_id('mira')}?uri=*")
    # The one time that a reader leaves this site, and it is what they asked for.
    [left] = reader.complaints
    assert left.startswith(f"request to {elsewhere.actor_id('mira')}?uri=anna")
    reader.complaints.clear()

    reader.goes_to("/interact?do=follow&person=anna")
    kept = f"@mira@{elsewhere.host}" if javascript else ""
    expect(field).to_have_value(kept)
    assert reader.page.context.cookies() == []
