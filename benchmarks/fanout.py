"""What it costs to tell 1,000 other servers of a review: the whole programme, over TLS.

Run: .venv/bin/python benchmarks/fanout.py [--hosts N] [--keep]
The hosts are those of fediverse.py, a process of its own. The floor in the same run: one RSA-2048
signature and one POST by asyncio and ssl with nothing around it. Its TLS context is Python's
default; with ours, which reads no folder at each handshake, it stands below it. "client" is
`FederationClient.post_activity` alone, in this process; "site" is `fedreview serve`, from the
database and back into it. A TLS session is kept from the second meeting on, and resumed at the
third.
"""

import argparse
import asyncio
import json
import ssl
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvloop
from fediverse import Fediverse, address_of, name_of
from figures import Figure, cpu_seconds, median

sys.path.insert(0, str(Path(__file__).parent.parent))

from fedreview.domain.actor import ActorId, RemoteActor
from fedreview.federation.client import FederationClient
from fedreview.federation.guard import AddressPolicy, IPAddress
from fedreview.federation.transport import tls_context
from fedreview.settings import Settings
from fedreview.signatures import cavage
from fedreview.signatures.keys import PrivateKey, generate_rsa, public_pem
from fedreview.storage import accounts, actors
from fedreview.storage.database import Database
from tests.servers import FedreviewProcess, eventually

AT_ONCE = 40
"""As many as the worker sends."""

PATIENCE = 60.0
CHECKED = 50
"""How many signatures are really checked; all would disturb what is measured."""

ROUNDS = 5
"""Of everything that is compared, one after the other: so a slow moment meets them all."""

WARM_UP = 50
"""So many hosts get something before: what is done once after a start is no part of a delivery."""

FLOOR, FRESH, AGAIN = "floor", "site, fresh", "site, third time"
HANGING = "site, a tenth of the hosts hang"

GOAL_RATIO = 1.3
GOAL_MS = 3.3
GOAL_HANGING = 1.2
ACTIVITY_JSON = "application/activity+json"
BODY = json.dumps({"type": "Create", "object": {"content": "A fine film. " * 250}}).encode()
ME = "https://reviews.example/users/anna"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What one fan-out took. cpu: ms for each delivery. rate: deliveries a second."""

    cpu: float
    rate: float
    resumed: int = 0


async def bare(fediverse: Fediverse, number: int, tls: ssl.SSLContext, key: PrivateKey) -> None:
    """Sign and post with nothing around it."""
    url = fediverse.inbox(number, named=True)
    signed = cavage.sign(
        key, method="POST", url=url, body=BODY, now=datetime.now(UTC), content_type=ACTIVITY_JSON
    )
    lines = ["POST /inbox HTTP/1.1", f"Content-Type: {ACTIVITY_JSON}"]
    lines += [f"{name}: {value}" for name, value in signed.items()]
    lines += [f"Content-Length: {len(BODY)}", "", ""]
    reader, writer = await asyncio.open_connection(
        address_of(number), fediverse.port, ssl=tls, server_hostname=name_of(number)
    )
    writer.write("\r\n".join(lines).encode() + BODY)
    assert b" 202 " in await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def fan_out(post: Callable[[int], Awaitable[object]], hosts: int) -> Pace:
    """Post to every host, as many at once as the worker does."""
    waiting = iter(range(hosts))

    async def work() -> None:
        for number in waiting:
            await post(number)

    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    used, took = time.process_time() - cpu, time.monotonic() - began
    return Pace(cpu=used / hosts * 1000, rate=hosts / took)


async def resolve(host: str, _: int) -> list[IPAddress]:
    """Find the host of a name, in place of the name servers."""
    return [ip_address(address_of(int(host.partition(".")[0].removeprefix("h"))))]


class Ways:
    """The ways to post to one host: the floor, and the client alone."""

    def __init__(self, fediverse: Fediverse, folder: Path) -> None:
        pem = generate_rsa()
        self._fediverse = fediverse
        self._key = PrivateKey.load(f"{ME}#main-key", pem)
        self._key_file = folder / "key.json"
        self._key_file.write_text(
            json.dumps({"id": self._key.id, "owner": ME, "pem": public_pem(pem)})
        )
        self._default = ssl.create_default_context()
        self._default.load_verify_locations(cafile=fediverse.ca_file)
        self._ours = tls_context(fediverse.ca_file)

    async def measure(self) -> dict[str, Pace]:
        """Measure them all, the client as it is after a start."""
        client = FederationClient(
            policy=AddressPolicy(allow_private=True),
            base_url="https://reviews.example",
            now=lambda: datetime.now(UTC),
            ca_file=self._fediverse.ca_file,
            resolver=resolve,
        )

        async def floor(number: int) -> None:
            await bare(self._fediverse, number, self._default, self._key)

        async def floor_with_ours(number: int) -> None:
            await bare(self._fediverse, number, self._ours, self._key)

        async def post(number: int) -> None:
            inbox = self._fediverse.inbox(number, named=True)
            await client.post_activity(inbox, BODY, key=self._key)

        ways = {
            FLOOR: floor,
            "floor, our TLS context": floor_with_ours,
            "client, fresh": post,
            "client, second time": post,
            "client, third time": post,
        }
        found = {}
        for name, way in ways.items():
            self._fediverse.ask("reset")
            pace = await fan_out(way, self._fediverse.hosts)
            found[name] = replace(pace, resumed=self._fediverse.ask("report").get("resumed", 0))
        await self._check(post)
        await client.aclose()
        return found

    async def _check(self, post: Callable[[int], Awaitable[object]]) -> None:
        """Make sure that what is posted is signed."""
        self._fediverse.ask("verify", self._key_file)
        self._fediverse.ask("reset")
        await fan_out(post, CHECKED)
        assert self._fediverse.ask("report")["proved"] == CHECKED
        self._fediverse.ask("trust")


def follow(site: FedreviewProcess, fediverse: Fediverse, numbers: Iterable[int]) -> None:
    """Let somebody of each of these hosts follow the author, straight in the database."""
    database = Database(Settings.load(site.environment).database_url)
    now = datetime.now(UTC)
    with database.transaction() as tx:
        author = accounts.get_author(tx, site.author).id
        for number in numbers:
            inbox = fediverse.inbox(number)
            name = inbox.replace("/inbox", "/users/mara")
            person = RemoteActor(
                id=ActorId(name),
                type="Person",
                handle=f"mara@{address_of(number)}",
                name="Mara",
                inbox=inbox,
                shared_inbox="",
                url="",
                icon_url="",
                fetched_at=now,
            )
            actors.save(tx, person, [])
            actors.add_follower(tx, author, person.id, follow=f"{name}/follow", now=now)
    database.close()


def publish(site: FedreviewProcess, fediverse: Fediverse, wanted: int) -> Pace:
    """Publish one review, and wait until so many hosts have it."""
    fediverse.ask("reset")
    pid = site.pid
    cpu = cpu_seconds(pid)
    site.publish(f"---\ntitle: A fine film\nkind: film\nrating: 8\n---\n{'Slow. ' * 500}")
    report = eventually(lambda: _when_taken(fediverse, wanted), PATIENCE)
    used = cpu_seconds(pid) - cpu
    took = report["latest"] - report["first"]
    return Pace(cpu=used / wanted * 1000, rate=wanted / took, resumed=report.get("resumed", 0))


def _when_taken(fediverse: Fediverse, wanted: int) -> dict[str, Any]:
    report = fediverse.ask("report")
    return report if report["hosts"] >= wanted else {}


def measure_site(fediverse: Fediverse, folder: Path) -> dict[str, Pace]:
    """Measure the programme as it is started."""
    folder.mkdir()
    site = FedreviewProcess(folder, environment={"FEDREVIEW_CA_FILE": str(fediverse.ca_file)})
    site.prepare()
    hosts = fediverse.hosts
    follow(site, fediverse, range(WARM_UP))
    site.start()
    try:
        publish(site, fediverse, WARM_UP)
        follow(site, fediverse, range(WARM_UP, hosts))
        found = {
            name: publish(site, fediverse, hosts) for name in (FRESH, "site, second time", AGAIN)
        }
        hanging = range(hosts - hosts // 10, hosts)
        fediverse.ask("behave", "hang", hanging.start, hanging.stop)
        found[HANGING] = publish(site, fediverse, hosts - len(hanging))
        fediverse.ask("behave", "well", hanging.start, hanging.stop)
    finally:
        site.kill()
    return found


def middle(rounds: Sequence[dict[str, Pace]]) -> dict[str, Pace]:
    """Take the middle of what each way cost."""
    found = {}
    for name in rounds[-1]:
        paces = [each[name] for each in rounds]
        cpu, rate = median([pace.cpu for pace in paces]), median([pace.rate for pace in paces])
        found[name] = Pace(cpu=cpu, rate=rate, resumed=paces[-1].resumed)
    return found


def show(rounds: Sequence[dict[str, Pace]], *, hosts: int, keep: bool) -> None:
    """Print what came out, beside the goals.

    Ratios are the middle of those within each round: between two the machine may change.
    """
    found = middle(rounds)
    ratios = {name: median([each[name].cpu / each[FLOOR].cpu for each in rounds]) for name in found}
    figure = Figure(
        "fanout",
        f"One activity to {hosts:,} hosts over TLS",
        ("", "deliveries/s", "CPU ms each", "x floor", "sessions resumed"),
    )
    for name, pace in found.items():
        ratio = f"{ratios[name]:.2f}"
        figure.add(name, f"{pace.rate:.0f}", f"{pace.cpu:.2f}", ratio, pace.resumed)
    if FRESH in found:
        for words, name in (("fresh", FRESH), ("with sessions to resume", AGAIN)):
            figure.note(
                f"{words}: {ratios[name]:.2f} x the floor's CPU (goal: {GOAL_RATIO}), "
                f"{found[name].cpu:.2f} ms a delivery (goal: below {GOAL_MS})"
            )
        longer = median([each[AGAIN].rate / each[HANGING].rate for each in rounds])
        figure.note(
            f"with a tenth of the hosts hanging the others take {longer:.2f} x the time a host "
            f"(goal: {GOAL_HANGING})"
        )
    figure.note("the floor: sign with RSA-2048, POST 3 KB by asyncio and ssl, nothing else")
    figure.note(f"all of it: the middle of {ROUNDS} rounds, in turn")
    figure.show(keep=keep)


def main() -> None:
    """Run it."""
    options = argparse.ArgumentParser(description="Measure a fan-out.")
    options.add_argument("--hosts", type=int, default=1_000)
    options.add_argument("--client", action="store_true", help="leave the site out")
    options.add_argument("--keep", action="store_true", help="put the table into the documents")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        (folder := Path(name) / "fediverse").mkdir()
        (site := Path(name) / "site").mkdir()
        with Fediverse(folder, hosts=chosen.hosts) as fediverse:
            ways = Ways(fediverse, folder)
            rounds = []
            for number in range(ROUNDS):
                found = uvloop.run(ways.measure())
                if not chosen.client:
                    found |= measure_site(fediverse, site / str(number))
                rounds.append(found)
            cpu = fediverse.ask("report")["cpu"]
        show(rounds, hosts=chosen.hosts, keep=chosen.keep)
        print(f"The fediverse itself took {cpu:.1f} s of CPU.")


if __name__ == "__main__":
    main()
