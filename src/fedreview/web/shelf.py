"""What stands before everything else: public answers that are still as they were.

As long as nobody has committed anything, whatever was read from the database reads the same; so
an answer that was made since the last commit is sent again without asking anything or anybody.
See docs/adr/0036-reading-under-a-stampede.md.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fedreview.errors import DatabaseAway
from fedreview.web.ahead import Ahead
from fedreview.web.answering import PLACE, Place, asked_of
from fedreview.web.negotiation import bookwyrm_in, languages_in, preference
from fedreview.web.ready import Asked, Ready, send_ready
from fedreview.web.security import cookie_name
from fedreview.web.state import Site, in_thread

MOST_PLACES = 4096
"""Addresses remembered, each with what was asked of it; their answers are in `Kept`."""

LONGEST_ADDRESS = 500
"""Characters; what is longer is of somebody's own making, and is not remembered."""

WITHOUT_DATABASE = ("/static/", "/healthz")
"""What is answered, or says what is wrong, when the database cannot be asked."""

MOST_MANNERS = 2048
"""Ways of asking that are remembered: there are as many as browsers and servers, and no more."""

_SAME = (
    "type",
    "asgi",
    "http_version",
    "scheme",
    "path",
    "raw_path",
    "query_string",
    "root_path",
    "client",
    "server",
    "app",
)
_ASKED_WITH = frozenset({b"host", b"accept", b"accept-encoding", b"accept-language", b"user-agent"})
"""What an answer for everybody may depend on; with `If-None-Match` none would be made."""

Manner = tuple[tuple[bool, bool], str, bool]
"""What an answer depends on beside its address, as read from the headers of a request."""

Key = tuple[str, bytes, Manner]


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What was answered at an address. mark: of the state that it was made of, or an older one."""

    mark: str
    etag: str
    until: datetime | None


@dataclass(eq=False, slots=True)
class _Flight(Place):
    """An answer that is being made. done: as soon as it is known whether others may have it."""

    mark: str = ""
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Shelf:
    """ASGI, before everything else: answers by itself what it can.

    What it cannot it lets one request make for all who want the same.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._remembered: OrderedDict[Key, _Remembered] = OrderedDict()
        self._flights: dict[Key, _Flight] = {}
        self._manners: dict[tuple[bytes, bytes, bytes], Manner] = {}
        self._asking: Together | None = None
        self._seen: str | None = None
        self._cookie = b""
        self._ahead: Ahead[Key] | None = None

    @asynccontextmanager
    async def looking_ahead(self, site: Site) -> AsyncIterator[None]:
        """Look at what is being read after each change, before somebody asks again."""
        ahead = Ahead(mark=lambda: self._mark(site), refresh=self._refresh)
        async with ahead.running():
            self._ahead = ahead
            yield
            self._ahead = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        site: Site = scope["state"]["site"]
        site.precedence.ask()
        asked = asked_of(scope)
        if self._is_own_way(scope, asked, site):
            await self._app(scope, receive, send)
            return
        try:
            mark = self._seen or await self._mark(site)
        except DatabaseAway:
            # Whoever answers finds out too, and says so as it is said everywhere.
            await self._app(scope, receive, send)
            return
        key = scope["path"], scope["query_string"], self._manner(asked, site)
        ready = self._find(key, mark, site)
        if ready is None:
            flight = self._flights.get(key)
            if flight is None or flight.mark != mark:
                flight = await self._lead(key, mark, (scope, receive, send))
                self._want(key, flight.ready, scope)
                return
            await flight.done.wait()
            ready = flight.ready
        if ready is None:
            await self._app(scope, receive, send)
            return
        self._want(key, ready, scope)
        await send_ready(send, *ready.answer(asked), scope["method"])

    def _is_own_way(self, scope: Scope, asked: Asked, site: Site) -> bool:
        """Tell whether this request may be answered otherwise than everybody's."""
        if b"range" in asked or b"authorization" in asked:
            return True
        if scope["path"].startswith(WITHOUT_DATABASE):
            return True
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            return True
        if b"cookie" not in asked:
            return False
        cookie = self._cookie = self._cookie or cookie_name(site).encode()
        # There may be several; whoever looks for a session reads all of them.
        return any(name == b"cookie" and cookie in value for name, value in scope["headers"])

    async def _mark(self, site: Site) -> str:
        """Name the state of all that answers are made of, as it is now or was a moment ago.

        Of a moment after the request came, in any case: what was answered before it came is
        known to this mark.
        """
        glimpsed = site.watching.glimpse()
        mark = glimpsed
        if mark is None:
            if self._asking is None:
                self._asking = Together(site.watching.ask)
            mark = await self._asking.ask()
        theme = site.theming.find()
        named = f"{mark} {theme.version}" if theme else mark
        if glimpsed:
            # All that is answered in this round of the event loop came before it began.
            self._seen = named
            asyncio.get_running_loop().call_soon(self._look_again)
        return named

    def _look_again(self) -> None:
        self._seen = None

    def _manner(self, asked: Asked, site: Site) -> Manner:
        """Read all that an answer may depend on; most who come ask as others have."""
        headers = (
            asked.get(b"accept", b""),
            asked.get(b"accept-language", b""),
            asked.get(b"user-agent", b""),
        )
        manner = self._manners.get(headers)
        if manner is None:
            accept, languages, agent = headers
            tag = site.tongues.choose("", languages_in(languages)).tag
            manner = preference(accept), tag, bookwyrm_in(agent)
            if len(self._manners) >= MOST_MANNERS:
                self._manners.clear()
            if sum(map(len, headers)) <= LONGEST_ADDRESS:
                self._manners[headers] = manner
        return manner

    def _find(self, key: Key, mark: str, site: Site) -> Ready | None:
        """Look up what was answered, if nothing can have changed since."""
        known = self._remembered.get(key)
        if known is None or known.mark != mark:
            return None
        if known.until is not None and site.now() >= known.until:
            return None
        self._remembered.move_to_end(key)
        return site.kept.find(known.etag)

    def _want(self, key: Key, ready: Ready | None, scope: Scope) -> None:
        """Expect another request for the same, when its answer could be kept for that."""
        site: Site = scope["state"]["site"]
        if self._ahead and ready and site.kept.find(ready.etag):
            self._ahead.want(key, scope)

    async def _refresh(self, key: Key, mark: str, scope: Scope) -> bool:
        """Look at an answer before somebody asks again; False when nothing has changed since.

        mark: of now. scope: of a request for it that was answered.
        """
        known = self._remembered.get(key)
        if known is not None and known.mark == mark:
            return False
        if key not in self._flights:
            await self._lead(key, mark, (_afresh(scope), _wait, _drop))
        return True

    async def _lead(self, key: Key, mark: str, request: tuple[Scope, Receive, Send]) -> _Flight:
        """Have the answer made, for all who ask for it meanwhile."""
        scope, receive, send = request
        flight = self._flights[key] = _Flight(mark=mark)
        scope[PLACE] = flight

        def end() -> None:
            if not flight.done.is_set():
                self._remember(key, flight, scope["state"]["site"])
                flight.done.set()
                # Another may have begun since, from a newer state.
                if self._flights.get(key) is flight:
                    del self._flights[key]

        async def send_first(message: Message) -> None:
            # Nobody waits until a slow client has taken what is not for others.
            end()
            await send(message)

        try:
            await self._app(scope, receive, send_first)
        finally:
            end()
        return flight

    def _remember(self, key: Key, flight: _Flight, site: Site) -> None:
        if flight.ready is None:
            return
        before = self._remembered.get(key)
        if before is not None and before.etag != flight.ready.etag:
            # Nobody will ask for it again: in a flood each reply would leave a page behind.
            site.kept.drop(before.etag)
        self._remembered[key] = _Remembered(flight.mark, flight.ready.etag, flight.until)
        self._remembered.move_to_end(key)
        while len(self._remembered) > MOST_PLACES:
            self._remembered.popitem(last=False)


def _afresh(scope: Scope) -> Scope:
    """Ask for the same in nobody's name, without what others have put into the request since."""
    return {
        **{name: scope[name] for name in _SAME if name in scope},
        "method": "GET",
        "headers": [header for header in scope["headers"] if header[0] in _ASKED_WITH],
        "state": {"site": scope["state"]["site"]},
    }


async def _wait() -> Message:
    """Be a client that sends nothing more, and does not go away."""
    nothing: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await nothing


async def _drop(_: Message) -> None:
    """Be a client that looks at nothing."""


class Together:
    """Asks a database that has to be asked, for many at once.

    Who comes while it is asked waits for the next answer: the one under way may be older than
    what they know already.

    look: asks, in a thread.
    """

    def __init__(self, look: Callable[[], str]) -> None:
        self._look = look
        self._next: asyncio.Task[str] | None = None
        self._under_way: asyncio.Task[str] | None = None

    async def ask(self) -> str:
        """Give a mark that was read after this was called."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._under_way))
        # Who goes away takes the answer from nobody else.
        return await asyncio.shield(self._next)

    async def _after(self, before: asyncio.Task[str] | None) -> str:
        if before is not None:
            await asyncio.wait([before])
        self._under_way, self._next = self._next, None
        return await in_thread(self._look)
