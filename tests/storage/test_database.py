"""Units of work are kept whole or not at all, and nobody sees them half done."""

import builtins
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, StatementError

from fedreview.app import THREADS
from fedreview.errors import ConfigurationError, DatabaseAway
from fedreview.storage import accounts, grouping
from fedreview.storage import database as database_module
from fedreview.storage.database import Database, Transaction
from tests.databases import Statements
from tests.factories import NOON, an_author
from tests.waiting import until


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A database in a SQLite file, where one writer serves all."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for those who write at the same time."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        yield pool


def put(database: Database, name: str) -> None:
    with database.transaction() as tx:
        accounts.set_setting(tx, name, "here")


def names(database: Database) -> set[str]:
    with database.snapshot() as tx:
        return set(accounts.all_settings(tx))


class OpenUnit:
    """A unit in another thread that stays open until it is told to end."""

    def __init__(self, pool: ThreadPoolExecutor, database: Database, name: str) -> None:
        self._database, self._name = database, name
        self._is_in, self._may_end = threading.Event(), threading.Event()
        self.outcome: Future[None] = pool.submit(self._run)
        until(self._is_in.is_set)

    def _run(self) -> None:
        with self._database.transaction() as tx:
            accounts.set_setting(tx, self._name, "here")
            self._is_in.set()
            assert self._may_end.wait(20)

    def end(self) -> None:
        self._may_end.set()


def queue_up(
    pool: ThreadPoolExecutor, database: Database, unit: Callable[[Transaction], None]
) -> "Future[None]":
    """Start a unit that has to wait, and return when it stands in the queue."""
    waiting = database._writer._turnstile._waiting
    before = len(waiting)

    def run() -> None:
        with database.transaction() as tx:
            unit(tx)

    future = pool.submit(run)
    until(lambda: len(waiting) == before + 1)
    return future


def test_what_is_written_is_there_when_the_block_has_ended(database: Database) -> None:
    put(database, "one")

    assert names(database) == {"one"}


def test_a_unit_that_fails_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as tx:
            accounts.set_setting(tx, "one", "here")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert names(database) == set()
    put(database, "two")
    assert names(database) == {"two"}


def test_a_unit_that_the_database_refuses_leaves_nothing_behind(database: Database) -> None:
    def add_twice() -> None:
        with database.transaction() as tx:
            accounts.set_setting(tx, "one", "here")
            for name in ("a", "b"):
                accounts.add_author(tx, an_author(id=name), password_hash="")

    with pytest.raises(IntegrityError):
        add_twice()

    assert names(database) == set()


def test_a_reader_sees_the_old_state_while_a_writer_is_at_work(
    database: Database, pool: ThreadPoolExecutor
) -> None:
    put(database, "old")
    unit = OpenUnit(pool, database, "new")

    during = names(database)
    unit.end()
    unit.outcome.result()

    assert during == {"old"}
    assert names(database) == {"old", "new"}


def test_a_snapshot_does_not_change_while_it_is_read(database: Database) -> None:
    put(database, "old")

    with database.snapshot() as tx:
        first = set(accounts.all_settings(tx))
        put(database, "new")
        tx.expire_all()
        second = set(accounts.all_settings(tx))

    assert first == second == {"old"}


def test_every_unit_of_eight_threads_is_kept(
    database: Database, pool: ThreadPoolExecutor, statements: Statements
) -> None:
    def write(thread: int) -> None:
        for n in range(50):
            put(database, f"{thread}-{n}")

    with statements.recorded():
        list(pool.map(write, range(8)))

    assert names(database) == {f"{thread}-{n}" for thread in range(8) for n in range(50)}
    if database.is_sqlite:
        assert statements.commits < 400


def test_units_that_wait_share_one_commit(
    sqlite: Database, pool: ThreadPoolExecutor, statements: Statements
) -> None:
    def add(name: str) -> Callable[[Transaction], None]:
        return lambda tx: accounts.set_setting(tx, name, "here")

    with statements.recorded():
        first = OpenUnit(pool, sqlite, "0")
        others = [queue_up(pool, sqlite, add(str(n))) for n in range(1, 6)]
        first.end()
        for future in (first.outcome, *others):
            future.result()

    assert statements.commits == 1
    assert names(sqlite) == {"0", "1", "2", "3", "4", "5"}


def test_a_group_has_a_limit_so_that_nobody_waits_for_ever(
    sqlite: Database,
    pool: ThreadPoolExecutor,
    statements: Statements,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grouping, "GROUP_LIMIT", 2)

    with statements.recorded():
        first = OpenUnit(pool, sqlite, "0")
        others = [
            queue_up(pool, sqlite, lambda tx, n=n: accounts.set_setting(tx, str(n), "here"))  # type: ignore[misc]  # the default binds n now
            for n in range(1, 4)
        ]
        first.end()
        for future in (first.outcome, *others):
            future.result()

    assert statements.commits == 2
    assert names(sqlite) == {"0", "1", "2", "3"}


def test_a_unit_that_fails_in_the_middle_of_a_group_fails_alone(
    sqlite: Database, pool: ThreadPoolExecutor, statements: Statements
) -> None:
    def fail(tx: Transaction) -> None:
        accounts.set_setting(tx, "failing", "here")
        raise ZeroDivisionError

    with statements.recorded():
        first = OpenUnit(pool, sqlite, "first")
        failing = queue_up(pool, sqlite, fail)
        last = queue_up(pool, sqlite, lambda tx: accounts.set_setting(tx, "last", "here"))
        first.end()
        first.outcome.result()
        last.result()

    assert isinstance(failing.exception(), ZeroDivisionError)
    assert statements.commits == 1
    assert names(sqlite) == {"first", "last"}


def test_a_unit_that_fails_at_the_end_of_a_group_still_commits_the_others(
    sqlite: Database, pool: ThreadPoolExecutor
) -> None:
    def fail(tx: Transaction) -> None:
        accounts.set_setting(tx, "failing", "here")
        raise ZeroDivisionError

    first = OpenUnit(pool, sqlite, "first")
    failing = queue_up(pool, sqlite, fail)
    first.end()
    first.outcome.result()

    assert isinstance(failing.exception(), ZeroDivisionError)
    assert names(sqlite) == {"first"}


def test_units_learn_when_sqlite_gave_up_the_transaction_that_they_shared(
    sqlite: Database, pool: ThreadPoolExecutor
) -> None:
    def lose_everything(tx: Transaction) -> None:
        # What SQLite does by itself when the disk is full.
        tx.connection().exec_driver_sql("ROLLBACK")
        raise ZeroDivisionError

    first = OpenUnit(pool, sqlite, "first")
    losing = queue_up(pool, sqlite, lose_everything)
    first.end()

    with pytest.raises(RuntimeError, match="gave up the transaction"):
        first.outcome.result()
    assert losing.exception() is not None
    assert names(sqlite) == set()
    put(sqlite, "next")
    assert names(sqlite) == {"next"}


def test_units_learn_when_their_shared_commit_fails(
    sqlite: Database, pool: ThreadPoolExecutor
) -> None:
    def break_a_reference(tx: Transaction) -> None:
        connection = tx.connection()
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("INSERT INTO review_tags VALUES ('nobody', 'x', 0, 'x')")

    first = OpenUnit(pool, sqlite, "first")
    breaking = queue_up(pool, sqlite, break_a_reference)
    first.end()

    assert isinstance(first.outcome.exception(), IntegrityError)
    assert isinstance(breaking.exception(), IntegrityError)
    assert names(sqlite) == set()
    put(sqlite, "next")
    assert names(sqlite) == {"next"}


def test_units_learn_when_what_they_show_cannot_be_counted(
    sqlite: Database, pool: ThreadPoolExecutor
) -> None:
    def is_allowed(action: int, name: str | None, value: str | None, *_: str | None) -> int:
        is_count = action == sqlite3.SQLITE_PRAGMA and name == "user_version" and value is not None
        return sqlite3.SQLITE_DENY if is_count else sqlite3.SQLITE_OK

    def let_nobody_count(tx: Transaction) -> None:
        raw: Any = tx.connection().connection.dbapi_connection
        raw.set_authorizer(is_allowed)

    first = OpenUnit(pool, sqlite, "first")
    last = queue_up(pool, sqlite, let_nobody_count)
    first.end()

    assert isinstance(first.outcome.exception(), DatabaseError)
    assert isinstance(last.exception(), DatabaseError)
    assert names(sqlite) == set()
    before = version(sqlite)
    put(sqlite, "next")
    assert names(sqlite) == {"next"}
    assert version(sqlite) == before + 1


def version(database: Database) -> int:
    with database.snapshot() as tx:
        return int(tx.scalar(text("PRAGMA user_version")) or 0)


def test_writers_take_turns_in_the_order_in_which_they_came(
    sqlite: Database, pool: ThreadPoolExecutor
) -> None:
    order: list[int] = []
    first = OpenUnit(pool, sqlite, "first")
    others = [
        queue_up(pool, sqlite, lambda _, n=n: order.append(n))  # type: ignore[misc]  # the default binds n now
        for n in range(6)
    ]

    first.end()
    for future in others:
        future.result()

    assert order == [0, 1, 2, 3, 4, 5]


def test_a_writer_waits_for_another_process_that_holds_the_file(
    sqlite: Database, sqlite_url: str, pool: ThreadPoolExecutor
) -> None:
    other_process = Database(sqlite_url)
    unit = OpenUnit(pool, other_process, "theirs")

    waiting = pool.submit(put, sqlite, "ours")
    until(lambda: sqlite._writer._turnstile._taken)
    unit.end()
    waiting.result()

    assert names(sqlite) == {"theirs", "ours"}
    other_process.close()


def test_a_writer_that_waited_in_vain_says_so_and_can_write_later(
    sqlite_url: str, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_BUSY_MILLISECONDS", 1)
    impatient, other_process = Database(sqlite_url), Database(sqlite_url)
    unit = OpenUnit(pool, other_process, "theirs")

    with pytest.raises(DatabaseAway, match="locked"):
        put(impatient, "ours")
    unit.end()
    unit.outcome.result()
    put(impatient, "ours")

    assert names(impatient) == {"theirs", "ours"}
    impatient.close()
    other_process.close()


def test_an_instant_comes_back_in_utc_whatever_zone_it_was_given_in(database: Database) -> None:
    in_tokyo = (NOON + timedelta(microseconds=123_456)).astimezone(timezone(timedelta(hours=9)))
    author = an_author(created_at=in_tokyo)
    with database.transaction() as tx:
        accounts.add_author(tx, author, password_hash="")

    with database.snapshot() as tx:
        found = accounts.get_author(tx, "ana").created_at

    assert found == in_tokyo
    assert found.utcoffset() == timedelta(0)


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    def add() -> None:
        with database.transaction() as tx:
            naive = datetime(2024, 5, 1)  # noqa: DTZ001  (the mistake)
            accounts.add_author(tx, an_author(created_at=naive), password_hash="")

    with pytest.raises(StatementError, match="instants are aware"):
        add()


def test_a_database_that_answers_can_be_pinged(database: Database) -> None:
    database.ping()


def test_a_database_that_is_not_there_cannot_be_pinged() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(DatabaseAway):
        database.ping()

    database.close()


def test_a_file_that_cannot_be_opened_is_not_waited_for(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/missing/fedreview.db")

    for _ in range(2):
        with pytest.raises(OperationalError, match="unable to open"):
            put(database, "one")

    database.close()


def test_postgresql_without_its_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imported = builtins.__import__

    def without_psycopg(name: str, *arguments: object) -> object:
        if name.startswith("psycopg"):
            raise ModuleNotFoundError(name)
        return imported(name, *arguments)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(builtins, "__import__", without_psycopg)

    with pytest.raises(ConfigurationError, match="pip install"):
        Database("postgresql+psycopg://nobody@127.0.0.1/nothing")


def test_a_closed_database_lets_go_of_its_file(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    put(database, "one")

    database.close()

    assert database._writer._connection is None
    again = Database(sqlite_url)
    assert names(again) == {"one"}
    again.close()


def test_when_every_thread_reads_at_once_connections_are_kept_for_the_next_time(
    sqlite: Database,
) -> None:
    connected: list[object] = []
    event.listen(sqlite.engine, "connect", lambda *connection: connected.append(connection))

    for _ in range(2):
        with ExitStack() as readers:
            for _ in range(THREADS):
                readers.enter_context(sqlite.snapshot()).execute(text("SELECT 1"))

    assert len(connected) == THREADS
