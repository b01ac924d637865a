"""The keys of our own actors: made once, kept in the database, loaded once a process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fedreview.activitypub.build import PublicKeys
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import ActorId
from fedreview.errors import NotFound
from fedreview.signatures.keys import (
    PrivateKey,
    generate_ed25519,
    generate_rsa,
    public_multibase,
    public_pem,
)
from fedreview.storage import accounts
from fedreview.storage.database import Database, Transaction


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


class Signing:
    """Finds the keys of a local actor.

    Loading an RSA key costs 64 ms of CPU, so each is loaded once and kept.
    """

    def __init__(self, *, database: Database, urls: Urls, now: Callable[[], datetime]) -> None:
        self._database = database
        self._urls = urls
        self._now = now
        self._lock = threading.Lock()
        self._loaded: dict[str, ActorKeys] = {}

    def store(self, tx: Transaction, actor: ActorId, keys: NewKeys) -> None:
        """Keep fresh keys for a new actor, in the transaction that makes the actor."""
        now = self._now()
        for name, pem in (("main-key", keys.rsa_pem), ("ed25519-key", keys.ed25519_pem)):
            accounts.add_key(
                tx,
                accounts.StoredKey(id=f"{actor}#{name}", actor=actor, private_pem=pem),
                now=now,
            )

    def keys(self, actor: str) -> ActorKeys:
        """Give the actor's keys. Raises NotFound when the actor is not ours."""
        with self._lock:
            found = self._loaded.get(actor)
            if found is None:
                found = self._loaded[actor] = self._load(actor)
        return found

    def load_all(self) -> None:
        """Load the keys of all our actors now, and not while somebody waits."""
        with self._database.snapshot() as tx:
            known = accounts.key_actors(tx)
        for actor in known:
            self.keys(actor)

    @property
    def site_key(self) -> PrivateKey:
        """The key of the instance actor, which signs what no author asked for."""
        return self.keys(self._urls.instance_actor).http

    def _load(self, actor: str) -> ActorKeys:
        with self._database.snapshot() as tx:
            stored = {key.id: key.private_pem for key in accounts.keys_of(tx, actor)}
        rsa_id, ed25519_id = f"{actor}#main-key", f"{actor}#ed25519-key"
        if rsa_id not in stored or ed25519_id not in stored:
            raise NotFound(f"no keys for {actor}")
        return ActorKeys(
            http=PrivateKey.load(rsa_id, stored[rsa_id]),
            proof=PrivateKey.load(ed25519_id, stored[ed25519_id]),
            public=PublicKeys(
                rsa_id=rsa_id,
                rsa_pem=public_pem(stored[rsa_id]),
                ed25519_id=ed25519_id,
                ed25519_multibase=public_multibase(stored[ed25519_id]),
            ),
        )
