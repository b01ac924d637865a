"""Workers of several processes wake one another, and give back what a dead one held."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from fedreview.storage import accounts, listening, presence, waking
from fedreview.storage.database import Database
from fedreview.storage.listening import LOOK_EVERY, Listener
from tests.factories import an_author
from tests.storage.queueing import lease, lease_found, look, send
from tests.waiting import until


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "LOOK_FOR_DEAD_EVERY", timedelta(milliseconds=50))


@pytest.fixture
def here(postgresql_url: str) -> Iterator[Database]:
    """The database, as the process sees it that queues."""
    database = Database(postgresql_url)
    with database.transaction() as tx:
        accounts.add_author(tx, an_author(), password_hash="")
    yield database
    database.close()


@pytest.fixture
def there(postgresql_url: str) -> Iterator[Database]:
    """The same, as another process sees it, in which a worker is."""
    database = Database(postgresql_url)
    yield database
    database.close()


class Bell:
    """Counts how often it is rung."""

    def __init__(self) -> None:
        self.count = 0
        self.rung = threading.Event()

    def ring(self) -> None:
        self.count += 1
        self.rung.set()

    def silence(self) -> None:
        self.count = 0
        self.rung.clear()


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def listener(there: Database, bell: Bell) -> Iterator[Listener]:
    """A worker's ears, that hear already."""
    listener = Listener(there, bell.ring)
    with listener.running():
        until(bell.rung.is_set)
        bell.silence()
        yield listener


def test_what_is_queued_elsewhere_wakes_the_worker_once(
    here: Database, listener: Listener, bell: Bell
) -> None:
    send(here, 1, "a.example", "b.example", "c.example")

    assert bell.rung.wait(10)
    assert bell.count == 1
    assert listener.look_every() > LOOK_EVERY * 2


def test_what_is_not_kept_or_stands_in_another_schema_wakes_nobody(
    here: Database, listener: Listener, bell: Bell, postgresql_url: str
) -> None:
    with here.transaction() as tx:
        tx.execute(text("CREATE SCHEMA neighbour"))
    separator = "&" if "?" in postgresql_url else "?"
    neighbour = Database(f"{postgresql_url}{separator}options=-csearch_path%3Dneighbour")
    with neighbour.transaction() as tx:
        waking.call(tx)
    neighbour.close()

    def call_in_vain() -> None:
        with here.transaction() as tx:
            waking.call(tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call_in_vain()

    # What was sent before would have been heard before.
    send(here, 1, "a.example")
    assert bell.rung.wait(10)
    assert bell.count == 1


def test_a_worker_whose_connection_is_cut_listens_again_and_looks_at_once(
    here: Database, there: Database, listener: Listener, bell: Bell
) -> None:
    number = there.holder
    with here.transaction() as tx:
        tx.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND objid = :number"
            ),
            {"number": number},
        )

    until(lambda: bell.count >= 2 and there.holder == number)
    bell.silence()
    send(here, 1, "a.example")

    assert bell.rung.wait(10)


def test_what_a_dead_worker_held_is_given_back_at_once(
    here: Database, listener: Listener, bell: Bell
) -> None:
    send(here, 1, "a.example")
    with here.connected_alone() as life:
        assert presence.enter(life, 7)
        here.holder = 7
        assert len(lease(here)) == 1
        here.holder = None
        until(bell.rung.is_set)
        bell.silence()
        assert look(here) == ()

    until(bell.rung.is_set)
    assert len(look(here)) == 1


def test_what_was_held_by_one_that_died_before_is_given_back_too(
    here: Database, there: Database, bell: Bell
) -> None:
    send(here, 1, "a.example")
    here.holder = 7
    assert len(lease(here)) == 1

    with Listener(there, bell.ring).running():
        until(lambda: len(look(here)) == 1)


def test_a_worker_keeps_what_it_holds_while_it_lives(
    here: Database, there: Database, listener: Listener, postgresql_url: str
) -> None:
    send(here, 1, "a.example")
    assert len(lease_found(there, look(there))) == 1
    looks = threading.Event()
    other = Database(postgresql_url)
    bury, seen = Listener._bury, list[int]()

    class Watched(Listener):
        def _bury(self, connection: object) -> None:
            bury(self, connection)  # type: ignore[arg-type]  # as it came
            seen.append(1)
            if len(seen) > 3:
                looks.set()

    with Watched(other, lambda: None).running():
        assert looks.wait(10)

    assert look(here) == ()
    other.close()


def test_on_sqlite_nobody_listens_and_the_worker_looks_every_second(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    listener = Listener(database, lambda: None)

    with listener.running():
        assert listener.look_every() == LOOK_EVERY
        assert database.holder is None

    database.close()
