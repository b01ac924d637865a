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
    on_phone: bool = False
    signed_in: bool = False

    @property
    def screen(self) -> ViewportSize:
        """The size of the screen, in CSS pixels."""
        return PHONE if self.on_phone else LAPTOP


REVIEW = "/reviews/the-zone-gives-nothing-away"

PORTRAITS = (
    Portrait(name="front", path="/"),
    Portrait(name="front-dark", path="/", scheme="dark"),
    Portrait(name="front-phone", path="/", on_phone=True),
    Portrait(name="login", path="/login"),
)


def take(browser: Browser, site: FedreviewProcess, portrait: Portrait) -> bytes:
    """Open the page as it is described, and give it as PNG."""
    context = browser.new_context(
        viewport=portrait.screen,
        color_scheme=portrait.scheme,
        locale="en-GB",
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
        for portrait in track(PORTRAITS, description="Taking pictures"):
            picture = smaller(take(browser, site, portrait))
            (folder / f"{portrait.name}.png").write_bytes(picture)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
