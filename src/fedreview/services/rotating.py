"""Give our actors new keys, and let everybody who follows them know."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from fedreview.activitypub.build import PublicKeys
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import ActorId, Author
from fedreview.services.presenting import keyed_document, profile_update
from fedreview.services.sending import Sending, serialise
from fedreview.services.signing import NewKeys, Signing, key_ids, key_number, retired_keys
from fedreview.signatures.integrity import add_proof
from fedreview.signatures.keys import PrivateKey, PublicKey
from fedreview.storage import actors, keys, resigning
from fedreview.storage.actors import FollowingState
from fedreview.storage.database import Database, Transaction
from fedreview.storage.keys import StoredKey

PROVED_TOGETHER = 200
"""How many activities are held in memory while they are proved anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation did. told: how many inboxes get the new keys."""

    key_id: str
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotating:
    """Rotates keys.

    To other servers a key that changes without a word is somebody else's. So the word comes
    from the key that they know: an Update of the actor, signed with the old key at every try,
    as is everything that waits in front of it.
    Source: Mastodon, app/services/activitypub/process_account_service.rb.
    """

    database: Database
    urls: Urls
    signing: Signing
    sending: Sending
    now: Callable[[], datetime]

    def list_(self, author: Author | None) -> tuple[StoredKey, ...]:
        """Read the keys that an author has and had, or None for the site's own."""
        with self.database.snapshot() as tx:
            return keys.list_of(tx, self._actor(author))

    def rotate(self, author: Author | None, *, forget_old: bool = False) -> Rotated:
        """Let an author sign with new keys from now on, or None for the site itself.

        forget_old: somebody else has an old key. None of them is published any more, what
        they have proved is proved anew, and each is wiped as soon as nothing that must go out
        is signed with it.

        Raises NotFound without keys, NotAllowed when somebody else rotates at the same time.
        """
        actor = self._actor(author)
        self.signing.reload()
        before = self.signing.keys(actor).public
        fresh = NewKeys()
        rsa, ed25519 = (PrivateKey.load("", pem) for pem in (fresh.rsa_pem, fresh.ed25519_pem))
        with self.database.transaction() as tx:
            self._retire(tx, actor, before)
            number = 1 + max(key_number(key.id) for key in keys.list_of(tx, actor))
            self.signing.store(tx, actor, fresh, number=number)
            resigning.sign_waiting_with(tx, actor, before.rsa_id)
            if forget_old:
                keys.forget(tx, actor)
                self._prove_anew(tx, actor, replace(ed25519, id=key_ids(actor, number)[1]))
            now_public = _published(tx, actor, number, rsa, ed25519)
            told = self._tell(tx, author, now_public, before.rsa_id) if author else 0
            keys.wipe(tx)
            keys.renew_version(tx)
        self.signing.reload()
        self.sending.wake()
        return Rotated(key_id=now_public.rsa_id, told=told)

    def _actor(self, author: Author | None) -> ActorId:
        return self.urls.actor(author.username) if author else self.urls.instance_actor

    def _retire(self, tx: Transaction, actor: ActorId, before: PublicKeys) -> None:
        multikey = PublicKey.from_multibase(before.ed25519_id, actor, before.ed25519_multibase)
        halves = {before.rsa_id: before.rsa_pem, before.ed25519_id: multikey.pem()}
        for key_id, public_pem in halves.items():
            keys.retire(tx, key_id, public_pem=public_pem, now=self.now())

    def _tell(self, tx: Transaction, author: Author, public: PublicKeys, key_id: str) -> int:
        """Queue the Update, signed with the old key, and give how many inboxes get it.

        It has no proof: to whom a proof counts more than the request, that would be one by a
        key that they do not know yet.
        """
        document = keyed_document(author, self.urls, public)
        update = self.sending.prepare(
            lambda uri: profile_update(uri, author, self.urls, document),
            author_id=author.id,
            about=self.urls.actor(author.username),
            listed=False,
            proved=False,
        )
        followed = {
            each.actor.delivery_inbox
            for each in actors.list_following(tx, author.id)
            if each.state is not FollowingState.REJECTED
        }
        inboxes = actors.follower_inboxes(tx, author.id) | followed
        self.sending.queue(tx, update, inboxes, key_id=key_id)
        return len(inboxes)

    def _prove_anew(self, tx: Transaction, actor: ActorId, key: PrivateKey) -> None:
        """Put new proofs in the place of ours; what is passed on for others keeps theirs."""
        last = ""
        while found := resigning.list_provable(tx, actor, after=last, limit=PROVED_TOGETHER):
            for activity_id, body in found:
                document = json.loads(body)
                if "proof" in document and document["actor"] == actor:
                    proved = add_proof(document, key, now=self.now())
                    resigning.replace_body(tx, activity_id, serialise(dict(proved)))
            last = found[-1][0]


def _published(
    tx: Transaction, actor: ActorId, number: int, rsa: PrivateKey, ed25519: PrivateKey
) -> PublicKeys:
    rsa_id, ed25519_id = key_ids(actor, number)
    return PublicKeys(
        rsa_id=rsa_id,
        rsa_pem=rsa.public(actor).pem(),
        ed25519_id=ed25519_id,
        ed25519_multibase=ed25519.public(actor).multibase(),
        retired=retired_keys(keys.list_of(tx, actor)),
    )
