"""A whole site in this process, with its browsers, and how to make many of them quickly."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag
from sqlalchemy import func, inspect, select, table
from starlette.types import Receive, Scope, Send

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.app import Parts, build_parts, create_app, new_id
from fedreview.domain.actor import Author
from fedreview.services.maintaining import QueueReport
from fedreview.services.trashing import UNDO_TIME
from fedreview.settings import Settings
from tests.clock import Clock
from tests.databases import migrate
from tests.fediverse import Document, Neighbourhood, PretendActor

PASSWORD = "correct horse battery staple"
HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
READER_ADDRESS = "198.51.100.20"
ROUNDS = 20

REVIEW = {
    "kind": "film",
    "title": "BLAME!",
    "year": "2017",
    "review_title": "BLAME! A Netflix Original",
    "rating": "8.5",
    "body": "It is **definitely** worth watching.",
    "language": "en",
    "spoilers": "none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A site that has been set up, to copy. token: of the author's open session."""

    base_url: str
    username: str
    path: Path
    token: str


def settings_of(base_url: str, folder: Path, **more: str) -> Settings:
    """Give the settings of a site with SQLite in this folder."""
    return Settings.load(
        {
            "FEDREVIEW_CONFIG": os.devnull,
            "FEDREVIEW_BASE_URL": base_url,
            "FEDREVIEW_DATA_DIR": str(folder),
            **more,
        }
    )


def prepare(base_url: str, username: str, folder: Path, **more: str) -> Prepared:
    """Set a site up as its admin does, and sign its author in."""
    settings = settings_of(base_url, folder, **more)
    migrate(settings.database_url)
    parts = build_parts(settings, now=Clock())
    accounts = parts.site.accounts
    accounts.initialise()
    accounts.create(username=username, name=username.title(), password=PASSWORD)
    token, _ = accounts.sign_in(
        username=username, password=PASSWORD, address="192.0.2.1", user_agent="Firefox"
    )
    asyncio.run(parts.aclose())
    return Prepared(base_url=base_url, username=username, path=folder, token=token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A review on a site: its page's path, its short id and its ActivityPub id."""

    path: str
    id: str
    uri: str


class _Served:
    """The application as a server runs it: with what its lifespan gave."""

    def __init__(self, app: Any, state: Mapping[str, Any]) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = dict(self._state)
        # As between sockets: what is kept ready is answered without waiting for anything, and who
        # asks again and again would let nobody else run.
        await asyncio.sleep(0)
        await self._app(scope, receive, send)


class Site(httpx.AsyncBaseTransport):
    """One running site.

    reader: a browser that nobody is signed in with. author: the one of its author.
    """

    def __init__(
        self, prepared: Prepared, settings: Settings, served: _Served, parts: Parts
    ) -> None:
        self.base_url = prepared.base_url
        self.username = prepared.username
        self.settings = settings
        self.parts = parts
        self._served = served
        self._transport = httpx.ASGITransport(app=served, client=("198.51.100.9", 40_000))
        self.reader = self.browser()
        self.author = self.browser(token=prepared.token)

    @property
    def host(self) -> str:
        return self.base_url.partition("://")[2]

    @property
    def actor_id(self) -> str:
        return f"{self.base_url}/users/{self.username}"

    @property
    def handle(self) -> str:
        return f"@{self.username}@{self.host}"

    @property
    def inbox(self) -> str:
        return f"{self.base_url}/inbox"

    @property
    def author_inbox(self) -> str:
        return f"{self.actor_id}/inbox"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer another server."""
        return await self._transport.handle_async_request(request)

    def browser(
        self, *, token: str = "", address: str = READER_ADDRESS, must_work: bool = True
    ) -> httpx.AsyncClient:
        """Open a browser. must_work: whether a bug of ours is raised rather than answered."""
        transport = httpx.ASGITransport(
            app=self._served, client=(address, 50_000), raise_app_exceptions=must_work
        )
        headers = {"Origin": self.base_url, "Accept": HTML}
        cookies = {"__Host-session": token} if token else None
        return httpx.AsyncClient(
            transport=transport, base_url=self.base_url, headers=headers, cookies=cookies
        )

    async def page(self, path: str) -> BeautifulSoup:
        """Read a page as everybody sees it."""
        return soup(await self.reader.get(path))

    async def desk(self, path: str) -> BeautifulSoup:
        """Read a page as its author sees it."""
        return soup(await self.author.get(path))

    async def document(self, url: str) -> Document:
        """Fetch a document as another server does."""
        response = await self.reader.get(url, headers={"Accept": ACTIVITY_JSON})
        assert response.status_code == 200, response.text
        document: Document = response.json()
        return document

    async def publish(self, **fields: str) -> Published:
        """Publish a review through the form."""
        sent = {**REVIEW, **fields, "do": "publish"}
        return await self.published_at(await self.author.post("/studio/write", data=sent))

    async def published_at(self, response: httpx.Response) -> Published:
        """Read where a form led that has published something."""
        assert response.status_code == 303, problems_of(response)
        path = response.headers["location"].partition("?")[0]
        answer = await self.reader.get(path, headers={"Accept": ACTIVITY_JSON})
        uri = answer.headers["location"]
        return Published(path=path, id=uri.rpartition("/")[2], uri=uri)

    async def delete(self, id: str) -> None:
        """Delete a review, and let the time pass in which that can be undone."""
        answer = await self.author.post(f"/studio/reviews/{id}/delete")
        assert answer.status_code == 303, problems_of(answer)
        self.clock.advance(UNDO_TIME)
        self.do_what_is_due()

    @property
    def clock(self) -> Clock:
        """The time on this site."""
        now = self.parts.worker.now
        assert isinstance(now, Clock)
        return now

    def do_what_is_due(self) -> None:
        """Publish what is scheduled and empty the trash, as the worker does, and send nothing."""
        timekeeping = self.parts.worker.timekeeping
        for review_id in timekeeping.list_due():
            timekeeping.run(review_id)

    async def settle(self) -> None:
        """Apply and deliver everything that is due."""
        await self.parts.worker.run_until_idle()

    def queues(self) -> QueueReport:
        """Count what waits in the queues."""
        return self.parts.site.maintaining.queues()

    def rows(self) -> dict[str, int]:
        """Count the rows of every table."""
        names = inspect(self.parts.database.engine).get_table_names()
        with self.parts.database.snapshot() as tx:
            return {
                name: tx.scalar(select(func.count()).select_from(table(name))) or 0
                for name in names
            }

    def account(self) -> Author:
        """Give the author."""
        return self.parts.site.accounts.authors()[0]

    async def aclose(self) -> None:
        """Close the browsers."""
        await self.reader.aclose()
        await self.author.aclose()


@asynccontextmanager
async def running(
    prepared: Prepared,
    folder: Path,
    *,
    neighbourhood: Neighbourhood,
    make_id: Callable[[], str] = new_id,
    looks_ahead: bool = False,
    **settings: str,
) -> AsyncIterator[Site]:
    """Run a copy of a prepared site in the neighbourhood, with nothing that runs by itself."""
    shutil.copytree(prepared.path, folder)
    built: list[Parts] = []

    def build(*given: Any, **more: Any) -> Parts:
        built.append(build_parts(*given, **more, make_id=make_id))
        return built[-1]

    chosen = settings_of(prepared.base_url, folder, **settings)
    app = create_app(
        chosen,
        with_worker=False,
        looks_ahead=looks_ahead,
        now=neighbourhood.now,
        transport=neighbourhood,
        build=build,
    )
    async with app.router.lifespan_context(app) as state:
        site = Site(prepared, chosen, _Served(app, state or {}), built[0])
        neighbourhood.places[site.host] = site
        try:
            yield site
        finally:
            del neighbourhood.places[site.host]
            await site.aclose()


async def follow(site: Site, *followers: PretendActor) -> None:
    """Let people elsewhere follow the author of a site."""
    for follower in followers:
        answer = await follower.send(site.author_inbox, follower.activity("Follow", site.actor_id))
        assert answer.status_code == 202
    await site.settle()


async def settle(*sites: Site) -> None:
    """Let sites deliver to one another and apply what came, until nothing moves any more."""
    before = None
    for _ in range(ROUNDS):
        for site in sites:
            await site.settle()
        now = [site.queues() for site in sites]
        if now == before:
            return
        before = now
    raise AssertionError(f"still moving after {ROUNDS} rounds")


def soup(response: httpx.Response) -> BeautifulSoup:
    """Read an answer as HTML."""
    return BeautifulSoup(response.text, "html5lib")


def said(element: BeautifulSoup | Tag | None) -> str:
    """Give what an element says, with single spaces; "" when it is not there."""
    return " ".join(element.get_text(" ").split()) if element else ""


def heading(page: BeautifulSoup) -> str:
    """Give the heading of the conversation."""
    return said(page.select_one("#thoughts"))


def thread(page: BeautifulSoup) -> list[tuple[int, str]]:
    """Give depth and text of each place of a conversation, in reading order."""
    places = []
    for entry in page.select("ol.thread li.entry"):
        found = re.search(r"depth-(\d+)", " ".join(entry.get_attribute_list("class")))
        text = entry.select_one(".reply-text") or entry.select_one(".gap")
        places.append((int(found[1]) if found else -1, said(text)))
    return places


def problems_of(response: httpx.Response) -> str:
    """Give what a form or page complains about, for the message of a failed test."""
    page = soup(response)
    return f"{response.status_code}: {said(page.select_one('.problems') or page)[:500]}"
