"""What the delivery board counts and lists, and what begins anew."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from fedreview.domain.actor import Author
from fedreview.domain.delivery import Counts, Stand
from fedreview.storage import board, dispatches, domains, hosts, queues, reach, stale, sweeping
from fedreview.storage.database import Database
from fedreview.storage.dispatches import Wanted
from fedreview.storage.queue_tables import ActivityRow, DeliveryRow, HostRow
from fedreview.storage.queues import QueueState
from tests.databases import Statements
from tests.factories import NOON, a_domain_block, an_activity, minutes
from tests.storage.queueing import inbox, lease, look, send

LATER = NOON + minutes(60)


pytestmark = pytest.mark.usefixtures("author")


def change(database: Database, host: str, n: int | None = None, **values: Any) -> None:
    which = [DeliveryRow.host == host]
    if n is not None:
        which.append(DeliveryRow.activity_id == an_activity(n).id)
    with database.transaction() as tx:
        tx.execute(update(DeliveryRow).where(*which).values(**values))


def fail(database: Database, host: str, n: int | None = None) -> None:
    values = {"failures": 3, "due_at": LATER + minutes(60), "last_status": 503, "last_error": "503"}
    change(database, host, n, **values)


def give_up(database: Database, host: str, n: int | None = None) -> None:
    values = {"settled_at": NOON + minutes(5), "last_status": 422, "last_error": "422"}
    change(database, host, n, state=QueueState.GIVEN_UP, failures=2, **values)


def finish(database: Database, host: str, n: int | None = None) -> None:
    change(database, host, n, state=QueueState.DONE, settled_at=NOON + minutes(3))


def begin(database: Database, wanted: Wanted = Wanted()) -> int:  # noqa: B008  (frozen)
    with database.transaction() as tx:
        ready = dispatches.list_ready(tx, wanted, now=LATER, after=0, limit=1000)
        return dispatches.begin_anew(tx, ready, now=LATER)


def rows(database: Database) -> list[DeliveryRow]:
    with database.snapshot() as tx:
        return list(tx.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))


def test_each_delivery_is_counted_where_it_stands(database: Database) -> None:
    send(database, 1, "a.example", "b.example", "c.example", "d.example", "e.example", "f.example")
    finish(database, "a.example")
    fail(database, "b.example")
    give_up(database, "c.example")
    change(database, "d.example", state=QueueState.HELD_BACK)
    change(database, "e.example", state=QueueState.CANCELLED)

    with database.snapshot() as tx:
        tally = board.count_by_activity(tx, [an_activity(1).id])[an_activity(1).id]
        some = board.list_of_activity(tx, an_activity(1).id, after=None, limit=3)
        more = board.list_of_activity(tx, an_activity(1).id, after=some[-1].place, limit=9)

    assert tally.counts == Counts(
        failing=1, given_up=1, on_the_way=1, held_back=1, delivered=1, called_off=1
    )
    assert tally.settled_at == NOON + minutes(5)
    assert [each.stand for each in (*some, *more)] == list(Stand)


def test_activities_are_listed_by_what_has_become_of_them(
    database: Database, author: Author
) -> None:
    for n in range(1, 5):
        send(database, n, "a.example", "b.example")
    give_up(database, "b.example", 2)
    fail(database, "b.example", 3)
    finish(database, "a.example")

    def listed(stand: Stand | None, *, before: str = "", limit: int = 9) -> list[str]:
        with database.snapshot() as tx:
            found = board.list_activities(tx, author.id, stand=stand, before=before, limit=limit)
        return [each.id for each in found]

    ids = [an_activity(n).id for n in (4, 3, 2, 1)]
    assert listed(None) == ids
    assert listed(None, before=ids[1], limit=1) == [ids[2]]
    assert listed(Stand.FAILING) == [ids[1]]
    assert listed(Stand.GIVEN_UP) == [ids[2]]
    assert listed(Stand.ON_THE_WAY) == [ids[0], ids[3]]
    assert listed(Stand.HELD_BACK) == []


def test_what_is_not_kept_any_more_still_counts(database: Database, author: Author) -> None:
    send(database, 1, "a.example", "b.example", "c.example")
    finish(database, "a.example")
    give_up(database, "b.example")
    fail(database, "c.example")
    much_later = NOON + timedelta(days=90)

    with database.transaction() as tx:
        sweeping.drop_all(tx, stale.ended_deliveries(before=much_later, failed_before=much_later))

    with database.snapshot() as tx:
        tally = board.count_by_activity(tx, [an_activity(1).id])[an_activity(1).id]
        found = [
            [each.id for each in board.list_activities(tx, author.id, stand=s, before="", limit=9)]
            for s in (None, Stand.DELIVERED, Stand.GIVEN_UP)
        ]
    assert tally.counts == Counts(delivered=1, given_up=1, failing=1)
    assert found == [[an_activity(1).id]] * 3


def test_nobody_sees_what_another_author_sends(database: Database, author: Author) -> None:
    for n in (1, 2):
        send(database, n, "a.example")
    with database.transaction() as tx:
        mine = ActivityRow.id == an_activity(1).id
        tx.execute(update(ActivityRow).where(mine).values(author_id=author.id))
        tx.execute(update(ActivityRow).where(~mine).values(author_id=None))
    stranger = type(author.id)("somebody-else")

    with database.snapshot() as tx:
        own = board.list_activities(tx, author.id, stand=None, before="", limit=9)
        theirs = board.list_activities(tx, stranger, stand=None, before="", limit=9)
        hidden = board.find_activity(tx, stranger, an_activity(1).id)
        progress = board.fan_outs(tx, stranger, [an_activity(1).id])

    assert [each.id for each in own] == [an_activity(2).id, an_activity(1).id]
    assert [each.id for each in theirs] == [an_activity(2).id]
    assert hidden is None
    assert progress == ()


def test_servers_that_need_attention_stand_first(database: Database) -> None:
    send(database, 1, "well.example", "rests.example", "closed.example", "new.example")
    send(database, 2, "down.example", "well.example")
    finish(database, "well.example")
    finish(database, "rests.example")
    fail(database, "down.example")
    give_up(database, "closed.example")
    with database.transaction() as tx:
        for _ in range(hosts.REST_AFTER):
            hosts.failed(tx, "rests.example", now=LATER, rest=timedelta(minutes=10))

    with database.snapshot() as tx:
        every = reach.list_hosts(tx, now=LATER, only_trouble=False, after=None, limit=2)
        place = (every[-1].rank, every[-1].host)
        more = reach.list_hosts(tx, now=LATER, only_trouble=False, after=place, limit=9)
        bad = reach.list_hosts(tx, now=LATER, only_trouble=True, after=None, limit=9)
        troubles = reach.troubles_of(tx, [each.host for each in (*every, *more)])
        facts = reach.facts_of(tx, ["rests.example", "well.example"])

    assert [each.host for each in (*every, *more)] == [
        "down.example",
        "rests.example",
        "closed.example",
        "new.example",
        "well.example",
    ]
    assert [each.host for each in bad] == ["down.example", "rests.example", "closed.example"]
    assert troubles.keys() == {"down.example", "closed.example"}
    assert troubles["down.example"].next_try_at == LATER + minutes(60)
    assert troubles["closed.example"].latest.status == 422
    assert facts["rests.example"].resting_until == LATER + minutes(10)


def test_what_failed_begins_anew_in_its_order_and_twice_changes_nothing(
    database: Database,
) -> None:
    for n in (1, 2, 3):
        send(database, n, "down.example", "well.example", object=f"https://reviews.example/{n}")
    finish(database, "well.example")
    give_up(database, "down.example", 1)
    fail(database, "down.example", 2)
    change(database, "down.example", 3, due_at=LATER + minutes(60))
    with database.transaction() as tx:
        for _ in range(hosts.REST_AFTER):
            hosts.failed(tx, "down.example", now=LATER, rest=timedelta(minutes=30))

    first, second = begin(database), begin(database)

    assert (first, second) == (3, 0)
    assert len(rows(database)) == 6
    waiting = [row for row in rows(database) if row.host == "down.example"]
    assert [(row.failures, row.due_at) for row in waiting] == [(0, LATER)] * 3
    sent = []
    for minute in (61, 62, 63):
        [delivery] = lease(database, minute=minute)
        sent.append(delivery.activity)
        finish(database, "down.example", len(sent))
    assert sent == [an_activity(n).uri for n in (1, 2, 3)]


def test_what_waits_before_it_goes_at_once_as_well(database: Database) -> None:
    send(database, 1, "down.example")
    send(database, 2, "down.example")
    fail(database, "down.example", 1)
    fail(database, "down.example", 2)
    second = rows(database)[1]

    begun = begin(database, Wanted(delivery_id=second.id))

    assert begun == 1
    assert look(database, minute=60) == (rows(database)[0].id,)
    assert [row.failures for row in rows(database)] == [3, 0]


def test_what_begins_in_portions_all_begins_anew(database: Database) -> None:
    for n in (1, 2, 3):
        send(database, n, "down.example")
        fail(database, "down.example", n)

    after, begun = 0, 0
    for _ in range(3):
        with database.transaction() as tx:
            ready = dispatches.list_ready(tx, Wanted(), now=LATER, after=after, limit=1)
            begun += dispatches.begin_anew(tx, ready, now=LATER)
        after = ready[-1][0]

    assert begun == 3
    assert [row.failures for row in rows(database)] == [0, 0, 0]


def test_what_was_taken_back_or_said_anew_does_not_begin(database: Database) -> None:
    with database.transaction() as tx:
        for n, type_ in ((1, "Create"), (2, "Like"), (3, "Update")):
            activity = an_activity(n, type=type_, created_at=NOON + minutes(n))
            queues.send(tx, activity, [inbox("a.example"), inbox("b.example")])
        other = an_activity(4, object="https://reviews.example/gone")
        queues.send(tx, other, [inbox("a.example")])
    for n in (1, 2, 4):
        give_up(database, "a.example", n)
        give_up(database, "b.example", n)
    finish(database, "a.example", 3)
    with database.transaction() as tx:
        queues.forget(tx, "https://reviews.example/gone")

    at_a = begin(database, Wanted(host="a.example"))
    at_b = begin(database, Wanted(host="b.example"))

    assert at_a == 0
    assert at_b == 2


def test_nothing_begins_for_a_suspended_server_or_a_blocked_person(
    database: Database, author: Author
) -> None:
    send(database, 1, "bad.example", "kim.example")
    give_up(database, "bad.example")
    give_up(database, "kim.example")
    with database.transaction() as tx:
        domains.put_block(tx, a_domain_block("bad.example"))
        queues.cancel(tx, author.id, inbox("kim.example")[0], [an_activity(1).type])

    assert begin(database) == 0
    assert [row.state for row in rows(database)] == ["given up", "cancelled"]


def test_to_stop_gives_up_what_waits_and_nothing_else(database: Database) -> None:
    send(database, 1, "down.example", "well.example")
    send(database, 2, "down.example")
    finish(database, "down.example", 1)
    fail(database, "down.example", 2)

    with database.transaction() as tx:
        stopped = [dispatches.stop(tx, "down.example", now=LATER) for _ in range(2)]

    assert stopped == [1, 0]
    assert [row.state for row in rows(database)] == ["done", "waiting", "given up"]


def test_only_what_is_being_sent_is_under_way(database: Database, author: Author) -> None:
    send(database, 1, "a.example", "b.example/kim", "b.example/lee")
    send(database, 2, "down.example")
    send(database, 3, "down.example", "well.example")
    send(database, 4, "rests.example")
    finish(database, "well.example")
    fail(database, "down.example", 2)
    finish(database, "a.example")
    with database.transaction() as tx:
        for _ in range(hosts.REST_AFTER):
            hosts.failed(tx, "rests.example", now=LATER, rest=timedelta(minutes=30))

    with database.snapshot() as tx:
        under_way = board.list_under_way(tx, author.id, now=LATER, limit=9)
        [far] = board.fan_outs(tx, author.id, under_way)

    assert under_way == (an_activity(1).id,)
    assert (far.reached, far.servers, far.counts.on_the_way) == (1, 2, 2)


def test_pages_cost_as_many_statements_for_a_thousand_servers_as_for_ten(
    database: Database, author: Author, statements: Statements
) -> None:
    def cost() -> int:
        with statements.recorded() as seen, database.snapshot() as tx:
            found = reach.list_hosts(tx, now=LATER, only_trouble=False, after=None, limit=50)
            reach.troubles_of(tx, [each.host for each in found])
            sent = board.list_activities(tx, author.id, stand=None, before="", limit=20)
            board.count_by_activity(tx, [each.id for each in sent])
            board.fan_outs(tx, author.id, board.list_under_way(tx, author.id, now=LATER, limit=5))
        return len(seen)

    send(database, 1, *(f"s{n}.example" for n in range(10)))
    few = cost()
    send(database, 2, *(f"s{n}.example" for n in range(1000)))
    with database.transaction() as tx:
        tx.execute(update(DeliveryRow).where(DeliveryRow.id > 500).values(failures=1))
        new = {"scheme": "", "failures": 0, "seen_at": NOON, "software": ""}
        tx.execute(insert(HostRow), [{"host": f"s{n}.example", **new} for n in range(1000)])

    assert cost() == few
