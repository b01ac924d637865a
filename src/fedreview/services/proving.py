"""Tell whose word an activity is: its actor's, or only that of whoever brought it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock
from urllib.parse import urlsplit

import structlog

from fedreview.activitypub.origin import host, same_origin
from fedreview.activitypub.parse import Heading
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import (
    Activity,
    CreateNote,
    Delete,
    Json,
    UpdateNote,
)
from fedreview.errors import NotTheActor, RemoteFailure, RemoteRefused, UntrustedSignature
from fedreview.services.acquainting import Acquainting
from fedreview.signatures import integrity, verify
from fedreview.signatures.keys import PublicKey
from fedreview.signatures.message import Message
from fedreview.storage import actors
from fedreview.storage.actors import KnownKey
from fedreview.storage.database import Database

REFETCH_KEY_AFTER = timedelta(minutes=1)
"""How old a key must be before a signature that does not fit makes us fetch it anew."""

PROOF_LASTS = timedelta(days=7)
"""How old a proof may be that speaks without its maker's signature on the request.

Shorter than an activity is remembered: else an old Follow could be brought again by anybody,
long after it was undone.
"""

MOST_KEYS = 2_000
"""How many loaded keys to remember, of 5 KB each; another costs a look and 0.1 ms."""

_GONE = frozenset({404, 410})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRequest:
    """An inbox POST as it was received.

    raw_target: path and query, byte for byte.
    headers: names in lower case, in the order received.
    username: whose personal inbox it came to; None for the shared one.
    address: of the client, "" when it is not known.
    """

    method: str
    raw_target: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    username: str | None
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Who brought an activity, and whether its actor stands behind it.

    sender: the host that it is filed under, "" when nobody signed. is_proved: False for what
    may be true, but is only hearsay: it counts as far as its origin confirms it. is_signed:
    whether the sender's own signature is on the request; a proof may be brought by anybody.
    signed_at: when its actor signed this very request, None when they did not.
    """

    sender: str
    is_proved: bool
    is_signed: bool = True
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _LoadedKey:
    """A key as the database has it, and ready for use."""

    known: KnownKey
    public: PublicKey


@dataclass(slots=True)
class _Keyring:
    """The keys used last, loaded. Whoever trusts one makes sure that it is still the same."""

    loaded: OrderedDict[str, _LoadedKey] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def find(self, key_id: str) -> _LoadedKey | None:
        """Give a key, and let it be the last to be forgotten."""
        with self.lock:
            found = self.loaded.get(key_id)
            if found:
                self.loaded.move_to_end(key_id)
            return found

    def load(self, known: KnownKey) -> PublicKey:
        """Load a key as just read, unless it is loaded already."""
        found = self.find(known.id)
        if found and found.known == known:
            return found.public
        public = PublicKey.from_pem(known.id, known.owner, known.pem)
        with self.lock:
            self.loaded[known.id] = _LoadedKey(known, public)
            if len(self.loaded) > MOST_KEYS:
                self.loaded.popitem(last=False)
        return public


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """Checks signatures and proofs, with keys that it knows or fetches."""

    database: Database
    urls: Urls
    acquainting: Acquainting
    now: Callable[[], datetime]
    _keyring: _Keyring = field(default_factory=_Keyring)

    def find_claim(self, request: InboxRequest) -> verify.Claim | None:
        """Give what the request's signature claims, or None when there is none that could hold.

        No key is looked for: it is good for turning somebody away who need not be checked.
        """
        try:
            return verify.read_claim(self._message(request), now=self.now())
        except UntrustedSignature:
            return None

    def judge_by_memory(
        self, activity: Heading, claim: verify.Claim
    ) -> tuple[Verdict, KnownKey] | None:
        """Make sure, with a key that is in memory, that its actor signed; None when in doubt.

        Gives the key as well: that it is still theirs is for the transaction to see that keeps
        the activity.
        """
        loaded = self._keyring.find(claim.key_id)
        if loaded is None or loaded.public.owner != activity.actor:
            return None
        if not (
            same_origin(activity.id, activity.actor) and same_origin(claim.key_id, activity.actor)
        ):
            return None
        try:
            verify.check(claim, loaded.public)
        except UntrustedSignature:
            return None
        sender = host(activity.actor)
        verdict = Verdict(sender=sender, is_proved=True, signed_at=claim.surely_signed_at)
        return verdict, loaded.known

    async def judge(
        self, request: InboxRequest, document: Mapping[str, Json], activity: Activity
    ) -> Verdict:
        """Find out who vouches for the activity.

        The actor's own signature on the request is enough, and so is the actor's proof inside
        the document. Notes, and the news that they have changed or gone, may also be passed on
        by somebody else (ActivityPub section 7.1.2); then they are hearsay, and so is the end
        of an account whose key has gone with it.

        Raises UntrustedSignature when nobody vouches for it, and RemoteUnavailable when that
        cannot be found out now.
        Source: Fedify CVE-2025-54888 for checking the owner of the key before anything else.
        """
        if not same_origin(activity.id, activity.actor):
            raise UntrustedSignature(f"{activity.id} is not on the host of {activity.actor}")
        try:
            return await self._judge_signature(request, activity)
        except UntrustedSignature as refusal:
            _log.debug("not signed by its actor", activity=activity.id, reason=str(refusal))
            if await self._is_proved(document, activity):
                return Verdict(sender=host(activity.actor), is_proved=True, is_signed=False)
            return await self._judge_bearer(request, activity, refusal)

    async def _judge_signature(self, request: InboxRequest, activity: Activity) -> Verdict:
        """Make sure that the activity's actor signed this very request."""
        claim = verify.read_claim(self._message(request), now=self.now())
        if not same_origin(claim.key_id, activity.actor):
            raise NotTheActor(f"{claim.key_id} is not on the host of {activity.actor}")
        sender = host(activity.actor)
        try:
            signer = await self._signer(claim)
        except _KeyGone:
            if _ends_its_own_account(activity, key_id=claim.key_id):
                # Filed under nobody: unsigned, it may not use up what their host may send.
                return Verdict(sender="", is_proved=False, is_signed=False)
            raise
        if signer != activity.actor:
            await self._refuse_signer(claim, activity.actor)
        return Verdict(sender=sender, is_proved=True, signed_at=claim.surely_signed_at)

    async def _refuse_signer(self, claim: verify.Claim, actor: str) -> None:
        """Raise NotTheActor, unless the key turns out to be the actor's by now.

        Whose key it is may be out of date: a neighbour may have claimed it first.
        """
        try:
            signer = await self._signer(claim, renewed=True)
        except UntrustedSignature as error:
            raise NotTheActor(f"somebody else signed for {actor}") from error
        if signer != actor:
            raise NotTheActor(f"{signer} signed for {actor}")

    async def _judge_bearer(
        self, request: InboxRequest, activity: Activity, refusal: UntrustedSignature
    ) -> Verdict:
        """Make sure that whoever passes on a note can be told, and so blocked or slowed down."""
        if not isinstance(activity, CreateNote | UpdateNote | Delete):
            raise refusal
        claim = verify.read_claim(self._message(request), now=self.now())
        return Verdict(sender=host(await self._signer(claim)), is_proved=False)

    async def _is_proved(self, document: Mapping[str, Json], activity: Activity) -> bool:
        """Tell whether the actor's own proof, not too old, is in the document (FEP-8b32)."""
        method = integrity.proof_method(document)
        if method is None or not same_origin(method, activity.actor):
            return False
        try:
            integrity.refuse_older(document, now=self.now(), than=PROOF_LASTS)
            key = await self._key(method)
            integrity.check_proof(document, key, now=self.now())
        except (UntrustedSignature, RemoteFailure) as error:
            _log.info("proof does not count", activity=activity.id, reason=str(error))
            return False
        return key.owner == activity.actor

    def _message(self, request: InboxRequest) -> Message:
        return Message(
            method=request.method,
            raw_target=request.raw_target,
            headers=request.headers,
            body=request.body,
            origins=frozenset({self.urls.base}),
            hosts=_host_names(self.urls),
        )

    async def _signer(self, claim: verify.Claim, *, renewed: bool = False) -> str:
        """Give who made this signature; fetch the key anew when it no longer fits."""
        key = await (self._renewed(claim.key_id) if renewed else self._key(claim.key_id))
        try:
            verify.check(claim, key)
        except UntrustedSignature:
            if renewed:
                raise
            return await self._signer(claim, renewed=True)
        return key.owner

    async def _key(self, key_id: str) -> PublicKey:
        known = await asyncio.to_thread(self._known_key, key_id)
        return known or await self._fetched(key_id)

    async def _renewed(self, key_id: str) -> PublicKey:
        """Fetch a key anew that no longer fits: keys change, and not everybody says so."""
        fetched_at = await asyncio.to_thread(self._key_fetched_at, key_id)
        if fetched_at is None or abs(self.now() - fetched_at) < REFETCH_KEY_AFTER:
            raise UntrustedSignature(f"the signature does not fit the key {key_id}")
        return await self._fetched(key_id)

    def _known_key(self, key_id: str) -> PublicKey | None:
        """Give a key that has been fetched before, and remember it."""
        with self.database.snapshot() as tx:
            known = actors.find_key(tx, key_id)
        return self._keyring.load(known) if known else None

    def _key_fetched_at(self, key_id: str) -> datetime | None:
        with self.database.snapshot() as tx:
            key = actors.find_key(tx, key_id)
        return key.fetched_at if key else None

    async def _fetched(self, key_id: str) -> PublicKey:
        try:
            await self.acquainting.fetch_key_owner(key_id)
        except RemoteRefused as error:
            kind = _KeyGone if error.status in _GONE else UntrustedSignature
            raise kind(f"no key {key_id}: {error}") from error
        key = await asyncio.to_thread(self._known_key, key_id)
        if key is None:
            raise UntrustedSignature(f"the key {key_id} cannot be used")
        return key


class _KeyGone(UntrustedSignature):
    """The server of the key says that it is not there, or no longer."""


def _ends_its_own_account(activity: Activity, *, key_id: str) -> bool:
    """Tell whether this is the end of the account that the key's id itself says it is of."""
    is_end = isinstance(activity, Delete) and activity.object == activity.actor
    return is_end and key_id.startswith((f"{activity.actor}#", f"{activity.actor}/"))


@lru_cache(maxsize=16)
def _host_names(urls: Urls) -> frozenset[str]:
    """Give the values of Host that mean us, with and without the default port."""
    host, scheme = urls.host.lower(), urlsplit(urls.base).scheme
    port = {"https": ":443", "http": ":80"}[scheme]
    return frozenset({host, host.removesuffix(port), f"{host}{port}" if ":" not in host else host})
