"""What one process takes: at rest, under a flood and after it; its start; a delivery in the queue.

Run: .venv/bin/python benchmarks/memory.py [--keep]
The whole programme as an operator starts it, with SQLite. The flood is page reads with replies
that people elsewhere send, all at once as fast as they are taken. When more than a server may
have waiting has come, what comes is refused: that belongs to a flood.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import click
import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from figures import Figure, median, resident_bytes

from fedreview.app import build_parts
from fedreview.domain.actor import ActorId, RemoteActor
from fedreview.settings import Settings
from fedreview.signatures import cavage
from fedreview.signatures.keys import PrivateKey, generate_rsa, public_pem
from fedreview.storage import actors, queues
from fedreview.storage.actors import KnownKey
from fedreview.storage.queues import OutgoingActivity
from tests.databases import Postgresql, offer_postgresql, withdraw_postgresql
from tests.servers import FedreviewProcess

STARTS = 5
ROUNDS = 12
SHOWN = (1, 4, 6, 8, 12)
READS, REPLIES = 500, 500
AT_ONCE = 20
DELIVERIES = 20_000
PERSON = ActorId("https://remote.example/users/mara")
REVIEW = "---\nkind: film\ntitle: The Long Corridor\nrating: 8\n---\n\n" + "It bends. " * 500
MB = 1_000_000


class Site(FedreviewProcess):
    """A process whose number is known."""

    @property
    def pid(self) -> int:
        """Of the process that serves."""
        if self._process is None:
            raise RuntimeError("it does not run")
        return self._process.pid

    @property
    def resident(self) -> int:
        """How much memory it holds."""
        return resident_bytes(self.pid)


def know(site: Site, pem: str) -> None:
    """Let the site know somebody elsewhere, so that nobody need be asked for their key."""
    now = datetime.now(UTC)
    person = RemoteActor(
        id=PERSON,
        type="Person",
        handle="mara@remote.example",
        name="Mara",
        inbox=f"{PERSON}/inbox",
        shared_inbox="",
        url="",
        icon_url="",
        fetched_at=now,
    )
    key = KnownKey(id=f"{PERSON}#main-key", owner=PERSON, pem=public_pem(pem), fetched_at=now)
    parts = build_parts(Settings.load(site.environment))
    with parts.database.transaction() as tx:
        actors.save(tx, person, [key])
    parts.database.close()


def a_reply(site: Site, key: PrivateKey, number: int, under: str) -> tuple[dict[str, str], bytes]:
    """Write a reply, and sign the request that brings it."""
    now, uri = datetime.now(UTC), f"{PERSON}/notes/{number}"
    note = {
        "id": uri,
        "type": "Note",
        "attributedTo": PERSON,
        "inReplyTo": under,
        "content": "<p>I walked it, and I would walk it again.</p>",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "published": now.isoformat(),
    }
    body = json.dumps(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{uri}#create",
            "type": "Create",
            "actor": PERSON,
            "object": note,
        }
    ).encode()
    headers = cavage.sign(
        key,
        method="POST",
        url=f"{site.base_url}/inbox",
        body=body,
        now=now,
        content_type="application/activity+json",
    )
    return {**headers, "Content-Type": "application/activity+json"}, body


async def flood(site: Site, key: PrivateKey, review: dict[str, str], first: int) -> tuple[int, int]:
    """Read and send as fast as it is answered.

    Gives the most memory that was seen, and how many replies were refused.
    """
    limits = httpx.Limits(max_connections=AT_ONCE)
    room, most, refused = asyncio.Semaphore(AT_ONCE), 0, 0
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def read(_: int) -> None:
            async with room:
                (
                    await client.get(review["url"], headers={"Accept": "text/html"})
                ).raise_for_status()

        async def send(number: int) -> None:
            nonlocal most, refused
            async with room:
                headers, body = a_reply(site, key, first + number, review["id"])
                answer = await client.post(f"{site.base_url}/inbox", headers=headers, content=body)
                refused += answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
                if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                    answer.raise_for_status()
                most = max(most, site.resident)

        await asyncio.gather(*map(read, range(READS)), *map(send, range(REPLIES)))
    return most, refused


def starts(site: Site) -> list[float]:
    """Start it some times; gives how long each took until it was healthy."""
    taken = []
    for _ in range(STARTS):
        site.stop()
        begun = time.monotonic()
        site.start()
        taken.append(time.monotonic() - begun)
    return taken


def bytes_of_deliveries(settings: Settings) -> int:
    """Queue one activity for many inboxes; gives how many bytes each takes, with indices."""
    parts = build_parts(settings)
    maintaining = parts.site.maintaining
    maintaining.migrate()
    before = maintaining.size().total
    activity = OutgoingActivity(
        id="measured",
        uri=f"{settings.base_url}/ap/activities/measured",
        type="Create",
        actor=f"{settings.base_url}/users/anna",
        object=f"{settings.base_url}/ap/reviews/measured",
        body=b"x" * 5_000,
        author_id=None,
        listed=False,
        created_at=datetime.now(UTC),
    )
    inboxes = [
        (f"https://server-{n}.example/users/somebody/inbox", f"server-{n}.example")
        for n in range(DELIVERIES)
    ]
    with parts.database.transaction() as tx:
        queues.send(tx, activity, inboxes)
    taken = maintaining.size().total - before
    parts.database.close()
    return taken // DELIVERIES


@contextmanager
def fresh_databases(folder: Path) -> Iterator[dict[str, Settings]]:
    """Give settings of a site with each kind of database."""
    base = {"FEDREVIEW_BASE_URL": "https://reviews.example", "FEDREVIEW_DATA_DIR": str(folder)}
    folder.mkdir()
    offer_postgresql()
    try:
        with Postgresql().fresh() as url:
            yield {
                "SQLite": Settings.load(base),
                "PostgreSQL": Settings.load({**base, "FEDREVIEW_DATABASE_URL": url}),
            }
    finally:
        withdraw_postgresql()


@click.command()
@click.option("--keep", is_flag=True, help="Put the table into docs/benchmarks.md.")
def main(keep: bool) -> None:
    """Measure what one process takes."""
    figure = Figure("memory", "What one process takes", ["what", "measured", "goal"])
    pem = generate_rsa()
    key = PrivateKey.load(f"{PERSON}#main-key", pem)
    with tempfile.TemporaryDirectory() as folder:
        limits = {"FEDREVIEW_INBOX_PER_MINUTE": "1000000"}
        with Site(Path(folder), environment=limits) as site:
            review = site.publish(REVIEW)
            know(site, pem)
            figure.add("start until healthy, median", f"{median(starts(site)):.2f} s", "1.5 s")
            time.sleep(5)
            figure.add("memory at rest", f"{site.resident / MB:.0f} MB", "120 MB")
            refused = 0
            for n in range(1, ROUNDS + 1):
                most, more = asyncio.run(flood(site, key, review, n * REPLIES))
                refused += more
                if n in SHOWN:
                    done = f"{n * (READS + REPLIES):,} requests"
                    figure.add(f"most until {done}", f"{most / MB:.0f} MB", "flat")
            time.sleep(5)
            figure.add("5 s later", f"{site.resident / MB:.0f} MB", "flat")
        with fresh_databases(Path(folder) / "queue") as databases:
            for name, settings in databases.items():
                each = bytes_of_deliveries(settings)
                figure.add(f"a delivery in the queue, {name}", f"{each} bytes", "")
    figure.note(f"A round: {READS} page reads and {REPLIES} signed replies, {AT_ONCE} at once.")
    figure.note(f"Of the replies {refused:,} were refused, for too many of their server waited.")
    figure.note(f"A delivery: of {DELIVERIES:,} of one activity, with all indices.")
    figure.show(keep=keep)


if __name__ == "__main__":
    main()
