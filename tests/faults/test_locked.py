"""Another program keeps SQLite's file to itself, and the site is asked to end meanwhile."""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import pytest

from fedreview.domain.actor import ActorId, RemoteActor
from fedreview.settings import Settings
from fedreview.storage import accounts, actors
from fedreview.storage.database import Database
from tests.servers import FedreviewProcess, eventually

pytestmark = pytest.mark.faults

INBOXES = 6
KILLED_AFTER = 30.0
"""Seconds that systemd and the containers give it to end."""

REVIEW = "---\nkind: film\ntitle: The Long Corridor\n---\n\nNobody walks it twice.\n"


class Inboxes:
    """A server that takes what comes, once it is allowed to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.received = Counter[str]()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        inboxes = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                inboxes.received[self.path] += 1
                inboxes.may_answer.wait(KILLED_AFTER)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def follow(self, site: FedreviewProcess) -> None:
        database, now = Database(Settings.load(site.environment).database_url), datetime.now(UTC)
        with database.transaction() as tx:
            author = accounts.get_author(tx, site.author)
            for number in range(INBOXES):
                person = RemoteActor(
                    id=ActorId(f"{self.base_url}/people/{number}"),
                    type="Person",
                    handle=f"p{number}@there",
                    name="",
                    inbox=f"{self.base_url}/people/{number}/inbox",
                    shared_inbox="",
                    url="",
                    icon_url="",
                    fetched_at=now,
                )
                actors.save(tx, person, [])
                actors.add_follower(tx, author.id, person.id, follow=person.id, now=now)
        database.close()


@pytest.fixture
def inboxes() -> Iterator[Inboxes]:
    with Inboxes() as inboxes:
        yield inboxes


@pytest.fixture
def site(tmp_path: Path, inboxes: Inboxes) -> Iterator[FedreviewProcess]:
    with FedreviewProcess(tmp_path) as process:
        inboxes.follow(process)
        yield process


def states(file: Path) -> Counter[tuple[str, int]]:
    with closing(sqlite3.connect(file)) as database:
        return Counter(database.execute("SELECT state, failures FROM deliveries").fetchall())


def test_a_site_ends_in_time_and_counts_nothing_as_failed(
    site: FedreviewProcess, inboxes: Inboxes
) -> None:
    file = site.folder / "data" / "fedreview.sqlite3"
    site.publish(REVIEW)
    eventually(lambda: len(inboxes.received) == min(INBOXES, 2))

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        inboxes.may_answer.set()
        time.sleep(1)
        began = time.monotonic()
        site.stop()
        took = time.monotonic() - began
        other.execute("ROLLBACK")

    assert took < KILLED_AFTER
    assert "Stopped." in site.log
    assert states(file).keys() <= {("waiting", 0), ("done", 0)}

    site.start()
    eventually(lambda: states(file) == {("done", 0): INBOXES})
    assert set(inboxes.received) == {f"/people/{number}/inbox" for number in range(INBOXES)}
