"""Take arrivals out of the queue and apply them: many in one commit, each fails alone."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from fedreview.activitypub.documents import load_document
from fedreview.activitypub.parse import parse_activity
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import (
    Accept,
    Activity,
    Announce,
    Block,
    CreateNote,
    Delete,
    Flag,
    Follow,
    Json,
    Like,
    Move,
    QuoteRequest,
    Reject,
    ReplyRequest,
    Undo,
    UpdateNote,
)
from fedreview.errors import (
    Collision,
    DatabaseAway,
    DiskRefuses,
    FedreviewError,
    MalformedActivity,
    NotYet,
    RemoteRefused,
    RemoteUnavailable,
)
from fedreview.services.ascending import Ascending
from fedreview.services.batching import Batches
from fedreview.services.handling import forwarding
from fedreview.services.handling.completing import Completing
from fedreview.services.handling.context import Context
from fedreview.services.handling.follows import (
    apply_accept,
    apply_block,
    apply_follow,
    apply_reject,
)
from fedreview.services.handling.foreseeing import foresee
from fedreview.services.handling.holes import note_holes
from fedreview.services.handling.moves import apply_move
from fedreview.services.handling.notes import (
    apply_create_note,
    apply_delete,
    apply_update_note,
)
from fedreview.services.handling.quotes import apply_quote_request
from fedreview.services.handling.reactions import apply_announce, apply_like, apply_undo
from fedreview.services.handling.replies import apply_reply_request
from fedreview.services.handling.reports import apply_flag
from fedreview.services.placing import Placing
from fedreview.services.repeating import Insistence
from fedreview.services.sending import Sending
from fedreview.services.throttling import Throttle
from fedreview.storage import arrivals, leasing
from fedreview.storage.arrivals import Arrival
from fedreview.storage.database import Database
from fedreview.storage.memory import remembering, writes
from fedreview.storage.queues import QueueState

LEASE = timedelta(minutes=4)
LONGEST = timedelta(minutes=3)
"""For all that is fetched for one arrival; shorter than the lease, or another worker begins too."""
SPARE = 2
"""How many times as much to look for as to take: other workers look at the same time."""

FIRST_WAIT = timedelta(seconds=30)
FIRST_WAIT_FOR_PARENT = timedelta(seconds=2)
MOST_WAITS_FOR_PARENT = 5
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
    Flag: apply_flag,
    Move: apply_move,
    Undo: apply_undo,
    QuoteRequest: apply_quote_request,
    ReplyRequest: apply_reply_request,
}
"""What each type of activity does. A type that is not here is kept and does nothing."""

MOST_IN_A_COMMIT = 64
"""Not more, for on SQLite nobody else writes meanwhile: what arrives waits for it at the door."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """An arrival with all that had to be asked for it. document: what its bytes say."""

    arrival: Arrival
    document: Mapping[str, Json]
    activity: Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Applies arrivals.

    passing_on: how much of one site goes on to our followers.
    """

    database: Database
    urls: Urls
    sending: Sending
    completing: Completing
    ascending: Ascending
    placing: Placing
    passing_on: Throttle
    insistence: Insistence
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    _batches: Batches[_Ready, None] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing that waits."""
        batches: Batches[_Ready, None] = Batches(
            work=lambda group: self.insistence.insist(self._apply_all, group), most=MOST_IN_A_COMMIT
        )
        object.__setattr__(self, "_batches", batches)

    def lease(self, *, limit: int, except_actors: Collection[str]) -> tuple[Arrival, ...]:
        """Take the next arrivals for this worker, the oldest first, one of each actor.

        except_actors: those that the worker is busy with.
        """
        now = self.now()
        with self.database.snapshot() as tx:
            due = leasing.due_arrivals(
                tx, now=now, limit=limit * SPARE, except_actors=except_actors
            )
        if not due:
            return ()
        with self.database.transaction() as tx:
            return leasing.lease_arrivals(tx, due, now=now, until=now + LEASE, limit=limit)

    def give_back(self, leased: Iterable[Arrival]) -> None:
        """Return what was leased and not finished, when the worker stops.

        A thread may still apply one: whoever is later finds that it does not wait any more.
        """
        with self.database.transaction() as tx:
            leasing.give_back_arrivals(tx, [arrival.id for arrival in leased])

    async def apply(self, arrival: Arrival) -> None:
        """Apply one arrival, once: its effect and its settling are one transaction.

        Raises RemoteUnavailable when something must be fetched and cannot be now.
        """
        document = load_document(arrival.body)
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                activity = await self._completed(arrival, parse_activity(document))
        except TimeoutError as error:
            raise RemoteUnavailable("what it needs took too long to fetch") from error
        await self._batches.do(_Ready(arrival=arrival, document=document, activity=activity))

    async def _completed(self, arrival: Arrival, told: Activity) -> Activity:
        activity = await self.completing.complete(told, is_proved=arrival.is_proved)
        if isinstance(activity, CreateNote) and arrival.failures:
            # What it answers did not come by itself.
            parents = await self.ascending.ancestors_of(activity.note)
            await asyncio.to_thread(self.placing.keep, parents)
        return activity

    def _apply_all(self, group: Sequence[_Ready]) -> list[Exception | None]:
        """Apply a group in one transaction.

        What fails before it has written anything fails alone. Any other failure undoes the whole,
        and raises: then each is applied by itself.
        """
        with self.database.transaction() as tx, remembering(tx):
            context = Context(
                tx=tx, urls=self.urls, sending=self.sending, now=self.now, new_id=self.new_id
            )
            outcomes = self._apply_each(context, group)
        self.sending.wake()
        return outcomes

    def _apply_each(self, context: Context, group: Sequence[_Ready]) -> list[Exception | None]:
        leased = {each.arrival.id: each for each in group}
        # First, for this also keeps everybody else from them until the unit ends.
        held = arrivals.hold(
            context.tx, {number: each.arrival.is_proved for number, each in leased.items()}
        )
        waiting = {number: each for number, each in leased.items() if number in held}
        foresee(context, [each.activity for each in waiting.values()])
        failed = {
            number: error
            for number, each in waiting.items()
            if (error := self._apply_in(context, each)) is not None
        }
        arrivals.settle_applied(context.tx, held - failed.keys())
        return [failed.get(each.arrival.id) for each in group]

    def _apply_in(self, context: Context, ready: _Ready) -> FedreviewError | None:
        """Apply one among others; gives what it cannot be applied for."""
        tx = context.tx
        before = writes(tx)
        try:
            self._apply(context, ready)
        except (Collision, DatabaseAway, DiskRefuses):
            # Not of its own making, and the whole group is in it.
            raise
        except FedreviewError as error:
            if writes(tx) != before:
                raise
            return error
        tx.flush()
        # What one has read may be other rows by the time that the next one reads.
        tx.expunge_all()
        return None

    def _apply(self, context: Context, ready: _Ready) -> None:
        activity = ready.activity
        handler = HANDLERS.get(type(activity))
        if handler:
            before = forwarding.review_before(context, activity)
            handler(context, activity)
            forwarding.forward(
                context,
                ready.arrival,
                ready.document,
                activity,
                before=before,
                throttle=self.passing_on,
            )
        note_holes(context, activity)

    def put_back(self, arrival: Arrival, error: Exception) -> None:
        """Keep a failed arrival for later, or for good when trying again will not help."""
        if isinstance(error, NotYet):
            self._wait_for_parent(arrival, error)
            return
        is_final = isinstance(error, MalformedActivity | RemoteRefused)
        failures = arrival.failures + 1
        text = f"{type(error).__name__}: {error}"[:500]
        if is_final or failures >= MOST_FAILURES:
            self._settle(arrival, QueueState.GIVEN_UP, text)
        else:
            self._retry(arrival, FIRST_WAIT * 2**arrival.failures, text)
        expected = isinstance(error, FedreviewError)
        log = _log.info if isinstance(error, RemoteUnavailable) or is_final else _log.error
        log(
            "arrival not applied",
            activity=arrival.activity,
            failures=failures,
            reason=text,
            exc_info=None if expected else error,
        )

    def _wait_for_parent(self, arrival: Arrival, error: NotYet) -> None:
        """Try a reply again after 2, 8, 32 … seconds; after some minutes it is not for us."""
        text = str(error)[:500]
        if arrival.failures >= MOST_WAITS_FOR_PARENT:
            self._settle(arrival, QueueState.DONE, text)
        else:
            self._retry(arrival, FIRST_WAIT_FOR_PARENT * 4**arrival.failures, text)

    def _settle(self, arrival: Arrival, state: QueueState, error: str) -> None:
        with self.database.transaction() as tx:
            arrivals.settle(tx, arrival.id, state, error=error, is_proved=arrival.is_proved)

    def _retry(self, arrival: Arrival, wait: timedelta, error: str) -> None:
        due_at, is_proved = self.now() + wait, arrival.is_proved
        with self.database.transaction() as tx:
            arrivals.retry(tx, arrival.id, due_at=due_at, error=error, is_proved=is_proved)
