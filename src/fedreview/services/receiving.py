"""Take an activity at the door: verify who sent it, keep it, answer; apply it later."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from urllib.parse import urlsplit

import structlog

from fedreview.activitypub.documents import load_document
from fedreview.activitypub.origin import origin, same_origin
from fedreview.activitypub.parse import parse_activity
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Activity, Delete, Follow, UpdateActor
from fedreview.errors import NotFound, RemoteRefused, UntrustedSignature
from fedreview.services.acquainting import Acquainting
from fedreview.signatures import verify
from fedreview.signatures.keys import PublicKey
from fedreview.signatures.message import Message
from fedreview.signatures.rfc9421 import ACCEPT_SIGNATURE
from fedreview.storage import accounts, actors, hosts, queues
from fedreview.storage.database import Database

ACCEPT_SIGNATURE_HEADER = ("Accept-Signature", ACCEPT_SIGNATURE)
"""What a 401 says, so that a sender may sign again in the newer way."""

REFETCH_KEY_AFTER = timedelta(minutes=1)
"""How old a key must be before a signature that does not fit makes us fetch it anew."""

_log = structlog.get_logger(__name__)


class Admission(Enum):
    """What became of an activity at the door."""

    STORED = auto()
    SEEN_BEFORE = auto()
    NOT_OURS_TO_KNOW = auto()
    NOT_WANTED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRequest:
    """An inbox POST as it was received.

    raw_target: path and query, byte for byte.
    headers: names in lower case, in the order received.
    username: whose personal inbox it came to; None for the shared one.
    """

    method: str
    raw_target: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    username: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """Admits activities."""

    database: Database
    urls: Urls
    acquainting: Acquainting
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def admit(self, request: InboxRequest) -> Admission:
        """Verify the request and keep its activity; nothing else happens before the answer.

        Raises NotFound for the inbox of nobody, MalformedActivity, UntrustedSignature, and
        RemoteUnavailable when the sender's key cannot be fetched now.
        Cheap checks come first, and nothing is processed before the key's owner is the
        activity's actor (Fedify CVE-2025-54888).
        """
        document = load_document(request.body)
        activity = parse_activity(document)
        decided = await asyncio.to_thread(self._decide_early, activity, request.username)
        if decided is not None:
            return decided
        await self._verify(request, activity)
        admission = await asyncio.to_thread(self._keep, activity, request.body)
        if admission is Admission.STORED:
            self.wake()
        return admission

    def _decide_early(self, activity: Activity, username: str | None) -> Admission | None:
        """Answer what needs no signature: it has no effect either way, and tells nothing.

        What has arrived before is no such thing: whoever guesses an id would learn that a
        private message was sent.
        """
        with self.database.snapshot() as tx:
            if username is not None and accounts.find_author(tx, username) is None:
                raise NotFound(f"no author {username!r}")
            if hosts.is_blocked(tx, _host(activity.actor)):
                return Admission.NOT_WANTED
            # Mastodon tells every server it knows when an account goes or changes. The key
            # may be gone too, so for strangers there is nothing to verify, nor to do.
            is_about_itself = isinstance(activity, UpdateActor) or (
                isinstance(activity, Delete) and activity.object == activity.actor
            )
            if is_about_itself and actors.find(tx, activity.actor) is None:
                return Admission.NOT_OURS_TO_KNOW
        return None

    async def _verify(self, request: InboxRequest, activity: Activity) -> None:
        """Make sure that the activity's actor signed this very request."""
        if not same_origin(activity.id, activity.actor):
            raise UntrustedSignature(f"{activity.id} is not on the host of {activity.actor}")
        message = Message(
            method=request.method,
            raw_target=request.raw_target,
            headers=request.headers,
            body=request.body,
            origins=frozenset({self.urls.base}),
            hosts=_host_names(self.urls),
        )
        claim = verify.read_claim(message, now=self.now())
        if not same_origin(claim.key_id, activity.actor):
            raise UntrustedSignature(f"{claim.key_id} is not on the host of {activity.actor}")
        key = await self._key(claim.key_id)
        try:
            _check(claim, key, activity.actor)
        except UntrustedSignature:
            # Whose it is may be out of date as well: a neighbour may have claimed it first.
            _check(claim, await self._renewed(claim.key_id), activity.actor)

    async def _key(self, key_id: str) -> PublicKey:
        known = await asyncio.to_thread(self.acquainting.known_key, key_id)
        return known or await self._fetched(key_id)

    async def _renewed(self, key_id: str) -> PublicKey:
        """Fetch a key anew that no longer fits: keys change, and not everybody says so."""
        owner = await asyncio.to_thread(self._owner_fetched_at, key_id)
        if owner is None or self.now() - owner < REFETCH_KEY_AFTER:
            raise UntrustedSignature(f"the signature does not fit the key {key_id}")
        return await self._fetched(key_id)

    def _owner_fetched_at(self, key_id: str) -> datetime | None:
        with self.database.snapshot() as tx:
            key = actors.find_key(tx, key_id)
        return key.fetched_at if key else None

    async def _fetched(self, key_id: str) -> PublicKey:
        try:
            await self.acquainting.fetch_key_owner(key_id)
        except RemoteRefused as error:
            raise UntrustedSignature(f"no key {key_id}: {error}") from error
        key = await asyncio.to_thread(self.acquainting.known_key, key_id)
        if key is None:
            raise UntrustedSignature(f"the key {key_id} cannot be used")
        return key

    def _keep(self, activity: Activity, body: bytes) -> Admission:
        now = self.now()
        with self.database.transaction() as tx:
            is_new = queues.add_arrival(
                tx,
                activity=activity.id,
                actor=activity.actor,
                type=type(activity).__name__,
                body=body,
                now=now,
            )
            # A Follow that comes again asks for the Accept that its sender has not seen.
            if not is_new and isinstance(activity, Follow):
                is_new = queues.apply_again(tx, activity=activity.id, actor=activity.actor, now=now)
            hosts.woke(tx, _host(activity.actor), now=now)
        return Admission.STORED if is_new else Admission.SEEN_BEFORE


def _check(claim: verify.Claim, key: PublicKey, actor: str) -> None:
    verify.check(claim, key)
    if key.owner != actor:
        raise UntrustedSignature(f"{key.owner} signed for {actor}")


def _host(actor: str) -> str:
    """Give the host in the one spelling that all spellings share: a block must hold them all."""
    return origin(actor).partition("://")[2]


def _host_names(urls: Urls) -> frozenset[str]:
    """Give the values of Host that mean us, with and without the default port."""
    host, scheme = urls.host.lower(), urlsplit(urls.base).scheme
    port = {"https": ":443", "http": ":80"}[scheme]
    return frozenset({host, host.removesuffix(port), f"{host}{port}" if ":" not in host else host})
