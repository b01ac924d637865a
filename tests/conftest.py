"""What every test may ask for."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedreview.storage.database import Database
from tests.clock import Clock, Ids
from tests.databases import (
    Postgresql,
    Statements,
    migrate,
    offer_postgresql,
    share_compiled_statements,
    withdraw_postgresql,
)
from tests.servers import FedreviewProcess

KINDS = ("sqlite", "postgresql")

NEW_BEFORE_COLLECTING = 20_000
"""Objects; Python's own 700 suit small programmes, not thousands of sites one after another."""


def _is_first_process(config: pytest.Config) -> bool:
    """Tell the process that pytest was called in from the workers that pytest-xdist adds."""
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(NEW_BEFORE_COLLECTING)
    share_compiled_statements()
    FedreviewProcess.starts_anew = False
    if _is_first_process(config):
        offer_postgresql()


def pytest_collection_finish() -> None:
    # What was imported and collected stays: to look through it for garbage again and again takes
    # a quarter of the time of a run.
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_first_process(config):
        withdraw_postgresql()


@pytest.fixture
def now() -> Clock:
    """The time, which stands still until `advance`."""
    return Clock()


@pytest.fixture
def new_id() -> Ids:
    """Ids that can be foreseen."""
    return Ids()


@pytest.fixture
def statements() -> Statements:
    """The SQL of a block: `with statements.recorded() as seen`."""
    return Statements()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """The PostgreSQL of this test run."""
    server = Postgresql()
    yield server
    server.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite file with all tables."""
    url = f"sqlite:///{tmp_path / 'fedreview.db'}"
    migrate(url)
    return url


@pytest.fixture
def postgresql_url(postgresql: Postgresql) -> Iterator[str]:
    """A fresh PostgreSQL database with all tables."""
    with postgresql.fresh() as url:
        yield url


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_postgresql_url(postgresql: Postgresql) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    with postgresql.fresh(migrated=False) as url:
        yield url


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with all tables: the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database without tables: the test runs once on each kind."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with all tables: the test runs once on each kind."""
    database = Database(database_url)
    yield database
    database.close()
