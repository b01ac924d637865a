"""Readers that all come at once, against Starlette's hello world: `python -m benchmarks.stampede`.

The real programme as a process, one of uvicorn with the same options beside it, and the same client
for both (benchmarks/load.py). Then the same while a review goes out to 1,000 hosts.
"""

import argparse
import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from benchmarks.figures import Figure, cpu_seconds, resident_bytes
from benchmarks.hot_paths import PARAGRAPH, PERSON, REPLIES, converse, hello
from fedreview.app import build_parts
from fedreview.cli.serving import BACKLOG, GRACE_SECONDS, MOST_CONNECTIONS
from fedreview.domain.actor import ActorId, RemoteActor
from fedreview.settings import Settings
from fedreview.storage import accounts, actors, reviews
from tests.servers import FedreviewProcess, eventually, free_port

ROOT = Path(__file__).parent.parent
CONNECTIONS = 32
SECONDS = 2.0
HOSTS = 1_000
ROUNDS = 8
CALM_CONNECTIONS = 8
CALM_PAUSE = 0.02
"""Seconds between two requests of one reader, where latency counts and not throughput."""

PACKED = "Accept-Encoding: gzip"
PAGE, ACTIVITY = "Accept: text/html", "Accept: application/activity+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one load cost. cpu_ms: of the server, for each request; times in milliseconds.

    latencies: of each request, in order, where somebody asked for them.
    """

    per_second: float
    cpu_ms: float
    p50: float
    p99: float
    wire: float
    statuses: dict[str, int]
    latencies: tuple[float, ...] = ()


def load(
    pid: int,
    port: int,
    path: str,
    *headers: str,
    connections: int = CONNECTIONS,
    seconds: float = SECONDS,
    pause: float = 0,
) -> Run:
    """Load a server from another process, and see what it takes."""
    command = [sys.executable, "-m", "benchmarks.load", "--port", str(port), "--path", path]
    command += ["--connections", str(connections), "--seconds", str(seconds)]
    command += ["--pause", str(pause), *(["--each"] if pause else [])]
    for header in headers:
        command += ["--header", header]
    before = cpu_seconds(pid)
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(pid) - before
    seen: dict[str, Any] = json.loads(told)
    return Run(
        per_second=seen["requests"] / seen["seconds"],
        cpu_ms=spent / seen["requests"] * 1000,
        p50=seen["p50"] * 1000,
        p99=seen["p99"] * 1000,
        wire=seen["wire_bytes"] / seen["requests"],
        statuses=seen["statuses"],
        latencies=tuple(seconds * 1000 for seconds in seen["latencies"]),
    )


def serve_hello(port: int) -> None:
    """Serve Starlette's hello world with the options that ours is served with."""
    uvicorn.run(
        Starlette(routes=[Route("/", hello)]),
        port=port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
        backlog=BACKLOG,
    )


async def serve_sink(port: int) -> None:
    """Take every activity for every host: all of 127.0.0.0/8 is here.

    Other servers are other machines: they take no processor from ours.
    """
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(take, "0.0.0.0", port, backlog=BACKLOG)
    await server.serve_forever()


@contextmanager
def beside(what: str) -> Iterator[tuple[int, int]]:
    """Run a small server of this file as a process; gives its id and port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.stampede", "--beside", what, str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        eventually(lambda: _answers(port))
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def furnish(site: FedreviewProcess, sink_port: int) -> tuple[str, str]:
    """Publish a review with 200 replies, and let 1,000 hosts follow; gives path and id."""
    told = site.publish(review("The Long Corridor"))
    settings = Settings.load(
        {name: text for name, text in site.environment.items() if name.startswith("FEDREVIEW_")}
    )
    parts = build_parts(settings)
    now = datetime.now(UTC)
    with parts.database.snapshot() as tx:
        author = accounts.get_author(tx, site.author)
        found = reviews.get_by_slug(tx, told["url"].rpartition("/")[2])
    with parts.database.transaction() as tx:
        actors.save(tx, _person(PERSON, f"{PERSON}/inbox", now), [])
        converse(tx, parts.site.urls, found.id, REPLIES, now=now)
        for number in range(HOSTS):
            start = f"http://127.7.{number // 250}.{number % 250 + 1}:{sink_port}"
            follower = _person(f"{start}/users/f", f"{start}/inbox", now)
            actors.save(tx, follower, [])
            actors.add_follower(tx, author.id, follower.id, follow=f"{start}/follows/1", now=now)
    asyncio.run(parts.aclose())
    return f"/reviews/{found.slug}", f"/ap/reviews/{found.id}"


def _person(id: str, inbox: str, now: datetime) -> RemoteActor:
    return RemoteActor(
        id=ActorId(id),
        type="Person",
        handle=f"f@{id.partition('://')[2].partition('/')[0]}",
        name="Mara",
        inbox=inbox,
        shared_inbox="",
        url="",
        icon_url="",
        fetched_at=now,
    )


def review(title: str) -> str:
    """Write a review of about 5 KB."""
    body = "\n\n".join([PARAGRAPH] * 12)
    return f"---\nkind: film\ntitle: {title}\nrating: 8.5\n---\n\n{body}\n"


def etag_at(site: FedreviewProcess, path: str, *headers: str) -> str:
    """Fetch once, and give the validator of what came."""
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{site.port}", "Connection: close"]
        connection.sendall("\r\n".join([*lines, *headers, "", ""]).encode())
        head = connection.makefile("rb").read().partition(b"\r\n\r\n")[0]
    found = head.partition(b"etag: ")[2].partition(b"\r\n")[0]
    return found.decode()


def throughput(figure: Figure, site: FedreviewProcess, place: tuple[str, str]) -> None:
    """Load our pages and the hello world by turns, and add their rows."""
    page, document = place
    known = f"If-None-Match: {etag_at(site, page, PAGE, PACKED)}"
    wanted = [
        (f"review page, {REPLIES} replies, gzip", page, (PAGE, PACKED)),
        ("the same, plain", page, (PAGE,)),
        ("the same, 304", page, (PAGE, PACKED, known)),
        ("Article JSON, gzip", document, (ACTIVITY, PACKED)),
        ("the same, plain", document, (ACTIVITY,)),
    ]
    with beside("hello") as (hello_pid, hello_port):
        load(hello_pid, hello_port, "/", seconds=0.5)
        floor = load(hello_pid, hello_port, "/")
        _add(figure, "Starlette, hello", floor, floor)
        for name, path, headers in wanted:
            pid = site.pid
            load(pid, site.port, path, *headers, seconds=0.5)
            # The floor beside each: what else the machine does is another thing every second.
            near = load(hello_pid, hello_port, "/", seconds=1)
            _add(figure, name, load(pid, site.port, path, *headers), near)


def _add(figure: Figure, name: str, run: Run, floor: Run) -> None:
    figure.add(
        name,
        f"{run.per_second:,.0f}",
        f"{run.per_second / floor.per_second:.2f}",
        f"{run.cpu_ms:.3f}",
        f"{run.p50:.1f}",
        f"{run.p99:.1f}",
        f"{run.wire:,.0f}",
        " ".join(sorted(run.statuses)),
    )


def beside_fan_out(figure: Figure, site: FedreviewProcess, path: str, *, where: str) -> None:
    """Read calmly, first alone and then while a review goes out, and add both rows.

    The requests of several rounds, each with its fan-out, count together: of one round's 750 the
    eight slowest are those that met a single moment.
    where: the worker that sends it is.
    """

    def calm() -> Run:
        return load(
            site.pid,
            site.port,
            path,
            PAGE,
            PACKED,
            connections=CALM_CONNECTIONS,
            pause=CALM_PAUSE,
        )

    calm()
    alone: list[Run] = []
    crowded: list[Run] = []
    still_waiting: list[int] = []
    # In the form, as authors do: a command of its own takes a second of a processor.
    with site.login() as author:
        for number in range(ROUNDS):
            alone.append(calm())
            answer = author.post("/studio/write", data=form(f"The Longer Corridor {number}"))
            assert answer.status_code == 303, answer.text
            crowded.append(calm())
            still_waiting.append(waiting(site))
            # Else the next idle readers would not be alone.
            eventually(lambda: waiting(site) == 0, timeout=60)
    idle, busy = _together(alone), _together(crowded)
    _add(figure, f"calm readers, worker {where}, idle", idle, idle)
    _add(figure, f"the same, fan-out to {HOSTS:,}", busy, idle)
    figure.note(
        f"p99 while a review goes out, worker {where}: {busy.p99 / idle.p99:.1f} x idle (goal: 2); "
        f"hosts left after it: {sorted(still_waiting)[ROUNDS // 2]:,}"
    )


def form(title: str) -> dict[str, str]:
    """Fill in what publishes a review of about 5 KB."""
    body = "\n\n".join([PARAGRAPH] * 12)
    return {"kind": "film", "title": title, "rating": "8.5", "body": body, "do": "publish"}


def waiting(site: FedreviewProcess) -> int:
    """Count the deliveries that are not done yet."""
    with closing(sqlite3.connect(site.folder / "data" / "fedreview.sqlite3")) as database:
        count = "SELECT count(*) FROM deliveries WHERE state = 'waiting'"
        return int(database.execute(count).fetchone()[0])


def _together(runs: list[Run]) -> Run:
    """Give what all requests of several runs took."""
    every = sorted(latency for run in runs for latency in run.latencies)
    return Run(
        per_second=mean(run.per_second for run in runs),
        cpu_ms=mean(run.cpu_ms for run in runs),
        p50=every[len(every) // 2],
        p99=every[int(len(every) * 0.99)],
        wire=mean(run.wire for run in runs),
        statuses={status: 1 for run in runs for status in run.statuses},
    )


@contextmanager
def worker_apart(site: FedreviewProcess) -> Iterator[FedreviewProcess]:
    """Serve the same site without its worker, which runs as a process of its own."""
    environment = {name: text for name, text in site.environment.items() if name != "PATH"}
    served = FedreviewProcess(site.folder, environment=environment, arguments=("--no-worker",))
    served.start()
    command = [sys.executable, "-m", "fedreview", "work"]
    with (site.folder / "work.log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=site.folder, env=site.environment, stderr=log)
    try:
        eventually(lambda: b"Working" in (site.folder / "work.log").read_bytes())
        yield served
    finally:
        worker.terminate()
        worker.wait()
        served.stop()


def main() -> None:
    """Measure, print, and keep when asked to."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--keep", action="store_true", help="put the table into docs/benchmarks.md")
    wanted.add_argument("--beside", nargs=2, help=argparse.SUPPRESS)
    given = wanted.parse_args()
    if given.beside:
        what, port = given.beside
        serve_hello(int(port)) if what == "hello" else asyncio.run(serve_sink(int(port)))
        return
    figure = Figure(
        "stampede",
        f"Kept answers, {CONNECTIONS} connections; ratios to a hello world of the same seconds",
        ("what", "req/s", "x hello", "CPU ms", "p50 ms", "p99 ms", "bytes on the wire", "status"),
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        beside("sink") as (_, sink_port),
        FedreviewProcess(Path(folder)) as site,
    ):
        place = furnish(site, sink_port)
        figure.note(f"resident at rest: {resident_bytes(site.pid) / 1e6:.0f} MB (goal: 120)")
        throughput(figure, site, place)
        beside_fan_out(figure, site, place[0], where="inside")
        figure.note(f"resident after all this: {resident_bytes(site.pid) / 1e6:.0f} MB")
        site.stop()
        with worker_apart(site) as served:
            beside_fan_out(figure, served, place[0], where="apart")
    figure.show(keep=given.keep)


if __name__ == "__main__":
    main()
