"""When the clock is put back, what waits for its time is put back too, and nothing else."""

from datetime import timedelta

from sqlalchemy import select, update

from fedreview.domain.actor import Author
from fedreview.storage import winding
from fedreview.storage.database import Database
from fedreview.storage.queue_tables import ArrivalRow, DeliveryRow, HostRow
from tests.factories import NOON, minutes
from tests.storage.queueing import receive, send

HOUR = timedelta(hours=1)


def test_what_is_ahead_is_put_back_to_now_at_the_most(database: Database, author: Author) -> None:
    for n in range(4):
        send(database, n, "big.example")
    with database.transaction() as tx:
        tx.execute(
            update(DeliveryRow).values(leased_until=NOON + minutes(70), settled_at=NOON + HOUR)
        )
        tx.execute(update(DeliveryRow).where(DeliveryRow.id == 1).values(due_at=NOON + minutes(65)))
        tx.add(HostRow(host="big.example", scheme="", failures=5, seen_at=NOON + HOUR))
        tx.flush()
        tx.execute(update(HostRow).values(resting_until=NOON + minutes(75)))

    with database.transaction() as tx:
        changed = winding.put_back(tx, HOUR, now=NOON + minutes(2))

    with database.snapshot() as tx:
        rows = tx.execute(
            select(DeliveryRow.due_at, DeliveryRow.leased_until, DeliveryRow.settled_at).order_by(
                DeliveryRow.id
            )
        ).all()
        resting_until = tx.scalar(select(HostRow.resting_until))
    assert changed == 7
    assert [row.due_at for row in rows] == [NOON + minutes(n) for n in (5, 1, 2, 2)]
    assert {row.leased_until for row in rows} == {NOON + minutes(10)}
    assert {row.settled_at for row in rows} == {NOON + HOUR}
    assert resting_until == NOON + minutes(15)


def test_the_newest_is_the_last_that_came_or_was_queued(database: Database, author: Author) -> None:
    with database.snapshot() as tx:
        empty = winding.newest(tx)
    send(database, 3, "big.example")
    receive(database, 1)
    with database.transaction() as tx:
        tx.execute(update(ArrivalRow).values(received_at=NOON + minutes(1)))
    with database.snapshot() as tx:
        queued = winding.newest(tx)
    with database.transaction() as tx:
        tx.execute(update(ArrivalRow).values(received_at=NOON + minutes(9)))
    with database.snapshot() as tx:
        arrived = winding.newest(tx)

    assert (empty, queued, arrived) == (None, NOON + minutes(3), NOON + minutes(9))
