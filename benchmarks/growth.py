"""What everything costs on a site that has grown: 10 to 10,000 reviews, replies and followers.

Run: .venv/bin/python benchmarks/growth.py [--keep]
In one process and without sockets, so that only our own work is measured. The site grows by
copies of rows that the programme has written itself. "Once more" is the cost of one further
thing at each size; it should not grow. What is done for each follower is given for each.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import click
from hot_paths import BASE, PERSON, Bench, furnish
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

sys.path.insert(0, str(Path(__file__).parent.parent))

from figures import Figure

from fedreview.app import Parts, build_parts, create_app
from fedreview.domain.rating import Scale
from fedreview.domain.review import Review
from fedreview.services.drafting import draft_from_fields
from fedreview.settings import Settings
from fedreview.signatures.keys import generate_rsa
from fedreview.storage import actors, arrivals, queues, reviews
from fedreview.storage.arrivals import NewArrival
from fedreview.storage.tables import NoteRow
from tests.databases import Postgresql, offer_postgresql, withdraw_postgresql
from tests.growing import more_followers, more_replies, more_reviews

SIZES = (10, 100, 1_000, 10_000)
ROUNDS = 6
LEASED = 40
HTML = {"Accept": "text/html", "Host": "reviews.example"}
ACTIVITY = {"Accept": "application/activity+json", "Host": "reviews.example"}
PAGES = {
    "front page": ("/", HTML),
    "archive": ("/archive", HTML),
    "works of a kind": ("/kinds/film", HTML),
    "search": ("/search?q=corridor", HTML),
    "feed": ("/feed.atom", HTML),
    "outbox, a page": ("/users/anna/outbox?page=1", ACTIVITY),
    "followers collection": ("/users/anna/followers", ACTIVITY),
    "desk": ("/studio", HTML),
    "desk, conversation": ("/studio/conversation", HTML),
    "desk, people": ("/studio/people", HTML),
}

Do = Callable[[int], Awaitable[object]]
Costs = dict[str, tuple[float, float]]


class Grown:
    """A site that grows, and what is measured on it."""

    def __init__(self, parts: Parts, bench: Bench | None, review: Review, busy: Review) -> None:
        self.parts = parts
        self.bench = bench
        self.review = review
        self.busy = busy
        self.size = 0
        self.numbers = count()
        site = parts.site
        self.author = site.accounts.authors()[0]
        token, _ = site.accounts.sign_in(
            username="anna", password="correct horse battery", address="", user_agent=""
        )
        self.cookie = {"Cookie": f"__Host-session={token}"}

    def grow(self, size: int) -> dict[str, int]:
        """Let it have so many of everything; gives how many bytes a further one of each takes."""
        numbers, taken = range(self.size + 1, size + 1), {}
        with self.parts.database.snapshot() as tx:
            note = tx.scalars(select(NoteRow.id).where(NoteRow.review_id == self.review.id)).first()
        for name, more in (
            ("review", lambda tx: more_reviews(tx, self.review.id, numbers)),
            ("reply", lambda tx: more_replies(tx, str(note), numbers, review_id=self.busy.id)),
            ("follower", lambda tx: more_followers(tx, PERSON, numbers)),
        ):
            before = self.parts.site.maintaining.size()
            with self.parts.database.transaction() as tx:
                more(tx)
            after = self.parts.site.maintaining.size()
            taken[name] = (after.total - before.total) // len(numbers)
        self.size = size
        return taken

    async def get(self, path: str, headers: dict[str, str]) -> None:
        """Read a page that is made anew."""
        mark = f"{'&' if '?' in path else '?'}done=x{next(self.numbers)}"
        anew = "" if headers is ACTIVITY or "feed" in path else mark
        more = self.cookie if path.startswith("/studio") else {}
        await self.kept(f"{path}{anew}", {**headers, **more})

    async def kept(self, path: str, headers: dict[str, str]) -> None:
        """Read a page, which may be one that is kept."""
        if self.bench:
            status, body = await self.bench.call("GET", path, headers)
            if status != 200:
                raise RuntimeError(f"{path} answered {status}: {body[:200]!r}")

    async def publish(self, _: int) -> None:
        """Publish one more review."""
        fields = {"kind": "film", "title": f"More {next(self.numbers)}", "rating": "8", "body": "x"}
        draft = draft_from_fields(fields, scale=Scale())
        await asyncio.to_thread(self.parts.site.publishing.publish, self.author, draft)

    async def apply(self, _: int) -> None:
        """Apply a reply that waits in the queue."""
        handling = self.parts.worker.handling
        [arrival] = await asyncio.to_thread(handling.lease, limit=1, except_actors=())
        await handling.apply(arrival)

    def queue_replies(self, number: int) -> None:
        """Let replies arrive."""
        now = datetime.now(UTC)
        with self.parts.database.transaction() as tx:
            for _ in range(number):
                uri = f"{PERSON}/notes/{next(self.numbers)}"
                note = {
                    "id": uri,
                    "type": "Note",
                    "attributedTo": PERSON,
                    "inReplyTo": self.parts.site.urls.review(self.review.id),
                    "content": "<p>I walked it, and I would walk it again.</p>",
                    "to": ["https://www.w3.org/ns/activitystreams#Public"],
                    "published": now.isoformat(),
                }
                create = {
                    "@context": "https://www.w3.org/ns/activitystreams",
                    "id": f"{uri}#c",
                    "type": "Create",
                    "actor": PERSON,
                    "object": note,
                }
                new = NewArrival(
                    activity=f"{uri}#c",
                    actor=PERSON,
                    type="CreateNote",
                    body=json.dumps(create).encode(),
                    now=now,
                    sender="remote.example",
                )
                arrivals.add(tx, new)

    async def lease(self, _: int) -> None:
        """Lease deliveries, and settle them."""
        leased = await asyncio.to_thread(self.parts.worker.delivering.lease, limit=LEASED, busy=())
        with self.parts.database.transaction() as tx:
            taken = {each.delivery.id: 202 for each in leased}
            queues.settle_taken(tx, taken, now=datetime.now(UTC))

    async def tidy(self, _: int) -> None:
        """Look for what is not needed any more, of which there is nothing."""
        await asyncio.to_thread(self.parts.site.maintaining.tidy)


async def measure(do: Do, rounds: int = ROUNDS) -> tuple[float, float]:
    """Give CPU milliseconds and statements of each round, after one that does not count."""
    statements = 0

    def counted(*_: object) -> None:
        nonlocal statements
        statements += 1

    await do(0)
    event.listen(Engine, "before_cursor_execute", counted)
    start = time.process_time()
    for n in range(rounds):
        await do(n)
    spent = time.process_time() - start
    event.remove(Engine, "before_cursor_execute", counted)
    return spent / rounds * 1000, statements / rounds


async def measured(grown: Grown) -> Costs:
    """Measure everything at the present size."""
    found: Costs = {}
    await asyncio.to_thread(grown.queue_replies, ROUNDS + 1)
    found["apply a reply"] = await measure(grown.apply)
    for name, (path, headers) in PAGES.items():
        found[name] = await measure(lambda _, p=path, h=headers: grown.get(p, h))  # type: ignore[misc]
    quiet, busy = f"/reviews/{grown.review.slug}", f"/reviews/{grown.busy.slug}"
    found["review page, 200 replies, made"] = await measure(lambda _: grown.get(quiet, HTML))
    found["the same, kept"] = await measure(lambda _: grown.kept(quiet, HTML))
    found["page with all replies in one thread, made"] = await measure(
        lambda _: grown.get(busy, HTML), 3
    )
    found["the same, kept "] = await measure(lambda _: grown.kept(busy, HTML))
    publish = await measure(grown.publish, 2)
    found["publish, all of it"] = publish
    found["publish, for each follower"] = (publish[0] / grown.size, 0)
    lease = await measure(grown.lease, 4)
    found["lease and settle a delivery"] = (lease[0] / LEASED, 0)
    found["tidy, with nothing to do"] = await measure(grown.tidy, 2)
    return found


async def _run(parts: Parts, settings: Settings) -> tuple[dict[int, Costs], dict[str, int]]:
    made = await asyncio.to_thread(furnish, parts, generate_rsa(), long_thread=1)
    site, now = parts.site, datetime.now(UTC)
    author = site.accounts.authors()[0]
    with parts.database.transaction() as tx:
        actors.add_follower(tx, author.id, PERSON, follow=f"{PERSON}#f", now=now)
    fields = {"kind": "film", "title": "The Busy Corridor", "rating": "8", "body": "x"}
    busy = site.publishing.publish(author, draft_from_fields(fields, scale=Scale()))
    with parts.database.snapshot() as tx:
        review = reviews.get(tx, made.id)
    bench = Bench(create_app(settings, with_worker=False), {"site": site})
    grown = Grown(parts, bench, review, busy)
    results, taken = {}, {}
    for size in SIZES:
        taken = await asyncio.to_thread(grown.grow, size)
        results[size] = await measured(grown)
    return results, taken


async def main(*, keep: bool) -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load({"FEDREVIEW_BASE_URL": BASE, "FEDREVIEW_DATA_DIR": folder})
        parts = await asyncio.to_thread(build_parts, settings)
        results, taken = await _run(parts, settings)
        await parts.aclose()
    figure = Figure(
        "growth",
        "CPU ms of one thing (statements) with so many reviews, replies and followers",
        ["what", *(f"{size:,}" for size in SIZES), "last / second"],
    )
    for name in results[SIZES[0]]:
        row = [results[size][name] for size in SIZES]
        cells = [f"{ms:.2f} ({asked:.0f})" if asked else f"{ms:.3f}" for ms, asked in row]
        figure.add(name.strip(), *cells, f"{row[-1][0] / row[1][0]:.1f}")
    each = ", ".join(f"a {name} {size:,}" for name, size in taken.items())
    figure.note(f"Bytes in the SQLite file, with indices: {each}.")
    for name, size in _on_postgresql().items():
        figure.note(f"Bytes in PostgreSQL, with indices: a {name} {size:,}.")
    figure.note("What grows with the number of followers is given for each of them as well.")
    figure.show(keep=keep)


def _on_postgresql() -> dict[str, int]:
    """Give how many bytes a further reply and follower take there."""
    offer_postgresql()
    try:
        with Postgresql().fresh() as url, tempfile.TemporaryDirectory() as folder:
            settings = Settings.load(
                {
                    "FEDREVIEW_BASE_URL": BASE,
                    "FEDREVIEW_DATA_DIR": folder,
                    "FEDREVIEW_DATABASE_URL": url,
                }
            )
            parts = build_parts(settings)
            made = furnish(parts, generate_rsa(), long_thread=1)
            author = parts.site.accounts.authors()[0]
            with parts.database.transaction() as tx:
                now = datetime.now(UTC)
                actors.add_follower(tx, author.id, PERSON, follow=f"{PERSON}#f", now=now)
            with parts.database.snapshot() as tx:
                review = reviews.get(tx, made.id)
            taken = Grown(parts, None, review, review).grow(5_000)
            parts.database.close()
            return taken
    finally:
        withdraw_postgresql()


@click.command()
@click.option("--keep", is_flag=True, help="Put the table into docs/benchmarks.md.")
def command(keep: bool) -> None:
    """Measure what everything costs on a site that has grown."""
    asyncio.run(main(keep=keep))


if __name__ == "__main__":
    command()
