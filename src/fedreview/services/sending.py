"""Put an activity of ours into the durable queue, signed and serialised once."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from fedreview.activitypub.build import Document
from fedreview.activitypub.origin import host
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import ActorId, Author, AuthorId, RemoteActor
from fedreview.services.signing import Signing
from fedreview.signatures.integrity import add_proof
from fedreview.storage import queues
from fedreview.storage.database import Transaction


def serialise(document: Document) -> bytes:
    """Write a document as the bytes that are signed and sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An activity that has its final bytes and waits to be queued.

    listed: whether it is public and stands in the author's outbox.
    """

    id: str
    document: Document
    body: bytes
    author_id: AuthorId | None
    object: str
    listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Makes activities ready and queues them.

    wake: tells the workers of this process that there is something to do.
    """

    signing: Signing
    urls: Urls
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    wake: Callable[[], None]

    def prepare(
        self,
        make: Callable[[str], Document],
        *,
        author_id: AuthorId | None,
        about: str,
        listed: bool,
        proved: bool = True,
    ) -> Outgoing:
        """Mint an id, make the document with it, prove it and serialise it once.

        Costs about a millisecond, so it may be done inside a transaction; keys are loaded
        when the process starts (`Signing.load_all`).

        make: given the activity's id, gives the document.
        about: the id of the object, by which the outbox forgets what is deleted.
        proved: whether it gets an integrity proof (FEP-8b32), so that others can pass it on.
        """
        activity_id = self.new_id()
        document = make(self.urls.activity(activity_id))
        if proved:
            key = self.signing.keys(str(document["actor"])).proof
            document = dict(add_proof(document, key, now=self.now()))
        return Outgoing(
            id=activity_id,
            document=document,
            body=serialise(document),
            author_id=author_id,
            object=about,
            listed=listed,
        )

    def queue(
        self, tx: Transaction, outgoing: Outgoing, inboxes: Iterable[str], *, key_id: str = ""
    ) -> None:
        """Keep the activity and queue it for each of the inboxes, in this transaction.

        key_id: a retired key that signs its requests, "" for the actor's present one.

        An inbox of our own is left out: local things are done locally.
        """
        queues.send(
            tx,
            queues.OutgoingActivity(
                id=outgoing.id,
                uri=self.urls.activity(outgoing.id),
                type=str(outgoing.document["type"]),
                actor=ActorId(str(outgoing.document["actor"])),
                object=outgoing.object,
                body=outgoing.body,
                author_id=outgoing.author_id,
                listed=outgoing.listed,
                created_at=self.now(),
                key_id=key_id,
            ),
            self._elsewhere(inboxes),
        )

    def tell(
        self,
        tx: Transaction,
        author: Author,
        person: RemoteActor,
        make: Callable[[str], Document],
        *,
        about: str,
    ) -> str:
        """Queue something for this person alone, without a proof, and give its id.

        make and about: as for `prepare`.
        """
        outgoing = self.prepare(make, author_id=author.id, about=about, listed=False, proved=False)
        self.queue(tx, outgoing, [person.inbox])
        return str(outgoing.document["id"])

    def forward(
        self,
        tx: Transaction,
        author: Author,
        *,
        body: bytes,
        type: str,
        about: str,
        inboxes: Iterable[str],
    ) -> None:
        """Queue somebody else's activity, byte for byte, in this transaction.

        author: who passes it on, and signs the requests. about: the id of its object.
        """
        forward_id = self.new_id()
        queues.send(
            tx,
            queues.OutgoingActivity(
                id=forward_id,
                uri=self.urls.activity(forward_id),
                type=type,
                actor=self.urls.actor(author.username),
                object=about,
                body=body,
                author_id=author.id,
                listed=False,
                created_at=self.now(),
            ),
            self._elsewhere(inboxes),
        )

    def _elsewhere(self, inboxes: Iterable[str]) -> list[tuple[str, str]]:
        """Give each inbox that is not ours once, with its host.

        In an order that is always the same and has nothing to do with names: neighbours by name
        may hang together, and would take every place of the worker at the same time.
        """
        elsewhere = {inbox for inbox in inboxes if not self.urls.is_ours(inbox)}
        mixed = sorted(elsewhere, key=lambda inbox: sha256(inbox.encode()).digest())
        return [(inbox, host(inbox)) for inbox in mixed]
