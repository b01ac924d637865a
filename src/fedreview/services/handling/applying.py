"""Take arrivals out of the queue and apply each in a transaction of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from fedreview.activitypub.documents import check_document, load_document
from fedreview.activitypub.parse import parse_activity, parse_note
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import (
    Accept,
    Activity,
    Announce,
    Block,
    CreateNote,
    Delete,
    Follow,
    Like,
    QuoteRequest,
    Reference,
    Reject,
    Undo,
    UpdateActor,
    UpdateNote,
)
from fedreview.errors import FedreviewError, MalformedActivity, RemoteRefused, RemoteUnavailable
from fedreview.federation.client import FederationClient
from fedreview.federation.lookup import find_document
from fedreview.services.acquainting import Acquainting
from fedreview.services.handling.context import Context
from fedreview.services.handling.follows import (
    apply_accept,
    apply_block,
    apply_follow,
    apply_reject,
)
from fedreview.services.handling.notes import (
    apply_create_note,
    apply_delete,
    apply_update_note,
)
from fedreview.services.handling.quotes import apply_quote_request
from fedreview.services.handling.reactions import apply_announce, apply_like, apply_undo
from fedreview.services.sending import Sending
from fedreview.services.signing import Signing
from fedreview.storage import queues
from fedreview.storage.database import Database
from fedreview.storage.queues import Arrival, QueueState

LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=30)
MOST_FAILURES = 8
"""After so many failed tries an arrival is kept with its error and left alone."""

HANDLERS: dict[type, Callable[..., None]] = {
    Follow: apply_follow,
    Accept: apply_accept,
    Reject: apply_reject,
    Block: apply_block,
    CreateNote: apply_create_note,
    UpdateNote: apply_update_note,
    Delete: apply_delete,
    Like: apply_like,
    Announce: apply_announce,
    Undo: apply_undo,
    QuoteRequest: apply_quote_request,
}
"""What each type of activity does. A type that is not here is kept and does nothing."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Applies arrivals."""

    database: Database
    urls: Urls
    sending: Sending
    signing: Signing
    acquainting: Acquainting
    client: FederationClient
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def lease(self, *, limit: int) -> tuple[Arrival, ...]:
        """Take the next arrivals for this worker, the oldest first."""
        now = self.now()
        with self.database.transaction() as tx:
            return queues.lease_arrivals(tx, now=now, until=now + LEASE, limit=limit)

    async def apply(self, arrival: Arrival) -> None:
        """Apply one arrival, once: its effect and its settling are one transaction.

        Raises RemoteUnavailable when something must be fetched and cannot be now.
        """
        activity = await self._completed(parse_activity(load_document(arrival.body)))
        await asyncio.to_thread(self._apply, arrival, activity)

    async def _completed(self, activity: Activity) -> Activity:
        """Fetch what the activity only points at."""
        if isinstance(activity, UpdateActor):
            await self.acquainting.fetch_actor(activity.actor)
        if isinstance(activity, Reference):
            return await self._dereferenced(activity)
        return activity

    async def _dereferenced(self, activity: Reference) -> Activity:
        key = await asyncio.to_thread(lambda: self.signing.site_key)
        document = await find_document(self.client, activity.object, key=key)
        check_document(document)
        note = parse_note(document)
        made = CreateNote if activity.type == "Create" else UpdateNote
        return made(id=activity.id, actor=activity.actor, note=note)

    def _apply(self, arrival: Arrival, activity: Activity) -> None:
        handler = HANDLERS.get(type(activity))
        with self.database.transaction() as tx:
            if handler:
                context = Context(
                    tx=tx,
                    urls=self.urls,
                    sending=self.sending,
                    now=self.now,
                    new_id=self.new_id,
                )
                handler(context, activity)
            queues.settle_arrival(tx, arrival.id, QueueState.DONE)
        self.sending.wake()

    def put_back(self, arrival: Arrival, error: Exception) -> None:
        """Keep a failed arrival for later, or for good when trying again will not help."""
        is_final = isinstance(error, MalformedActivity | RemoteRefused)
        failures = arrival.failures + 1
        text = f"{type(error).__name__}: {error}"[:500]
        with self.database.transaction() as tx:
            if is_final or failures >= MOST_FAILURES:
                queues.settle_arrival(tx, arrival.id, QueueState.GIVEN_UP, error=text)
            else:
                due_at = self.now() + FIRST_WAIT * 2**arrival.failures
                queues.retry_arrival(tx, arrival.id, due_at=due_at, error=text)
        expected = isinstance(error, FedreviewError)
        log = _log.info if isinstance(error, RemoteUnavailable) or is_final else _log.error
        log(
            "arrival not applied",
            activity=arrival.activity,
            failures=failures,
            reason=text,
            exc_info=None if expected else error,
        )
