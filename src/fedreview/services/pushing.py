"""Show notices in authors' browsers, by way of the services that browsers listen to."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from fedreview.activitypub.origin import find_origin
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.errors import InvalidInput, NotFound, RemoteFailure, RemoteRefused, RemoteUnavailable
from fedreview.federation.client import FederationClient
from fedreview.signatures import webpush
from fedreview.storage import accounts, actors, pushes
from fedreview.storage.database import Database, Transaction
from fedreview.storage.pushes import Pending, Subscription

LEASE = timedelta(minutes=2)
NEWS_FOR = timedelta(days=1)
"""After that a notice is not shown any more; it stands on the desk."""

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=2)
MOST_AT_ONCE = 3
"""Of more notices, a browser is told only how many there are."""

MOST_BROWSERS = 20
LONGEST_ENDPOINT = 2_000
LONGEST_NAME = 80
GONE = frozenset({404, 410})
"""What a service says of a browser that listens no more. Source: RFC 8030 section 7.3."""

_SETTING = "push_key"
_WORDS = {
    "reply": "{name} replied",
    "held": "A reply by {name} waits for you",
    "mention": "{name} mentioned you",
    "message": "{name} sent you a private message",
    "quote": "{name} quoted you",
    "follow": "{name} follows you",
    "like": "{name} likes what you wrote",
    "boost": "{name} boosted what you wrote",
    "report": "A report has arrived",
    "delivery": "A server cannot be reached",
}
"""Who did what, and never a word of what was written: a screen may be seen by others."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a browser shows. tag: a later one with the same takes its place. url: a path."""

    title: str
    line: str
    url: str
    tag: str

    def to_bytes(self) -> bytes:
        """Write it as the worker in the browser reads it (static/push-worker.js)."""
        fields = {"title": self.title, "line": self.line, "url": self.url, "tag": self.tag}
        return json.dumps(fields, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A leased browser with what it is to show. upto: the newest notice in it."""

    subscription: Subscription
    messages: tuple[Message, ...]
    upto: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """Keeps authors' browsers, and sends them what is new.

    A browser's service is whatever address the browser gave: it is asked through the guarded
    client like any stranger's.
    """

    database: Database
    client: FederationClient
    urls: Urls
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def public_key(self) -> str:
        """Give what browsers must know to listen to this site; the key is made at first use."""
        return webpush.public_key(self._key())

    def _key(self) -> str:
        with self.database.snapshot() as tx:
            kept = accounts.find_setting(tx, _SETTING)
        if kept:
            return kept
        made = webpush.generate_key()
        with self.database.transaction() as tx:
            # Another process may have been quicker; then browsers were told of its key.
            accounts.add_setting(tx, _SETTING, made)
            return accounts.find_setting(tx, _SETTING) or made

    def browsers(self, author: Author) -> tuple[Subscription, ...]:
        """Give the browsers that show this author's notices, the newest first."""
        with self.database.snapshot() as tx:
            return pushes.list_of(tx, author.id)

    def subscribe(
        self, author: Author, *, endpoint: str, p256dh: str, auth: str, user_agent: str
    ) -> None:
        """Show this author's notices in a browser from now on. Raises InvalidInput."""
        is_address = len(endpoint) <= LONGEST_ENDPOINT and find_origin(endpoint) is not None
        if not is_address:
            raise InvalidInput({"subscription": "The browser gave no address to send to."})
        webpush.check_subscription(p256dh, auth)
        with self.database.transaction() as tx:
            known = pushes.list_of(tx, author.id)
            if len(known) >= MOST_BROWSERS and all(each.endpoint != endpoint for each in known):
                raise InvalidInput(
                    {"subscription": f"{MOST_BROWSERS} browsers show notices. Remove one first."}
                )
            pushes.add(
                tx,
                Subscription(
                    id=self.new_id(),
                    author_id=author.id,
                    endpoint=endpoint,
                    p256dh=p256dh,
                    auth=auth,
                    user_agent=user_agent[:300],
                    created_at=self.now(),
                ),
            )

    def remove(self, author: Author, id: str) -> None:
        """Show nothing in this browser any more. Raises NotFound."""
        with self.database.transaction() as tx:
            pushes.remove(tx, _own(tx, author, id).id)

    async def test(self, author: Author, id: str) -> None:
        """Show one browser that it works.

        Raises NotFound, and RemoteFailure when its service did not take it.
        """
        subscription = await asyncio.to_thread(self._find, author, id)
        host = self.urls.host
        shown = Message(title="It works", line=host, url="/studio", tag="test")
        key = await asyncio.to_thread(self._key)
        try:
            await self._send(key, subscription, shown)
        except RemoteFailure as error:
            await asyncio.to_thread(self._settle_failure, subscription, error)
            raise

    def _find(self, author: Author, id: str) -> Subscription:
        with self.database.snapshot() as tx:
            return _own(tx, author, id)

    def lease(self, *, limit: int) -> tuple[Parcel, ...]:
        """Take browsers that something waits for, with what they are to show."""
        now = self.now()
        since = now - NEWS_FOR
        with self.database.snapshot() as tx:
            due = pushes.list_due(tx, now=now, since=since, limit=limit)
        if not due:
            return ()
        with self.database.transaction() as tx:
            taken = pushes.lease(tx, due, now=now, until=now + LEASE)
            parcels = [self._parcel(tx, each, since) for each in taken]
        return tuple(parcel for parcel in parcels if parcel.messages)

    def _parcel(self, tx: Transaction, subscription: Subscription, since: datetime) -> Parcel:
        pending = pushes.list_pending(tx, subscription.id, since=since)
        people = actors.find_many(tx, [each.actor for each in pending if each.actor])
        names = {id_: person.name or person.handle for id_, person in people.items()}
        messages = tuple(self._message(each, names.get(each.actor, "")) for each in pending)
        if len(pending) > MOST_AT_ONCE:
            title = f"{len(pending)} new notices"
            messages = (self._told(title, "/studio/notices", tag="many"),)
        upto = max((each.id for each in pending), default=0)
        return Parcel(subscription=subscription, messages=messages, upto=upto)

    def _message(self, pending: Pending, name: str) -> Message:
        words = _WORDS.get(pending.kind, "Something new")
        title = words.format(name=(name or "Somebody")[:LONGEST_NAME])
        return self._told(title, f"/studio/notices/{pending.id}", tag=f"notice-{pending.id}")

    def _told(self, title: str, url: str, *, tag: str) -> Message:
        return Message(title=title, line=self.urls.host, url=url, tag=tag)

    async def push(self, parcel: Parcel) -> None:
        """Send what waits for a leased browser, and settle what became of it."""
        key = await asyncio.to_thread(self._key)
        try:
            for message in parcel.messages:
                await self._send(key, parcel.subscription, message)
        except RemoteFailure as error:
            await asyncio.to_thread(self._settle_failure, parcel.subscription, error)
        else:
            await asyncio.to_thread(self._settle_sent, parcel)

    async def _send(self, key: str, subscription: Subscription, message: Message) -> None:
        endpoint = subscription.endpoint
        now = self.now()
        headers = {
            "Authorization": webpush.authorization(
                key, audience=_origin(endpoint), contact=self.urls.base, now=now
            ),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(NEWS_FOR.total_seconds())),
            "Topic": message.tag,
            "Urgency": "normal",
        }
        body = webpush.encrypt(message.to_bytes(), subscription.p256dh, subscription.auth)
        await self.client.post_push(endpoint, body, headers=headers)

    def _settle_sent(self, parcel: Parcel) -> None:
        with self.database.transaction() as tx:
            pushes.sent(tx, parcel.subscription, upto=parcel.upto, now=self.now())

    def _settle_failure(self, subscription: Subscription, error: RemoteFailure) -> None:
        """Forget a browser that listens no more; let the others rest, longer each time.

        A refusal for another reason may be ours, such as a clock that is wrong: it is tried
        again like a service that is down, and what is older than a day is then not sent.
        """
        is_gone = isinstance(error, RemoteRefused) and error.status in GONE
        with self.database.transaction() as tx:
            if is_gone:
                pushes.remove(tx, subscription.id)
                return
            asked = error.retry_after if isinstance(error, RemoteUnavailable) else None
            grown = min(FIRST_WAIT * 2 ** min(subscription.failures, 10), LONGEST_WAIT)
            wait = min(max(asked or grown, grown), NEWS_FOR)
            pushes.failed(tx, subscription.id, error=str(error), due_at=self.now() + wait)
        _log.info("push not sent", service=urlsplit(subscription.endpoint).hostname)


def _own(tx: Transaction, author: Author, id: str) -> Subscription:
    known = pushes.list_of(tx, author.id)
    found = next((each for each in known if each.id == id), None)
    if found is None:
        raise NotFound("no such browser of this author")
    return found


def _origin(endpoint: str) -> str:
    return find_origin(endpoint) or ""
