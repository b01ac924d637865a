"""Get to know people and servers elsewhere: fetch them, verify them, keep them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from fedreview.activitypub.documents import check_document
from fedreview.activitypub.origin import host, same_origin
from fedreview.activitypub.parse import parse_actor
from fedreview.activitypub.vocabulary import ActorDocument, Json, RemoteKey
from fedreview.content.sanitize import clean_text, safe_link
from fedreview.domain.actor import ActorId, RemoteActor
from fedreview.errors import (
    HandleTaken,
    MalformedActivity,
    RemoteFailure,
    RemoteRefused,
    UntrustedSignature,
)
from fedreview.federation.client import FederationClient
from fedreview.federation.lookup import find_actor_document, find_key_owner_document
from fedreview.federation.webfinger import verified_handle, webfinger
from fedreview.services.handling.extras import emojis_in
from fedreview.services.patience import Patience
from fedreview.services.signing import Signing
from fedreview.signatures.keys import PublicKey
from fedreview.storage import actors, domains
from fedreview.storage.actors import KnownKey
from fedreview.storage.database import Database

NAME_LENGTH = 200
FORGET_FAILURE_AFTER = timedelta(minutes=5)
MOST_FAILURES_KEPT = 1_000

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Failures:
    """Keys that could not be had a moment ago, so that a flood does not make us fetch.

    Source: Fedify CVE-2026-34148. Held in memory: losing it costs one fetch.
    """

    kept: dict[str, tuple[datetime, RemoteFailure]] = field(default_factory=dict)

    def add(self, key_id: str, error: RemoteFailure, *, now: datetime) -> None:
        if len(self.kept) >= MOST_FAILURES_KEPT:
            del self.kept[next(iter(self.kept))]
        self.kept[key_id] = (now, _afresh(error))

    def find(self, key_id: str, *, now: datetime) -> RemoteFailure | None:
        failed_at, error = self.kept.get(key_id, (now, None))
        if error is None or abs(now - failed_at) >= FORGET_FAILURE_AFTER:
            return None
        return _afresh(error)


def _afresh(error: RemoteFailure) -> RemoteFailure:
    """Copy an error without its traceback, which holds on to whole documents and requests."""
    return type(error)(str(error), status=error.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquainting:
    """Knows remote actors and their keys; asks their servers for what it does not know."""

    database: Database
    client: FederationClient
    signing: Signing
    now: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)
    _failures: _Failures = field(default_factory=_Failures)
    _in_flight: dict[str, asyncio.Task[RemoteActor]] = field(default_factory=dict)

    async def fetch_key_owner(self, key_id: str) -> RemoteActor:
        """Fetch whose key this is, and keep them with their keys.

        One fetch is in flight for each key, however many requests name it; a failure is
        remembered for FORGET_FAILURE_AFTER.

        Raises RemoteUnavailable when their server cannot be asked, or is being asked too much
        already; RemoteRefused when it does not stand by the key.
        """
        failure = self._failures.find(key_id, now=self.now())
        if failure:
            raise failure
        task = self._in_flight.get(key_id)
        if task is None:
            task = asyncio.create_task(self._fetch_key_owner(key_id))
            self._in_flight[key_id] = task
            task.add_done_callback(lambda _: self._in_flight.pop(key_id, None))
        return await asyncio.shield(task)

    async def _fetch_key_owner(self, key_id: str) -> RemoteActor:
        await self._refuse_unwanted(key_id)
        with self.patience.asking(key_id):
            site_key = await asyncio.to_thread(lambda: self.signing.site_key)
            try:
                document = await find_key_owner_document(self.client, key_id, key=site_key)
                return await self._keep(document)
            except RemoteFailure as error:
                self._failures.add(key_id, error, now=self.now())
                raise

    async def fetch_actor(self, url: str) -> RemoteActor:
        """Fetch an actor by id, and keep them. Raises RemoteFailure."""
        await self._refuse_unwanted(url)
        site_key = await asyncio.to_thread(lambda: self.signing.site_key)
        with self.patience.asking(url):
            return await self._keep(await find_actor_document(self.client, url, key=site_key))

    async def fetch_with_aliases(self, url: str) -> tuple[RemoteActor, tuple[str, ...]]:
        """Fetch an actor, keep them, and give the other accounts that they say are theirs.

        Raises RemoteFailure.
        """
        await self._refuse_unwanted(url)
        site_key = await asyncio.to_thread(lambda: self.signing.site_key)
        with self.patience.asking(url):
            document = await find_actor_document(self.client, url, key=site_key)
            actor = await self._keep(document)
        return actor, parse_actor(document).also_known_as

    async def find_by_handle(self, handle: str) -> RemoteActor:
        """Find who is behind ``@user@host``, or behind the address of a profile or actor.

        Raises RemoteFailure.
        """
        return await self.fetch_actor(await self.find_address(handle))

    async def find_address(self, handle: str) -> str:
        """Give the address that a handle stands for, or that was typed in its place.

        Raises RemoteFailure.
        """
        typed = handle.strip()
        if "://" not in typed:
            await self._refuse_unwanted(f"https://{typed.rpartition('@')[2]}")
        url = safe_link(typed) if "://" in typed else await webfinger(self.client, typed)
        if not url:
            raise RemoteRefused("neither a handle nor an address")
        return url

    async def _refuse_unwanted(self, url: str) -> None:
        """Ask no server that is suspended. Raises RemoteRefused."""
        if await asyncio.to_thread(self._is_unwanted, host(url)):
            raise RemoteRefused(f"nothing is wanted from {host(url)!r}")

    def _is_unwanted(self, place: str) -> bool:
        with self.database.snapshot() as tx:
            return domains.is_suspended(tx, place)

    async def _keep(self, document: dict[str, Json]) -> RemoteActor:
        try:
            check_document(document)
            parsed = parse_actor(document)
        except MalformedActivity as error:
            raise RemoteRefused(f"unusable actor: {error}") from error
        # A redirect may have led to a server that nobody would have asked.
        await self._refuse_unwanted(parsed.id)
        name = clean_text(parsed.name, NAME_LENGTH) or parsed.username
        actor = RemoteActor(
            id=parsed.id,
            type=parsed.type,
            handle=await self._handle(parsed),
            name=name,
            inbox=parsed.inbox,
            shared_inbox=_on_same_host(parsed.shared_inbox, parsed.id),
            # Elsewhere it would send whoever looks for the writer to somebody else's profile.
            url=_on_same_host(safe_link(parsed.url) or "", parsed.id),
            icon_url=safe_link(parsed.icon_url) or "",
            fetched_at=self.now(),
            emojis=emojis_in(name, parsed.emojis),
        )
        await asyncio.to_thread(self._store, actor, parsed.keys)
        return actor

    async def _handle(self, actor: ActorDocument) -> str:
        """Give the handle that WebFinger confirms, else the plain one of the id's host.

        A name that is somebody else's on that host is not given to them: then the host
        alone stands there.
        """
        netloc = self.client.policy.check_url(actor.id).netloc.decode("ascii")
        try:
            return await verified_handle(self.client, actor.id, actor.username)
        except HandleTaken:
            _log.warning("handle of somebody else", actor=actor.id, username=actor.username)
            return netloc
        except RemoteFailure as error:
            _log.info("handle not confirmed", actor=actor.id, reason=str(error))
            return f"{actor.username}@{netloc}"

    def _store(self, actor: RemoteActor, keys: tuple[RemoteKey, ...]) -> None:
        known = [key for key in (self._read(key, actor.id) for key in keys) if key]
        with self.database.transaction() as tx:
            actors.save(tx, actor, known)

    def _read(self, key: RemoteKey, owner: ActorId) -> KnownKey | None:
        """Keep a key that we can use; leave out one that is too weak or of another kind."""
        try:
            public = (
                PublicKey.from_pem(key.id, owner, key.pem)
                if key.pem
                else PublicKey.from_multibase(key.id, owner, key.multibase)
            )
        except UntrustedSignature as error:
            _log.info("key left out", key=key.id, reason=str(error))
            return None
        if not same_origin(key.id, owner):
            return None
        return KnownKey(id=key.id, owner=owner, pem=public.pem(), fetched_at=self.now())


def _on_same_host(url: str, actor: str) -> str:
    """Drop an address elsewhere.

    A shared inbox there would let one server aim our deliveries at another.
    Source: Mastodon, process_account_service.rb, which drops foreign profiles too.
    """
    return url if url and same_origin(url, actor) else ""
