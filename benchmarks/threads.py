"""What a conversation costs: the page of a review with 2, 200 and 2,000 replies.

Run: .venv/bin/python benchmarks/threads.py
In one process and without sockets, as hot_paths.py. "made" is a page that is not kept yet,
"kept" one that is, and "glance" the look at the database that tells whether it still is.
"""

import asyncio
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from hot_paths import BASE, PERSON, ROUNDS, Bench, Measured, converse, measure
from rich.console import Console
from rich.table import Table

from fedreview.app import Parts, build_parts, create_app
from fedreview.domain.actor import RemoteActor
from fedreview.domain.outline import outline
from fedreview.domain.rating import Scale
from fedreview.domain.review import Review
from fedreview.services.drafting import draft_from_fields
from fedreview.settings import Settings
from fedreview.storage import actors, outlines, threads

SIZES = (2, 200, 2_000)
FEW = 40
"""Rounds for what is made anew each time."""


def furnish(parts: Parts) -> dict[int, Review]:
    """Make a review for each size of a conversation."""
    site = parts.site
    site.maintaining.migrate()
    site.accounts.initialise()
    author = site.accounts.create(username="anna", name="Anna", password="correct horse battery")
    now = datetime.now(UTC)
    made = {}
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
    for size in SIZES:
        fields = {"kind": "film", "title": f"With {size}", "rating": "8", "body": "Slow. " * 500}
        made[size] = site.publishing.publish(author, draft_from_fields(fields, scale=Scale()))
        with parts.database.transaction() as tx:
            actors.save(tx, person, [])
            converse(tx, site.urls, made[size].id, size, now=now)
    return made


def edit_all(parts: Parts, review: Review) -> None:
    """Let every reply be edited: then each is a part of what the version of the page says."""
    with parts.database.transaction() as tx:
        for brief in outlines.of_review(tx, review.id):
            note = threads.get(tx, brief.id)
            threads.change(tx, replace(note, html=note.html * 20, updated_at=note.published_at))


async def glance(parts: Parts, review: Review) -> Measured:
    """Measure the look alone."""

    def look(_: int) -> tuple[int, bytes]:
        parts.site.browsing.review_version(review.slug)
        return 200, b""

    async def call(n: int) -> tuple[int, bytes]:
        return look(n)

    return await measure(parts, "glance", call, 200)


def order(parts: Parts, review: Review) -> tuple[float, float]:
    """Give the milliseconds for reading a thread in brief, and for putting it in order."""
    with parts.database.snapshot() as tx:
        start = time.process_time()
        for _ in range(FEW):
            briefs = outlines.of_review(tx, review.id)
        read = time.process_time()
        for _ in range(FEW):
            outline([parts.site.urls.review(review.id)], briefs).page(1)
        done = time.process_time()
    return (read - start) / FEW * 1000, (done - read) / FEW * 1000


async def main() -> None:
    """Measure, and print the table."""
    console = Console()
    table = Table(title=f"CPU of one page of a thread, {ROUNDS} rounds")
    for column in ("page", "CPU ms", "read statements", "bytes", "gzipped"):
        table.add_column(column, justify="left" if column == "page" else "right")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load({"FEDREVIEW_BASE_URL": BASE, "FEDREVIEW_DATA_DIR": folder})
        parts = await asyncio.to_thread(build_parts, settings)
        made = await asyncio.to_thread(furnish, parts)
        bench = Bench(create_app(settings, with_worker=False), {"site": parts.site})
        html = {"Accept": "text/html", "Host": "reviews.example"}
        fresh = count()

        async def anew(path: str) -> tuple[int, bytes]:
            # Somebody who has just done something is shown a page that nobody else is.
            joined = "&" if "?" in path else "?"
            return await bench.call("GET", f"{path}{joined}done=x{next(fresh)}", html)

        async def row(name: str, measured: Measured) -> None:
            table.add_row(
                name,
                f"{measured.cpu_ms:.2f}",
                f"{measured.statements:.1f}",
                f"{measured.body_bytes:,}",
                f"{measured.packed_bytes:,}",
            )

        for size, review in made.items():
            path = f"/reviews/{review.slug}"
            await row(f"{size}, made", await measure(parts, "made", lambda _, p=path: anew(p), 200))
            await row(
                f"{size}, kept",
                await measure(parts, "kept", lambda _, p=path: bench.call("GET", p, html), 200),
            )
            await row(f"{size}, glance", await glance(parts, review))
        last = f"/reviews/{made[SIZES[-1]].slug}?replies=9"
        await row("2,000, made, page 9", await measure(parts, "9", lambda _: anew(last), 200))
        reading, ordering = await asyncio.to_thread(order, parts, made[SIZES[-1]])
        await asyncio.to_thread(edit_all, parts, made[SIZES[-1]])
        await row("2,000 edited, 1 KB each, glance", await glance(parts, made[SIZES[-1]]))
        await parts.aclose()
    console.print(table)
    console.print(f"2,000 in brief: {reading:.1f} ms to read, {ordering:.1f} ms to put in order")


if __name__ == "__main__":
    asyncio.run(main())
