"""Carry mails to the mail server, and try again when it cannot take them now."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from fedreview.activitypub.urls import Urls
from fedreview.errors import RemoteFailure, RemoteRefused
from fedreview.mail.addresses import name_of_host
from fedreview.mail.carrying import Carrier
from fedreview.mail.relay import Relay
from fedreview.services.bundling import Bundling
from fedreview.services.handling.heralding import herald_lost_mail
from fedreview.services.telling import Telling
from fedreview.storage import letters
from fedreview.storage.database import Database
from fedreview.storage.letters import Letter
from fedreview.storage.queues import QueueState

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=2)
"""News of two days ago is in the desk. Source: RFC 5321, section 4.5.4.1, for 4 to 5 days."""

LEASE = timedelta(minutes=3)
LONGEST_ERROR = 500

_log = structlog.get_logger(__name__)


def wait_before_retry(failures: int, waited: timedelta) -> timedelta | None:
    """Say how long to wait after the latest failure; None means give up.

    failures: failed attempts so far, at least 1. waited: time since the mail was made.
    """
    if waited >= GIVE_UP_AFTER:
        return None
    doubled: timedelta = FIRST_WAIT * 2 ** min(failures - 1, 16)
    return min(doubled, LONGEST_WAIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Sends mails. carrier: None where the site has no mail server; then nothing is sent."""

    database: Database
    bundling: Bundling
    carrier: Carrier | None
    now: Callable[[], datetime]

    @property
    def sender(self) -> str:
        """The address that mails come from; "" where none are sent."""
        return self.carrier.relay.sender if self.carrier else ""

    def lease(self, *, limit: int) -> tuple[Letter, ...]:
        """Make the mails that are due, and take the next for this worker, the oldest first."""
        if self.carrier is None:
            return ()
        self.bundling.bundle()
        now = self.now()
        with self.database.snapshot() as tx:
            due = letters.list_due(tx, now=now, limit=limit)
        if not due:
            return ()
        with self.database.transaction() as tx:
            return letters.lease(tx, due, now=now, until=now + LEASE)

    def give_back(self, some: Iterable[Letter]) -> None:
        """Return what was leased and not finished, when the worker stops."""
        with self.database.transaction() as tx:
            letters.give_back(tx, [letter.id for letter in some])

    async def attempt(self, letter: Letter) -> None:
        """Try once to hand a mail over, and settle it or put it back for later."""
        if self.carrier is None:
            return
        try:
            await self.carrier.carry(letter.recipient, letter.body)
        except RemoteFailure as error:
            await asyncio.to_thread(self.put_back, letter, error)
        else:
            await asyncio.to_thread(self._sent, letter)

    def _sent(self, letter: Letter) -> None:
        with self.database.transaction() as tx:
            letters.settle(tx, letter.id, QueueState.DONE, now=self.now())

    def put_back(self, letter: Letter, error: Exception) -> None:
        """Keep a failed mail for later, or end it: after a 5xx trying again will not help."""
        now, text = self.now(), (str(error) or type(error).__name__)[:LONGEST_ERROR]
        wait = wait_before_retry(letter.failures + 1, now - letter.created_at)
        if isinstance(error, RemoteRefused):
            wait = None
        with self.database.transaction() as tx:
            if wait is None:
                letters.settle(tx, letter.id, QueueState.GIVEN_UP, now=now, error=text)
                herald_lost_mail(
                    tx, letter.author_id, address=letter.recipient, reason=text, now=now
                )
            else:
                letters.retry(tx, letter.id, due_at=now + wait, error=text)
        _log.info("mail failed", reason=text, again_in=str(wait) if wait else "never")


def make_posting(
    *,
    database: Database,
    urls: Urls,
    telling: Telling,
    relay: Relay | None,
    now: Callable[[], datetime],
) -> Posting:
    """Put together what makes and sends mails. relay: None where there is no mail server."""
    carrier = Carrier(relay=relay, name=name_of_host(urls.host)) if relay else None
    sender = relay.sender if relay else ""
    bundling = Bundling(database=database, urls=urls, telling=telling, sender=sender, now=now)
    return Posting(database=database, bundling=bundling, carrier=carrier, now=now)
