"""What the hot paths cost: CPU milliseconds, statements and bytes, beside a bare endpoint.

Run: .venv/bin/python benchmarks/hot_paths.py
In one process and without sockets, so that only our own work is measured; ratios are what
travels from machine to machine.
"""

import asyncio
import gzip
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import event
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from fedreview.activitypub.urls import Urls
from fedreview.app import Parts, build_parts, create_app, new_id
from fedreview.domain.actor import ActorId, RemoteActor
from fedreview.domain.rating import Scale
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteId
from fedreview.services.collecting import PAGE
from fedreview.services.drafting import draft_from_fields
from fedreview.settings import Settings
from fedreview.signatures import cavage
from fedreview.signatures.keys import PrivateKey, generate_rsa, public_pem
from fedreview.storage import actors, threads
from fedreview.storage.actors import KnownKey
from fedreview.storage.database import Transaction
from fedreview.storage.threads import StoredNote

REPLIES = 200
LONG_THREAD = 2_000
ROUNDS = 200
BASE = "https://reviews.example"
PERSON = ActorId("https://remote.example/users/mara")
PARAGRAPH = "The corridor bends where the light gives out, and nobody says so twice. " * 6


@dataclass
class Measured:
    """One line of the table."""

    name: str
    cpu_ms: float
    statements: float
    body_bytes: int
    packed_bytes: int


class Bench:
    """Calls an ASGI application without a socket."""

    def __init__(self, app: Starlette, state: dict[str, Any]) -> None:
        self._app = app
        self._state = state

    async def call(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, bytes]:
        """Send one request; gives status and body."""
        sent: list[dict[str, Any]] = []
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("reviews.example", 443),
            "state": dict(self._state),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._app(scope, receive, send)  # type: ignore[arg-type]  # plain dicts are messages
        return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:])


@dataclass(frozen=True)
class Furnished:
    """Slug and id of a review with REPLIES replies, and the id of one with LONG_THREAD."""

    slug: str
    id: ReviewId
    long_id: ReviewId


def furnish(parts: Parts, pem: str, *, long_thread: int = LONG_THREAD) -> Furnished:
    """Make an author, and two reviews of about 5 KB with replies."""
    site = parts.site
    site.maintaining.migrate()
    site.accounts.initialise()
    author = site.accounts.create(username="anna", name="Anna", password="correct horse battery")
    fields = {
        "kind": "film",
        "title": "The Long Corridor",
        "rating": "8.5",
        "body": "\n\n".join([PARAGRAPH] * 12),
    }
    review = site.publishing.publish(author, draft_from_fields(fields, scale=Scale()))
    long = site.publishing.publish(
        author, draft_from_fields({**fields, "title": "The Longer Corridor"}, scale=Scale())
    )
    now = datetime.now(UTC)
    with parts.database.transaction() as tx:
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
        actors.save(tx, person, [key])
        converse(tx, site.urls, review.id, REPLIES, now=now)
        converse(tx, site.urls, long.id, long_thread, now=now)
    return Furnished(review.slug, review.id, long.id)


def converse(tx: Transaction, urls: Urls, id: ReviewId, replies: int, *, now: datetime) -> None:
    """Put replies under a review, some of them below others."""
    uri, notes = urls.review(id), f"https://remote.example/{id}"
    first = StoredNote(
        id=NoteId(""),
        uri="",
        type="Note",
        actor=PERSON,
        in_reply_to=uri,
        html="<p>I walked it, and I would walk it again.</p>",
        published_at=now,
        arrived_at=now,
        audience="public",
        review_id=id,
    )
    for n in range(replies):
        threads.add(
            tx,
            replace(
                first,
                id=NoteId(f"n{n}{id}"),
                uri=f"{notes}/{n}",
                in_reply_to=f"{notes}/{n - 1}" if n % 4 else uri,
                published_at=now + timedelta(seconds=n),
            ),
        )


async def measure(
    parts: Parts | None, name: str, call: Callable[[int], Awaitable[tuple[int, bytes]]], want: int
) -> Measured:
    """Call ROUNDS times after a warm-up; CPU is that of the whole process."""
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    for n in range(5):
        await call(n)
    if parts:
        event.listen(parts.database.engine, "before_cursor_execute", count)
    before = time.process_time()
    for n in range(5, ROUNDS + 5):
        status, body = await call(n)
        if status != want:
            raise RuntimeError(f"{name} answered {status}: {body[:200]!r}")
    spent = time.process_time() - before
    if parts:
        event.remove(parts.database.engine, "before_cursor_execute", count)
    packed = len(gzip.compress(body, 6)) if body else 0
    return Measured(name, spent / ROUNDS * 1000, statements / ROUNDS, len(body), packed)


async def page_url(parts: Parts, id: ReviewId, *, pages: int) -> str:
    """Walk so many pages through the replies; gives where the next one is."""

    def walk() -> str:
        at = ""
        for _ in range(pages):
            page = parts.site.collecting.of_review(id, "replies", at=at).document
            at = str(page["next"]).partition("after=")[2]
        return f"/ap/reviews/{id}/replies?after={at}"

    return await asyncio.to_thread(walk)


async def hello(_: object) -> PlainTextResponse:
    """Answer as little as Starlette can."""
    return PlainTextResponse("hello")


async def main() -> None:
    """Measure, and print the table."""
    pem = generate_rsa()
    key = PrivateKey.load(f"{PERSON}#main-key", pem)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load({"FEDREVIEW_BASE_URL": BASE, "FEDREVIEW_DATA_DIR": folder})
        parts = await asyncio.to_thread(build_parts, settings)
        made = await asyncio.to_thread(furnish, parts, pem)
        slug, review_id = made.slug, made.id
        last_page = await page_url(parts, made.long_id, pages=LONG_THREAD // PAGE - 1)
        bench = Bench(create_app(settings, with_worker=False), {"site": parts.site})
        floor = Bench(Starlette(routes=[Route("/", hello)]), {})

        async def post(n: int) -> tuple[int, bytes]:
            like = {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": f"{PERSON}#likes/{new_id()}-{n}",
                "type": "Like",
                "actor": PERSON,
                "object": parts.site.urls.review(review_id),
            }
            body = json.dumps(like).encode()
            headers = cavage.sign(
                key,
                method="POST",
                url=f"{BASE}/inbox",
                body=body,
                now=datetime.now(UTC),
                content_type="application/activity+json",
            )
            headers["Content-Type"] = "application/activity+json"
            return await bench.call("POST", "/inbox", headers, body)

        async def sign_only(n: int) -> tuple[int, bytes]:
            cavage.sign(
                key,
                method="POST",
                url=f"{BASE}/inbox",
                body=b"{}" * n,
                now=datetime.now(UTC),
                content_type="application/activity+json",
            )
            return 200, b""

        html = {"Accept": "text/html", "Host": "reviews.example"}
        activity = {"Accept": "application/activity+json", "Host": "reviews.example"}
        rows = [
            await measure(None, "Starlette, hello", lambda _: floor.call("GET", "/", {}), 200),
            await measure(parts, "front page", lambda _: bench.call("GET", "/", html), 200),
            await measure(
                parts,
                f"review page, {REPLIES} replies",
                lambda _: bench.call("GET", f"/reviews/{slug}", html),
                200,
            ),
            await measure(
                parts,
                "Article JSON",
                lambda _: bench.call("GET", f"/ap/reviews/{review_id}", activity),
                200,
            ),
            *[
                await measure(
                    parts,
                    f"{name}, {LONG_THREAD} replies",
                    lambda _, address=address: bench.call("GET", address, activity),
                    200,
                )
                for name, address in (
                    ("replies", f"/ap/reviews/{made.long_id}/replies"),
                    ("replies, last page", last_page),
                    ("context", f"/ap/reviews/{made.long_id}/context?page=1"),
                )
            ],
            await measure(
                parts, "actor JSON", lambda _: bench.call("GET", "/users/anna", activity), 200
            ),
            await measure(None, "signing one request (the sender's part)", sign_only, 200),
            await measure(parts, "inbox POST, warm key, with signing", post, 202),
        ]
        await parts.aclose()
    table = Table(title=f"CPU of one request, {ROUNDS} rounds")
    for column in ("path", "CPU ms", "x hello", "read statements", "bytes", "gzipped"):
        table.add_column(column, justify="left" if column == "path" else "right")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.cpu_ms:.2f}",
            f"{row.cpu_ms / rows[0].cpu_ms:.0f}",
            f"{row.statements:.1f}",
            f"{row.body_bytes:,}",
            f"{row.packed_bytes:,}",
        )
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(main())
