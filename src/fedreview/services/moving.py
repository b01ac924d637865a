"""Name an author's other accounts, move away to one of them, and come back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from fedreview.activitypub import acts
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author, RemoteActor
from fedreview.errors import (
    InvalidInput,
    RemoteFailure,
    RemoteUnavailable,
)
from fedreview.services.acquainting import Acquainting
from fedreview.services.desk_views import OtherAccounts
from fedreview.services.presenting import Presenting
from fedreview.services.sending import Outgoing, Sending
from fedreview.services.views import Account
from fedreview.storage import accounts, actors
from fedreview.storage.database import Database, Transaction

MOST_ALIASES = 10


def account(tx: Transaction, id: str) -> Account:
    """Give an account elsewhere with what we know of it."""
    person = actors.find(tx, id)
    if person is None:
        return Account(id=id, name="", handle="", url=id)
    return Account(id=id, name=person.name, handle=person.handle, url=person.url or id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Keeps which accounts are one person's, and moves followers from one to another.

    Source: FEP-7628; Mastodon, app/services/move_service.rb.
    """

    database: Database
    urls: Urls
    sending: Sending
    acquainting: Acquainting
    presenting: Presenting

    def other_accounts(self, author: Author) -> OtherAccounts:
        """Give the author's other accounts, and the one that they have gone to, if any."""
        with self.database.snapshot() as tx:
            return OtherAccounts(
                aliases=tuple(account(tx, alias) for alias in author.also_known_as),
                moved_to=account(tx, author.moved_to) if author.moved_to else None,
                followers=actors.count_followers(tx, author.id),
            )

    async def add_alias(self, author: Author, handle: str) -> RemoteActor:
        """Say that the account with this handle or address is the author's, too.

        Until that stands here no server moves followers from there to here.
        Raises InvalidInput for field "alias".
        """
        person, _ = await self._find(handle, "alias")
        await asyncio.to_thread(self._add_alias, author, person)
        return person

    def _add_alias(self, author: Author, person: RemoteActor) -> None:
        def added(known: Author) -> Author:
            if person.id in known.also_known_as:
                return known
            if len(known.also_known_as) >= MOST_ALIASES:
                raise InvalidInput({"alias": f"There can be {MOST_ALIASES}. Remove one first."})
            return replace(known, also_known_as=(*known.also_known_as, person.id))

        self._change(author, added)

    def remove_alias(self, author: Author, actor_id: str) -> None:
        """Say so no more."""

        def removed(known: Author) -> Author:
            kept = tuple(alias for alias in known.also_known_as if alias != actor_id)
            return replace(known, also_known_as=kept)

        self._change(author, removed)

    async def move(self, author: Author, handle: str) -> RemoteActor:
        """Move all followers to the account with this handle or address.

        That account must name this one as another of its own: its server would not take
        anybody otherwise, and nobody can be moved to where they are not wanted.
        Raises InvalidInput for field "target".
        """
        if author.moved_to:
            raise InvalidInput({"target": "You have moved already. Come back here first."})
        person, aliases = await self._find(handle, "target")
        if self.urls.actor(author.username) not in aliases:
            raise InvalidInput({"target": self._not_confirmed(author, person)})
        await asyncio.to_thread(self._move, author, person)
        return person

    def _not_confirmed(self, author: Author, person: RemoteActor) -> str:
        return (
            f"@{person.handle} does not name this account as another of its own yet. There, "
            f"look for “moving from a different account” or “aliases”, add "
            f"@{self.urls.handle(author.username)}, and try again."
        )

    def _move(self, author: Author, person: RemoteActor) -> None:
        me = self.urls.actor(author.username)
        followers = self.urls.followers(author.username)
        moving = self.sending.prepare(
            lambda uri: acts.move(uri, me, person.id, followers=followers),
            author_id=author.id,
            about=me,
            listed=False,
        )
        # The profile first: some servers look there whether the Move is true.
        self._change(author, lambda known: replace(known, moved_to=person.id), moving)

    def come_back(self, author: Author) -> None:
        """Say that the author is here after all; followers who have gone stay where they are."""
        self._change(author, lambda known: replace(known, moved_to=""))

    def _change(self, author: Author, change: Callable[[Author], Author], *more: Outgoing) -> None:
        """Keep what is changed of the author's accounts, and tell the followers' servers.

        more: what they are told after it.
        """
        with self.database.snapshot() as tx:
            known = accounts.get_author(tx, author.username)
        changed = change(known)
        if changed == known:
            return
        update = self.presenting.prepare_update(changed)
        with self.database.transaction() as tx:
            accounts.set_other_accounts(
                tx, author.id, also_known_as=changed.also_known_as, moved_to=changed.moved_to
            )
            inboxes = actors.follower_inboxes(tx, author.id)
            for outgoing in (update, *more):
                self.sending.queue(tx, outgoing, inboxes)
        self.sending.wake()

    async def _find(self, handle: str, field: str) -> tuple[RemoteActor, tuple[str, ...]]:
        """Find an account elsewhere, as it is now. Raises InvalidInput for the field."""
        if not handle.strip():
            raise InvalidInput({field: "Type a handle such as @name@server.example."})
        try:
            url = await self.acquainting.find_address(handle)
            if self.urls.is_ours(url):
                raise InvalidInput({field: "That is somebody on this site."})
            return await self.acquainting.fetch_with_aliases(url)
        except RemoteFailure as error:
            raise InvalidInput({field: _why(error)}) from error


def _why(error: RemoteFailure) -> str:
    if isinstance(error, RemoteUnavailable):
        return "That server does not answer. Try again in some minutes."
    return "Nobody was found there. Is the handle spelt as on the profile?"
