"""Take an address from elsewhere, and find what an author can follow or answer there."""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

from fedreview.activitypub.origin import same_origin
from fedreview.activitypub.parse import parse_note
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Audience
from fedreview.content.sanitize import safe_link
from fedreview.domain.actor import Author
from fedreview.domain.thread import NoteState
from fedreview.errors import (
    InvalidInput,
    MalformedActivity,
    RemoteFailure,
    RemoteRefused,
    RemoteUnavailable,
)
from fedreview.services.assembling import Assembling
from fedreview.services.fetching import Fetching
from fedreview.services.placing import Placing
from fedreview.services.views import Encounter
from fedreview.storage import accounts, actors, reviews, threads
from fedreview.storage.database import Database, Transaction

LONGEST_ADDRESS = 2_048

_NOTHING = "Type the address of a post, or a handle such as @name@server.example."
_SILENT = "Their server does not answer. Try again in some minutes."
_REFUSED = (
    "Nothing was found there that can be shown here. Is the address right, and the post public?"
)
_OURS = "That is an address of this site, and nothing stands there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Interacting:
    """Finds what an address leads to: in what is kept, or by asking its server."""

    database: Database
    urls: Urls
    fetching: Fetching
    placing: Placing
    assembling: Assembling

    def find(self, author: Author, address: str) -> Encounter:
        """Give what is known of a handle or address, without asking anybody."""
        with self.database.snapshot() as tx:
            page = self._page_here(tx, address)
            if page:
                return Encounter(page=page)
            person = (
                actors.find(tx, address)
                if "://" in address
                else actors.find_by_handle(tx, _plain_handle(address))
            )
            if person:
                following = actors.find_following(tx, author.id, person.id)
                state = following.state if following else None
                return Encounter(person=person, following=state)
            note = threads.find(tx, address)
            if note is None or note.audience != "public" or note.state is NoteState.DELETED:
                return Encounter()
            reply = self.assembling.replies(tx, (note,), None)[0]
            given = self.assembling.given(tx, author, (note,))[note.uri]
            return Encounter(note=reply, title=note.name, given=given)

    async def look_up(self, author: Author, address: str) -> str:
        """Ask for what stands at a handle or address, keep it, and give the id to find it by.

        Asks nobody when it is known. Otherwise at most for the post or person, and for who
        wrote it.

        Raises InvalidInput for field "uri" with what to do about it.
        """
        address = address.strip()
        if not address or len(address) > LONGEST_ADDRESS:
            raise InvalidInput({"uri": _NOTHING})
        known = await asyncio.to_thread(self.find, author, address)
        if known.is_known:
            return address
        if self._is_here(address):
            raise InvalidInput({"uri": _OURS})
        try:
            return await self._ask(address)
        except RemoteUnavailable as error:
            raise InvalidInput({"uri": _SILENT}) from error
        except RemoteFailure as error:
            raise InvalidInput({"uri": _REFUSED}) from error

    async def _ask(self, address: str) -> str:
        if "://" not in address:
            return (await self.fetching.actor_by_handle(_plain_handle(address))).id
        url = safe_link(address)
        if not url:
            raise RemoteRefused("no address that can be asked")
        try:
            note = parse_note(await self.fetching.document(url))
        except MalformedActivity:
            # Nothing that was written; so it has to be somebody.
            return (await self.fetching.actor(url)).id
        if note.audience is not Audience.PUBLIC or not same_origin(note.id, note.attributed_to):
            raise RemoteRefused(f"{note.id} is not public, or its writer is elsewhere")
        await self.fetching.writer_of(note)
        await asyncio.to_thread(self.placing.keep_asked_for, note)
        return note.id

    def _page_here(self, tx: Transaction, address: str) -> str:
        """Give the path of what this site has at an address of its own, else ""."""
        username = self._username(address)
        if username:
            author = accounts.find_author(tx, username)
            return f"/@{author.username}" if author else ""
        if not self.urls.is_ours(address):
            return ""
        review_id, slug = self.urls.review_id(address), self.urls.review_slug(address)
        found = reviews.find_published_names(tx, id=review_id, slug=slug)
        if found:
            return f"/reviews/{quote(found[1])}"
        note = threads.find(tx, address)
        is_shown = note and note.author_id and note.is_in_sight
        return note.url.removeprefix(self.urls.base) if note and is_shown else ""

    def _username(self, address: str) -> str | None:
        if "://" in address:
            return self.urls.username(address)
        name, _, host = _plain_handle(address).rpartition("@")
        return name if host == self.urls.host.lower() else None

    def _is_here(self, address: str) -> bool:
        return self.urls.is_ours(address) or self._username(address) is not None


def _plain_handle(text: str) -> str:
    """Write ``acct:user@Host`` and ``@user@Host`` as ``user@host``."""
    handle = text[5:] if text[:5].lower() == "acct:" else text
    name, _, host = handle.removeprefix("@").rpartition("@")
    return f"{name}@{host.lower()}"
