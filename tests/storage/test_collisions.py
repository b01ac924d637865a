"""Units of work that wait for one another: one is undone, and done again."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fedreview.errors import Collision, DatabaseAway
from fedreview.services import repeating
from fedreview.services.repeating import TRIES, Insistence, repeated
from fedreview.storage import accounts, hosts, queues
from fedreview.storage.database import Database
from fedreview.storage.queues import Delivery, QueueState
from tests.factories import NOON, an_author, minutes
from tests.storage.queueing import inbox, lease, send

THREADS = 6


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Database]:
    """A database in which units of work run at the same time."""
    database = Database(postgresql_url)
    with database.transaction() as tx:
        accounts.add_author(tx, an_author(), password_hash="")
    yield database
    database.close()


class Crossing:
    """Two units that each want what the other has, at the first try."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._meet = threading.Barrier(2)
        self.tries = 0

    def put(self, first: str, second: str) -> None:
        self.tries += 1
        with self._database.transaction() as tx:
            accounts.set_setting(tx, first, first)
            tx.flush()
            if self.tries <= 2:
                self._meet.wait(10)
            accounts.set_setting(tx, second, first)


def test_of_two_that_wait_for_one_another_one_is_undone_and_done_again(
    postgresql: Database,
) -> None:
    crossing = Crossing(postgresql)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda names: repeated(crossing.put, *names), [("a", "b"), ("b", "a")]))

    assert crossing.tries >= 3
    with postgresql.snapshot() as tx:
        kept = accounts.all_settings(tx)
    assert kept["a"] == kept["b"]


def test_what_was_kept_before_a_collision_is_not_done_twice(postgresql: Database) -> None:
    crossing, done = Crossing(postgresql), list[str]()

    def two_units(first: str, second: str) -> None:
        with postgresql.transaction() as tx:
            accounts.set_setting(tx, f"{first} before", "here")
        done.append(first)
        crossing.put(first, second)

    def run(names: tuple[str, str]) -> None:
        repeated(two_units, *names)

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, names) for names in [("a", "b"), ("b", "a")]]
        errors = [each.exception() for each in runs]

    assert [type(error) for error in errors if error] == [Collision]
    assert sorted(done) == ["a", "b"]


def test_who_collides_again_and_again_gives_up() -> None:
    tries = list[int]()

    def collide() -> None:
        tries.append(1)
        raise Collision("deadlock detected", is_first=True)

    with pytest.raises(Collision):
        repeated(collide)

    assert len(tries) == TRIES


def test_what_is_nobodys_collision_keeps_its_name(postgresql: Database) -> None:
    def add_twice() -> None:
        with postgresql.transaction() as tx:
            for name in ("a", "b"):
                accounts.add_author(tx, an_author(id=name), password_hash="")

    with pytest.raises(IntegrityError):
        add_twice()


def test_a_database_that_is_not_there_has_a_name_of_ours() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    def write() -> None:
        with database.transaction() as tx:
            accounts.set_setting(tx, "one", "here")

    with pytest.raises(DatabaseAway):
        write()
    with pytest.raises(DatabaseAway), database.snapshot():
        pass

    database.close()


class Bustle:
    """All that may happen to deliveries, to be done by many at once."""

    PLACES = tuple(f"h{n % 4}.example/p{n}" for n in range(24))
    HOSTS = tuple(f"h{n}.example" for n in range(4))

    def __init__(self, database: Database) -> None:
        self._database = database

    def settle(self, _: int) -> None:
        for delivery in lease(self._database, limit=6):
            repeated(self._settle, delivery)

    def _settle(self, delivery: Delivery) -> None:
        now = NOON + minutes(10)
        with self._database.transaction() as tx:
            queues.settle_delivery(tx, delivery.id, QueueState.DONE, now=now, status=202, error="")
            hosts.answered(tx, delivery.host, now=now, scheme="cavage")

    def put_back(self, _: int) -> None:
        for delivery in lease(self._database, limit=6):
            repeated(self._put_back, delivery)

    def _put_back(self, delivery: Delivery) -> None:
        with self._database.transaction() as tx:
            due_at = NOON + minutes(9)
            queues.retry_delivery(tx, delivery.id, due_at=due_at, status=500, error="no")
            hosts.failed(tx, delivery.host, now=NOON, rest=minutes(0))

    def cancel(self, n: int) -> None:
        with self._database.transaction() as tx:
            for place in self.PLACES[n : n + 3]:
                queues.cancel(tx, an_author().id, inbox(place)[0], ["Create"])

    def hold_back(self, _: int) -> None:
        with self._database.transaction() as tx:
            queues.hold_back(tx, self.HOSTS[:1])

    def let_go(self, _: int) -> None:
        with self._database.transaction() as tx:
            queues.let_go(tx, self.HOSTS[:1])

    def publish(self, n: int) -> None:
        send(self._database, 10 + n, *reversed(self.PLACES))


def test_settling_cancelling_and_publishing_at_once_loses_nothing(
    postgresql: Database,
) -> None:
    bustle = Bustle(postgresql)
    for n in range(4):
        send(postgresql, n, *bustle.PLACES)
    kinds = (bustle.settle, bustle.put_back, bustle.cancel, bustle.hold_back, bustle.let_go)

    with ThreadPoolExecutor(THREADS) as pool:
        works = [(kind, n) for n in range(6) for kind in (*kinds, bustle.publish)]
        list(pool.map(lambda work: repeated(*work), works))
    bustle.let_go(0)

    with postgresql.snapshot() as tx:
        counted = queues.count_deliveries(tx)
    assert sum(counted.values()) == 10 * len(bustle.PLACES)
    assert counted.get("done"), counted


def test_work_of_the_background_waits_until_the_database_is_back(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeating, "PAUSES_SECONDS", (0.0, 0.0))
    tries = list[int]()

    def write() -> None:
        with postgresql.transaction() as tx:
            accounts.set_setting(tx, "one", "here")
            tries.append(1)
            if len(tries) < 3:
                tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    Insistence().insist(write)

    assert len(tries) == 3
    with postgresql.snapshot() as tx:
        assert "one" in accounts.all_settings(tx)


def test_a_database_that_goes_away_for_good_is_told(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeating, "PAUSES_SECONDS", (0.0,))

    def write() -> None:
        with postgresql.transaction() as tx:
            tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseAway):
        Insistence().insist(write)


def test_who_is_told_to_end_waits_for_no_database(postgresql: Database) -> None:
    tries, insistence = list[int](), Insistence()

    def write() -> None:
        tries.append(1)
        insistence.end()
        with postgresql.transaction() as tx:
            tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseAway):
        insistence.insist(write)
    assert len(tries) == 1
