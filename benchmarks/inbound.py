"""What a signed reply costs: at the door beside the least that could be done, and applied.

Run: .venv/bin/python benchmarks/inbound.py [--keep] [--database postgresql]
2,000 replies to one review, by 50 people on 50 hosts whose keys are known already, half of them
signed as in draft-cavage-12 and half by RFC 9421. The site and the floor are processes of their
own, and so is who sends; both get theirs in turn, a part at a time.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import Engine, event

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from crowd import Person, Sent, Signed, gathered, replies, send  # noqa: E402  (as scripts run)
from figures import Figure, cpu_seconds, percentile  # noqa: E402

from fedreview.app import build_parts  # noqa: E402
from fedreview.settings import Settings  # noqa: E402
from fedreview.signatures.keys import public_pem  # noqa: E402
from tests.databases import Postgresql, offer_postgresql, withdraw_postgresql  # noqa: E402
from tests.servers import FedreviewProcess, eventually, free_port  # noqa: E402

PEOPLE = 50
REPLIES = 2_000
FEWEST = 100
ROUNDS = 4
MOST_TIMES_FLOOR = 1.5
VISIBLE_WITHIN = 2.0
LOOK_EVERY = 0.2
REVIEW = (
    "---\ntitle: The Long Corridor\nkind: film\nrating: 8.5\n---\n\nIt bends where light ends.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """What is sent to one site. first: one of everybody, so that their keys are known."""

    first: list[Signed]
    then: list[Signed]

    def rounds(self) -> Iterator[list[Signed]]:
        """Take what comes then apart."""
        each = -(-len(self.then) // ROUNDS)
        return (self.then[start : start + each] for start in range(0, len(self.then), each))


@dataclass(slots=True, kw_only=True)
class Target:
    """A server that is sent a flood, and what that cost so far. cpu: its seconds."""

    port: int
    pid: int
    flood: Flood
    many: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    milliseconds: list[float] = field(default_factory=list)

    def introduce(self) -> None:
        """Send the first of everybody."""
        _require_taken(send(self.flood.first, port=self.port), PEOPLE)

    def take(self, requests: list[Signed]) -> None:
        """Send some of the rest against the clock."""
        before = cpu_seconds(self.pid)
        sent = send(requests, port=self.port)
        self.cpu += cpu_seconds(self.pid) - before
        _require_taken(sent, len(requests))
        self.many += len(requests)
        self.seconds += sent.seconds
        self.milliseconds += sent.milliseconds

    @property
    def each(self) -> float:
        """CPU milliseconds of one."""
        return self.cpu * 1000 / self.many

    def cells(self) -> tuple[str, str, str]:
        """Give rate, CPU and latency as the table has them."""
        late = percentile(self.milliseconds, 0.99)
        return f"{self.many / self.seconds:,.0f}", f"{self.each:.2f}", f"{late:.0f}"


def flood_for(
    people: tuple[Person, ...], base_url: str, author: str, review: str, many: int
) -> Flood:
    """Sign everything that the site will get."""
    to = {"inbox": f"{base_url}/inbox", "to": review, "author": author}
    return Flood(
        first=replies(people, PEOPLE, start=0, **to),
        then=replies(people, many, start=PEOPLE, **to),
    )


def measure(*targets: Target) -> None:
    """Send to each in turn, a part at a time: so a slow moment of the machine meets them all."""
    for target in targets:
        target.introduce()
    for requests in zip(*(target.flood.rounds() for target in targets), strict=True):
        for target, some in zip(targets, requests, strict=True):
            target.take(some)


def _require_taken(sent: Sent, many: int) -> None:
    if sent.statuses != {202: many}:
        raise RuntimeError(f"not all were taken: {sent.statuses}")


@contextmanager
def site_at(
    folder: Path, port: int, database: str, *arguments: str
) -> Iterator[tuple[FedreviewProcess, str, str]]:
    """Serve a site with one review; gives the review's id and page, too."""
    folder.mkdir()
    environment = {"FEDREVIEW_PORT": str(port)}
    if database:
        environment["FEDREVIEW_DATABASE_URL"] = database
    site = FedreviewProcess(folder, environment=environment, arguments=arguments)
    site.prepare()
    said = site.publish(REVIEW)
    site.start()
    try:
        yield site, said["id"], said["url"]
    finally:
        site.stop()


def pid_of(site: FedreviewProcess) -> int:
    """Give the process that serves."""
    process = site._process  # noqa: SLF001  (its CPU time is what we are after)
    if process is None:
        raise RuntimeError("the site is not served")
    return process.pid


@contextmanager
def floor_at(folder: Path, port: int, people: tuple[Person, ...]) -> Iterator[int]:
    """Serve the floor; gives its process id."""
    folder.mkdir()
    keys = {person.key.id: public_pem(person.pem) for person in people}
    (folder / "keys.json").write_text(json.dumps(keys))
    script = str(Path(__file__).with_name("floor.py"))
    process = subprocess.Popen([sys.executable, script, str(folder), str(port)])
    try:
        eventually(lambda: _is_up(port))
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _is_up(port: int) -> bool:
    try:
        with httpx.Client() as client:
            return client.get(f"http://127.0.0.1:{port}/healthz").is_success
    except httpx.TransportError:
        return False


def until_visible(page: str, *, many: int, within: float = 60.0) -> float:
    """Look at the page until it counts them all; gives how long that took, in seconds."""
    begun = time.perf_counter()
    with httpx.Client() as client:
        while time.perf_counter() - begun < within:
            found = re.search(r"([\d,.\s]+) thoughts on", client.get(page).text)
            if found and int(re.sub(r"\D", "", found[1])) >= many:
                return time.perf_counter() - begun
            time.sleep(LOOK_EVERY)
    raise RuntimeError(f"not {many} replies on the page after {within} s")


@dataclass(slots=True)
class Applied:
    """What it takes to apply what waits, without a server. All numbers are of one reply."""

    cpu_ms: float
    statements: float
    commits: float


async def applied(site: FedreviewProcess, many: int) -> Applied:
    """Apply in this process what the door has taken, and count."""
    parts = build_parts(Settings.load(site.environment))
    counted = {"statements": 0, "commits": 0}

    def count(name: str) -> None:
        counted[name] += 1

    def on_statement(*_: object) -> None:
        count("statements")

    def on_commit(*_: object) -> None:
        count("commits")

    event.listen(Engine, "before_cursor_execute", on_statement)
    event.listen(Engine, "commit", on_commit)
    before = time.process_time()
    try:
        await parts.worker.run_until_idle()
    finally:
        spent = time.process_time() - before
        event.remove(Engine, "before_cursor_execute", on_statement)
        event.remove(Engine, "commit", on_commit)
        await parts.aclose()
    return Applied(spent * 1000 / many, counted["statements"] / many, counted["commits"] / many)


def run(folder: Path, figure: Figure, *, many: int, databases: Iterator[str]) -> None:
    """Measure the floor, the door, what is applied, and all together."""
    port, beside = free_port(), free_port()
    with gathered(PEOPLE) as people:
        with (
            site_at(folder / "door", port, next(databases), "--no-worker") as (site, review, _),
            floor_at(folder / "floor", beside, people) as pid,
        ):
            author = site.actor_id
            flood = flood_for(people, site.base_url, author, review, many)
            door = Target(port=port, pid=pid_of(site), flood=flood)
            flood = flood_for(people, f"http://127.0.0.1:{beside}", author, review, many)
            floor = Target(port=beside, pid=pid, flood=flood)
            measure(door, floor)
        worked = asyncio.run(applied(site, many + PEOPLE))
        with site_at(folder / "whole", port, next(databases)) as (site, review, page):
            flood = flood_for(people, site.base_url, site.actor_id, review, many)
            whole = Target(port=port, pid=pid_of(site), flood=flood)
            started = cpu_seconds(whole.pid)
            whole.introduce()
            whole.take(flood.then)
            visible = until_visible(page, many=many + PEOPLE)
            cpu = (cpu_seconds(whole.pid) - started) * 1000 / (many + PEOPLE)
    figure.add("floor: verify and insert", *floor.cells())
    figure.add("the door, applied elsewhere", *door.cells())
    figure.add("applied, without a server", "", f"{worked.cpu_ms:.2f}", "")
    figure.add("the whole in one process", whole.cells()[0], f"{cpu:.2f}", whole.cells()[2])
    times = door.each / floor.each
    figure.note(f"The door takes {times:.2f} times the floor's CPU; goal ≤ {MOST_TIMES_FLOOR}.")
    figure.note(
        f"Applying one reply: {worked.statements:.1f} statements, {worked.commits:.2f} commits."
    )
    figure.note(
        f"All {many:,} are on the page {visible:.1f} s after the last 202; "
        f"goal ≤ {VISIBLE_WITHIN:.0f} s."
    )


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="write docs/benchmarks.md too")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--replies", type=int, default=REPLIES, help="how many")
    chosen = parser.parse_args()
    many = max(FEWEST, chosen.replies)
    figure = Figure(
        "inbound",
        f"{many:,} signed replies of {PEOPLE} people ({chosen.database})",
        ("", "accepted/s", "CPU ms each", "p99 ms"),
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if chosen.database == "sqlite":
            databases = iter(["", ""])
        else:
            offer_postgresql()
            stack.callback(withdraw_postgresql)
            server = Postgresql()
            stack.callback(server.close)
            databases = iter([stack.enter_context(server.fresh()) for _ in range(2)])
        run(folder, figure, many=many, databases=databases)
    figure.show(keep=chosen.keep)


if __name__ == "__main__":
    main()
