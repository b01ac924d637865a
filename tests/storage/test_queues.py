"""Nothing in the two queues is lost, done twice at once, or done out of turn."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from fedreview.domain.actor import Author
from fedreview.storage import hosts, queues
from fedreview.storage.database import Database
from fedreview.storage.queues import Arrival, Delivery, QueueState
from fedreview.storage.tables import ActivityRow, ArrivalRow, DeliveryRow
from tests.factories import NOON, an_activity, minutes

LEASE = timedelta(minutes=5)
BIG, SMALL = "big.example", "small.example"


def inbox(host: str) -> tuple[str, str]:
    return (f"https://{host}/inbox", host)


def send(database: Database, n: int, *names: str) -> None:
    with database.transaction() as tx:
        queues.send(
            tx, an_activity(n, created_at=NOON + minutes(n)), [inbox(name) for name in names]
        )


def lease(
    database: Database,
    *,
    minute: float = 10,
    limit: int = 100,
    per_host: int = 100,
    except_hosts: Collection[str] = (),
) -> tuple[Delivery, ...]:
    now = NOON + minutes(minute)
    with database.transaction() as tx:
        return queues.lease_deliveries(
            tx,
            now=now,
            until=now + LEASE,
            limit=limit,
            per_host=per_host,
            except_hosts=except_hosts,
        )


def receive(database: Database, n: int, *, actor: str = "https://a.example/kim") -> bool:
    with database.transaction() as tx:
        return queues.add_arrival(
            tx,
            activity=f"https://a.example/activities/{n}",
            actor=actor,
            type="Create",
            body=b'{"n": %d}' % n,
            now=NOON + minutes(n),
        )


def take(database: Database, *, minute: float = 10, limit: int = 100) -> tuple[Arrival, ...]:
    now = NOON + minutes(minute)
    with database.transaction() as tx:
        return queues.lease_arrivals(tx, now=now, until=now + LEASE, limit=limit)


def delivery_counts(database: Database) -> dict[str, int]:
    with database.snapshot() as tx:
        return queues.count_deliveries(tx)


def arrival_counts(database: Database) -> dict[str, int]:
    with database.snapshot() as tx:
        return queues.count_arrivals(tx)


def test_an_activity_is_queued_once_for_each_inbox(database: Database, author: Author) -> None:
    send(database, 1, BIG, SMALL)

    leased = lease(database)

    activity = an_activity(1, created_at=NOON + minutes(1))
    assert [each.inbox for each in leased] == [inbox(BIG)[0], inbox(SMALL)[0]]
    assert leased[0] == Delivery(
        id=leased[0].id,
        activity=activity.uri,
        actor=activity.actor,
        body=activity.body,
        inbox=inbox(BIG)[0],
        host=BIG,
        failures=0,
        queued_at=NOON + minutes(1),
        scheme="",
    )


def test_an_activity_and_its_deliveries_are_kept_together_or_not_at_all(
    database: Database, author: Author
) -> None:
    def send_one_inbox_twice() -> None:
        send(database, 1, BIG, BIG)

    with pytest.raises(IntegrityError):
        send_one_inbox_twice()

    with database.snapshot() as tx:
        assert tx.scalar(select(func.count()).select_from(ActivityRow)) == 0
    assert delivery_counts(database) == {}


def test_an_activity_for_nobody_is_kept_all_the_same(database: Database, author: Author) -> None:
    send(database, 1)

    with database.snapshot() as tx:
        assert queues.find_activity(tx, an_activity(1).id) == an_activity(1).body
    assert lease(database) == ()


def test_an_unlisted_activity_is_nobodys_business(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        queues.send(tx, an_activity(1, listed=False), [inbox(BIG)])

    with database.snapshot() as tx:
        assert queues.find_activity(tx, an_activity(1).id) is None
        assert queues.list_outbox(tx, author.id, limit=9) == ()
        assert queues.count_outbox(tx, author.id) == 0
    assert len(lease(database)) == 1


def test_the_outbox_is_paged_newest_first(database: Database, author: Author) -> None:
    for n in range(1, 6):
        send(database, n)
    ids = [an_activity(n).id for n in (5, 4, 3, 2, 1)]

    with database.snapshot() as tx:
        first = queues.list_outbox(tx, author.id, limit=3)
        second = queues.list_outbox(tx, author.id, limit=3, before=first[-1][0])
        assert queues.count_outbox(tx, author.id) == 5

    assert [name for name, _ in first + second] == ids
    assert first[0] == (ids[0], an_activity(5).body)


def test_everything_about_a_deleted_object_is_forgotten_with_what_still_waits(
    database: Database, author: Author
) -> None:
    with database.transaction() as tx:
        queues.send(tx, an_activity(1), [inbox(BIG)])
        queues.send(tx, an_activity(2, type="Update"), [inbox(BIG)])
        queues.send(tx, replace(an_activity(3), object="https://reviews.example/other"), [])

    with database.transaction() as tx:
        queues.forget(tx, an_activity(1).object)

    with database.snapshot() as tx:
        assert [name for name, _ in queues.list_outbox(tx, author.id, limit=9)] == [
            an_activity(3).id
        ]
    assert lease(database) == ()


def test_what_is_due_first_is_leased_first_and_nothing_early(
    database: Database, author: Author
) -> None:
    for n in (3, 1, 2, 20):
        send(database, n, BIG)

    leased = lease(database, limit=2) + lease(database, limit=9)

    assert [each.activity for each in leased] == [an_activity(n).uri for n in (1, 2, 3)]


def test_two_workers_never_get_the_same_delivery(database: Database, author: Author) -> None:
    send(database, 1, BIG, SMALL)

    first, second, third = (lease(database, limit=1) for _ in range(3))

    assert {each.host for each in first + second} == {BIG, SMALL}
    assert third == ()


def test_a_lease_that_ran_out_is_taken_by_another_worker(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG)
    leased = lease(database, minute=10)

    assert lease(database, minute=14.9) == ()
    assert lease(database, minute=15) == leased


def test_deliveries_to_a_resting_host_wait(database: Database, author: Author) -> None:
    send(database, 1, BIG, SMALL)
    with database.transaction() as tx:
        for _ in range(hosts.REST_AFTER):
            hosts.failed(tx, BIG, now=NOON, rest=timedelta(minutes=30))

    assert [each.host for each in lease(database, minute=29.9)] == [SMALL]
    assert [each.host for each in lease(database, minute=30)] == [BIG]


def test_a_long_queue_for_one_host_leaves_room_for_others(
    database: Database, author: Author
) -> None:
    for n in range(1, 5):
        send(database, n, BIG)
    send(database, 5, SMALL)

    leased = lease(database, limit=3, per_host=2)

    assert [(each.host, each.activity) for each in leased] == [
        (BIG, an_activity(1).uri),
        (BIG, an_activity(2).uri),
        (SMALL, an_activity(5).uri),
    ]


def test_a_worker_leaves_out_the_hosts_that_it_is_busy_with(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG, SMALL)

    assert [each.host for each in lease(database, except_hosts=[BIG])] == [SMALL]
    assert [each.host for each in lease(database, except_hosts=[SMALL])] == [BIG]


def test_many_workers_at_the_same_time_share_the_queues_without_doubles(
    database: Database, author: Author
) -> None:
    send(database, 1, *(f"host{n}.example" for n in range(120)))
    for n in range(120):
        receive(database, n)

    def work(_: int) -> list[list[int]]:
        taken: list[list[int]] = [[], []]
        while batch := lease(database, limit=3):
            taken[0] += [each.id for each in batch]
        while arrivals := take(database, minute=200, limit=3):
            taken[1] += [each.id for each in arrivals]
        return taken

    with ThreadPoolExecutor(max_workers=8) as pool:
        everything = list(pool.map(work, range(8)))

    for queue in (0, 1):
        ids = [each for taken in everything for each in taken[queue]]
        assert len(ids) == 120
        assert len(set(ids)) == 120


def test_a_delivery_knows_the_scheme_that_its_host_takes(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG)
    with database.transaction() as tx:
        hosts.answered(tx, BIG, now=NOON, scheme="rfc9421")

    assert [each.scheme for each in lease(database)] == ["rfc9421"]


@pytest.mark.parametrize("state", [QueueState.DONE, QueueState.GIVEN_UP])
def test_a_settled_delivery_is_over(database: Database, author: Author, state: QueueState) -> None:
    send(database, 1, BIG)
    (delivery,) = lease(database)

    with database.transaction() as tx:
        queues.settle_delivery(
            tx, delivery.id, state, now=NOON + minutes(11), status=202, error="text"
        )

    assert lease(database, minute=10_000) == ()
    assert delivery_counts(database) == {state: 1}
    with database.snapshot() as tx:
        row = tx.get_one(DeliveryRow, delivery.id)
        assert (row.settled_at, row.last_status, row.last_error, row.leased_until) == (
            NOON + minutes(11),
            202,
            "text",
            None,
        )


def test_a_failed_delivery_comes_back_when_it_is_due_again(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG)
    (delivery,) = lease(database)

    with database.transaction() as tx:
        queues.retry_delivery(tx, delivery.id, due_at=NOON + minutes(30), status=503, error="busy")

    assert delivery_counts(database) == {"failing": 1}
    assert lease(database, minute=29.9) == ()
    assert lease(database, minute=30) == (replace(delivery, failures=1),)


def test_deliveries_that_are_given_back_can_be_leased_at_once(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG, SMALL)
    leased = lease(database)
    with database.transaction() as tx:
        queues.settle_delivery(tx, leased[0].id, QueueState.DONE, now=NOON, status=202, error="")

    with database.transaction() as tx:
        queues.give_back_deliveries(tx, [each.id for each in leased])

    assert lease(database) == leased[1:]


def test_deliveries_are_counted_by_what_became_of_them(database: Database, author: Author) -> None:
    send(database, 1, "a.example", "b.example", "c.example", "d.example", "e.example")
    a, b, c, *_ = lease(database)
    with database.transaction() as tx:
        queues.settle_delivery(tx, a.id, QueueState.DONE, now=NOON, status=202, error="")
        queues.settle_delivery(tx, b.id, QueueState.GIVEN_UP, now=NOON, status=410, error="")
        queues.retry_delivery(tx, c.id, due_at=NOON, status=None, error="no answer")

    assert delivery_counts(database) == {"waiting": 2, "failing": 1, "done": 1, "given up": 1}


def test_workers_in_open_transactions_pass_over_one_anothers_rows(
    postgresql_url: str,
) -> None:
    database = Database(postgresql_url)
    for n in range(4):
        receive(database, n)
    with database.transaction() as tx:
        queues.send(tx, an_activity(1, author_id=None), [inbox(f"{n}.example") for n in range(4)])
    now, until = NOON + minutes(10), NOON + minutes(15)

    with database.transaction() as one, database.transaction() as other:
        deliveries = [
            queues.lease_deliveries(tx, now=now, until=until, limit=2, per_host=9)
            for tx in (one, other)
        ]
        arrivals = [queues.lease_arrivals(tx, now=now, until=until, limit=2) for tx in (one, other)]

    for taken in (deliveries, arrivals):
        assert [len(batch) for batch in taken] == [2, 2]
        assert len({row.id for batch in taken for row in batch}) == 4
    database.close()


def test_an_activity_of_an_actor_arrives_once(database: Database) -> None:
    assert receive(database, 1)
    assert not receive(database, 1)
    assert receive(database, 1, actor="https://b.example/lee")

    assert len(take(database)) == 2
    with database.snapshot() as tx:
        activity = "https://a.example/activities/1"
        assert queues.is_known_arrival(tx, activity=activity, actor="https://b.example/lee")
        assert not queues.is_known_arrival(tx, activity=activity, actor="https://c.example/max")


def test_an_arrival_comes_back_as_received(database: Database) -> None:
    body = bytes(range(256))
    with database.transaction() as tx:
        queues.add_arrival(
            tx, activity="https://a.example/1", actor="a", type="Like", body=body, now=NOON
        )

    (arrival,) = take(database)

    assert arrival == Arrival(
        id=arrival.id,
        activity="https://a.example/1",
        actor="a",
        body=body,
        failures=0,
        received_at=NOON,
    )


def test_the_oldest_arrivals_are_taken_first_and_by_one_worker_only(database: Database) -> None:
    for n in (2, 0, 1):
        receive(database, n)

    first, second, third = (take(database, limit=2) for _ in range(3))

    assert [each.received_at for each in first + second] == [NOON + minutes(n) for n in range(3)]
    assert third == ()


def test_an_arrival_whose_worker_died_is_taken_by_another(database: Database) -> None:
    receive(database, 1)
    taken = take(database, minute=10)

    assert take(database, minute=14.9) == ()
    assert take(database, minute=15) == taken


def test_an_arrival_that_failed_is_tried_again_and_then_kept_with_its_error(
    database: Database,
) -> None:
    receive(database, 1)
    (arrival,) = take(database)

    with database.transaction() as tx:
        queues.retry_arrival(tx, arrival.id, due_at=NOON + minutes(30), error="not yet")
    assert take(database, minute=29.9) == ()
    assert take(database, minute=30) == (replace(arrival, failures=1),)

    with database.transaction() as tx:
        queues.settle_arrival(tx, arrival.id, QueueState.GIVEN_UP, error="never")
    assert take(database, minute=10_000) == ()
    assert arrival_counts(database) == {"given up": 1}
    with database.snapshot() as tx:
        row = tx.get_one(ArrivalRow, arrival.id)
        assert (row.last_error, row.body) == ("never", b'{"n": 1}')


def test_pruning_keeps_what_waits_what_failed_and_what_is_recent(
    database: Database, author: Author
) -> None:
    send(database, 1, "done.example", "given-up.example", "waiting.example", "recent.example")
    done, given_up, _, recent = lease(database)
    for n in range(4):
        receive(database, n)
    applied, poisonous, _, fresh = take(database, minute=3)
    old, new = NOON + minutes(2), NOON + minutes(3)
    with database.transaction() as tx:
        for delivery, state, at in (
            (done, QueueState.DONE, old),
            (given_up, QueueState.GIVEN_UP, old),
            (recent, QueueState.DONE, new),
        ):
            queues.settle_delivery(tx, delivery.id, state, now=at, status=None, error="")
        queues.settle_arrival(tx, applied.id, QueueState.DONE)
        queues.settle_arrival(tx, poisonous.id, QueueState.GIVEN_UP, error="never")
        queues.settle_arrival(tx, fresh.id, QueueState.DONE)

    with database.transaction() as tx:
        queues.prune(tx, before=new)

    assert delivery_counts(database) == {"done": 1, "given up": 1, "waiting": 1}
    assert arrival_counts(database) == {"done": 1, "given up": 1, "waiting": 1}
    assert not receive(database, 3)
