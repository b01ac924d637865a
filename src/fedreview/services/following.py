"""Follow people elsewhere, and stop following them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub import acts
from fedreview.activitypub.origin import host
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author, RemoteActor
from fedreview.errors import InvalidInput, NotFound, RemoteRefused, RemoteUnavailable
from fedreview.services.acquainting import Acquainting
from fedreview.services.sending import Sending
from fedreview.storage import actors, domains
from fedreview.storage.database import Database

_NOBODY = "Nobody was found there. Is the handle spelt as on their profile?"
_KEPT_AWAY = "Their server is suspended here. Let it in first, on the page Servers."


@dataclass(frozen=True, slots=True, kw_only=True)
class Followings:
    """Asks to follow, and takes it back."""

    database: Database
    urls: Urls
    sending: Sending
    acquainting: Acquainting
    now: Callable[[], datetime]

    async def follow(self, author: Author, handle: str) -> RemoteActor:
        """Find who is behind a handle or profile address and ask to follow them.

        Raises InvalidInput for field "handle" with what to do about it.
        """
        if "@" not in handle.strip().removeprefix("@") and "://" not in handle:
            raise InvalidInput(
                {"handle": "Type a handle with its server, such as @critic@reviews.example."}
            )
        try:
            actor = await self.acquainting.find_by_handle(handle)
        except RemoteUnavailable as error:
            raise InvalidInput(
                {"handle": "Their server does not answer. Try again in some minutes."}
            ) from error
        except RemoteRefused as error:
            is_kept_away = await asyncio.to_thread(self._is_kept_away, handle.strip())
            raise InvalidInput({"handle": _KEPT_AWAY if is_kept_away else _NOBODY}) from error
        if self.urls.is_ours(actor.id):
            raise InvalidInput({"handle": "That is somebody on this site."})
        await asyncio.to_thread(self._ask, author, actor)
        return actor

    def _is_kept_away(self, handle: str) -> bool:
        url = handle if "://" in handle else f"https://{handle.rpartition('@')[2]}"
        with self.database.snapshot() as tx:
            return domains.is_suspended(tx, host(url))

    def _ask(self, author: Author, actor: RemoteActor) -> None:
        me = self.urls.actor(author.username)
        with self.database.transaction() as tx:
            follow_id = self.sending.tell(
                tx, author, actor, lambda uri: acts.follow(uri, me, actor.id), about=actor.id
            )
            actors.add_following(tx, author.id, actor.id, follow=follow_id, now=self.now())
        self.sending.wake()

    def unfollow(self, author: Author, actor_id: str) -> None:
        """Follow somebody no more, and tell their server. Raises NotFound."""
        with self.database.transaction() as tx:
            known = actors.find_following(tx, author.id, actor_id)
            if known is None:
                raise NotFound("the author does not follow this actor")
            asked = acts.follow(known.follow, self.urls.actor(author.username), actor_id)
            actors.remove_following(tx, author.id, actor_id)
            self.sending.tell(
                tx, author, known.actor, lambda uri: acts.undo(uri, asked), about=known.follow
            )
        self.sending.wake()
