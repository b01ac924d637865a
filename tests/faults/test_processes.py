"""Two processes that serve and two that work share one PostgreSQL, and one of them dies."""

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.nursery import Forked
from tests.remote import RemoteServer
from tests.servers import FedreviewProcess, eventually, free_port, log_tail

pytestmark = pytest.mark.faults

REPLIES = 60
INBOXES = 60
DELIVERIES = "SELECT state, count(*) FROM deliveries GROUP BY state"
ARRIVALS = "SELECT state, count(*) FROM arrivals GROUP BY state"
REVIEW = "---\nkind: film\ntitle: The Long Corridor\n---\n\nNobody walks it twice.\n"


class Work:
    """One `fedreview work` beside a site."""

    def __init__(self, site: FedreviewProcess, name: str) -> None:
        self._path = site.folder / f"{name}.log"
        self._process = Forked(
            "work",
            environment=site.environment,
            folder=site.folder,
            stdout=self._path,
            stderr=self._path,
        )

    @property
    def log(self) -> str:
        return log_tail(self._path)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(30) == 0, self.log


class Sites:
    """Two processes that serve one site, and what is asked of their database."""

    def __init__(self, folder: Path, url: str) -> None:
        port = free_port()
        shared = {
            "FEDREVIEW_DATABASE_URL": url,
            "FEDREVIEW_BASE_URL": f"http://127.0.0.1:{port}",
            "FEDREVIEW_DATA_DIR": str(folder / "data"),
            "FEDREVIEW_INBOX_PER_MINUTE": "100000",
        }
        arguments = ("--no-worker",)
        self.first = FedreviewProcess(
            folder, environment={**shared, "FEDREVIEW_PORT": str(port)}, arguments=arguments
        )
        self.second = FedreviewProcess(
            folder, environment=shared, arguments=arguments, author="bert"
        )
        self._engine = create_engine(url, poolclass=NullPool)

    def ask(self, question: str) -> list[tuple[object, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(question))]


@pytest.fixture
def remote() -> Iterator[RemoteServer]:
    with RemoteServer() as server:
        yield server


@pytest.fixture
def sites(tmp_path: Path, postgresql_url: str) -> Iterator[Sites]:
    sites = Sites(tmp_path, postgresql_url)
    with ExitStack() as stack:
        sites.first.prepare()
        sites.second.prepare()
        for site in (sites.first, sites.second):
            stack.callback(site.stop)
            site.start()
        yield sites


def add_followers(sites: Sites, remote: RemoteServer) -> None:
    """Let somebody at each of many inboxes follow, as if they had asked."""
    engine = sites._engine
    with engine.begin() as connection:
        author = connection.scalar(text("SELECT id FROM authors WHERE username = 'anna'"))
        for n in range(INBOXES):
            actor = f"{remote.base_url}/people/{n}"
            connection.execute(
                text(
                    "INSERT INTO actors (id, type, handle, name, inbox, shared_inbox, url,"
                    " icon_url, fetched_at, avatar, avatar_of, emojis, host, veiled) VALUES"
                    " (:actor, 'Person', :handle, '', :inbox, '', '', '', now(), '', '', '',"
                    " '127.0.0.1', false)"
                ),
                {"actor": actor, "handle": f"p{n}@there", "inbox": f"{actor}/inbox"},
            )
            connection.execute(
                text(
                    "INSERT INTO followers (author_id, actor, follow, created_at)"
                    " VALUES (:author, :actor, :follow, now())"
                ),
                {"author": author, "actor": actor, "follow": f"{actor}#follow"},
            )


def test_what_was_promised_is_done_once_when_one_of_two_workers_dies(
    sites: Sites, remote: RemoteServer
) -> None:
    # Of somebody whom nobody follows: replies to others' reviews go on to their followers.
    review = str(sites.second.publish(REVIEW)["id"])
    add_followers(sites, remote)
    doomed, other = Work(sites.first, "doomed"), Work(sites.first, "other")
    with ExitStack() as stack:
        stack.callback(other.stop)
        stack.callback(doomed.kill)
        remote.gate.clear()
        sites.first.publish(REVIEW)
        eventually(lambda: len(holders(sites)) == 2)

        with ThreadPoolExecutor(8) as pool:
            inbox = f"{sites.second.actor_id}/inbox"
            places = (sites.first.own_url, sites.second.own_url)
            answers = [
                pool.submit(remote.reply, inbox, review, f"Thought {n}.", at=places[n % 2])
                for n in range(REPLIES)
            ]
            answers[REPLIES // 3].result()
            doomed.kill()
            remote.gate.set()
            statuses = Counter(answer.result().status_code for answer in answers)

        assert statuses == {202: REPLIES}
        # Sooner than a lease runs out, which takes three minutes.
        wanted = [("done", INBOXES)]
        eventually(lambda: sites.ask(DELIVERIES) == wanted, 60)
        eventually(lambda: sites.ask(ARRIVALS) == [("done", REPLIES)], 60)

    texts = sites.ask("SELECT count(*), count(DISTINCT html) FROM notes")
    assert texts == [(REPLIES, REPLIES)]
    assert set(remote.paths) == {f"/people/{n}/inbox" for n in range(INBOXES)}
    assert len(remote.paths) <= INBOXES + 4
    assert "gave back what dead workers held" in other.log


def holders(sites: Sites) -> set[object]:
    asked = "SELECT DISTINCT leased_by FROM deliveries WHERE leased_until IS NOT NULL"
    return {number for (number,) in sites.ask(asked) if number}
