"""Many people on a few servers of loopback: they send what was signed, and count what comes."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.domain.actor import ActorId, Author, RemoteActor
from fedreview.signatures import cavage
from fedreview.signatures.keys import PrivateKey, generate_rsa, public_pem
from fedreview.storage import accounts, actors
from fedreview.storage.actors import KnownKey
from fedreview.storage.database import Database
from tests.servers import AUTHOR, free_port

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"

SENDERS = 8
"""How many connections of the crowd are busy sending at once."""

TRY_AGAIN_AFTER = 0.1
PATIENCE = 60.0
"""Seconds; whoever is not told 202 for so long has been turned away for good."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it is sent, again and again, until it is answered with 202."""

    body: bytes
    headers: dict[str, str]


class Crowd:
    """People with one inbox each, spread over some addresses; one event loop serves them all.

    people: how many. addresses: over how many of 127.0.0.2 and following they are spread.
    slow: how many of these addresses answer only after a while.

    They share one key: what is tested is not how it was made.
    """

    SLOWLY = 0.2

    def __init__(self, *, people: int, addresses: int = 30, slow: int = 3) -> None:
        self._port = free_port()
        self._addresses = [f"127.0.0.{2 + n}" for n in range(addresses)]
        self._slow = frozenset(self._addresses[:slow])
        self._pem = generate_rsa()
        self._public_pem = public_pem(self._pem)
        self._lock = threading.Lock()
        self._deliveries: Counter[tuple[str, str]] = Counter()
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._talking: set[asyncio.StreamWriter] = set()
        self.people = [f"{self._base(n)}/users/p{n}" for n in range(people)]

    def _base(self, n: int) -> str:
        return f"http://{self._addresses[n % len(self._addresses)]}:{self._port}"

    def __enter__(self) -> Self:
        self._loop.run_until_complete(self._listen())
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        for address in self._addresses:
            serve = self._slowly if address in self._slow else self._at_once
            self._servers.append(await asyncio.start_server(serve, address, self._port))

    async def _hang_up(self) -> None:
        for server in self._servers:
            server.close()
        for writer in set(self._talking):
            writer.close()
        # Not cancelled: the streams of Python 3.11 complain of it.
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    def deliveries(self) -> Counter[tuple[str, str]]:
        """Count how often each activity came to each inbox, as pairs of their ids."""
        with self._lock:
            return self._deliveries.copy()

    def key(self, person: str) -> PrivateKey:
        """Give what somebody signs with."""
        return PrivateKey.load(f"{person}#main-key", self._pem)

    def follow(self, database_url: str) -> None:
        """Let all of them follow the author already when the story begins."""
        database, now = Database(database_url), datetime.now(UTC)
        with database.transaction() as tx:
            author = accounts.find_author(tx, AUTHOR)
            assert isinstance(author, Author)
            for person in self.people:
                actor, key = self._known(person, now)
                actors.save(tx, actor, [key])
                actors.add_follower(tx, author.id, actor.id, follow=f"{person}#follow", now=now)
        database.close()

    def _known(self, person: str, now: datetime) -> tuple[RemoteActor, KnownKey]:
        name, where = person.rpartition("/")[2], urlsplit(person).netloc
        actor = RemoteActor(
            id=ActorId(person),
            type="Person",
            handle=f"{name}@{where}",
            name=name,
            inbox=f"{person}/inbox",
            shared_inbox="",
            url=person,
            icon_url="",
            fetched_at=now,
        )
        pem = self._public_pem
        return actor, KnownKey(id=f"{person}#main-key", owner=actor.id, pem=pem, fetched_at=now)

    def reply(self, n: int, *, inbox: str, in_reply_to: str, text: str) -> Signed:
        """Write and sign the n-th public reply, of one person after the other."""
        person = self.people[n % len(self.people)]
        note = {
            "id": f"{person}/notes/{n}",
            "type": "Note",
            "attributedTo": person,
            "inReplyTo": in_reply_to,
            "content": f"<p>{text}</p>",
            "published": datetime.now(UTC).isoformat(),
            "to": [PUBLIC],
        }
        return self.sign(person, f"{person}/activities/{n}", "Create", note, inbox=inbox)

    def sign(self, person: str, id: str, kind: str, thing: Any, *, inbox: str) -> Signed:
        """Sign an activity of somebody's for an inbox."""
        activity = {
            "@context": CONTEXT,
            "id": id,
            "type": kind,
            "actor": person,
            "object": thing,
        }
        body = json.dumps(activity).encode()
        signature = cavage.sign(
            self.key(person),
            method="POST",
            url=inbox,
            body=body,
            now=datetime.now(UTC),
            content_type=ACTIVITY_JSON,
        )
        return Signed(body, {"Content-Type": ACTIVITY_JSON, **signature})

    async def _at_once(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._converse(reader, writer, after=0.0)

    async def _slowly(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._converse(reader, writer, after=self.SLOWLY)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, after: float
    ) -> None:
        """Answer requests on one connection for as long as its client keeps it."""
        self._talking.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path, _ = head.split(" ", 2)
                names = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:-2])
                body = await reader.readexactly(int(names.get("content-length", "0")))
                if method == "POST":
                    self._keep(f"http://{names['host']}{path}", body)
                await asyncio.sleep(after)
                answer = b"" if method == "POST" else self._document(names["host"], path)
                writer.write(_answer(202 if method == "POST" else 200, answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._talking.discard(writer)
            writer.close()

    def _keep(self, inbox: str, body: bytes) -> None:
        with self._lock:
            self._deliveries[json.loads(body)["id"], inbox] += 1

    def _document(self, host: str, path: str) -> bytes:
        person = f"http://{host}{path}"
        document = {
            "@context": [CONTEXT, "https://w3id.org/security/v1"],
            "id": person,
            "type": "Person",
            "preferredUsername": path.rpartition("/")[2],
            "inbox": f"{person}/inbox",
            "publicKey": {
                "id": f"{person}#main-key",
                "owner": person,
                "publicKeyPem": self._public_pem,
            },
        }
        return json.dumps(document).encode()


def _answer(status: int, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} Well\r\nContent-Type: {ACTIVITY_JSON}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Senders:
    """Bring signed requests to a site until each was answered with 202, as servers do.

    doors: base URLs of the processes that serve the site; who finds one shut tries the next.
    """

    def __init__(self, doors: Sequence[str], path: str) -> None:
        self._urls = [f"{door}{path}" for door in doors]
        self._pool = ThreadPoolExecutor(SENDERS)
        self._clients = threading.local()
        self._pause = threading.Event()
        self._lock = threading.Lock()
        self._opened: list[httpx.Client] = []
        self.answers: Counter[int] = Counter()

    def start(self, signed: Sequence[Signed]) -> Callable[[], None]:
        """Bring these in the background; gives what waits until all of them are there."""
        tasks = [self._pool.submit(self._bring, each, n) for n, each in enumerate(signed)]

        def wait() -> None:
            for task in tasks:
                task.result(PATIENCE)

        return wait

    def close(self) -> None:
        """Give the connections back."""
        self._pool.shutdown()
        for client in self._opened:
            client.close()

    def _bring(self, signed: Signed, first: int) -> None:
        tries = int(PATIENCE / TRY_AGAIN_AFTER)
        for n in range(tries):
            status = self._try(self._urls[(first + n) % len(self._urls)], signed)
            with self._lock:
                self.answers[status] += 1
            if status == 202:
                return
            self._pause.wait(TRY_AGAIN_AFTER)
        raise AssertionError(f"never taken: {self.answers}")

    def _try(self, url: str, signed: Signed) -> int:
        """Send once; 0 when there was no answer."""
        try:
            return self._client().post(url, content=signed.body, headers=signed.headers).status_code
        except httpx.TransportError:
            return 0

    def _client(self) -> httpx.Client:
        if not hasattr(self._clients, "one"):
            self._clients.one = httpx.Client(timeout=30)
            with self._lock:
                self._opened.append(self._clients.one)
        client: httpx.Client = self._clients.one
        return client
