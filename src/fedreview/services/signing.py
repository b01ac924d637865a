"""The keys of our own actors: made once, kept in the database, loaded once a process."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedreview.activitypub.build import Multikey, PublicKeys
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import ActorId
from fedreview.errors import NotFound
from fedreview.signatures.keys import (
    PrivateKey,
    PublicKey,
    generate_ed25519,
    generate_rsa,
)
from fedreview.storage import keys
from fedreview.storage.database import Database, Transaction
from fedreview.storage.keys import StoredKey

RSA_NAME = "main-key"
ED25519_NAME = "ed25519-key"

NOTICE_WITHIN = timedelta(seconds=2)
"""How long this process may go on with keys that another one has replaced."""

MOST_PUBLISHED = 10
"""How many keys of one kind others read. Source: Mastodon, process_account_service.rb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorKeys:
    """What one actor signs with: `http` the requests, `proof` the documents."""

    http: PrivateKey
    proof: PrivateKey
    public: PublicKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKeys:
    """Fresh private keys as PEM; made outside of any transaction, for RSA takes a while."""

    rsa_pem: str = field(default_factory=generate_rsa)
    ed25519_pem: str = field(default_factory=generate_ed25519)


def key_ids(actor: str, number: int) -> tuple[str, str]:
    """Give the ids of an actor's n-th pair of keys, RSA and Ed25519.

    number: from 1. Only later pairs show it: a new key has a new id, for there are caches that
    never ask again for an id they know.
    """
    ending = f"-{number}" if number > 1 else ""
    return f"{actor}#{RSA_NAME}{ending}", f"{actor}#{ED25519_NAME}{ending}"


def key_number(key_id: str) -> int:
    """Tell which pair a key belongs to, from 1."""
    ending = key_id.rpartition("#")[2].rpartition("key")[2]
    return int(ending.removeprefix("-") or "1")


def is_rsa(key_id: str) -> bool:
    """Tell a key for requests from one for proofs."""
    return key_id.rpartition("#")[2].startswith(RSA_NAME)


def retired_keys(stored: Iterable[StoredKey]) -> tuple[Multikey, ...]:
    """Give the retired keys that are still published, the newest first.

    Those for proofs, because old activities keep their proofs. Those for requests only while
    something may still be signed with them.
    """
    published = [
        key for key in stored if key.public_pem and (key.private_pem or not is_rsa(key.id))
    ]
    published.sort(key=lambda key: key_number(key.id), reverse=True)
    return tuple(
        Multikey(
            id=key.id,
            multibase=PublicKey.from_pem(key.id, key.actor, key.public_pem).multibase(),
        )
        for key in published[: MOST_PUBLISHED - 1]
    )


class Signing:
    """Finds the keys of a local actor.

    Loading an RSA key costs 64 ms of CPU, so each is loaded once and kept. That another process
    has rotated keys is noticed within NOTICE_WITHIN, by one look at one row.
    """

    def __init__(self, *, database: Database, urls: Urls, now: Callable[[], datetime]) -> None:
        self._database = database
        self._urls = urls
        self._now = now
        self._lock = threading.Lock()
        self._loaded: dict[str, ActorKeys] = {}
        self._retired: dict[str, PrivateKey | None] = {}
        self._looking = threading.Lock()
        self._looked_at: datetime | None = None
        self._version: str | None = None

    def store(self, tx: Transaction, actor: ActorId, fresh: NewKeys, *, number: int = 1) -> None:
        """Keep fresh keys of an actor. number: which pair of theirs it is."""
        pems = (fresh.rsa_pem, fresh.ed25519_pem)
        for key_id, pem in zip(key_ids(actor, number), pems, strict=True):
            key = StoredKey(id=key_id, actor=actor, private_pem=pem, created_at=self._now())
            keys.add(tx, key)

    def keys(self, actor: str) -> ActorKeys:
        """Give the actor's keys. Raises NotFound when the actor is not ours."""
        self._notice()
        with self._lock:
            found = self._loaded.get(actor)
            if found is None:
                found = self._loaded[actor] = self._load(actor)
        return found

    def retired_key(self, actor: str, key_id: str) -> PrivateKey | None:
        """Give a key that the actor has signed with before, None when it is wiped."""
        self._notice()
        with self._lock:
            if key_id not in self._retired:
                stored = {key.id: key.private_pem for key in self._stored(actor)}
                pem = stored.get(key_id)
                self._retired[key_id] = PrivateKey.load(key_id, pem) if pem else None
            return self._retired[key_id]

    def load_all(self) -> None:
        """Load the keys of all our actors now, and not while somebody waits."""
        with self._database.snapshot() as tx:
            known = keys.list_actors(tx)
        for actor in known:
            self.keys(actor)

    def reload(self) -> None:
        """Forget what is loaded, when what another process did a second ago counts."""
        with self._lock:
            self._forget()

    @property
    def site_key(self) -> PrivateKey:
        """The key of the instance actor, which signs what no author asked for."""
        return self.keys(self._urls.instance_actor).http

    def _notice(self) -> None:
        """Forget what is loaded when the keys have changed since.

        While one thread looks, the others go on with what they have: nobody who holds a
        connection waits for somebody who wants one.
        """
        now = self._now()
        looked_at = self._looked_at
        if looked_at is not None and abs(now - looked_at) < NOTICE_WITHIN:
            return
        if not self._looking.acquire(blocking=False):
            return
        try:
            with self._database.snapshot() as tx:
                version = keys.find_version(tx)
            with self._lock:
                if version != self._version:
                    self._forget()
                self._version = version
            self._looked_at = now
        finally:
            self._looking.release()

    def _forget(self) -> None:
        self._loaded.clear()
        self._retired.clear()

    def _stored(self, actor: str) -> tuple[StoredKey, ...]:
        with self._database.snapshot() as tx:
            return keys.list_of(tx, actor)

    def _load(self, actor: str) -> ActorKeys:
        stored = self._stored(actor)
        present = {is_rsa(key.id): key for key in stored if key.retired_at is None}
        if len(present) < 2:
            raise NotFound(f"no keys for {actor}")
        http, proof = (
            PrivateKey.load(key.id, key.private_pem) for key in (present[True], present[False])
        )
        return ActorKeys(
            http=http,
            proof=proof,
            public=PublicKeys(
                rsa_id=http.id,
                rsa_pem=http.public(actor).pem(),
                ed25519_id=proof.id,
                ed25519_multibase=proof.public(actor).multibase(),
                retired=retired_keys(stored),
            ),
        )
