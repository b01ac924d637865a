"""Deliver what is due: one attempt at each inbox, then settle or try again later."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from fedreview.errors import (
    DatabaseAway,
    DiskRefuses,
    NotFound,
    RemoteFailure,
    RemoteRefused,
    RemoteUnavailable,
)
from fedreview.federation.client import Delivered, FederationClient
from fedreview.services.batching import Batches
from fedreview.services.handling.heralding import herald_trouble
from fedreview.services.repeating import Insistence
from fedreview.services.signing import Signing
from fedreview.signatures.keys import PrivateKey
from fedreview.signatures.verify import Scheme
from fedreview.storage import actors, hosts, leasing, queues
from fedreview.storage.database import Database, Transaction
from fedreview.storage.queues import Delivery, QueueState

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=12)
GIVE_UP_AFTER = timedelta(days=7)
HOST_REST = timedelta(minutes=10)
"""How long a host is left alone at first after failures in a row; then longer and longer."""

LEASE = timedelta(minutes=3)
AT_ONCE_PER_HOST = 2
"""So that a host that hangs holds up nobody else."""

SPARE = 2
"""How many times as much to look for as to take: other workers look at the same time."""

SETTLE_WITHIN, MOST_SETTLED = timedelta(milliseconds=200), 200
"""How long a result may wait to be written down with others, while others are under way.

One of ten in a transaction costs 90 µs, one of a hundred 30.
"""

MISSING_FOR = timedelta(days=1)
"""How long an inbox must say 404 to be gone: for an hour it is a proxy's mistake."""

TROUBLE_AFTER = timedelta(days=1)
"""How long something may be on its way before its author hears of it."""

_ALIVE = frozenset({401, 408, 429})
"""What says nothing against a host: it does not take this now, but it answers."""

_log = structlog.get_logger(__name__)


def wait_before_retry(
    failures: int, waited: timedelta, *, asked: timedelta | None = None, spread: float = 0.0
) -> timedelta | None:
    """Say how long to wait after the latest failure; None means give up.

    failures: failed attempts so far, at least 1.
    waited: time since the activity was queued.
    asked: what the server's Retry-After asked for.
    spread: 0 to 1, how far to stray, so that a host that comes back is not hit at once.

    Doubles from FIRST_WAIT to LONGEST_WAIT, plus up to half of it.
    Source for the week: Mastodon calls a host unavailable after 7 days with failures
    (app/lib/delivery_failure_tracker.rb).
    """
    if waited >= GIVE_UP_AFTER:
        return None
    doubled: timedelta = FIRST_WAIT * 2 ** min(failures - 1, 16)
    wait = min(doubled, LONGEST_WAIT) * (1 + spread / 2)
    return max(wait, min(asked, LONGEST_WAIT)) if asked else wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A delivery that this worker has leased, with what signs it.

    spare_key: to be tried when `key` is refused.
    """

    delivery: Delivery
    key: PrivateKey
    spare_key: PrivateKey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one attempt: the inbox took it, or there was an error."""

    delivery: Delivery
    result: Delivered | Exception


class Delivering:
    """Carries activities to other servers' inboxes.

    chance: gives 0 to 1, by which waits stray.
    """

    def __init__(
        self,
        *,
        database: Database,
        client: FederationClient,
        signing: Signing,
        now: Callable[[], datetime],
        insistence: Insistence,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._client = client
        self._signing = signing
        self._now = now
        self._insistence = insistence
        self._chance = chance
        self._under_way = 0
        self._settling = Batches(
            work=self._settle_all,
            most=MOST_SETTLED,
            patience=SETTLE_WITHIN,
            more_comes=lambda: self._under_way > 0,
        )

    def lease(self, *, limit: int, busy: Iterable[Departure]) -> tuple[Departure, ...]:
        """Take the next deliveries for this worker, few of each host and one of each inbox.

        busy: what the worker has under way.
        """
        now = self._now()
        of_host = Counter(departure.delivery.host for departure in busy)
        with self._database.snapshot() as tx:
            due = leasing.due_deliveries(
                tx, now=now, limit=limit * SPARE, per_host=AT_ONCE_PER_HOST, busy=of_host
            )
        if not due:
            return ()
        with self._database.transaction() as tx:
            leased = leasing.lease_deliveries(tx, due, now=now, until=now + LEASE, limit=limit)
        return tuple(self._departures(leased))

    def _departures(self, leased: Iterable[Delivery]) -> Iterator[Departure]:
        """Find what signs each; without a key nothing of its actor can ever leave."""
        for delivery in leased:
            try:
                key, spare_key = self._keys(delivery)
            except NotFound as error:
                self._settle([Outcome(delivery=delivery, result=error)])
            else:
                yield Departure(delivery=delivery, key=key, spare_key=spare_key)

    def _keys(self, delivery: Delivery) -> tuple[PrivateKey, PrivateKey | None]:
        """Give the key to sign with, and one to try when that is refused.

        Who never kept the old key cannot check it, and would refuse all that comes behind it.
        """
        present = self._signing.keys(delivery.actor).http
        if delivery.key_id in {"", present.id}:
            return present, None
        retired = self._signing.retired_key(delivery.actor, delivery.key_id)
        return (retired, present) if retired else (present, None)

    def give_back(self, departures: Iterable[Departure]) -> None:
        """Return what was leased and not finished, when the worker stops."""
        with self._database.transaction() as tx:
            leasing.give_back_deliveries(tx, [each.delivery.id for each in departures])

    async def attempt(self, departure: Departure) -> Outcome:
        """Try once to deliver; gives what is to be settled."""
        delivery = departure.delivery
        result: Delivered | RemoteFailure
        self._under_way += 1
        try:
            result = await self._client.post_activity(
                delivery.inbox,
                delivery.body,
                key=departure.key,
                scheme=Scheme(delivery.scheme) if delivery.scheme else None,
                spare_key=departure.spare_key,
            )
        except RemoteFailure as error:
            result = error
        finally:
            self._under_way -= 1
        return Outcome(delivery=delivery, result=result)

    async def settle(self, outcome: Outcome) -> None:
        """End a delivery or put it back for later, together with others."""
        await self._settling.do(outcome)

    def put_back(self, departure: Departure, error: Exception) -> None:
        """Keep for later what an error of ours has stopped."""
        self._settle([Outcome(delivery=departure.delivery, result=error)])

    def _settle_all(self, outcomes: Sequence[Outcome]) -> list[None]:
        try:
            self._insistence.insist(self._settle, outcomes)
        except (DatabaseAway, DiskRefuses) as error:
            # To put them back would fail too, or call a failure what was taken. Once their
            # leases have run out they go out again, and receivers know them by their ids.
            _log.warning("results not kept", deliveries=len(outcomes), reason=str(error))
        return [None] * len(outcomes)

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write down what became of some attempts, in one transaction."""
        # All workers go through the rows in the same order, and so never wait for one another.
        ordered = sorted(outcomes, key=lambda outcome: outcome.delivery.id)
        taken: dict[int, int] = {}
        schemes: dict[str, str] = {}
        with self._database.transaction() as tx:
            for outcome in ordered:
                if isinstance(outcome.result, Delivered):
                    taken[outcome.delivery.id] = outcome.result.status
                    schemes[outcome.delivery.host] = outcome.result.scheme.value
                else:
                    self._keep_failure(tx, outcome.delivery, outcome.result)
            if taken:
                queues.settle_taken(tx, taken, now=self._now())
                hosts.took(tx, schemes, now=self._now())

    def _keep_failure(self, tx: Transaction, delivery: Delivery, error: Exception) -> None:
        """Put a failed delivery back, or end it: after a 4xx trying again will not help.

        Whoever followed from an inbox that is gone follows no more.
        Source: Mastodon drops a delivery on every 4xx but 401, 408 and 429; the client
        has sorted them into refused and unavailable.
        """
        now, text = self._now(), (str(error) or type(error).__name__)[:500]
        status = error.status if isinstance(error, RemoteFailure) else None
        is_final = isinstance(error, RemoteRefused | NotFound)
        wait = None if is_final else self._wait(delivery, error)
        if wait is None:
            queues.settle_delivery(
                tx, delivery.id, QueueState.GIVEN_UP, now=now, status=status, error=text
            )
        else:
            queues.retry_delivery(tx, delivery.id, due_at=now + wait, status=status, error=text)
        self._learn(tx, delivery, error)
        self._herald(tx, delivery, error, is_over=wait is None)
        _log.info(
            "delivery failed",
            activity=delivery.activity,
            inbox=delivery.inbox,
            status=status,
            reason=text,
            again_in=str(wait) if wait else "never",
        )

    def _learn(self, tx: Transaction, delivery: Delivery, error: Exception) -> None:
        """Note what a failure says about the host, and about the inbox."""
        now = self._now()
        if isinstance(error, RemoteUnavailable):
            if error.status not in _ALIVE:
                hosts.failed(tx, delivery.host, now=now, rest=HOST_REST)
            if error.retry_after:
                until = now + min(error.retry_after, LONGEST_WAIT)
                hosts.leave_alone(tx, delivery.host, now=now, until=until)
        elif isinstance(error, RemoteRefused) and error.status:
            # To say no is to answer.
            hosts.answered(tx, delivery.host, now=now)
            if error.status == 410 or (
                error.status == 404
                and queues.was_missing(
                    tx, delivery.inbox, since=now - GIVE_UP_AFTER, until=now - MISSING_FOR
                )
            ):
                actors.remove_followers_at(tx, delivery.inbox)

    def _herald(
        self, tx: Transaction, delivery: Delivery, error: Exception, *, is_over: bool
    ) -> None:
        """Tell the author of what does not arrive: after a day, and when it is given up.

        Who answers 404 or 410 is there, and somebody who had followed is not: no trouble.
        """
        now = self._now()
        is_gone = isinstance(error, RemoteRefused) and error.status in {404, 410}
        if is_gone or not (is_over or now - delivery.queued_at >= TROUBLE_AFTER):
            return
        author_id = queues.author_of(tx, delivery.id)
        if author_id:
            detail = _trouble(error, is_over=is_over)
            herald_trouble(tx, author_id, host=delivery.host, detail=detail, now=now)

    def _wait(self, delivery: Delivery, error: Exception) -> timedelta | None:
        asked = error.retry_after if isinstance(error, RemoteUnavailable) else None
        return wait_before_retry(
            delivery.failures + 1,
            self._now() - delivery.queued_at,
            asked=asked,
            spread=self._chance(),
        )


def _trouble(error: Exception, *, is_over: bool) -> str:
    if isinstance(error, RemoteRefused):
        code = f" ({error.status})" if error.status else ""
        return f"refused something of yours{code}. It is not tried again."
    if is_over:
        return "could not be reached for a week. What was on its way there is given up."
    return "has not taken anything for a day. It is tried again for up to a week."
