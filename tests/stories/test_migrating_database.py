"""A site goes to another database, and nobody who reads it can tell."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import NullPool, create_engine, text

from fedreview.cli import main
from fedreview.storage.database import Database
from tests.databases import Postgresql
from tests.fediverse import Neighbourhood
from tests.stories.site import Prepared, running

PAGES = ("/", "/feed.atom", "/sitemap.xml", "/search?q=stalker")

SPOIL = """
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.title := 'Other'; RETURN NEW; END $$
"""
SPOILED = "BEFORE INSERT ON reviews FOR EACH ROW"

pytestmark = pytest.mark.anyio

Migrate = Callable[[str], Result]


def call(prepared: Prepared, folder: Path, *arguments: str, **settings: str) -> Result:
    given = {
        "FEDREVIEW_CONFIG": os.devnull,
        "FEDREVIEW_BASE_URL": prepared.base_url,
        "FEDREVIEW_DATA_DIR": str(folder),
        **settings,
    }
    return CliRunner(env=given).invoke(main, arguments)


@pytest.fixture(scope="module")
def furnished(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all examples, to copy."""
    folder = tmp_path_factory.mktemp("furnished") / "site"
    shutil.copytree(prepared.path, folder)
    done = call(prepared, folder, "demo")
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def migrate(prepared: Prepared, furnished: Path, tmp_path: Path) -> Migrate:
    """Call the command for a copy of it, in `tmp_path / "site"`."""
    shutil.copytree(furnished, tmp_path / "site")
    return lambda target: call(prepared, tmp_path / "site", "migrate-database", target)


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "site" / "fedreview.sqlite3"


def furnish(tmp_path: Path, *commands: str) -> None:
    with closing(sqlite3.connect(file_of(tmp_path))) as connection, connection:
        for command in commands:
            connection.execute(command)


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        lines = list(connection.iterdump())
    # What the index over words is made of depends on when its parts were merged.
    rows = (line for line in lines if line.startswith("INSERT"))
    return sorted(row for row in rows if "search_words" not in row)


async def read(
    prepared: Prepared, folder: Path, neighbourhood: Neighbourhood, **settings: Any
) -> list[str]:
    async with running(prepared, folder, neighbourhood=neighbourhood, **settings) as site:
        front = await site.page("/")
        reviews = {str(link["href"]) for link in front.select("h2 a[href], h3 a[href]")}
        assert len(reviews) > 3
        return [body_of(await site.reader.get(path)) for path in (*PAGES, *sorted(reviews))]


def body_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.url
    return answer.text


async def test_whoever_reads_the_copy_reads_the_same(
    migrate: Migrate,
    prepared: Prepared,
    postgresql_url: str,
    neighbourhood: Neighbourhood,
    tmp_path: Path,
) -> None:
    original, there = replace(prepared, path=tmp_path / "site"), tmp_path / "back.sqlite3"
    before = dump(file_of(tmp_path))

    done = await asyncio.to_thread(migrate, postgresql_url)

    assert done.exit_code == 0, done.output
    assert "FEDREVIEW_DATABASE_URL" in done.output
    assert "differ" not in done.output
    assert dump(file_of(tmp_path)) == before
    new = {"FEDREVIEW_DATABASE_URL": postgresql_url}
    pages = await read(original, tmp_path / "a", neighbourhood)
    assert await read(original, tmp_path / "b", neighbourhood, **new) == pages

    back = ("migrate-database", f"sqlite:///{there}")
    returned = await asyncio.to_thread(call, prepared, tmp_path / "site", *back, **new)

    assert returned.exit_code == 0, returned.output
    assert dump(there) == before


def test_new_rows_get_numbers_after_those_that_were_copied(
    migrate: Migrate, postgresql_url: str, tmp_path: Path
) -> None:
    furnish(tmp_path, "INSERT INTO login_failures VALUES (41, 'anna', '2026-11-26 12:00:00.5')")

    done = migrate(postgresql_url)

    assert done.exit_code == 0, done.output
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with engine.begin() as connection:
        number = connection.scalar(
            text("INSERT INTO login_failures (subject, failed_at) VALUES ('b', now()) RETURNING id")
        )
    assert number == 42


def test_what_postgresql_cannot_hold_is_made_to_fit_and_told(
    migrate: Migrate, postgresql_url: str, tmp_path: Path
) -> None:
    furnish(
        tmp_path,
        "UPDATE notes SET name = 'a' || char(0) || 'b'",
        "INSERT INTO copies VALUES ('https://a.example/x', 'emoji', 'a.example', '',"
        " 4611686018427387904, 1, '2026-11-26 12:00:00', '2026-11-26 12:00:00')",
    )

    done = migrate(postgresql_url)

    assert done.exit_code == 0, done.output
    assert "values of name in notes" in " ".join(done.output.split())
    assert "values of width in copies" in " ".join(done.output.split())
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT DISTINCT name FROM notes")) == "ab"
        assert connection.scalar(text("SELECT width FROM copies")) == 2**31 - 1


def test_a_copy_that_fails_in_the_middle_leaves_the_target_empty(
    migrate: Migrate, postgresql_url: str, tmp_path: Path
) -> None:
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE search_entries ADD CHECK (kind <> 'review')"))

    done = migrate(postgresql_url)

    assert done.exit_code == 1
    assert "PostgreSQL refuses" in done.output
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM authors")) == 0
    assert migrate(postgresql_url).exit_code == 1


def test_a_copy_that_differs_is_not_kept(migrate: Migrate, postgresql_url: str) -> None:
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(SPOIL))
        connection.execute(text(f"CREATE TRIGGER spoil {SPOILED} EXECUTE FUNCTION spoil()"))

    done = migrate(postgresql_url)

    assert done.exit_code == 1
    assert "The copy differs" in done.output
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM reviews")) == 0


def test_a_target_in_use_is_refused(migrate: Migrate, postgresql_url: str) -> None:
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO settings VALUES ('title', 'Another site')"))

    done = migrate(postgresql_url)

    assert done.exit_code == 1
    assert "The target is not empty: there is something in settings" in done.output


def test_a_target_of_something_else_is_refused(migrate: Migrate, postgresql: Postgresql) -> None:
    with postgresql.fresh(migrated=False) as url:
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE invoices (id int)"))

        done = migrate(url)

    assert done.exit_code == 1
    assert "tables of something else" in done.output


def test_a_site_that_is_being_served_is_not_copied(
    migrate: Migrate, postgresql_url: str, tmp_path: Path
) -> None:
    serving = Database(f"sqlite:///{file_of(tmp_path)}")
    serving.ping()

    refused = migrate(postgresql_url)
    serving.close()
    done = migrate(postgresql_url)

    assert refused.exit_code == 1
    assert "The site is being served" in refused.output
    assert done.exit_code == 0, done.output
