"""Marks: another one after every commit, the same one otherwise."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedreview.services.watching import Watching
from fedreview.storage import accounts, hosts, marks, showing
from fedreview.storage.columns import Row
from fedreview.storage.database import Database
from fedreview.storage.marks import CommitCounter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def watching(database: Database) -> Watching:
    return Watching.of(database, database.engine.url.render_as_string(hide_password=False))


def mark(watching: Watching) -> str:
    return watching.glimpse() or watching.ask()


def test_a_commit_makes_another_mark_and_nothing_else_does(
    database: Database, watching: Watching
) -> None:
    def read() -> str:
        with database.snapshot() as tx:
            accounts.find_setting(tx, "title")
        return mark(watching)

    # PostgreSQL's mark is that of all its databases, and of what it does by itself.
    is_still_the_same = any(mark(watching) == read() for _ in range(50))
    first = mark(watching)
    with database.transaction() as tx:
        accounts.set_setting(tx, "title", "One")
        tx.flush()
        begun = mark(watching)
    second = mark(watching)

    other = Database(database.engine.url.render_as_string(hide_password=False))
    with other.transaction() as tx:
        accounts.set_setting(tx, "title", "Two")
    other.close()
    third = mark(watching)
    watching.close()

    assert is_still_the_same
    assert len({first, second, third}) == 3
    assert second != begun


def test_what_is_never_shown_leaves_the_mark_of_sqlite(
    database: Database, watching: Watching
) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's mark names every transaction")
    first = mark(watching)
    with database.transaction() as tx:
        hosts.leave_alone(tx, "there.example", now=NOW, until=NOW)
    quiet = mark(watching)
    with database.transaction() as tx:
        hosts.answered(tx, "there.example", now=NOW)
        accounts.set_setting(tx, "title", "One")
    shown = mark(watching)
    with database.schema_change() as connection:
        connection.exec_driver_sql("CREATE TABLE another (n INTEGER)")
    changed = mark(watching)
    watching.close()

    assert first == quiet != shown != changed


@pytest.mark.parametrize(
    ("statement", "shows"),
    [
        ("SELECT 1", False),
        ("SAVEPOINT sa_savepoint_1", False),
        ("UPDATE deliveries SET state = 'done'", False),
        ('INSERT OR IGNORE INTO "arrivals" (id) VALUES (1)', False),
        ("DELETE FROM hosts WHERE 1", False),
        ("UPDATE notes SET text = ''", True),
        ("INSERT INTO hosts_of_readers VALUES (1)", True),
        ("WITH due AS (SELECT 1) DELETE FROM deliveries", True),
        ("CREATE TABLE t (n)", True),
    ],
)
def test_a_statement_shows_something_unless_it_surely_does_not(statement: str, shows: bool) -> None:
    assert showing.may_show(statement) is shows


def test_every_table_that_is_never_shown_is_there() -> None:
    assert set(Row.metadata.tables) >= showing.NEVER_SHOWN


def test_a_database_that_cannot_be_looked_at_may_always_be_another(tmp_path: Path) -> None:
    counter = CommitCounter(str(tmp_path / "missing" / "site.sqlite3"))

    seen = {counter.read() for _ in range(3)}

    counter.close()
    assert len(seen) == 3


def test_a_look_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / "site.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    counter = marks.counter_of(f"sqlite:///{path}")
    assert counter is not None
    before = counter.read()

    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    [(busy, *_)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    assert busy == 0
    assert counter.read() != before
    counter.close()
    connection.close()
