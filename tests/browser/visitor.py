"""A person with a browser that notes everything which no page of ours may do."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Response,
    WebError,
)

from tests.servers import AUTHOR, PASSWORD

# Chromium says so of a form that comes back with its problems, too: see _check_answer.
REFUSED = "Failed to load resource: the server responded"


class Visitor:
    """One browser session on one site.

    complaints: requests to other origins, what is missing or fails, errors and warnings on the
        console, which content security policy violations are, and broken scripts.
    questions: what dialogs asked; each is accepted.
    """

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.base_url = base_url
        self.complaints: list[str] = []
        self.questions: list[str] = []
        context.on("request", self._check_origin)
        context.on("response", self._check_answer)
        context.on("console", self._check_message)
        context.on("weberror", self._note_error)
        context.on("dialog", self._accept)
        self.page: Page = context.new_page()

    def _check_origin(self, request: Request) -> None:
        ours, theirs = urlsplit(self.base_url), urlsplit(request.url)
        is_ours = (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)
        if not is_ours and theirs.scheme != "data":
            self.complaints.append(f"request to {request.url}")

    def _check_answer(self, response: Response) -> None:
        may_be_refused = response.request.is_navigation_request()
        if response.status >= (500 if may_be_refused else 400):
            self.complaints.append(f"{response.status} for {response.url}")

    def _check_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(REFUSED):
            self.complaints.append(f"{message.type} on {self.page.url}: {message.text}")

    def _note_error(self, error: WebError) -> None:
        self.complaints.append(f"script error on {self.page.url}: {error.error}")

    def _accept(self, dialog: Dialog) -> None:
        self.questions.append(dialog.type)
        dialog.accept()

    def goes_to(self, path: str) -> None:
        """Open a page of the site by its path, or by its whole address."""
        self.page.goto(path if "://" in path else f"{self.base_url}{path}")

    def signs_in(self) -> None:
        """Sign in through the form."""
        self.goes_to("/login")
        self.fills({"User name": AUTHOR, "Password": PASSWORD})
        self.presses("Sign in")
        self.page.wait_for_url("**/studio*")

    def fills(self, fields: Mapping[str, str]) -> None:
        """Type into the fields with these labels."""
        for label, text in fields.items():
            self.field(label).fill(text)

    def field(self, label: str) -> Locator:
        """Give the field with this label."""
        labelled = self.page.get_by_label(re.compile(rf"^{re.escape(label)}(\s+optional)?$"))
        return labelled.and_(self.page.locator("input, textarea, select"))

    def unfolds(self, *titles: str) -> None:
        """Open folded parts by their titles."""
        for title in titles:
            self.page.locator("summary", has_text=title).click()

    def presses(self, name: str) -> None:
        """Press the button of this name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def reads(self, selector: str) -> str:
        """Give the text of a part of the page as it is seen, on one line."""
        return " ".join(self.page.locator(selector).inner_text().split())
