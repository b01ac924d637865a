"""Marks: another one after every commit, the same one otherwise."""

import sqlite3
from pathlib import Path

import pytest

from fedreview.services.watching import Watching
from fedreview.storage import accounts, marks
from fedreview.storage.database import Database
from fedreview.storage.marks import CommitCounter


@pytest.fixture
def watching(database: Database) -> Watching:
    return Watching.of(database, database.engine.url.render_as_string(hide_password=False))


def mark(watching: Watching) -> str:
    return watching.glimpse() or watching.ask()


def test_a_commit_makes_another_mark_and_nothing_else_does(
    database: Database, watching: Watching
) -> None:
    first = mark(watching)
    with database.snapshot() as tx:
        accounts.find_setting(tx, "title")
    read = mark(watching)
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

    assert first == read
    assert len({first, second, third}) == 3
    assert second != begun


def test_a_database_that_cannot_be_looked_at_may_always_be_another(tmp_path: Path) -> None:
    counter = CommitCounter(str(tmp_path / "missing" / "site.sqlite3"))

    seen = {counter.read() for _ in range(3)}

    counter.close()
    assert len(seen) == 3


def test_a_look_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / "site.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (n)")
    counter = marks.counter_of(f"sqlite:///{path}")
    assert counter is not None
    before = counter.read()

    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    [(busy, *_)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    assert busy == 0
    assert counter.read() != before
    counter.close()
    connection.close()
