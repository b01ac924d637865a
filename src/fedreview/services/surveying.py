"""Learn what other servers run, where that decides how they want to be written to."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedreview.activitypub.origin import host, origin, same_origin
from fedreview.activitypub.vocabulary import Json
from fedreview.errors import RemoteRefused
from fedreview.federation.client import FederationClient
from fedreview.services.patience import Patience
from fedreview.storage import errands, hosts
from fedreview.storage.database import Database, Transaction
from fedreview.storage.errands import ErrandKind

ASK_AGAIN_AFTER = timedelta(days=7)
MOST_AT_ONCE = 100
MOST_LINKS = 20
ACCEPT_JSON = ("application/json",)

_SCHEMA = re.compile(r"https?://nodeinfo\.diaspora\.software/ns/schema/2\.(?P<minor>[0-9])")
# Source: NodeInfo 2.1, software.name.
_SOFTWARE = re.compile(r"[a-z0-9-]{1,64}")


def ask_for_software(tx: Transaction, inbox: str, *, now: datetime) -> None:
    """Have the server of an inbox asked what it runs, unless that was done within the week."""
    if not hosts.is_software_known(tx, host(inbox), since=now - ASK_AGAIN_AFTER):
        _ask(tx, origin(inbox), now=now)


def ask_again_for_software(tx: Transaction, *, scheme: str, now: datetime) -> None:
    """Have servers that we send to asked again, a part of them at a time.

    scheme: https; http in development alone.
    """
    due = hosts.list_to_survey(tx, asked_before=now - ASK_AGAIN_AFTER, limit=MOST_AT_ONCE)
    for each in due:
        _ask(tx, f"{scheme}://{each}", now=now)


def _ask(tx: Transaction, url: str, *, now: datetime) -> None:
    errands.add(tx, ErrandKind.SOFTWARE, url, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveying:
    """Asks servers what they run. Source: NodeInfo 2.x, by way of /.well-known/nodeinfo."""

    database: Database
    client: FederationClient
    now: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)

    async def survey(self, url: str) -> None:
        """Ask one server, with two requests at the most, and keep what it says.

        url: its base URL, such as ``https://social.example``.

        A server that has no NodeInfo is left alone for as long as one that has; what was known
        of it stays. Raises RemoteUnavailable when it cannot be asked now.
        """
        try:
            software = await self._software(url)
        except RemoteRefused:
            software = None
        await asyncio.to_thread(self._keep, url, software)

    async def _software(self, url: str) -> str | None:
        with self.patience.asking(url):
            links = await self.client.get_json(f"{url}/.well-known/nodeinfo", accept=ACCEPT_JSON)
            # Elsewhere one server would answer for another, and we could be sent anywhere.
            there = (href for href in _newest_first(links) if same_origin(href, url))
            address = next(there, None)
            if address is None:
                return None
            return _name(await self.client.get_json(address, accept=ACCEPT_JSON))

    def _keep(self, url: str, software: str | None) -> None:
        with self.database.transaction() as tx:
            hosts.keep_software(tx, host(url), software, now=self.now())


def _newest_first(document: dict[str, Json]) -> Iterator[str]:
    listed = document.get("links")
    found: list[tuple[str, str]] = []
    for link in listed[:MOST_LINKS] if isinstance(listed, list) else []:
        rel, href = (link.get("rel"), link.get("href")) if isinstance(link, dict) else (None, None)
        schema = _SCHEMA.fullmatch(rel) if isinstance(rel, str) else None
        if schema and isinstance(href, str):
            found.append((schema["minor"], href))
    yield from (href for _, href in sorted(found, reverse=True))


def _name(document: dict[str, Json]) -> str | None:
    software = document.get("software")
    name = software.get("name") if isinstance(software, dict) else None
    lowered = name.lower() if isinstance(name, str) else ""
    return lowered if _SOFTWARE.fullmatch(lowered) else None
