"""Pictures of every kind of page, for the documentation: scripts/screenshots.

They show the examples of ``fedreview demo``, so that a change of the looks is seen in them and
nothing else is.
"""

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ViewportSize, sync_playwright
from rich.progress import track

from tests.browser.conftest import ARGUMENTS, CHROMIUM, LAPTOP, PATIENCE_MS, Scheme
from tests.browser.visitor import Visitor
from tests.servers import FedreviewProcess

PHONE = ViewportSize(width=390, height=844)
MOST_PIXELS_HIGH = 2400
COLOURS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """One picture of a page, for a reader or for the author."""

    name: str
    path: str
    scheme: Scheme = "light"
    locale: str = "en-GB"
    on_phone: bool = False
    signed_in: bool = False

    @property
    def screen(self) -> ViewportSize:
        """The size of the screen, in CSS pixels."""
        return PHONE if self.on_phone else LAPTOP


REVIEW = "/reviews/haibane-renmei-grey-wings-second-hand-coats"


def everywhere(name: str, path: str, *, signed_in: bool = False) -> tuple[Portrait, ...]:
    """Give an important page as the laptop shows it, in the dark, and as a phone does."""
    return (
        Portrait(name=name, path=path, signed_in=signed_in),
        Portrait(name=f"{name}-dark", path=path, scheme="dark", signed_in=signed_in),
        Portrait(name=f"{name}-phone", path=path, on_phone=True, signed_in=signed_in),
    )


PORTRAITS = (
    *everywhere("front", "/"),
    *everywhere("review", REVIEW),
    *everywhere("statistics", "/statistics"),
    Portrait(name="front-german", path="/", locale="de-DE"),
    Portrait(name="review-german", path=REVIEW, locale="de-DE"),
    Portrait(name="front-arabic", path="/", locale="ar"),
    Portrait(name="review-arabic", path=REVIEW, locale="ar"),
    Portrait(name="history", path=f"{REVIEW}/history"),
    Portrait(name="work", path="/works/haibane-renmei"),
    Portrait(name="work-announced", path="/works/yokohama-kaidashi-kiko"),
    Portrait(name="upcoming", path="/upcoming"),
    Portrait(name="person", path="/@anna"),
    Portrait(name="person-phone", path="/@anna", on_phone=True),
    Portrait(name="person-statistics", path="/@anna/statistics"),
    Portrait(name="tags", path="/tags"),
    Portrait(name="tag", path="/tags/film"),
    Portrait(name="kinds", path="/kinds"),
    Portrait(name="kind", path="/kinds/film"),
    Portrait(name="archive", path="/archive"),
    Portrait(name="ratings", path="/ratings"),
    Portrait(name="rating", path="/ratings/9"),
    Portrait(name="search", path="/search?q=zone"),
    Portrait(name="takes", path="/takes"),
    Portrait(name="interact", path="/interact?do=follow&person=anna"),
    Portrait(name="login", path="/login"),
    Portrait(name="missing", path="/reviews/there-is-none"),
    *everywhere("desk", "/studio", signed_in=True),
    *everywhere("write", "/studio/write", signed_in=True),
    Portrait(name="own-takes", path="/studio/takes", signed_in=True),
    Portrait(name="own-upcoming", path="/studio/upcoming", signed_in=True),
    Portrait(name="pictures", path="/studio/pictures", signed_in=True),
    Portrait(name="conversation", path="/studio/conversation", signed_in=True),
    Portrait(name="people", path="/studio/people", signed_in=True),
    Portrait(name="settings", path="/studio/settings", signed_in=True),
)


def live(browser: Browser, site: FedreviewProcess) -> None:
    """Do what the examples do not: a take, and a change to a review."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MS)
    author = Visitor(context, site.base_url)
    author.signs_in()
    author.goes_to("/studio/takes")
    form = author.page.locator("main form:has([name=title])")
    form.locator("[name=text]").fill("Saw it again. The field is *still* damp.")
    form.locator("[name=title]").fill("Stalker")
    form.locator("[name=year]").fill("1979")
    form.locator("[name=rating]").fill("9")
    author.presses("Send to your followers")
    author.goes_to(REVIEW)
    author.page.get_by_role("link", name="Edit").first.click()
    verdict = "The kindest thing I know about forgiveness. There is a wind turbine in it."
    author.field("Verdict in one line").fill(verdict)
    author.presses("Save changes")
    author.page.wait_for_url(f"**{REVIEW}*")
    context.close()


def take(browser: Browser, site: FedreviewProcess, portrait: Portrait) -> bytes:
    """Open the page as it is described, and give it as PNG."""
    context = browser.new_context(
        viewport=portrait.screen,
        color_scheme=portrait.scheme,
        locale=portrait.locale,
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(context, site.base_url)
    if portrait.signed_in:
        visitor.signs_in()
    visitor.goes_to(portrait.path)
    visitor.page.wait_for_load_state("networkidle")
    if visitor.complaints:
        raise SystemExit(f"{portrait.path}: {visitor.complaints}")
    height = int(visitor.page.evaluate("document.documentElement.scrollHeight"))
    visitor.page.set_viewport_size(
        ViewportSize(width=portrait.screen["width"], height=min(height, MOST_PIXELS_HIGH))
    )
    picture = visitor.page.screenshot()
    context.close()
    return picture


def smaller(picture: bytes) -> bytes:
    """Write a PNG with few colours: a page has few, and a repository keeps every version."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as opened:
        opened.convert("RGB").quantize(COLOURS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main(folder: Path) -> None:
    """Make all pictures anew in this folder."""
    if CHROMIUM is None:
        raise SystemExit("chromium is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        FedreviewProcess(Path(place)) as site,
        sync_playwright() as playwright,
    ):
        site.run("demo")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        live(browser, site)
        for portrait in track(PORTRAITS, description="Taking pictures"):
            picture = smaller(take(browser, site, portrait))
            (folder / f"{portrait.name}.png").write_bytes(picture)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
