"""Follow people elsewhere, and stop following them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub import build
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author, RemoteActor
from fedreview.errors import InvalidInput, NotFound, RemoteRefused, RemoteUnavailable
from fedreview.services.acquainting import Acquainting
from fedreview.services.sending import Outgoing, Sending
from fedreview.storage import actors
from fedreview.storage.database import Database


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
        if not handle.strip():
            raise InvalidInput({"handle": "Type a handle such as @critic@reviews.example."})
        try:
            actor = await self.acquainting.find_by_handle(handle)
        except RemoteUnavailable as error:
            raise InvalidInput(
                {"handle": "Their server does not answer. Try again in some minutes."}
            ) from error
        except RemoteRefused as error:
            raise InvalidInput(
                {"handle": "Nobody was found there. Is the handle spelt as on their profile?"}
            ) from error
        if self.urls.is_ours(actor.id):
            raise InvalidInput({"handle": "That is somebody on this site."})
        await asyncio.to_thread(self._ask, author, actor)
        return actor

    def _ask(self, author: Author, actor: RemoteActor) -> None:
        follow = self._activity(
            author,
            lambda uri: build.activity(
                "Follow",
                uri,
                self.urls.actor(author.username),
                actor.id,
                to=[actor.id],
                cc=[],
            ),
            about=actor.id,
        )
        with self.database.transaction() as tx:
            actors.add_following(
                tx, author.id, actor.id, follow=str(follow.document["id"]), now=self.now()
            )
            self.sending.queue(tx, follow, [actor.inbox])
        self.sending.wake()

    def unfollow(self, author: Author, actor_id: str) -> None:
        """Follow somebody no more, and tell their server. Raises NotFound."""
        with self.database.snapshot() as tx:
            known = next(
                (f for f in actors.list_following(tx, author.id) if f.actor.id == actor_id), None
            )
        if known is None:
            raise NotFound("the author does not follow this actor")
        me = self.urls.actor(author.username)
        follow: build.Document = {
            "id": known.follow,
            "type": "Follow",
            "actor": me,
            "object": actor_id,
        }
        undo = self._activity(
            author,
            lambda uri: build.activity("Undo", uri, me, follow, to=[actor_id], cc=[]),
            about=known.follow,
        )
        with self.database.transaction() as tx:
            actors.remove_following(tx, author.id, actor_id)
            self.sending.queue(tx, undo, [known.actor.inbox])
        self.sending.wake()

    def _activity(
        self, author: Author, make: Callable[[str], build.Document], *, about: str
    ) -> Outgoing:
        return self.sending.prepare(
            make, author_id=author.id, about=about, listed=False, proved=False
        )
