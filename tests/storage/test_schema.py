"""The schema changes lead from nothing to what the code expects."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from alembic import command
from fedreview.storage import (
    accounts,
    queue_tables,  # noqa: F401  (fills the metadata)
    schema,
    search_tables,  # noqa: F401
    tables,  # noqa: F401
    work_tables,  # noqa: F401
    writing_tables,  # noqa: F401
)
from fedreview.storage.columns import Row
from fedreview.storage.database import Database
from tests.factories import an_author


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": schema.is_ours}
        )
        return list(compare_metadata(context, Row.metadata))


def bring_to(database: Database, revision: str, *, up: bool) -> None:
    config = schema._config()
    with database.schema_change() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)


def downgrade(database: Database) -> None:
    bring_to(database, "base", up=False)


def test_an_empty_database_is_not_current(empty_database_url: str) -> None:
    database = Database(empty_database_url)

    assert schema.current(database) is None
    assert not schema.is_current(database)

    database.close()


def test_an_upgrade_makes_exactly_the_tables_that_the_code_expects(empty_database_url: str) -> None:
    database = Database(empty_database_url)

    schema.upgrade(database)

    assert schema.current(database) == schema.head()
    assert schema.is_current(database)
    assert differences(database) == []
    database.close()


def test_a_downgrade_removes_every_table_and_an_upgrade_brings_them_back(
    database: Database,
) -> None:
    downgrade(database)

    assert inspect(database.engine).get_table_names() == ["alembic_version"]

    schema.upgrade(database)

    assert differences(database) == []


def structure(database: Database) -> dict[str, object]:
    """Give every table with its columns and indexes."""
    found = inspect(database.engine)
    return {
        name: (
            {
                each["name"]: (str(each["type"]), each["nullable"])
                for each in found.get_columns(name)
            },
            {each["name"]: each["column_names"] for each in found.get_indexes(name)},
            {each["name"]: each["column_names"] for each in found.get_unique_constraints(name)},
        )
        for name in found.get_table_names()
        if schema.is_ours(name)
    }


def test_every_step_can_be_taken_back_and_taken_again(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    steps = [
        script.revision for script in ScriptDirectory.from_config(schema._config()).walk_revisions()
    ]
    bring_to(database, steps[-1], up=True)

    for revision in reversed(steps[:-1]):
        before = structure(database)
        bring_to(database, revision, up=True)
        after = structure(database)
        bring_to(database, "-1", up=False)
        assert structure(database) == before, revision
        bring_to(database, revision, up=True)
        assert structure(database) == after, revision

    assert schema.is_current(database)
    database.close()


def test_an_upgrade_at_the_head_keeps_what_is_there(database: Database) -> None:
    author = an_author()
    with database.transaction() as tx:
        accounts.add_author(tx, author, password_hash="")

    schema.upgrade(database)

    with database.snapshot() as tx:
        assert accounts.list_authors(tx) == (author,)


def test_a_schema_change_that_fails_leaves_nothing_behind(empty_database_url: str) -> None:
    database = Database(empty_database_url)

    def change_and_fail() -> None:
        with database.schema_change() as connection:
            Row.metadata.create_all(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()

    assert inspect(database.engine).get_table_names() == []
    database.close()


def test_a_schema_change_on_sqlite_may_not_break_references(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    with (
        pytest.raises(RuntimeError, match="breaks references"),
        database.schema_change() as connection,
    ):
        connection.exec_driver_sql("INSERT INTO review_tags VALUES ('nobody', 'drama', 0, 'drama')")

    with database.snapshot() as tx:
        assert tx.connection().exec_driver_sql("SELECT count(*) FROM review_tags").scalar() == 0
    database.close()


def test_upgrades_at_the_same_time_wait_for_one_another(empty_database_url: str) -> None:
    databases = [Database(empty_database_url) for _ in range(4)]

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(schema.upgrade, databases))

    assert all(schema.is_current(database) for database in databases)
    for database in databases:
        database.close()


def test_the_schema_changes_of_an_installed_package_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_top = schema._scripts()
    monkeypatch.setattr(schema, "_PACKAGE", tmp_path)
    (tmp_path / "alembic").mkdir()

    assert (at_the_top / "env.py").is_file()
    assert schema._scripts() == tmp_path / "alembic"
