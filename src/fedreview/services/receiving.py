"""Take an activity at the door: find out who vouches for it, keep it, answer; apply it later."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from fedreview.activitypub.documents import load_document
from fedreview.activitypub.origin import host, site
from fedreview.activitypub.parse import parse_activity
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import (
    Activity,
    Audience,
    CreateNote,
    Delete,
    Follow,
    Undo,
    UpdateActor,
    UpdateNote,
)
from fedreview.errors import (
    Busy,
    NotFound,
    OutOfPatience,
    RemoteUnavailable,
    TooManyRequests,
    UntrustedSignature,
)
from fedreview.services.proving import InboxRequest, Proving, Verdict
from fedreview.services.repeating import repeated
from fedreview.services.throttling import Throttle, subject_of_address
from fedreview.signatures.rfc9421 import ACCEPT_SIGNATURE
from fedreview.storage import accounts, actors, arrivals, domains, hosts, threads
from fedreview.storage.database import Database, Transaction

ACCEPT_SIGNATURE_HEADER = ("Accept-Signature", ACCEPT_SIGNATURE)
"""What a 401 says, so that a sender may sign again in the newer way."""

COST_OF_NO_PROOF = 9
"""What a bad signature, or hearsay, counts for beside itself.

Honest servers have few, and each may send us out to ask somebody.
"""

LOOK_AT_QUEUE_EVERY = timedelta(seconds=2)
COME_BACK_AFTER = timedelta(minutes=5)

SHARE_OF_ONE_SITE = 10
"""One site may fill at most this part of the queue, so that its flood leaves room for others."""


class Admission(Enum):
    """What became of an activity at the door."""

    STORED = auto()
    SEEN_BEFORE = auto()
    NOT_OURS_TO_KNOW = auto()
    NOT_WANTED = auto()


@dataclass(slots=True)
class _Gauge:
    """Whether the queue is full, as last looked."""

    looked_at: datetime | None = None
    is_full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """Admits activities.

    addresses, servers: how much each may send. queue_limit: how many arrivals may wait.
    """

    database: Database
    urls: Urls
    proving: Proving
    addresses: Throttle
    servers: Throttle
    queue_limit: int
    now: Callable[[], datetime]
    wake: Callable[[], None]
    _gauge: _Gauge = field(default_factory=_Gauge)

    def let_in(self, address: str) -> None:
        """Count a request of this client before its body is read. Raises TooManyRequests."""
        self.addresses.take(subject_of_address(address))

    async def admit(self, request: InboxRequest) -> Admission:
        """Find out who vouches for an activity and keep it; nothing else before the answer.

        Raises NotFound for the inbox of nobody, MalformedActivity, UntrustedSignature,
        RemoteUnavailable when the sender's key cannot be fetched now, TooManyRequests and Busy.
        Cheap checks come first.
        """
        document = load_document(request.body)
        activity = parse_activity(document)
        bearer = self.proving.claimed_host(request)
        decided = await asyncio.to_thread(self._decide_early, activity, request.username, bearer)
        if decided is not None:
            return decided
        try:
            verdict = await self.proving.judge(request, document, activity)
        except (UntrustedSignature, RemoteUnavailable) as error:
            # Either may have cost us a fetch, and whoever sends rubbish can make up names. But
            # that we ask too much already is not the fault of many new people on one server.
            if not isinstance(error, OutOfPatience):
                subject = subject_of_address(request.address)
                self.addresses.charge(subject, cost=COST_OF_NO_PROOF)
            raise
        if verdict.is_signed:
            self.servers.take(verdict.sender)
        if not verdict.is_proved:
            decided = await asyncio.to_thread(self._decide_hearsay, activity, verdict.sender)
            if decided is not None:
                return decided
            self._charge_hearsay(request, verdict)
        admission = await asyncio.to_thread(repeated, self._keep, activity, verdict, request.body)
        if admission is Admission.STORED:
            self.wake()
        return admission

    def _charge_hearsay(self, request: InboxRequest, verdict: Verdict) -> None:
        """Let whoever makes us ask somebody else pay for it."""
        if verdict.is_signed:
            self.servers.charge(verdict.sender, cost=COST_OF_NO_PROOF)
        else:
            self.addresses.charge(subject_of_address(request.address), cost=COST_OF_NO_PROOF)

    def _decide_early(
        self, activity: Activity, username: str | None, bearer: str
    ) -> Admission | None:
        """Answer what needs no signature: it has no effect either way, and tells nothing.

        bearer: the host that says it brings it; "" when none does. From a suspended server nothing
        is taken, whoever brings it, and by one nothing, whoever it is of.

        What has arrived before is no such thing: whoever guesses an id would learn that a
        private message was sent.
        """
        with self.database.snapshot() as tx:
            if username is not None and accounts.find_author(tx, username) is None:
                raise NotFound(f"no author {username!r}")
            if self.urls.is_ours(activity.actor):
                # What our authors do is done here. Somebody brings again what they took back.
                return Admission.NOT_OURS_TO_KNOW
            if domains.suspended_among(tx, [host(activity.actor), bearer]):
                return Admission.NOT_WANTED
            # Mastodon tells every server it knows when an account goes or changes. The key
            # may be gone too, so for strangers there is nothing to verify, nor to do.
            is_about_itself = isinstance(activity, UpdateActor) or (
                isinstance(activity, Delete) and activity.object == activity.actor
            )
            if is_about_itself and actors.find(tx, activity.actor) is None:
                return Admission.NOT_OURS_TO_KNOW
            self._refuse_when_full(tx, host(activity.actor))
        return None

    def _decide_hearsay(self, activity: Activity, sender: str) -> Admission | None:
        """Answer what somebody passes on and nobody here wants, so that its origin is not asked."""
        with self.database.snapshot() as tx:
            if hosts.is_blocked(tx, sender):
                return Admission.NOT_WANTED
            if not self._is_worth_asking(tx, activity):
                return Admission.NOT_OURS_TO_KNOW
            self._refuse_when_full(tx, sender)
        return None

    def _refuse_when_full(self, tx: Transaction, sender: str) -> None:
        """Raise Busy while more waits than can be applied soon, TooManyRequests for one server.

        Counting all of it costs, so that is done now and then.
        """
        share = max(1, self.queue_limit // SHARE_OF_ONE_SITE)
        if arrivals.count_waiting(tx, most=share, sender=_filed_under(sender)) >= share:
            raise TooManyRequests(f"too much of {sender} waits", retry_after=COME_BACK_AFTER)
        now, gauge = self.now(), self._gauge
        if gauge.looked_at is None or abs(now - gauge.looked_at) >= LOOK_AT_QUEUE_EVERY:
            waiting = arrivals.count_waiting(tx, most=self.queue_limit)
            gauge.is_full, gauge.looked_at = waiting >= self.queue_limit, now
        if gauge.is_full:
            raise Busy("too many arrivals wait", retry_after=COME_BACK_AFTER)

    def _keep(self, activity: Activity, verdict: Verdict, body: bytes) -> Admission:
        now = self.now()
        with self.database.transaction() as tx:
            is_new = arrivals.add(
                tx,
                activity=activity.id,
                actor=activity.actor,
                type=type(activity).__name__,
                body=body,
                now=now,
                sender=_filed_under(verdict.sender),
                is_proved=verdict.is_proved,
                signed_at=verdict.signed_at,
            )
            # A Follow that comes again asks for the Accept that its sender has not seen. Misskey
            # gives every Follow of the same two people, and every Undo of it, the same id. What
            # was signed then and not anew is only played again, by whoever has recorded it.
            if not is_new and verdict.signed_at and isinstance(activity, Follow | Undo):
                is_new = arrivals.apply_again(
                    tx,
                    activity=activity.id,
                    actor=activity.actor,
                    now=now,
                    signed_at=verdict.signed_at,
                )
            if not is_new and verdict.is_proved:
                is_new = arrivals.prove(
                    tx, activity=activity.id, actor=activity.actor, body=body, now=now
                )
            hosts.woke(tx, verdict.sender, now=now)
        return Admission.STORED if is_new else Admission.SEEN_BEFORE

    def _is_worth_asking(self, tx: Transaction, activity: Activity) -> bool:
        """Tell whether hearsay is about something here: else its origin need not be asked."""
        match activity:
            case Delete():
                # Of a private note only its writer may say that: to us it looks gone anyway.
                note = threads.find(tx, activity.object)
                is_public = note is not None and note.audience == Audience.PUBLIC
                return is_public or activity.object == activity.actor
            case CreateNote(note=note) if threads.find(tx, note.id):
                return False
            case CreateNote(note=note) | UpdateNote(note=note):
                named = (note.in_reply_to, *note.contexts)
                is_known = threads.find(tx, note.id) or threads.find(tx, note.in_reply_to)
                return is_known is not None or any(map(self.urls.is_ours, named))
            case _:
                return False


def _filed_under(host: str) -> str:
    """Give what the queue counts by: subdomains cost whoever floods us nothing."""
    return site(f"https://{host}")
