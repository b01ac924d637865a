"""Chromium, a site of ours with content, and people elsewhere who answer."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser.elsewhere import Elsewhere
from tests.browser.visitor import Visitor
from tests.servers import FedreviewProcess

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_MS = 10_000
LAPTOP = ViewportSize(width=1280, height=900)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Scheme: TypeAlias = Literal["light", "dark"]


# Not for the whole session: as long as Playwright runs, asyncio.run works in no other test.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, with a profile of its own."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedreviewProcess]:
    """A site of ours with the author anna."""
    with FedreviewProcess(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    """A server elsewhere, with people who read anna."""
    names = {"mira": "Mira Okafor", "tom": "Tom", "layla": "ليلى حداد"}
    with Elsewhere(names) as running:
        yield running


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Whether scripts run: the test is done both ways."""
    return bool(request.param)


@dataclass(frozen=True, slots=True)
class Visit:
    """Opens browser sessions."""

    browser: Browser
    visitors: list[Visitor] = field(default_factory=list)

    def __call__(
        self,
        base_url: str,
        *,
        javascript: bool = True,
        viewport: ViewportSize = LAPTOP,
        scale: float = 1,
        scheme: Scheme = "light",
    ) -> Visitor:
        """Open one on a site."""
        context = self.browser.new_context(
            java_script_enabled=javascript,
            viewport=viewport,
            device_scale_factor=scale,
            color_scheme=scheme,
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(PATIENCE_MS)
        self.visitors.append(Visitor(context, base_url))
        return self.visitors[-1]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open browser sessions; in the end none must have anything to complain of."""
    visit = Visit(browser)
    yield visit
    for visitor in visit.visitors:
        visitor.page.context.close()
    assert [complaint for visitor in visit.visitors for complaint in visitor.complaints] == []


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the pictures of the pages go, for people to look at."""
    folder = Path(__file__).parents[1] / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder
