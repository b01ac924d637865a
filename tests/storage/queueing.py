"""Put something into the queues and take it out again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from fedreview.storage import arrivals, leasing, queues, stale, sweeping
from fedreview.storage.arrivals import Arrival, NewArrival
from fedreview.storage.database import Database, Transaction
from fedreview.storage.queues import Delivery
from tests.factories import NOON, an_activity, minutes

LEASE = timedelta(minutes=5)
KIM = "https://a.example/kim"


def inbox(place: str) -> tuple[str, str]:
    """Give inbox and host of a place: ``big.example`` or ``big.example/kim``."""
    return (f"https://{place}/inbox", place.partition("/")[0])


def send(
    database: Database, n: int, *places: str, object: str = "https://reviews.example/1"
) -> None:
    """Queue the n-th activity, n minutes after noon."""
    with database.transaction() as tx:
        activity = an_activity(n, object=object, created_at=NOON + minutes(n))
        queues.send(tx, activity, [inbox(place) for place in places])


def look(
    database: Database,
    *,
    minute: float = 10,
    limit: int = 100,
    per_host: int = 100,
    except_hosts: Collection[str] = (),
) -> tuple[int, ...]:
    """Look for deliveries that may be sent."""
    with database.snapshot() as tx:
        return leasing.due_deliveries(
            tx,
            now=NOON + minutes(minute),
            limit=limit,
            per_host=per_host,
            busy=dict.fromkeys(except_hosts, per_host),
        )


def lease_found(
    database: Database, ids: Collection[int], *, minute: float = 10, limit: int = 100
) -> tuple[Delivery, ...]:
    """Take deliveries that were found before."""
    now = NOON + minutes(minute)
    with database.transaction() as tx:
        return leasing.lease_deliveries(tx, ids, now=now, until=now + LEASE, limit=limit)


def lease(
    database: Database,
    *,
    minute: float = 10,
    limit: int = 100,
    per_host: int = 100,
    except_hosts: Collection[str] = (),
) -> tuple[Delivery, ...]:
    """Take deliveries as a worker does."""
    found = look(database, minute=minute, limit=limit, per_host=per_host, except_hosts=except_hosts)
    return lease_found(database, found, minute=minute, limit=limit)


def receive(database: Database, n: int, *, actor: str = KIM) -> bool:
    """Keep the n-th arrival, n minutes after noon."""
    with database.transaction() as tx:
        return arrivals.add(
            tx,
            NewArrival(
                activity=f"https://a.example/activities/{n}",
                actor=actor,
                type="Create",
                body=b'{"n": %d}' % n,
                now=NOON + minutes(n),
                sender="a.example",
            ),
        )


def look_in(
    database: Database,
    *,
    minute: float = 10,
    limit: int = 100,
    except_actors: Collection[str] = (),
) -> tuple[int, ...]:
    """Look for arrivals that may be applied."""
    now = NOON + minutes(minute)
    with database.snapshot() as tx:
        return leasing.due_arrivals(tx, now=now, limit=limit, except_actors=except_actors)


def take_found(
    database: Database, ids: Collection[int], *, minute: float = 10, limit: int = 100
) -> tuple[Arrival, ...]:
    """Take arrivals that were found before."""
    now = NOON + minutes(minute)
    with database.transaction() as tx:
        return leasing.lease_arrivals(tx, ids, now=now, until=now + LEASE, limit=limit)


def take(
    database: Database,
    *,
    minute: float = 10,
    limit: int = 100,
    except_actors: Collection[str] = (),
) -> tuple[Arrival, ...]:
    """Take arrivals as a worker does."""
    found = look_in(database, minute=minute, limit=limit, except_actors=except_actors)
    return take_found(database, found, minute=minute, limit=limit)


def prune_queues(tx: Transaction, *, before: datetime) -> None:
    """Drop what was applied or delivered before then."""
    sweeping.drop_all(
        tx,
        stale.applied_arrivals(before=before),
        stale.ended_deliveries(before=before, failed_before=before - timedelta(days=46)),
        stale.activities(before=before),
    )
