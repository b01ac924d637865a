"""The desk counts servers, not deliveries."""

from sqlalchemy import update

from fedreview.domain.actor import Author
from fedreview.storage import hosts
from fedreview.storage.database import Database
from fedreview.storage.queue_tables import DeliveryRow
from fedreview.storage.queues import QueueState
from tests.storage.queueing import send


def test_a_server_with_many_failed_deliveries_is_one_server(
    database: Database, author: Author
) -> None:
    for n in range(3):
        send(database, n, "down.example", "closed.example", "well.example")
    with database.transaction() as tx:
        rows = update(DeliveryRow)
        tx.execute(rows.where(DeliveryRow.host == "down.example").values(failures=2))
        closed = rows.where(DeliveryRow.host == "closed.example")
        tx.execute(closed.values(failures=9, state=QueueState.GIVEN_UP))

    with database.snapshot() as tx:
        assert hosts.count_out_of_reach(tx) == (1, 1)


def test_nobody_is_out_of_reach_at_first(database: Database) -> None:
    with database.snapshot() as tx:
        assert hosts.count_out_of_reach(tx) == (0, 0)
