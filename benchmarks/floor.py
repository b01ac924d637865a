"""The least that an inbox can do: check digest and signature, keep the row, answer 202.

Run by benchmarks/inbound.py as a process of its own. Of what makes a signature mean something
nothing is left out: it covers digest, time, host and target, is of the last twelve hours, and is
by the actor, who has the activity's host. No limit is kept, nobody is blocked, nothing is parsed
but what the row needs, and the keys are loaded before.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvicorn
from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedreview.signatures.freshness import instant_from_http_date
from fedreview.signatures.keys import PublicKey
from fedreview.storage.queue_tables import ArrivalRow

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_INPUT = re.compile(r'sig1=(\(([^)]*)\);created=([0-9]+);keyid="([^"]*)".*)')
_OLDEST, _SKEW = timedelta(hours=12), timedelta(hours=1)

_INSERT = """
INSERT INTO arrivals (activity, actor, type, body, state, failures, received_at, due_at,
                      last_error, sender, is_proved, signed_at)
VALUES (?, ?, 'CreateNote', ?, 'waiting', 0, ?, ?, '', ?, 1, ?)
ON CONFLICT DO NOTHING
"""


class Writer:
    """Keeps rows: all that came while the last commit went on go into the next one."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        dialect = sqlite.dialect()
        table = cast("Table", ArrivalRow.__table__)
        self._connection.execute(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            self._connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
        self._waiting: list[tuple[tuple[object, ...], asyncio.Future[None]]] = []
        self._came = asyncio.Event()

    async def keep(self, row: tuple[object, ...]) -> None:
        """Keep a row; comes back after the commit."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((row, kept))
        self._came.set()
        await kept

    async def run(self) -> None:
        """Commit for ever."""
        while True:
            await self._came.wait()
            self._came.clear()
            group, self._waiting = self._waiting, []
            await asyncio.to_thread(self._commit, [row for row, _ in group])
            for _, kept in group:
                kept.set_result(None)

    def _commit(self, rows: list[tuple[object, ...]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(_INSERT, rows)
        self._connection.execute("COMMIT")


def _refuse_stale(signed_at: datetime) -> None:
    if not -_SKEW <= datetime.now(UTC) - signed_at <= _OLDEST:
        raise ValueError("too old, or of the future")


def _cavage(request: Request, digest: str, base_url: str) -> tuple[str, bytes, bytes]:
    said = dict(_PARAMETER.findall(request.headers["signature"]))
    if not hmac.compare_digest(request.headers["digest"], f"SHA-256={digest}"):
        raise ValueError("digest")
    covered = said["headers"].split()
    if not {"(request-target)", "host", "date", "digest"}.issubset(covered):
        raise ValueError("covers too little")
    if request.headers["host"] != base_url.partition("://")[2]:
        raise ValueError("host")
    _refuse_stale(instant_from_http_date(request.headers["date"]))
    target = f"post {request.scope['raw_path'].decode()}"
    base = "\n".join(
        f"{name}: {target if name[0] == '(' else request.headers[name]}" for name in covered
    )
    return said["keyId"], base.encode(), base64.b64decode(said["signature"])


def _rfc9421(request: Request, digest: str, base_url: str) -> tuple[str, bytes, bytes]:
    found = _INPUT.fullmatch(request.headers["signature-input"])
    if found is None or request.headers["content-digest"] != f"sha-256=:{digest}:":
        raise ValueError("signature")
    if not {'"@method"', '"@target-uri"', '"content-digest"'}.issubset(found[2].split()):
        raise ValueError("covers too little")
    _refuse_stale(datetime.fromtimestamp(int(found[3]), UTC))
    values = {
        "@method": "POST",
        "@target-uri": base_url + request.scope["raw_path"].decode(),
        "content-digest": request.headers["content-digest"],
        "content-type": request.headers["content-type"],
    }
    lines = [f"{name}: {values[name.strip(chr(34))]}" for name in found[2].split()]
    base = "\n".join([*lines, f'"@signature-params": {found[1]}'])
    signature = request.headers["signature"].removeprefix("sig1=:").removesuffix(":")
    return found[4], base.encode(), base64.b64decode(signature)


def make_app(path: Path, keys: dict[str, PublicKey], base_url: str) -> Starlette:
    """Make the floor. keys: by id."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, object]]:
        writer = Writer(path)
        task = asyncio.create_task(writer.run())
        yield {"writer": writer}
        task.cancel()

    async def post_inbox(request: Request) -> Response:
        body = await request.body()
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        key_id, base, signature = (
            _rfc9421(request, digest, base_url)
            if "signature-input" in request.headers
            else _cavage(request, digest, base_url)
        )
        key = keys[key_id]
        activity = json.loads(body)
        is_theirs = urlsplit(activity["id"]).netloc == urlsplit(key.owner).netloc
        if not key.verify(signature, base) or activity["actor"] != key.owner or not is_theirs:
            return Response(status_code=401)
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        await request.state.writer.keep(
            (activity["id"], activity["actor"], body, now, now, key.owner, now)
        )
        return Response(status_code=202)

    async def get_health(_: Request) -> Response:
        return Response()

    return Starlette(
        routes=[
            Route("/inbox", post_inbox, methods=["POST"]),
            Route("/healthz", get_health),
        ],
        lifespan=lifespan,
    )


def main(folder: Path, port: int) -> None:
    """Serve; keys.json in the folder gives the PEM of each owner."""
    keys = {
        key_id: PublicKey.from_pem(key_id, key_id.partition("#")[0], pem)
        for key_id, pem in json.loads((folder / "keys.json").read_text()).items()
    }
    uvicorn.run(
        make_app(folder / "floor.db", keys, f"http://127.0.0.1:{port}"),
        host="127.0.0.1",
        port=port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        loop="uvloop",
        http="httptools",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
