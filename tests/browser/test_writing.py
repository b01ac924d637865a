"""How a review is written: typed wrong, looked at, published, changed."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.material import BODY, FOLDED, GROUPS, REVIEW, cover
from tests.browser.visitor import Visitor
from tests.servers import FedreviewProcess

pytestmark = pytest.mark.browser


@pytest.fixture
def author(site: FedreviewProcess, visit: Visit, javascript: bool) -> Visitor:
    """Anna, at an empty form."""
    visitor = visit(site.base_url, javascript=javascript)
    visitor.signs_in()
    visitor.goes_to("/studio/write")
    return visitor


def fill_in(author: Visitor) -> None:
    """Type into every field there is."""
    author.unfolds(*GROUPS)
    author.field("What is it?").select_option(label="Film")
    author.fills({**REVIEW, **FOLDED})
    author.field("How much it gives away").select_option(label="Some of the story")
    author.field("Language").select_option(label="English")


def typed(author: Visitor) -> dict[str, str]:
    """Give what stands in the fields."""
    return {label: author.field(label).input_value() for label in {**REVIEW, **FOLDED}}


def test_wrong_input_comes_back_with_everything_typed(author: Visitor) -> None:
    fill_in(author)
    wrong = {"Title of the work": "", "Rating": "11", "Year": "MMXVII"}
    author.fills(wrong)

    author.presses("Save draft")

    assert typed(author) == {**REVIEW, **FOLDED, **wrong}
    assert author.field("How much it gives away").input_value() == "some"
    summary = author.page.get_by_role("alert")
    assert summary.get_by_role("link").count() == len(wrong)
    for label in wrong:
        field = author.field(label)
        assert field.get_attribute("aria-invalid") == "true"
        described = (field.get_attribute("aria-describedby") or "").split()
        (problem,) = [name for name in described if name.startswith("problem-")]
        assert author.reads(f"#{problem}")
    assert author.page.title().startswith("Problem: ")


def test_what_must_be_there_is_asked_for_before_anything_is_sent(author: Visitor) -> None:
    author.presses("Publish")

    assert urlsplit(author.page.url).path == "/studio/write"
    assert author.page.locator("#field-title:invalid").count() == 1
    assert author.page.locator("#field-title:focus").count() == 1


def test_the_preview_button_shows_the_review_and_keeps_what_was_typed(author: Visitor) -> None:
    fill_in(author)

    author.presses("Preview")

    assert author.reads("#preview .review-title") == REVIEW["Title of your review"]
    assert author.reads("#preview .number") == "8.5"
    assert author.page.locator("#preview .prose details").count() == 1
    assert typed(author) == {**REVIEW, **FOLDED}


@pytest.mark.parametrize("javascript", [True], indirect=True, ids=["with-javascript"])
def test_the_preview_follows_what_is_typed(author: Visitor) -> None:
    author.fills({"Title of the work": "The Quiet Kiln"})
    preview = author.page.locator("#preview")
    expect(preview.locator(".review-title")).to_have_text("The Quiet Kiln")

    author.fills({"Rating": "8,5", "Your review": "It *glows*."})

    expect(preview.locator("em")).to_have_text("glows")
    expect(preview.locator(".number")).to_have_text("8.5")


@pytest.mark.parametrize("javascript", [True], indirect=True, ids=["with-javascript"])
def test_what_is_written_already_is_seen_at_once(author: Visitor) -> None:
    fill_in(author)
    author.field("Cover or poster").set_input_files(cover())
    author.presses("Save draft")

    preview = author.page.locator("#preview")

    expect(preview.locator(".review-title")).to_have_text(REVIEW["Title of your review"])
    expect(preview.locator(".title-cover img")).to_be_visible()


@pytest.mark.parametrize("javascript", [True], indirect=True, ids=["with-javascript"])
def test_leaving_an_edited_form_asks_first(author: Visitor) -> None:
    author.field("Your review").press_sequentially("Not saved")

    author.page.get_by_role("link", name="People").click()
    author.page.wait_for_url("**/studio/people")

    assert author.questions == ["beforeunload"]


def test_a_published_review_shows_everything(author: Visitor) -> None:
    fill_in(author)
    author.field("Cover or poster").set_input_files(cover())

    author.presses("Publish")

    assert "Published" in author.reads(".flash[role=status]")
    assert author.reads("h1") == REVIEW["Title of your review"]
    assert author.reads(".title-block .number") == "8.5"
    assert "8.5 out of 10" in author.reads(".title-block .rating .visually-hidden")
    assert author.reads(".deck") == FOLDED["Teaser"]
    assert "Gives some of the plot away" in author.reads(".notice")
    facts = author.reads(".facts")
    for label in ("Original title", "Length", "Studio, publisher or label", "Available on"):
        assert FOLDED[label] in facts
    assert "Ada Example, Bo Beispiel" in facts
    assert FOLDED["Somebody else's summary"] in author.reads(".synopsis blockquote")
    assert author.page.get_by_role("link", name="The distributor").count() == 1
    assert author.reads(".prose strong") == "twenty minutes"
    assert FOLDED["Verdict in one line"] in author.reads(".verdict")
    assert author.page.locator(".tags a").all_inner_texts() == ["slowcinema", "pottery"]
    picture = author.page.get_by_role("img", name=FOLDED["What the picture shows"])
    expect(picture).to_be_visible()


@pytest.mark.parametrize("button", ["Preview", "Save draft"])
def test_a_chosen_picture_is_not_lost_on_the_way(author: Visitor, button: str) -> None:
    fill_in(author)
    author.fills({"Rating": "11" if button == "Save draft" else "8,5"})
    author.field("Cover or poster").set_input_files(cover())

    author.presses(button)
    author.fills({"Rating": "8,5"})
    author.presses("Publish")

    picture = author.page.locator(".title-cover img")
    answer = author.page.request.get(f"{author.base_url}{picture.get_attribute('src')}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert (picture.get_attribute("width"), picture.get_attribute("height")) == ("400", "600")


def test_what_is_no_picture_is_refused_and_the_text_stays(author: Visitor) -> None:
    fill_in(author)
    author.field("Cover or poster").set_input_files({**cover(), "buffer": b"not a picture"})

    author.presses("Publish")

    assert author.page.locator("[role=alert] a[href='#field-cover']").count() == 1
    assert typed(author) == {**REVIEW, **FOLDED}


def test_spoilers_stay_covered_until_asked_for(author: Visitor) -> None:
    fill_in(author)
    author.presses("Publish")
    folded = author.page.get_by_text("The kiln cracks.")
    covered = author.page.get_by_text("his own father")
    assert not folded.is_visible()
    assert not covered.is_visible()

    author.page.locator(".prose summary", has_text="How it ends").click()
    author.page.locator(".prose .spoiler input").check()

    assert folded.is_visible()
    assert covered.is_visible()


def test_a_draft_is_changed_published_and_deleted(author: Visitor) -> None:
    author.fills({"Title of the work": "Half a Thought"})
    author.presses("Save draft")
    assert "Draft saved" in author.reads(".flash[role=status]")

    author.fills({"Your review": "A whole one."})
    author.presses("Publish")
    assert author.reads(".prose") == "A whole one."

    author.page.get_by_role("link", name="Edit this review").click()
    author.fills({"Your review": "A better one."})
    author.presses("Save changes")
    assert author.reads(".prose") == "A better one."
    address = author.page.url

    author.page.get_by_role("link", name="Edit this review").click()
    author.unfolds("Delete this review")
    author.presses("Delete")
    assert "Deleted" in author.reads(".flash[role=status]")
    assert author.page.request.get(address).status in {404, 410}


def test_the_text_comes_back_to_the_form_as_it_was_typed(author: Visitor) -> None:
    fill_in(author)
    author.presses("Publish")

    author.page.get_by_role("link", name="Edit this review").click()

    assert author.field("Your review").input_value() == BODY
    assert typed(author) == {**REVIEW, **FOLDED, "Rating": "8.5"}
