"""Take an activity at the door: find out who vouches for it, keep it, answer; apply it later."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from fedreview.activitypub.documents import load_document
from fedreview.activitypub.origin import host
from fedreview.activitypub.parse import Heading, parse_activity, read_heading
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import (
    Activity,
    Audience,
    CreateNote,
    Delete,
    Json,
    UpdateNote,
)
from fedreview.errors import NotFound, OutOfPatience, RemoteUnavailable, UntrustedSignature
from fedreview.services.admitting import Admission, Admitting, Vouched
from fedreview.services.proving import InboxRequest, Proving, Verdict
from fedreview.services.throttling import Throttle, subject_of_address
from fedreview.signatures.rfc9421 import ACCEPT_SIGNATURE
from fedreview.signatures.verify import Claim
from fedreview.storage import accounts, actors, domains, hosts, threads
from fedreview.storage.database import Database, Transaction

_log = structlog.get_logger(__name__)

ACCEPT_SIGNATURE_HEADER = ("Accept-Signature", ACCEPT_SIGNATURE)
"""What a 401 says, so that a sender may sign again in the newer way."""

COST_OF_NO_PROOF = 9
"""What a bad signature, or hearsay, counts for beside itself.

Honest servers have few, and each may send us out to ask somebody.
"""

BYTES_OF_ONE = 8_192
"""A larger activity counts for as many more as it has of these.

It is read before anything is proved, and that takes 0.5 ms of CPU for each KB of the worst.
"""

SHARE_OF_LARGEST = 4
"""But for no more than this part of what an address may send: else it could never come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """Admits activities.

    addresses, servers: how much each may send.
    """

    database: Database
    urls: Urls
    proving: Proving
    addresses: Throttle
    servers: Throttle
    admitting: Admitting
    wake: Callable[[], None]

    def let_in(self, address: str) -> None:
        """Count a request of this client before its body is read. Raises TooManyRequests."""
        self.addresses.take(subject_of_address(address))

    async def admit(self, request: InboxRequest) -> Admission:
        """Find out who vouches for an activity and keep it; nothing else before the answer.

        Raises NotFound for the inbox of nobody, MalformedActivity, UntrustedSignature,
        RemoteUnavailable when the sender's key cannot be fetched now, TooManyRequests and Busy.
        """
        self._weigh(request)
        document = load_document(request.body)
        heading = read_heading(document)
        claim = self.proving.find_claim(request)
        admission = await self._admit_known(request, heading, claim)
        if admission is None:
            admission = await self._admit_stranger(request, document, heading, claim)
        if admission is Admission.STORED:
            self.wake()
        return admission

    def _weigh(self, request: InboxRequest) -> None:
        """Count what reading a large body costs beside a small one. Raises TooManyRequests."""
        most = self.addresses.per_minute // SHARE_OF_LARGEST
        cost = min(len(request.body) // BYTES_OF_ONE, most)
        if cost:
            self.addresses.take(subject_of_address(request.address), cost=cost)

    async def _admit_known(
        self, request: InboxRequest, heading: Heading, claim: Claim | None
    ) -> Admission | None:
        """Keep what its actor signed with a key that is in memory: the way of nearly everything.

        Nothing is read for it before it is kept; all that `_admit_stranger` asks the database is
        asked when it is kept, for many at once. None when it is not so plain.
        """
        signed = self.proving.judge_by_memory(heading, claim) if claim else None
        if signed is None or self.urls.is_ours(heading.actor) or heading.is_about_itself:
            return None
        verdict, key = signed
        self.servers.take(verdict.sender)
        vouched = Vouched(
            activity=heading,
            place=verdict.sender,
            verdict=verdict,
            body=request.body,
            username=request.username,
            key=key,
        )
        try:
            return await self.admitting.keep(vouched)
        except UntrustedSignature as change:
            _log.info("asked anew", activity=heading.id, reason=str(change))
            return None

    async def _admit_stranger(
        self,
        request: InboxRequest,
        document: Mapping[str, Json],
        heading: Heading,
        claim: Claim | None,
    ) -> Admission:
        """Decide about, judge and keep what may cost a fetch. Cheap checks come first."""
        bearer = host(claim.key_id) if claim else ""
        decided = await asyncio.to_thread(self._decide_early, heading, request.username, bearer)
        if decided is not None:
            return decided
        activity = parse_activity(document)
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
        place = host(activity.actor)
        return await self.admitting.keep(
            Vouched(activity=heading, place=place, verdict=verdict, body=request.body)
        )

    def _charge_hearsay(self, request: InboxRequest, verdict: Verdict) -> None:
        """Let whoever makes us ask somebody else pay for it."""
        if verdict.is_signed:
            self.servers.charge(verdict.sender, cost=COST_OF_NO_PROOF)
        else:
            self.addresses.charge(subject_of_address(request.address), cost=COST_OF_NO_PROOF)

    def _decide_early(
        self, heading: Heading, username: str | None, bearer: str
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
            if self.urls.is_ours(heading.actor):
                # What our authors do is done here. Somebody brings again what they took back.
                return Admission.NOT_OURS_TO_KNOW
            if domains.suspended_among(tx, [host(heading.actor), bearer]):
                return Admission.NOT_WANTED
            # Mastodon tells every server it knows when an account goes or changes. The key
            # may be gone too, so for strangers there is nothing to verify, nor to do.
            if heading.is_about_itself and actors.find(tx, heading.actor) is None:
                return Admission.NOT_OURS_TO_KNOW
            self.admitting.refuse_when_full(tx, host(heading.actor))
        return None

    def _decide_hearsay(self, activity: Activity, sender: str) -> Admission | None:
        """Answer what somebody passes on and nobody here wants, so that its origin is not asked."""
        with self.database.snapshot() as tx:
            if hosts.is_blocked(tx, sender):
                return Admission.NOT_WANTED
            if not self._is_worth_asking(tx, activity):
                return Admission.NOT_OURS_TO_KNOW
            self.admitting.refuse_when_full(tx, sender)
        return None

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
