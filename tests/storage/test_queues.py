"""Nothing in the two queues is lost, done twice at once, or done out of turn."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from fedreview.domain.actor import Author
from fedreview.storage import arrivals, hosts, queues
from fedreview.storage.arrivals import Arrival, NewArrival
from fedreview.storage.database import Database
from fedreview.storage.queue_tables import ActivityRow, ArrivalRow, DeliveryRow
from fedreview.storage.queues import Delivery, QueueState
from tests.factories import NOON, an_activity, minutes
from tests.storage.queueing import inbox, lease, prune_queues, receive, send, take

BIG, SMALL = "big.example", "small.example"


def delivery_counts(database: Database) -> dict[str, int]:
    with database.snapshot() as tx:
        return queues.count_deliveries(tx)


def arrival_counts(database: Database) -> dict[str, int]:
    with database.snapshot() as tx:
        return arrivals.count(tx)


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
        key_id="",
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


def test_deliveries_are_counted_by_what_became_of_them(database: Database, author: Author) -> None:
    send(database, 1, "a.example", "b.example", "c.example", "d.example", "e.example")
    a, b, c, *_ = lease(database)
    with database.transaction() as tx:
        queues.settle_delivery(tx, a.id, QueueState.DONE, now=NOON, status=202, error="")
        queues.settle_delivery(tx, b.id, QueueState.GIVEN_UP, now=NOON, status=410, error="")
        queues.retry_delivery(tx, c.id, due_at=NOON, status=None, error="no answer")

    assert delivery_counts(database) == {"waiting": 2, "failing": 1, "done": 1, "given up": 1}


def test_an_activity_of_an_actor_arrives_once(database: Database) -> None:
    assert receive(database, 1)
    assert not receive(database, 1)
    assert receive(database, 1, actor="https://b.example/lee")

    assert len(take(database)) == 2


def test_an_arrival_comes_back_as_received(database: Database) -> None:
    body = bytes(range(256))
    with database.transaction() as tx:
        arrivals.add(
            tx,
            NewArrival(
                activity="https://a.example/1",
                actor="a",
                type="Like",
                body=body,
                now=NOON,
                sender="b.example",
                is_proved=False,
            ),
        )

    (arrival,) = take(database)

    assert arrival == Arrival(
        id=arrival.id,
        activity="https://a.example/1",
        actor="a",
        body=body,
        failures=0,
        received_at=NOON,
        sender="b.example",
        is_proved=False,
    )


def test_an_arrival_that_failed_is_tried_again_and_then_kept_with_its_error(
    database: Database,
) -> None:
    receive(database, 1)
    (arrival,) = take(database)

    with database.transaction() as tx:
        arrivals.retry(tx, arrival.id, due_at=NOON + minutes(30), error="not yet")
    assert take(database, minute=29.9) == ()
    assert take(database, minute=30) == (replace(arrival, failures=1),)

    with database.transaction() as tx:
        arrivals.settle(tx, arrival.id, QueueState.GIVEN_UP, error="never")
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
        receive(database, n, actor=f"https://a.example/{n}")
    applied, poisonous, _, fresh = take(database, minute=3)
    old, new = NOON + minutes(2), NOON + minutes(3)
    with database.transaction() as tx:
        for delivery, state, at in (
            (done, QueueState.DONE, old),
            (given_up, QueueState.GIVEN_UP, old),
            (recent, QueueState.DONE, new),
        ):
            queues.settle_delivery(tx, delivery.id, state, now=at, status=None, error="")
        arrivals.settle(tx, applied.id, QueueState.DONE)
        arrivals.settle(tx, poisonous.id, QueueState.GIVEN_UP, error="never")
        arrivals.settle(tx, fresh.id, QueueState.DONE)

    with database.transaction() as tx:
        prune_queues(tx, before=new)

    assert delivery_counts(database) == {"done": 1, "given up": 1, "waiting": 1}
    assert arrival_counts(database) == {"done": 1, "given up": 1, "waiting": 1}
    assert not receive(database, 3, actor="https://a.example/3")


def test_what_is_left_of_a_deleted_object_has_no_text_and_goes_in_time(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG, object="https://reviews.example/gone")
    with database.transaction() as tx:
        queues.forget(tx, "https://reviews.example/gone")

    with database.transaction() as tx:
        assert queues.find_activity(tx, an_activity(1).id) is None
        assert list(tx.scalars(select(ActivityRow.body))) == [b""]
        prune_queues(tx, before=NOON + minutes(1))
        assert queues.count_deliveries(tx) == {"cancelled": 1}
        prune_queues(tx, before=NOON + minutes(2))
        assert queues.count_deliveries(tx) == {}


@pytest.mark.parametrize("state", [QueueState.DONE, QueueState.GIVEN_UP])
def test_an_activity_that_is_over_can_be_applied_again(
    database: Database, state: QueueState
) -> None:
    receive(database, 1)
    (arrival,) = take(database)
    with database.transaction() as tx:
        arrivals.retry(tx, arrival.id, due_at=NOON, error="not yet")
        arrivals.settle(tx, arrival.id, state, error="never")

    with database.transaction() as tx:
        again = arrivals.apply_again(
            tx, activity=arrival.activity, actor=arrival.actor, now=NOON, signed_at=NOON
        )
        twice = arrivals.apply_again(
            tx, activity=arrival.activity, actor=arrival.actor, now=NOON, signed_at=NOON
        )
        unknown = arrivals.apply_again(
            tx, activity="https://x.example/", actor="x", now=NOON, signed_at=NOON
        )

    assert (again, twice, unknown) == (True, False, False)
    assert take(database) == (arrival,)


def test_what_was_not_signed_anew_is_not_applied_again(database: Database) -> None:
    receive(database, 1)
    (arrival,) = take(database)
    answers = []

    for minute in (5, 5, 4, 6):
        with database.transaction() as tx:
            arrivals.settle(tx, arrival.id, QueueState.DONE)
            answers.append(
                arrivals.apply_again(
                    tx,
                    activity=arrival.activity,
                    actor=arrival.actor,
                    now=NOON,
                    signed_at=NOON + minutes(minute),
                )
            )

    assert answers == [True, False, False, True]


def test_an_arrival_is_settled_once(database: Database) -> None:
    receive(database, 1)
    (arrival,) = take(database)

    with database.transaction() as tx:
        first = arrivals.settle(tx, arrival.id, QueueState.DONE)
        second = arrivals.settle(tx, arrival.id, QueueState.GIVEN_UP, error="late")
        arrivals.retry(tx, arrival.id, due_at=NOON, error="later")

    assert (first, second) == (True, False)
    assert arrival_counts(database) == {"done": 1}
    assert take(database, minute=10_000) == ()


def answer(database: Database, n: int, *, minute: float, status: int) -> None:
    """Queue the n-th activity for an inbox that answers with this status."""
    send(database, n, BIG)
    (delivery,) = lease(database, minute=minute)
    state = QueueState.DONE if status < 300 else QueueState.GIVEN_UP
    with database.transaction() as tx:
        queues.settle_delivery(
            tx, delivery.id, state, now=NOON + minutes(minute), status=status, error=""
        )


@pytest.mark.parametrize(
    ("statuses", "is_missing"),
    [((404,), True), ((400,), False), ((404, 202), False), ((202, 404), True), ((), False)],
)
def test_an_inbox_is_missing_once_it_said_404_and_took_nothing_after(
    database: Database, author: Author, statuses: tuple[int, ...], is_missing: bool
) -> None:
    for n, status in enumerate(statuses):
        answer(database, n, minute=10 + n, status=status)

    with database.snapshot() as tx:
        found = queues.was_missing(tx, inbox(BIG)[0], since=NOON, until=NOON + minutes(20))
        before = queues.was_missing(tx, inbox(BIG)[0], since=NOON, until=NOON + minutes(9))
        other = queues.was_missing(tx, inbox(SMALL)[0], since=NOON, until=NOON + minutes(20))

    assert (found, before, other) == (is_missing, False, False)


def test_what_waits_behind_a_failed_delivery_is_due_no_earlier_than_it(
    database: Database, author: Author
) -> None:
    for n in (1, 2):
        send(database, n, BIG)
    send(database, 3, SMALL)
    send(database, 90, BIG)
    (first, _) = lease(database)

    with database.transaction() as tx:
        queues.retry_delivery(tx, first.id, due_at=NOON + minutes(60), status=503, error="busy")

    with database.snapshot() as tx:
        due = tx.scalars(select(DeliveryRow.due_at).order_by(DeliveryRow.id))
        assert [(at - NOON) / minutes(1) for at in due] == [60, 60, 3, 90]


def test_an_activity_that_is_withdrawn_is_empty_and_not_sent_any_more(
    database: Database, author: Author
) -> None:
    send(database, 1, BIG)
    send(database, 2, SMALL)
    taken_back, kept = an_activity(1), an_activity(2)

    with database.transaction() as tx:
        told = queues.inboxes_of(tx, taken_back.uri)
        queues.withdraw(tx, taken_back.uri)
        found = [queues.find_activity(tx, each.id) for each in (taken_back, kept)]

    assert told == {inbox(BIG)[0]}
    assert found == [None, kept.body]
    assert delivery_counts(database) == {"cancelled": 1, "waiting": 1}


def test_only_what_an_inbox_shall_not_have_any_more_is_cancelled(
    database: Database, author: Author
) -> None:
    for number, type_ in ((1, "Create"), (2, "Delete"), (3, "Like")):
        with database.transaction() as tx:
            activity = an_activity(number, type=type_, object=f"https://x.example/{number}")
            queues.send(tx, activity, [inbox(BIG), inbox(SMALL)])

    with database.transaction() as tx:
        queues.cancel(tx, author.id, inbox(SMALL)[0], ("Create", "Like"))

    assert delivery_counts(database) == {"cancelled": 2, "waiting": 4}
