"""Can everybody use it: axe, the keyboard alone, big letters, paper, every screen."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import LAPTOP, Scheme, Visit
from tests.browser.elsewhere import Elsewhere
from tests.browser.furnished import LONG_TITLE, Furnished, furnish
from tests.servers import AUTHOR, PASSWORD, FedreviewProcess

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "interop/peer/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""Those of the rules that look at colours."""

PHONE = ViewportSize(width=390, height=844)
# What is left of the laptop's screen, in CSS pixels, when everything is twice as big.
ZOOMED = ViewportSize(width=640, height=450)

NOTICEABLE_SHIFT = 0.005
"""A twentieth of what counts as good for CLS: the letters of dates may take another width."""

LONGEST_WAY_TO_A_BUTTON = 40
"""Presses of the tab key, on a page with a form."""


@pytest.fixture(scope="module")
def furnished(site: FedreviewProcess, elsewhere: Elsewhere) -> Furnished:
    """A site with a lot on it."""
    return furnish(site, elsewhere)


@pytest.fixture(scope="module")
def axe() -> str:
    """The script that looks for barriers."""
    if not AXE.exists():
        if os.environ.get("CI"):
            pytest.fail("axe-core is not installed: npm ci in tests/interop/peer")
        pytest.skip("axe-core is not installed: npm ci in tests/interop/peer")
    return AXE.read_text()


def barriers(page: Page, axe: str, rules: list[str]) -> list[str]:
    """Give what axe finds on the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{axe}; undefined")
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", rules
    )
    return [
        f"{each['id']} ({each['impact']}): {each['nodes'][0]['html']}"
        for each in found["violations"]
    ]


def hidden_sideways(page: Page) -> int:
    """Give how many pixels one would have to scroll sideways to see all."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def focused(page: Page) -> str:
    """Give what has the keyboard's focus: its own words, or its name."""
    return str(
        page.evaluate(
            "(document.activeElement.innerText || document.activeElement.name || '').trim()"
        )
    )


def tab_to(page: Page, wanted: str) -> None:
    """Press the tab key until this has the focus."""
    for _ in range(LONGEST_WAY_TO_A_BUTTON):
        page.keyboard.press("Tab")
        if focused(page) == wanted:
            return
    raise AssertionError(f"{wanted} cannot be reached on {page.url}")


SCREENS: dict[str, tuple[ViewportSize, dict[Scheme, list[str]]]] = {
    "phone": (PHONE, {"light": RULES}),
    "laptop": (LAPTOP, {"light": RULES, "dark": COLOURS}),
}
"""What is looked for. Colours and widths do not depend on each other, and nothing but colours is
different in the dark (tests/unit/web/test_contrast.py): this tells as much as all in less time."""


@pytest.fixture(params=SCREENS)
def every_page(
    request: pytest.FixtureRequest, furnished: Furnished, visit: Visit
) -> Iterator[tuple[str, Page, list[str]]]:
    """Open all there is to see, one after the other; the form as each receiver shows it, too.

    Gives names, pages, and the rules to look at each with.
    """
    viewport, schemes = SCREENS[request.param]
    base_url = furnished.site.base_url
    reader = visit(base_url, viewport=viewport)
    author = visit(base_url, viewport=viewport)
    author.signs_in()

    def pages() -> Iterator[tuple[str, Page, list[str]]]:
        for name, page in opened():
            for scheme, rules in schemes.items():
                page.emulate_media(color_scheme=scheme)
                yield f"{name}-{scheme}", page, rules

    def opened() -> Iterator[tuple[str, Page]]:
        for visitor, paths in ((reader, furnished.public), (author, furnished.desk)):
            for name, path in paths.items():
                visitor.goes_to(path)
                yield f"{name}-{request.param}", visitor.page
        author.goes_to(furnished.desk["edit"])
        author.presses("Preview")
        yield f"preview-{request.param}", author.page
        for name in author.page.locator(".receivers button").all_inner_texts():
            author.page.locator(".receivers").get_by_text(name, exact=True).click()
            expect(author.page.locator(".receivers [aria-pressed=true]")).to_have_text(name)
            yield f"preview-{name}-{request.param}", author.page

    return pages()


def test_every_page_fits_its_screen_and_has_no_barriers(
    every_page: Iterator[tuple[str, Page, list[str]]], axe: str, pictures: Path
) -> None:
    found: list[str] = []

    for name, page, rules in every_page:
        page.screenshot(path=pictures / f"{name}.png", full_page=True)
        found += [f"{name}: wider than the screen"] if hidden_sideways(page) else []
        found += [f"{name}: {barrier}" for barrier in barriers(page, axe, rules)]

    assert found == []


def test_nothing_is_lost_when_everything_is_twice_as_big(
    furnished: Furnished, visit: Visit
) -> None:
    author = visit(furnished.site.base_url, viewport=ZOOMED, scale=2)
    author.signs_in()

    for path in {**furnished.public, **furnished.desk}.values():
        author.goes_to(path)

        assert hidden_sideways(author.page) == 0, path


def test_the_keyboard_alone_signs_in_writes_and_publishes(
    furnished: Furnished, visit: Visit
) -> None:
    author = visit(furnished.site.base_url)
    keyboard = author.page.keyboard
    author.goes_to("/login")

    tab_to(author.page, "username")
    keyboard.type(AUTHOR)
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    author.page.wait_for_url("**/studio")
    tab_to(author.page, "Write a review")
    keyboard.press("Enter")
    author.page.wait_for_url("**/studio/write")
    tab_to(author.page, "title")
    keyboard.type("Keys")
    tab_to(author.page, "rating")
    keyboard.type("7")
    tab_to(author.page, "body")
    keyboard.type("Typed without a mouse.")
    tab_to(author.page, "Publish")
    keyboard.press("Enter")
    author.page.wait_for_url("**/reviews/keys*")

    assert author.reads(".prose") == "Typed without a mouse."


def test_the_first_tab_leads_past_the_menu(furnished: Furnished, visit: Visit) -> None:
    reader = visit(furnished.site.base_url)
    reader.goes_to(furnished.public["review"])

    reader.page.keyboard.press("Tab")
    expect(reader.page.get_by_role("link", name="Skip to the text")).to_be_in_viewport()
    reader.page.keyboard.press("Enter")

    assert reader.page.evaluate("document.activeElement.id") == "main"


def test_whatever_has_the_focus_can_be_seen_to_have_it(furnished: Furnished, visit: Visit) -> None:
    author = visit(furnished.site.base_url)
    author.signs_in()

    for path in ("/", "/studio/write", furnished.public["review"]):
        author.goes_to(path)
        for _ in range(LONGEST_WAY_TO_A_BUTTON):
            author.page.keyboard.press("Tab")
            unseen = author.page.evaluate(
                """() => {
                    const shown = (element) => getComputedStyle(element).outlineStyle !== "none";
                    const at = document.activeElement;
                    const around = [at, at.closest(".card"), at.closest(".spoiler")];
                    const isSeen = around.some((element) => element && shown(element));
                    return at === document.body || isSeen ? "" : at.outerHTML;
                }"""
            )
            assert unseen == "", path


def test_on_paper_stands_the_review_and_nothing_to_press(
    furnished: Furnished, visit: Visit, pictures: Path
) -> None:
    author = visit(furnished.site.base_url)
    author.signs_in()
    author.goes_to(furnished.public["review"])
    author.page.emulate_media(media="print", color_scheme="light")

    author.page.pdf(path=pictures / "review.pdf", format="A4")

    expect(author.page.get_by_role("heading", level=1)).to_be_visible()
    expect(author.page.locator(".prose").first).to_be_visible()
    assert author.page.locator("button:visible").count() == 0
    assert author.page.locator("nav:visible").count() == 0
    assert (pictures / "review.pdf").read_bytes().startswith(b"%PDF")


def test_what_is_folded_is_opened_by_a_link_to_it_and_stands_on_paper(
    furnished: Furnished, visit: Visit
) -> None:
    reader = visit(furnished.site.base_url, javascript=False)
    reader.goes_to(furnished.public["review"])
    folded = reader.page.locator(".fold .reply").last
    fragment = folded.get_attribute("id") or ""
    expect(folded).not_to_be_visible()

    reader.page.emulate_media(media="print")
    expect(folded).to_be_visible()
    reader.page.emulate_media(media="screen")
    expect(folded).not_to_be_visible()
    reader.goes_to(f"/{fragment.replace('-', '/').replace('reply', 'replies')}")

    expect(folded).to_be_visible()
    assert reader.page.url.endswith(f"#{fragment}")


def test_an_arabic_review_runs_from_right_to_left(furnished: Furnished, visit: Visit) -> None:
    reader = visit(furnished.site.base_url)

    reader.goes_to(furnished.public["review-arabic"])

    for selector in (".review", "h1", ".prose > p"):
        element = reader.page.locator(selector).first
        assert element.evaluate("element => getComputedStyle(element).direction") == "rtl"
    picture = reader.page.locator(".title-cover").bounding_box()
    words = reader.page.locator(".title-words").bounding_box()
    assert picture
    assert words
    assert picture["x"] > words["x"]


def test_a_title_of_300_characters_is_whole_on_its_page_and_short_in_lists(
    furnished: Furnished, visit: Visit
) -> None:
    reader = visit(furnished.site.base_url, viewport=PHONE)

    reader.goes_to(furnished.public["review-long"])
    assert reader.reads("h1") == LONG_TITLE
    reader.goes_to("/")

    title = reader.page.locator(".card-title", has_text=LONG_TITLE[:40])
    box = title.bounding_box()
    assert box
    assert box["height"] < PHONE["height"] / 4


def test_nothing_moves_while_a_page_loads(furnished: Furnished, visit: Visit) -> None:
    reader = visit(furnished.site.base_url, viewport=PHONE)

    for path in furnished.public.values():
        reader.goes_to(path)
        reader.page.wait_for_load_state("networkidle")
        moved = reader.page.evaluate(
            """() => new Promise((resolve) => {
                const seen = [];
                new PerformanceObserver((list) => {
                    for (const entry of list.getEntries()) seen.push(entry.value);
                }).observe({ type: "layout-shift", buffered: true });
                // What is buffered is told before the next frame has been drawn.
                requestAnimationFrame(() => setTimeout(() => resolve(seen), 50));
            })"""
        )
        assert sum(moved) < NOTICEABLE_SHIFT, path
