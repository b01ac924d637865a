"""What the disk does not take is told as such, once, until it takes things again."""

import errno
from pathlib import Path

import pytest
import structlog
from structlog.typing import EventDict

from fedreview.errors import DiskRefuses
from fedreview.storage import accounts
from fedreview.storage.database import Database
from fedreview.storage.disk import FULL, READ_ONLY, Disk
from tests.disks import refusing


def put(database: Database, name: str, size: int = 100_000) -> None:
    with database.transaction() as tx:
        accounts.set_setting(tx, name, "x" * size)


def said(logs: list[EventDict]) -> list[str]:
    return [entry["event"] for entry in logs if entry["log_level"] in {"warning", "error"}]


def test_what_sqlite_finds_no_room_for_is_refused_and_said_once(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    put(database, "first")
    with database.snapshot() as tx:
        pages = tx.connection().exec_driver_sql("PRAGMA page_count").scalar()
    with structlog.testing.capture_logs() as logs:
        with refusing(database, f"max_page_count={pages}"):
            for name in ("second", "third"):
                with pytest.raises(DiskRefuses, match="make room"):
                    put(database, name)
            during = database.disk.refusal
        put(database, "fourth")

    assert (during, database.disk.refusal) == (FULL, "")
    assert said(logs) == ["nothing can be saved", "the disk takes again what is written"]
    with database.snapshot() as tx:
        assert {"first", "fourth"} <= set(accounts.all_settings(tx))
        assert not {"second", "third"} & set(accounts.all_settings(tx))
    database.close()


def test_a_database_that_cannot_be_written_is_still_read(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    put(database, "first")
    with refusing(database):
        with pytest.raises(DiskRefuses, match="must be able to write"):
            put(database, "second")

        assert database.try_disk() == READ_ONLY
        with database.snapshot() as tx:
            assert "first" in accounts.all_settings(tx)
    database.close()


def test_units_learn_that_the_disk_took_the_transaction_that_they_shared(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def lose_everything() -> None:
        with database.transaction() as tx:
            # What SQLite does by itself when the disk is full.
            tx.connection().exec_driver_sql("ROLLBACK")
            raise DiskRefuses(FULL)

    with pytest.raises(DiskRefuses):
        lose_everything()

    put(database, "next")
    assert database.try_disk() == ""
    database.close()


def test_postgresql_without_room_is_refused_too(postgresql_url: str) -> None:
    database = Database(postgresql_url)

    def run_out() -> None:
        with database.transaction() as tx:
            say = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$"
            tx.connection().exec_driver_sql(say)

    with pytest.raises(DiskRefuses, match="make room"):
        run_out()
    during = database.disk.refusal
    put(database, "next")

    assert (during, database.disk.refusal) == (FULL, "")
    database.close()


def test_a_file_without_room_leaves_no_half_behind(tmp_path: Path) -> None:
    disk = Disk()
    whole = tmp_path / "media" / "a.webp"

    def run_out() -> None:
        with disk.writing():
            raise OSError(errno.ENOSPC, "No space left on device")

    disk.write(whole, b"picture")
    with pytest.raises(DiskRefuses):
        run_out()
    with pytest.raises(FileExistsError):
        disk.write(whole / "b.webp", b"")

    assert [path.name for path in whole.parent.iterdir()] == ["a.webp"]
    assert disk.refusal == FULL
