"""A published review as its readers and other servers get it."""

import re
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
from PIL import Image

from tests.servers import FedreviewProcess, eventually

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTIVITY_JSON = {"Accept": "application/activity+json"}
NUMBERS = count(1)

MARKDOWN = """\
---
kind: film
title: The Quiet Kiln
year: 2017
creators: Ada Example
length: 105 min
review_title: {title}
rating: 8.5
synopsis: A potter stops talking, and the village begins.
synopsis_source: The distributor
synopsis_url: https://films.example/kiln
verdict: Slow, and worth every minute.
tags: slowcinema, pottery
language: en
cover: cover.png
cover_alt: A kiln at night
---
Nothing is said for **twenty minutes**, and one does not mind.
"""

FIELDS = {
    "kind": "film",
    "title": "The Quiet Kiln",
    "year": "2017",
    "review_title": "Clay",
    "rating": "8.5",
    "body": "Nothing is said for twenty minutes.",
    "language": "en",
    "spoilers": "none",
}
"""A review as the form sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the thread on the page; id is "" where a reply is missing."""

    depth: int
    id: str
    html: str


class Page:
    """A review's page as a reader without an account gets it, fetched anew at each question."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self.client = client
        self.url = url
        self.ap_id = str(self.document()["id"])

    def document(self) -> dict[str, Any]:
        answer = self.client.get(self.url, headers=ACTIVITY_JSON, follow_redirects=True)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told

    def html(self) -> str:
        return self.client.get(self.url).raise_for_status().text

    def heading(self) -> str:
        found = re.search(r'<h2 id="thoughts">(.*?)</h2>', self.html(), re.DOTALL)
        assert found
        return " ".join(re.sub(r"<[^>]+>", "", found[1]).split())

    def tallies(self) -> str:
        found = re.search(r'<p class="tallies">(.*?)</p>', self.html(), re.DOTALL)
        assert found
        return " ".join(re.sub(r"<[^>]+>", "", found[1]).split())

    def places(self) -> list[Place]:
        _, *parts = re.split(r'<li class="entry depth-(\d+)">', self.html())
        return [
            Place(depth=int(depth), id=_reply_id(html), html=html.partition("</ol>")[0])
            for depth, html in zip(parts[::2], parts[1::2], strict=True)
        ]

    def reply(self, text: str) -> Place:
        """Wait for a reply that says this, and give its place."""

        def look() -> Place:
            fitting = [place for place in self.places() if place.id and text in place.html]
            assert fitting, f"nobody says {text!r} on {self.url}: {self.heading()}"
            return fitting[0]

        return eventually(look)

    def comes_to(self, heading: str) -> bool:
        """Wait for the heading to begin so."""

        def look() -> bool:
            assert self.heading().startswith(heading), self.heading()
            return True

        return eventually(look)

    def is_liked(self, tallies: str) -> bool:
        """Wait for the line of likes and boosts to begin so."""

        def look() -> bool:
            assert self.tallies().startswith(tallies), self.tallies()
            return True

        return eventually(look)


def _reply_id(html: str) -> str:
    found = re.search(r'<article [^>]*id="reply-([^"]+)"', html)
    return found[1] if found else ""


def published(site: FedreviewProcess, client: httpx.Client) -> Page:
    """Publish a review with everything in it; no two have the same title."""
    Image.new("RGB", (400, 600), "sienna").save(site.folder / "cover.png")
    title = f"Clay, number {next(NUMBERS)}"
    return Page(client, site.publish(MARKDOWN.format(title=title))["url"])


def written(desk: httpx.Client, reader: httpx.Client, title: str) -> Page:
    """Publish a short review through the form, which is quicker than the command."""
    answer = desk.post("/studio/write", data={**FIELDS, "review_title": title, "do": "publish"})
    assert answer.status_code == 303, answer.text
    address = desk.base_url.join(answer.headers["Location"]).copy_with(query=None, fragment=None)
    return Page(reader, str(address))


def form_of(page: Page) -> str:
    """Give the address of the form that changes a review."""
    return f"/studio/reviews/{page.ap_id.rsplit('/', 1)[1]}"
