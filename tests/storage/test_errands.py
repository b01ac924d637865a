"""Errands: one for each address, a few of each site, and none twice."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fedreview.storage import errands, stale, sweeping
from fedreview.storage.database import Database
from fedreview.storage.errands import KEEP, Errand, ErrandKind
from fedreview.storage.queue_tables import ErrandRow
from fedreview.storage.queues import QueueState
from tests.databases import Statements
from tests.factories import NOON, minutes

LEASE = timedelta(minutes=5)
A, B = "https://a.example/notes/1", "https://b.example/notes/1"


def add(
    database: Database, url: str = A, *, minute: float = 0, due: float | None = None, kind: str = ""
) -> bool:
    with database.transaction() as tx:
        return errands.add(
            tx,
            ErrandKind(kind or "ancestors"),
            url,
            now=NOON + minutes(minute),
            due_at=None if due is None else NOON + minutes(due),
        )


def found(database: Database, *, minute: float = 10, limit: int = 100) -> tuple[int, ...]:
    with database.snapshot() as tx:
        return errands.due(tx, now=NOON + minutes(minute), limit=limit)


def lease(database: Database, *, minute: float = 10, limit: int = 100) -> tuple[Errand, ...]:
    ids, now = found(database, minute=minute), NOON + minutes(minute)
    with database.transaction() as tx:
        return errands.lease(tx, ids, now=now, until=now + LEASE, limit=limit)


def settle(database: Database, errand: Errand, *, minute: float = 10, well: bool = True) -> None:
    state = QueueState.DONE if well else QueueState.GIVEN_UP
    with database.transaction() as tx:
        errands.settle(tx, errand.id, state, now=NOON + minutes(minute))


def urls(leased: tuple[Errand, ...]) -> list[str]:
    return [errand.url for errand in leased]


def test_an_address_is_one_errand_of_each_kind(database: Database) -> None:
    assert add(database)
    assert not add(database, minute=1)
    assert add(database, kind="replies")

    with database.snapshot() as tx:
        assert errands.count(tx) == {"waiting": 2}


def test_what_is_no_address_is_no_errand(database: Database) -> None:
    assert not add(database, "tag:a.example,2024:1")
    assert not add(database, "https://me@a.example/")


def test_an_errand_is_leased_when_it_is_due_and_to_one_worker(database: Database) -> None:
    add(database, due=5)

    taken = [urls(lease(database, minute=minute)) for minute in (4, 5, 6)]

    assert taken == [[], [A], []]


def test_of_each_site_one_errand_is_run_at_a_time(database: Database) -> None:
    add(database, "https://one.a.example/1", minute=1)
    add(database, "https://two.a.example/2", minute=2)
    add(database, B, minute=3)

    first = lease(database, minute=6)
    settle(database, first[0], minute=7)
    then = lease(database, minute=7)

    assert urls(first) == ["https://one.a.example/1", B]
    assert urls(then) == ["https://two.a.example/2"]


def test_a_worker_leaves_out_the_sites_that_it_is_busy_with(database: Database) -> None:
    add(database, A)
    add(database, B)

    with database.snapshot() as tx:
        free = errands.due(tx, now=NOON, limit=9, except_sites=["a.example"])

    assert len(free) == 1


def test_the_lease_of_a_dead_worker_runs_out(database: Database) -> None:
    add(database)
    lease(database, minute=0)

    assert urls(lease(database, minute=4)) == []
    assert urls(lease(database, minute=5)) == [A]


def test_what_was_taken_since_it_was_found_is_left_out(database: Database) -> None:
    add(database)
    seen = found(database)
    lease(database)

    with database.transaction() as tx:
        now = NOON + minutes(10)
        assert errands.lease(tx, seen, now=now, until=now + LEASE, limit=9) == ()


def test_leases_are_given_back_and_released(database: Database) -> None:
    add(database)
    leased = lease(database)
    with database.transaction() as tx:
        errands.give_back(tx, [leased[0].id])
    again = lease(database)
    with database.transaction() as tx:
        errands.release_leases(tx)

    assert urls(again) == urls(lease(database)) == [A]


def test_a_failed_errand_waits_and_counts_its_failures(database: Database) -> None:
    add(database)
    errand = lease(database)[0]
    with database.transaction() as tx:
        errands.retry(tx, errand.id, due_at=NOON + minutes(20), error="no answer")

    assert lease(database, minute=19) == ()
    assert [each.failures for each in lease(database, minute=20)] == [1]


def test_an_errand_that_went_well_may_be_run_once_more_later(database: Database) -> None:
    add(database)
    errand = lease(database)[0]
    with database.transaction() as tx:
        errands.repeat(tx, errand.id, due_at=NOON + minutes(60))

    assert lease(database, minute=59) == ()
    assert [each.created_at for each in lease(database, minute=60)] == [NOON]


@pytest.mark.parametrize("well", [True, False])
def test_what_is_over_is_not_asked_for_again_within_a_day(database: Database, well: bool) -> None:
    add(database)
    settle(database, lease(database)[0], well=well)
    day = KEEP / minutes(1)

    assert not add(database, minute=11)
    assert not add(database, minute=day + 9)
    assert add(database, minute=day + 10)
    assert urls(lease(database, minute=day + 10)) == [A]


def test_a_picture_may_be_fetched_anew_after_an_hour(database: Database) -> None:
    add(database, kind="avatar")
    settle(database, lease(database)[0])

    assert not add(database, minute=69, kind="avatar")
    assert add(database, minute=70, kind="avatar")


def test_an_errand_that_is_over_stays_over(database: Database) -> None:
    add(database)
    errand = lease(database)[0]
    settle(database, errand)
    with database.transaction() as tx:
        errands.retry(tx, errand.id, due_at=NOON, error="late")

    assert lease(database, minute=60) == ()
    with database.snapshot() as tx:
        assert errands.count(tx) == {"done": 1}


def test_what_is_over_for_a_day_is_forgotten(database: Database) -> None:
    add(database, A)
    add(database, B)
    settle(database, lease(database, limit=1)[0])

    with database.transaction() as tx:
        sweeping.drop_all(tx, stale.errands(now=NOON + minutes(9) + KEEP))
        assert errands.count(tx) == {"done": 1, "waiting": 1}
        sweeping.drop_all(tx, stale.errands(now=NOON + minutes(11) + KEEP))
        assert errands.count(tx) == {"waiting": 1}


def test_a_claimed_errand_is_nobody_elses(database: Database) -> None:
    def claim() -> Errand | None:
        with database.transaction() as tx:
            return errands.claim(tx, ErrandKind.ANCESTORS, A, now=NOON, until=NOON + LEASE)

    mine, theirs = claim(), claim()

    assert mine
    assert (mine.url, mine.site) == (A, "a.example")
    assert theirs is None
    assert lease(database, minute=4) == ()
    assert urls(lease(database, minute=5)) == [A]


def test_one_site_cannot_fill_the_table_with_its_subdomains(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "MOST_WAITING_OF_SITE", 3)
    taken = [add(database, f"https://s{n}.evil.example/") for n in range(5)]
    other = add(database, B)

    assert taken == [True, True, True, False, False]
    assert other


def test_what_is_over_counts_for_the_day(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "MOST_OF_SITE", 2)
    add(database, "https://a.example/1")
    settle(database, lease(database)[0])
    taken = [add(database, f"https://a.example/{n}") for n in (2, 3)]

    assert taken == [True, False]


def test_one_kind_leaves_room_for_the_others_of_a_site(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "MOST_OF_KIND", 2)

    noted = [add(database, f"https://a.example/{number}") for number in range(3)]

    assert noted == [True, True, False]
    assert add(database, "https://a.example/users/alice", kind="actor")


def test_all_sites_together_cannot_fill_the_table(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "MOST_WAITING", 2)
    taken = [add(database, f"https://s{n}.example/") for n in range(3)]

    assert taken == [True, True, False]
    with database.snapshot() as tx:
        assert tx.scalar(select(func.count()).select_from(ErrandRow)) == 2


def test_looking_for_errands_where_there_are_none_is_one_statement(
    database: Database, statements: Statements
) -> None:
    with statements.recorded() as seen:
        found(database)

    assert len([each for each in seen if "errands" in each]) == 1
