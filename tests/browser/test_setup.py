"""The first minutes with a new site."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.servers import FedreviewProcess

pytestmark = pytest.mark.browser


@contextmanager
def unowned_site(folder: Path) -> Iterator[FedreviewProcess]:
    """Serve a site that nobody has set up yet."""
    site = FedreviewProcess(folder)
    site.run("init")
    site.start()
    yield site
    site.stop()


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[FedreviewProcess]:
    """A site to set up."""
    with unowned_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def waiting_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedreviewProcess]:
    """A site that stays without an author."""
    with unowned_site(tmp_path_factory.mktemp("waiting")) as site:
        yield site


def printed_link(site: FedreviewProcess) -> str:
    found = re.search(r"http\S+/setup\?token=\S+", site.log)
    assert found, site.log
    return found[0]


def test_the_first_visit_tells_how_to_set_up(
    waiting_site: FedreviewProcess, visit: Visit, javascript: bool
) -> None:
    visitor = visit(waiting_site.base_url, javascript=javascript)

    visitor.goes_to("/")

    assert "waiting for its author" in visitor.reads("h1")
    assert "link in the terminal" in visitor.reads("main")


def test_the_printed_link_makes_the_first_author(
    new_site: FedreviewProcess, visit: Visit, javascript: bool
) -> None:
    visitor = visit(new_site.base_url, javascript=javascript)
    visitor.goes_to(printed_link(new_site))

    visitor.fills(
        {
            "Title of the site": "Kilns and Reels",
            "User name": "anna",
            "Your name": "Anna Fey",
            "Password": "correct horse battery staple",
        }
    )
    visitor.presses("Open the site")

    assert visitor.page.url.startswith(f"{new_site.base_url}/studio")
    assert "Your site is ready" in visitor.reads(".flash[role=status]")
    assert "Anna Fey" in visitor.reads("h1")
    assert visitor.reads(".site-title") == "Kilns and Reels"
    assert visitor.field("Your handle").input_value() == new_site.handle


def test_a_weak_password_keeps_all_but_the_password(
    waiting_site: FedreviewProcess, visit: Visit, javascript: bool
) -> None:
    visitor = visit(waiting_site.base_url, javascript=javascript)
    visitor.goes_to(printed_link(waiting_site))

    visitor.fills(
        {
            "Title of the site": "Kilns and Reels",
            "User name": "anna",
            "Your name": "Anna Fey",
            "Password": "short",
        }
    )
    visitor.presses("Open the site")

    assert visitor.page.locator("[role=alert] a[href='#field-password']").count() == 1
    assert visitor.field("Password").get_attribute("aria-invalid") == "true"
    assert visitor.field("Title of the site").input_value() == "Kilns and Reels"
    assert visitor.field("User name").input_value() == "anna"
    assert visitor.field("Your name").input_value() == "Anna Fey"
    assert visitor.field("Password").input_value() == ""
