"""The story of a site whose processes are killed again and again, and what must be true then."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import httpx
from bs4 import BeautifulSoup
from sqlalchemy import func, select, text

from fedreview.storage.database import Database, Transaction
from fedreview.storage.queue_tables import ActivityRow, ArrivalRow, DeliveryRow
from fedreview.storage.queues import QueueState
from fedreview.storage.tables import NoteRow
from tests.crowd import Crowd, Senders, Signed
from tests.nursery import Forked
from tests.servers import FedreviewProcess, eventually, log_tail

ROUNDS = 20
REPLIES = 500
INBOXES = 300
PUBLISH_EVERY = 5
"""Rounds from one new review for all the inboxes to the next."""

EVENTS_BEFORE_KILL = 60
"""How many answers and deliveries there may be in a round before the kill, at most."""

KILLED_WITHIN = 0.5
"""Seconds after which there is a kill even when nothing happens any more."""

ALL_DONE_WITHIN = 60.0

SEED = "FEDREVIEW_TEST_SEED"
"""Names a number with which to see the same kills once more."""


class Member:
    """One of the processes that serve a site; its log is kept over all its lives.

    arguments: for ``fedreview``. door: the base URL that it answers under when it is ready; "" for
    a worker, which says so in its log.
    """

    def __init__(self, site: FedreviewProcess, name: str, *arguments: str, door: str = "") -> None:
        self.name = name
        self._site = site
        self._arguments = arguments
        self._door = door
        self._log = site.folder / f"{name}.log"
        self._process: Forked | None = None
        self._lives = 0

    def start(self) -> None:
        """Start it, and do not wait for it."""
        self._process = Forked(
            *self._arguments,
            environment=self._site.environment,
            folder=self._site.folder,
            stdout=self._log,
            stderr=self._log,
        )
        self._lives += 1

    def is_ready(self) -> bool:
        """Tell whether it works; one that has ended by itself never will."""
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended: {log_tail(self._log)}")
        if not self._door:
            return self._log.read_text().count("Working.") == self._lives
        try:
            # Without its list of authorities, which takes longer to read than the site to start.
            return httpx.get(f"{self._door}/healthz", verify=False).is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End it as a power cut does, when it runs."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


class Troupe:
    """The processes of one site, any of which may be killed."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = tuple(members)

    def __enter__(self) -> Self:
        self.start(self.members)
        return self

    def __exit__(self, *_: object) -> None:
        for member in self.members:
            member.kill()

    def start(self, members: Sequence[Member]) -> None:
        """Start these side by side, and come back when all are ready."""
        for member in members:
            member.start()
        for member in members:
            eventually(member.is_ready)

    def kill(self, members: Sequence[Member]) -> None:
        """End these as a power cut does."""
        for member in members:
            member.kill()


@dataclass(slots=True, kw_only=True)
class Story:
    """What happens to one site, and what was seen of it.

    look_url: the database, to be read and never written. replies: how many the crowd sends.
    review: the one that is answered. twice: how often what was under way at a kill may come,
    beside the once that is promised.
    """

    site: FedreviewProcess
    crowd: Crowd
    senders: Senders
    look_url: str
    chance: random.Random
    replies: int = REPLIES
    review: dict[str, str] = field(default_factory=dict)
    twice: Counter[tuple[str, str]] = field(default_factory=Counter)
    published: int = 0
    _pause: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def looking(self) -> Iterator[Transaction]:
        """Read the database, and leave nothing open: the next process must find it as it was."""
        database = Database(self.look_url)
        try:
            with database.snapshot() as tx:
                yield tx
        finally:
            database.close()

    def begin(self, *, rounds: int = ROUNDS) -> list[list[Signed]]:
        """Let the crowd follow, publish what is answered, and sign the answers of each round."""
        self.crowd.follow(self.site.environment.get("FEDREVIEW_DATABASE_URL") or self._sqlite_url)
        self.review = self.site.publish(
            "---\nkind: film\ntitle: The Long Corridor\n---\n\nNobody walks it twice.\n"
        )
        self.published = 1
        signed = [
            self.crowd.reply(
                n,
                inbox=f"{self.site.actor_id}/inbox",
                in_reply_to=self.review["id"],
                text=thought(n),
            )
            for n in range(self.replies)
        ]
        size = self.replies // rounds
        return [signed[n : n + size] for n in range(0, self.replies, size)]

    @property
    def _sqlite_url(self) -> str:
        return f"sqlite:///{self.site.folder}/data/fedreview.sqlite3"

    def play(self, troupe: Troupe, rounds: Sequence[Sequence[Signed]]) -> None:
        """Kill some of the processes in each round, in the midst of the work, and start them anew.

        Comes back when every answer of the crowd has been taken.
        """
        with troupe, self.site.login() as author:
            arriving = []
            for number, replies in enumerate(rounds):
                arriving.append(self.senders.start(replies))
                if number % PUBLISH_EVERY == 0:
                    self.publish(author)
                self.wait_for_work()
                victims = self._choose(troupe)
                troupe.kill(victims)
                self.note_under_way()
                troupe.start(victims)
                self.check_integrity()
            for arrived in arriving:
                arrived()
            self.finish()

    def _choose(self, troupe: Troupe) -> list[Member]:
        number = self.chance.randint(1, min(2, len(troupe.members)))
        return self.chance.sample(troupe.members, number)

    def publish(self, author: httpx.Client) -> None:
        """Publish, which is promised with a 303."""
        form = {
            "kind": "film",
            "title": f"Corridor {self.published}",
            "body": "No.",
            "do": "publish",
        }
        answer = author.post("/studio/write", data=form)
        assert answer.status_code == 303, answer.text
        self.published += 1

    def wait_for_work(self) -> None:
        """Wait until a chance moment in the midst of the work."""
        wanted = self._events() + self.chance.randint(0, EVENTS_BEFORE_KILL)
        deadline = time.monotonic() + KILLED_WITHIN
        while self._events() < wanted and time.monotonic() < deadline:
            self._pause.wait(0.002)
        self._pause.wait(self.chance.random() * 0.02)

    def _events(self) -> int:
        return self.senders.answers[202] + self.crowd.deliveries().total()

    def note_under_way(self) -> None:
        """Remember what is leased at a kill: it may have arrived without our knowing it."""
        leased = (
            select(ActivityRow.uri, DeliveryRow.inbox)
            .join(DeliveryRow, DeliveryRow.activity_id == ActivityRow.id)
            .where(DeliveryRow.leased_until.is_not(None))
        )
        with self.looking() as tx:
            for uri, inbox in tx.execute(leased):
                self.twice[uri, inbox] += 1

    def check_integrity(self) -> None:
        """Let SQLite look at every page of its file, while the site works on."""
        with self.looking() as tx:
            if tx.get_bind().dialect.name == "sqlite":
                assert tx.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
                assert tx.execute(text("PRAGMA foreign_key_check")).all() == []

    def finish(self) -> None:
        """Wait until nothing is left to do."""
        eventually(lambda: self._left() == 0 or None, ALL_DONE_WITHIN)

    def _left(self) -> int:
        waits = QueueState.WAITING
        with self.looking() as tx:
            return sum(
                tx.scalar(select(func.count()).where(row.state == waits)) or 0
                for row in (DeliveryRow, ArrivalRow)
            )

    def check_rows(self) -> None:
        """Every activity and every delivery stands in the database once, and is done."""
        with self.looking() as tx:
            arrived = tx.execute(select(ArrivalRow.activity, ArrivalRow.state)).all()
            notes = tx.scalars(select(NoteRow.uri).where(NoteRow.host != "")).all()
            sent = tx.execute(
                select(ActivityRow.uri, DeliveryRow.inbox, DeliveryRow.state).join(
                    DeliveryRow, DeliveryRow.activity_id == ActivityRow.id
                )
            ).all()
        sent_to = self.published * len(self.crowd.people)
        assert Counter(state for _, state in arrived) == {QueueState.DONE: self.replies}
        assert len({activity for activity, _ in arrived}) == self.replies
        assert len(notes) == len(set(notes)) == self.replies
        assert Counter(state for *_, state in sent) == {QueueState.DONE: sent_to}
        assert len({(uri, inbox) for uri, inbox, _ in sent}) == sent_to
        came = self.crowd.deliveries()
        assert set(came) == {(uri, inbox) for uri, inbox, _ in sent}
        assert {key: n for key, n in came.items() if n > 1 + self.twice[key]} == {}

    def check_pages(self) -> None:
        """Every reply stands on the pages, once."""
        assert Counter(self._thoughts()) == Counter(thought(n) for n in range(self.replies))

    def _thoughts(self) -> Iterator[str]:
        with httpx.Client() as reader:
            for number in range(1, self.replies):
                path = f"?replies={number}" if number > 1 else ""
                answer = reader.get(f"{self.review['url']}{path}")
                if answer.is_redirect:
                    return
                for paragraph in BeautifulSoup(answer.text, "html.parser").find_all("p"):
                    if paragraph.text.startswith("Thought number "):
                        yield paragraph.text


def thought(n: int) -> str:
    """Write the n-th reply, so that no other has it in itself."""
    return f"Thought number {n}."


def seeded() -> random.Random:
    """Give chance, and print the number with which to see the same kills once more."""
    seed = int(os.environ.get(SEED) or random.randrange(2**32))
    print(f"{SEED}={seed}")  # noqa: T201  (pytest shows it under a test that failed)
    return random.Random(seed)
