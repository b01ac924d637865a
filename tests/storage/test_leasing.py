"""Work is taken by one worker at a time, in turn, and looking for it costs little."""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from fedreview.domain.actor import Author
from fedreview.storage import arrivals, hosts, leasing, queues
from fedreview.storage.arrivals import Arrival
from fedreview.storage.database import Database, Transaction
from fedreview.storage.queues import Delivery, QueueState
from tests.databases import Statements
from tests.factories import NOON, an_activity, minutes
from tests.storage.queueing import (
    KIM,
    LEASE,
    lease,
    lease_found,
    look,
    look_in,
    receive,
    send,
    take,
    take_found,
)

BIG, SMALL = "big.example", "small.example"
LEE = "https://b.example/lee"


def settle(database: Database, delivery: Delivery, state: QueueState = QueueState.DONE) -> None:
    with database.transaction() as tx:
        queues.settle_delivery(tx, delivery.id, state, now=NOON, status=202, error="")


def retry(database: Database, delivery: Delivery, *, minute: float) -> None:
    with database.transaction() as tx:
        queues.retry_delivery(
            tx, delivery.id, due_at=NOON + minutes(minute), status=None, error="no answer"
        )


def activities(deliveries: Sequence[Delivery]) -> list[str]:
    return [each.activity for each in deliveries]


def test_one_inbox_gets_one_activity_after_the_other(database: Database, author: Author) -> None:
    for n in (1, 2, 20):
        send(database, n, BIG)

    first = lease(database)
    meanwhile = lease(database)
    settle(database, first[0])
    second = lease(database)
    settle(database, second[0])
    early = lease(database, minute=19.9)
    third = lease(database, minute=20)

    assert activities(first + second + third) == [an_activity(n).uri for n in (1, 2, 20)]
    assert meanwhile == early == ()


def test_what_is_due_first_is_leased_first(database: Database, author: Author) -> None:
    send(database, 3, BIG)
    send(database, 2, SMALL)

    assert [each.host for each in lease(database, limit=1)] == [SMALL]


@pytest.mark.parametrize("state", [QueueState.DONE, QueueState.GIVEN_UP])
def test_what_waits_for_its_next_try_is_not_overtaken_in_its_inbox(
    database: Database, author: Author, state: QueueState
) -> None:
    send(database, 1, BIG)
    send(database, 2, BIG)
    (first,) = lease(database)
    retry(database, first, minute=60)
    send(database, 3, BIG)

    before = lease(database, minute=59)
    again = lease(database, minute=60)
    settle(database, again[0], state)
    after = lease(database, minute=60)

    assert before == ()
    assert again == (replace(first, failures=1),)
    assert activities(after) == [an_activity(2).uri]


def test_other_inboxes_of_a_host_do_not_wait(database: Database, author: Author) -> None:
    send(database, 1, f"{BIG}/kim", f"{BIG}/lee")
    (kim, _) = lease(database)
    retry(database, kim, minute=60)
    send(database, 2, f"{BIG}/kim", f"{BIG}/max")

    assert [each.inbox for each in lease(database)] == [f"https://{BIG}/max/inbox"]


def test_a_delivery_that_is_cancelled_on_its_way_is_over_before_the_next_one_begins(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG, object="https://reviews.example/gone")
    (on_its_way,) = lease(database)
    with database.transaction() as tx:
        queues.forget(tx, "https://reviews.example/gone")
    send(database, 2, BIG)

    meanwhile = lease(database)
    retry(database, on_its_way, minute=60)
    after = lease(database)

    assert meanwhile == ()
    assert activities(after) == [an_activity(2).uri]
    with database.snapshot() as tx:
        assert queues.count_deliveries(tx) == {"cancelled": 1, "waiting": 1}


def test_a_cancelled_delivery_whose_worker_died_holds_up_nothing_for_ever(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG, object="https://reviews.example/gone")
    lease(database, minute=10)
    with database.transaction() as tx:
        queues.forget(tx, "https://reviews.example/gone")
    send(database, 2, BIG)

    assert lease(database, minute=14.9) == ()
    assert activities(lease(database, minute=15)) == [an_activity(2).uri]


def test_two_workers_never_get_the_same_delivery(database: Database, author: Author) -> None:
    send(database, 1, BIG, SMALL)

    first, second, third = (lease(database, limit=1) for _ in range(3))

    assert {each.host for each in first + second} == {BIG, SMALL}
    assert third == ()


def test_what_another_worker_took_since_it_was_found_is_left_out(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG, SMALL)
    receive(database, 1)
    receive(database, 2, actor=LEE)
    found, found_in = look(database), look_in(database)
    lease(database, limit=1)
    take(database, limit=1)

    deliveries = lease_found(database, found)
    arrivals = take_found(database, found_in)

    assert [each.host for each in deliveries] == [SMALL]
    assert [each.actor for each in arrivals] == [LEE]


def test_a_lease_that_ran_out_is_taken_by_another_worker(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG)
    leased = lease(database, minute=10)

    assert lease(database, minute=14.9) == ()
    assert lease(database, minute=15) == leased


def test_deliveries_that_are_given_back_can_be_leased_at_once(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG, SMALL)
    leased = lease(database)
    settle(database, leased[0])

    with database.transaction() as tx:
        leasing.give_back_deliveries(tx, [each.id for each in leased])

    assert lease(database) == leased[1:]


def test_deliveries_to_a_resting_host_wait(database: Database, author: Author) -> None:
    send(database, 1, BIG, SMALL)
    with database.transaction() as tx:
        for _ in range(hosts.REST_AFTER):
            hosts.failed(tx, BIG, now=NOON, rest=timedelta(minutes=30))

    assert [each.host for each in lease(database, minute=29.9)] == [SMALL]
    assert [each.host for each in lease(database, minute=30)] == [BIG]


def test_a_worker_leaves_out_the_hosts_that_it_is_busy_with(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG, SMALL)

    assert [each.host for each in lease(database, except_hosts=[BIG])] == [SMALL]
    assert [each.host for each in lease(database, except_hosts=[SMALL])] == [BIG]


@pytest.mark.parametrize("people", [4, leasing.WINDOW, leasing.WINDOW * 2 + 1])
def test_a_long_queue_for_one_host_leaves_room_for_others(
    database: Database, author: Author, people: int
) -> None:
    send(database, 1, *(f"{BIG}/{n}" for n in range(people)))
    send(database, 2, SMALL)

    leased = lease(database, limit=3, per_host=2)

    assert [each.host for each in leased] == [BIG, BIG, SMALL]


def test_a_host_gets_no_more_than_its_share_however_often_it_is_met(
    database: Database, author: Author
) -> None:
    others = [f"h{n}.example" for n in range(leasing.WINDOW - 1)]
    send(database, 1, f"{BIG}/1")
    send(database, 2, *others)
    send(database, 3, *(f"{BIG}/{n}" for n in range(2, 9)))

    leased = lease(database, limit=leasing.WINDOW * 2, per_host=2)

    names = [each.host for each in leased]
    assert names.count(BIG) == 2
    assert len(names) == len(others) + 2


def test_looking_into_empty_queues_writes_nothing(
    database: Database, statements: Statements
) -> None:
    with statements.recorded() as seen:
        look(database)
        look_in(database)

    assert len(seen) == 2
    assert all(statement.lstrip().startswith("SELECT") for statement in seen)
    assert statements.commits == 0


def test_how_long_the_queue_is_does_not_change_how_much_is_asked(
    database: Database, author: Author, statements: Statements
) -> None:
    send(database, 1, *(f"h{n}.example" for n in range(leasing.WINDOW * 3)))

    with statements.recorded() as seen:
        lease(database, limit=40, per_host=2)

    assert len(seen) == 4


def test_many_workers_at_the_same_time_share_the_queues_without_doubles(
    database: Database, author: Author
) -> None:
    send(database, 1, *(f"host{n}.example" for n in range(120)))
    for n in range(120):
        receive(database, n, actor=f"https://a.example/{n}")

    def work(_: int) -> tuple[list[int], list[int]]:
        sent: list[int] = []
        applied: list[int] = []
        while due := look(database, limit=3):
            sent += [each.id for each in lease_found(database, due)]
        while waiting := look_in(database, minute=200, limit=3):
            applied += [each.id for each in take_found(database, waiting, minute=200)]
        return sent, applied

    with ThreadPoolExecutor(max_workers=8) as pool:
        everything = list(pool.map(work, range(8)))

    for ids in ([n for sent, _ in everything for n in sent], [n for _, a in everything for n in a]):
        assert len(ids) == 120
        assert len(set(ids)) == 120


def test_workers_in_open_transactions_pass_over_one_anothers_rows(
    postgresql_url: str,
) -> None:
    database = Database(postgresql_url)
    with database.transaction() as tx:
        inboxes = [(f"https://{n}.example/inbox", f"{n}.example") for n in range(4)]
        queues.send(tx, an_activity(1, author_id=None), inboxes)
    for n in range(4):
        receive(database, n, actor=f"https://a.example/{n}")
    now, until = NOON + minutes(10), NOON + minutes(15)
    found, found_in = look(database), look_in(database)

    with database.transaction() as one, database.transaction() as other:
        both = (one, other)
        deliveries = [
            leasing.lease_deliveries(tx, found, now=now, until=until, limit=2) for tx in both
        ]
        arrivals = [
            leasing.lease_arrivals(tx, found_in, now=now, until=until, limit=2) for tx in both
        ]

    for sizes in ([len(batch) for batch in deliveries], [len(batch) for batch in arrivals]):
        assert sizes == [2, 2]
    assert len({each.id for batch in deliveries for each in batch}) == 4
    assert len({each.id for batch in arrivals for each in batch}) == 4
    database.close()


def test_a_second_worker_gets_nothing_of_an_inbox_or_an_actor_that_the_first_is_just_taking(
    postgresql_url: str,
) -> None:
    database = Database(postgresql_url)
    for n in (1, 2):
        with database.transaction() as tx:
            activity = an_activity(n, author_id=None)
            queues.send(tx, activity, [(f"https://{BIG}/inbox", BIG)])
        receive(database, n)
    now, until = NOON + minutes(10), NOON + minutes(15)

    with database.transaction() as tx:
        leasing.lease_deliveries(tx, look(database), now=now, until=until, limit=9)
        leasing.lease_arrivals(tx, look_in(database), now=now, until=until, limit=9)
        second = [*lease_found(database, [1, 2]), *take_found(database, [1, 2])]
    third = [*lease_found(database, [1, 2]), *take_found(database, [1, 2])]

    assert second == third == []
    database.close()


def test_arrivals_of_one_actor_are_taken_one_after_the_other_and_the_oldest_first(
    database: Database,
) -> None:
    for n in (1, 2, 3):
        receive(database, n)
    taken: list[Arrival] = []

    while batch := take(database):
        taken += batch
        with database.transaction() as tx:
            arrivals.settle(tx, batch[0].id, QueueState.DONE)

    assert [each.received_at for each in taken] == [NOON + minutes(n) for n in (1, 2, 3)]


def test_arrivals_of_several_actors_are_taken_side_by_side(database: Database) -> None:
    receive(database, 2)
    receive(database, 1, actor=LEE)
    receive(database, 3, actor=LEE)

    assert [each.actor for each in take(database)] == [LEE, KIM]
    assert take(database) == ()


def test_a_failed_arrival_holds_up_no_other_of_its_actor(database: Database) -> None:
    receive(database, 1)
    receive(database, 2)
    (failed,) = take(database)
    with database.transaction() as tx:
        arrivals.retry(tx, failed.id, due_at=NOON + minutes(30), error="not yet")

    (second,) = take(database, minute=29)
    meanwhile = take(database, minute=30)
    with database.transaction() as tx:
        arrivals.settle(tx, second.id, QueueState.DONE)

    assert second.received_at == NOON + minutes(2)
    assert meanwhile == ()
    assert take(database, minute=30) == (replace(failed, failures=1),)


def test_a_worker_leaves_out_the_actors_that_it_is_busy_with(database: Database) -> None:
    receive(database, 1)
    receive(database, 2, actor=LEE)
    take(database, limit=1)
    long_after = (NOON + LEASE * 3 - NOON) / minutes(1)

    assert [each.actor for each in take(database, minute=long_after, except_actors=[KIM])] == [LEE]


def test_an_arrival_whose_worker_died_is_taken_by_another(database: Database) -> None:
    receive(database, 1)
    taken = take(database, minute=10)

    assert take(database, minute=14.9) == ()
    assert take(database, minute=15) == taken


Outcome = Callable[[Database, Delivery], None]


def _done(database: Database, delivery: Delivery) -> None:
    settle(database, delivery)


def _later(database: Database, delivery: Delivery) -> None:
    retry(database, delivery, minute=60)


@pytest.mark.parametrize("outcome", [_done, _later])
def test_a_worker_that_comes_too_late_changes_nothing(
    database: Database, author: Author, outcome: Outcome
) -> None:
    send(database, 1, BIG)
    (delivery,) = lease(database, minute=10)
    lease(database, minute=15)
    settle(database, delivery, QueueState.GIVEN_UP)

    outcome(database, delivery)

    with database.snapshot() as tx:
        assert queues.count_deliveries(tx) == {"given up": 1}
    assert lease(database, minute=100) == ()


def effort(database: Database, look: Callable[[Transaction], object]) -> int:
    """Count what SQLite does for it, in hundreds of steps of its machine."""
    steps: list[None] = []
    with database.snapshot() as tx:
        raw = cast("sqlite3.Connection", tx.connection().connection.dbapi_connection)
        raw.set_progress_handler(lambda: steps.append(None), 100)
        look(tx)
        raw.set_progress_handler(None, 100)
    return len(steps)


def look_for_both(tx: Transaction) -> None:
    now = NOON + minutes(1_000_000)
    leasing.due_arrivals(tx, now=now, limit=40)
    leasing.due_deliveries(tx, now=now, limit=40, per_host=2)


def test_a_queue_that_is_four_times_as_long_costs_four_times_as_much_and_not_sixteen(
    sqlite_url: str,
) -> None:
    database = Database(sqlite_url)
    spent = []

    for numbers in (range(100), range(100, 400)):
        for n in numbers:
            receive(database, n)
            with database.transaction() as tx:
                activity = an_activity(n, author_id=None)
                queues.send(tx, activity, [(f"https://{BIG}/inbox", BIG)])
        spent.append(effort(database, look_for_both))

    assert 0 < spent[1] < spent[0] * 6
    database.close()


def test_what_a_dead_worker_had_leased_can_be_released_at_once(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG)
    receive(database, 1)
    held = (lease(database), take(database))

    with database.transaction() as tx:
        queues.release_leases(tx)

    assert (lease(database), take(database)) == held
    assert all(held)
