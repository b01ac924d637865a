"""Fetch what others wrote, and pictures: from where it belongs, public, and within bounds."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import structlog

from fedreview.activitypub.documents import check_document
from fedreview.activitypub.origin import host, same_origin
from fedreview.activitypub.parse import parse_note
from fedreview.activitypub.parse.properties import reference
from fedreview.activitypub.vocabulary import Audience, Json, RemoteNote
from fedreview.domain.actor import ActorId, RemoteActor
from fedreview.errors import MalformedActivity, RemoteFailure, RemoteRefused
from fedreview.federation.client import FederationClient
from fedreview.federation.collection import find_items
from fedreview.federation.lookup import find_document
from fedreview.services.acquainting import Acquainting
from fedreview.services.signing import Signing
from fedreview.storage import actors, hosts
from fedreview.storage.database import Database

MOST_ITEMS = 200
MOST_PAGES = 3

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Asks other servers, in the name of the site, for what nobody has sent.

    Nothing here is called because somebody reads a page.
    """

    database: Database
    client: FederationClient
    signing: Signing
    acquainting: Acquainting

    async def note(self, url: str) -> RemoteNote:
        """Fetch one public note from the place that its id names.

        Raises RemoteRefused when it is gone, private, on a blocked host, has another id or
        names a writer on another host; RemoteUnavailable when it cannot be had now.
        """
        try:
            note = parse_note(await self.document(url))
        except MalformedActivity as error:
            raise RemoteRefused(f"no note at {url[:200]!r}: {error}") from error
        # What answers it names it by the id that was asked for, and would never find another.
        if note.id != url or not same_origin(note.id, note.attributed_to):
            raise RemoteRefused(f"{url[:200]!r} has another id, or a writer elsewhere")
        if note.audience is not Audience.PUBLIC:
            raise RemoteRefused(f"{url[:200]!r} is not public")
        return note

    async def document(self, url: str) -> dict[str, Json]:
        """Fetch one document from the place that its id names; a Tombstone as it is.

        Raises RemoteRefused, also when it is on a blocked host, RemoteUnavailable when it
        cannot be had now, and MalformedActivity when it is no ActivityStreams.
        """
        await asyncio.to_thread(self._refuse_blocked, url)
        key = await asyncio.to_thread(lambda: self.signing.site_key)
        with self.acquainting.patience.asking(url):
            document = await find_document(self.client, url, key=key)
        # Many a Tombstone has no @context, and nothing else of it is read.
        if document.get("type") != "Tombstone":
            check_document(document)
        return document

    async def items(self, url: str) -> tuple[str, ...]:
        """Give the ids of the first MOST_ITEMS in a collection; what is embedded is not believed.

        Raises RemoteRefused or RemoteUnavailable.
        """
        await asyncio.to_thread(self._refuse_blocked, url)
        key = await asyncio.to_thread(lambda: self.signing.site_key)
        with self.acquainting.patience.asking(url):
            found = await find_items(
                self.client, url, key=key, most_items=MOST_ITEMS, most_pages=MOST_PAGES
            )
        return tuple(dict.fromkeys(filter(None, map(reference, found))))

    async def with_writers(self, notes: Iterable[RemoteNote]) -> tuple[RemoteNote, ...]:
        """Fetch who wrote these notes, where that is not known; leave out whose writer hides."""
        found = tuple(notes)
        unknown = await asyncio.to_thread(self._unknown, {note.attributed_to for note in found})
        missing = set()
        for actor in sorted(unknown):
            try:
                await self._meet(actor)
            except RemoteFailure as error:
                _log.info("writer not fetched", actor=actor, reason=str(error))
                missing.add(actor)
        return tuple(note for note in found if note.attributed_to not in missing)

    async def writer_of(self, note: RemoteNote) -> None:
        """Fetch who wrote this note, where that is not known.

        Raises RemoteRefused, also when they are not who they are said to be, or
        RemoteUnavailable.
        """
        for actor in await asyncio.to_thread(self._unknown, [note.attributed_to]):
            await self._meet(actor)

    async def _meet(self, actor: ActorId) -> None:
        met = await self.acquainting.fetch_actor(actor)
        if met.id != actor:
            raise RemoteRefused(f"{actor} calls themselves {met.id}")

    async def actor(self, url: str) -> RemoteActor:
        """Fetch somebody anew; when that fails, what we know of them stays.

        Raises RemoteRefused or RemoteUnavailable.
        """
        await asyncio.to_thread(self._refuse_blocked, url)
        return await self.acquainting.fetch_actor(url)

    async def actor_by_handle(self, handle: str) -> RemoteActor:
        """Find who is behind ``user@host``, where neither that host nor theirs is blocked.

        Raises RemoteRefused or RemoteUnavailable.
        """
        await asyncio.to_thread(self._refuse_blocked, f"https://{handle.rpartition('@')[2]}")
        return await self.actor(await self.acquainting.find_address(handle))

    async def picture(self, url: str, *, limit_bytes: int) -> bytes:
        """Fetch a file that its server calls a picture; nothing in it is checked yet.

        Raises RemoteRefused, also when it is larger, or RemoteUnavailable.
        """
        await asyncio.to_thread(self._refuse_blocked, url)
        with self.acquainting.patience.asking(url):
            answer = await self.client.get_bytes(url, accept="image/*", limit_bytes=limit_bytes)
        media_type = answer.headers.get("content-type", "")
        if not media_type.strip().lower().startswith("image/"):
            raise RemoteRefused(f"{url[:200]!r} is {media_type[:100]!r}", status=answer.status)
        return answer.body

    def _refuse_blocked(self, url: str) -> None:
        place = host(url)
        with self.database.snapshot() as tx:
            if not place or hosts.is_blocked(tx, place):
                raise RemoteRefused(f"nothing is wanted from {place!r}")

    def _unknown(self, wanted: Collection[ActorId]) -> set[ActorId]:
        with self.database.snapshot() as tx:
            return set(wanted) - actors.find_many(tx, wanted).keys()
