"""Have nothing more to do with somebody, and end that again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub import acts
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author, RemoteActor
from fedreview.errors import NotFound
from fedreview.services.permitting import Permitting
from fedreview.services.sending import Sending
from fedreview.storage import actors, blocks, queues
from fedreview.storage.database import Database, Transaction

UNWANTED_NOW = ("Accept", "Announce", "Create", "Follow", "Like", "Update")
"""What somebody who is blocked meanwhile does not get any more; what takes back still goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """Blocks people, and removes followers, each together with what their server is told."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]

    def block(self, author: Author, actor_id: str) -> RemoteActor:
        """Block somebody; done before, it changes nothing. Raises NotFound.

        Neither follows the other any more, and what they wrote to the author is hidden.
        Leave that they had to reply ends, and what they asked for is refused.
        Source: Mastodon, app/services/block_service.rb, for what is sent and in which order.
        """
        with self.database.transaction() as tx:
            person = _get(tx, actor_id)
            self.block_within(tx, author, person)
        self.sending.wake()
        return person

    def block_within(self, tx: Transaction, author: Author, person: RemoteActor) -> bool:
        """Do that as a part of something larger; tells whether it is new."""
        if blocks.is_blocked(tx, author.id, person.id):
            return False
        me = self.urls.actor(author.username)
        queues.cancel(tx, author.id, person.inbox, UNWANTED_NOW)
        self._unfollow(tx, author, person)
        self._refuse(tx, author, person)
        Permitting(sending=self.sending).refuse_all(tx, author, person.id)
        sent = self.sending.tell(
            tx, author, person, lambda uri: acts.block(uri, me, person.id), about=person.id
        )
        return blocks.add(tx, author.id, person.id, activity=sent, now=self.now())

    def unblock(self, author: Author, actor_id: str) -> None:
        """Block somebody no more; what the block had hidden is shown again. Raises NotFound."""
        with self.database.transaction() as tx:
            if not self.unblock_within(tx, author, actor_id):
                raise NotFound("the author does not block this actor")
        self.sending.wake()

    def unblock_within(self, tx: Transaction, author: Author, actor_id: str) -> bool:
        """Do that as a part of something larger; tells whether there was a block."""
        me = self.urls.actor(author.username)
        ended = blocks.remove(tx, author.id, actor_id)
        person = actors.find(tx, actor_id) if ended else None
        if ended and person:
            done = acts.block(ended.activity, me, person.id)
            self.sending.tell(tx, author, person, lambda uri: acts.undo(uri, done), about=person.id)
        return ended is not None

    def remove_follower(self, author: Author, actor_id: str) -> None:
        """End somebody's following; they may ask again. Raises NotFound."""
        with self.database.transaction() as tx:
            if not self._refuse(tx, author, _get(tx, actor_id)):
                raise NotFound("the actor does not follow this author")
        self.sending.wake()

    def _unfollow(self, tx: Transaction, author: Author, person: RemoteActor) -> None:
        known = actors.find_following(tx, author.id, person.id)
        if known:
            actors.remove_following(tx, author.id, person.id)
            me = self.urls.actor(author.username)
            asked = acts.follow(known.follow, me, person.id)
            self.sending.tell(
                tx, author, person, lambda uri: acts.undo(uri, asked), about=person.id
            )

    def _refuse(self, tx: Transaction, author: Author, person: RemoteActor) -> bool:
        """End their following; tells whether there was one."""
        follow_id = actors.find_follow(tx, author.id, person.id)
        if follow_id is None:
            return False
        actors.remove_follower(tx, author.id, person.id)
        me = self.urls.actor(author.username)
        self.sending.tell(
            tx,
            author,
            person,
            lambda uri: acts.reject_follow(uri, me, follow_id=follow_id, follower=person.id),
            about=person.id,
        )
        return True


def _get(tx: Transaction, actor_id: str) -> RemoteActor:
    person = actors.find(tx, actor_id)
    if person is None:
        raise NotFound("nobody we know")
    return person
