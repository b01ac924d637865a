"""The foreign server as the tests hold it: started, told what to do, asked what it got."""

import json
import os
import selectors
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Self

import httpx
import pytest

from tests.servers import SETTLED_WITHIN, STOPPED_WITHIN, eventually, log_tail

READY_WITHIN = 60.0
FOLDER = Path(__file__).parent / "peer"

Received = dict[str, Any]
"""An accepted activity: id, type, actor, recipient, verified, signature, proof, and the
document as it came, as Fedify reads it (compact) and with every term spelled out (expanded)."""


def need_node() -> None:
    """Skip the test where Node is missing; not in CI, where nothing may be missing."""
    if shutil.which("node") is None:
        lack = "Node.js 20 or later is not installed"
    elif not (FOLDER / "node_modules").is_dir():
        lack = "the peer's packages are not installed: npm ci in tests/interop/peer"
    else:
        return
    if os.environ.get("CI"):
        pytest.fail(lack)
    pytest.skip(lack)


class Peer:
    """A Fedify server on loopback, with the persons bob and carol.

    folder: for its log and, unless key_file says where, its keys.
    key_file: shared by several peers it saves the seconds that keys take.
    origin: as which the fediverse sees it, when a proxy stands before it.
    environment: added to ours, such as NODE_EXTRA_CA_CERTS.
    reads: the one signature scheme that it has heard of, "cavage" or "rfc9421"; else both.
    authorized_fetch: whether it shows its documents only to who signs the request for them.
    challenge: whether it answers 401 until a request carries the number that it asked for.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        key_file: Path | None = None,
        origin: str | None = None,
        environment: Mapping[str, str] | None = None,
        reads: str | None = None,
        authorized_fetch: bool = False,
        challenge: bool = False,
    ) -> None:
        need_node()
        self._log = folder / "peer.log"
        self._command = [
            "node",
            str(FOLDER / "peer.mjs"),
            f"--port={port}",
            f"--key-file={key_file or folder / 'peer-keys.json'}",
            *([f"--origin={origin}"] if origin else []),
            *([f"--reads={reads}"] if reads else []),
            *(["--authorized-fetch"] if authorized_fetch else []),
            *(["--challenge"] if challenge else []),
        ]
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(timeout=30)
        self.port = port
        self.origin = origin or ""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What it wrote: Fedify's warnings and errors."""
        return log_tail(self._log)

    def start(self) -> None:
        """Start it, and come back when it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout
        line = _first_line(self._process.stdout)
        assert line, f"the peer did not start: {self.log}"
        ready = json.loads(line)
        self.port, self.origin = ready["port"], ready["origin"]

    def stop(self) -> None:
        """End it. It would end by itself, too, when we are gone."""
        self._client.close()
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def actor(self, person: str = "bob") -> str:
        """Give a person's ActivityPub id."""
        return f"{self.origin}/users/{person}"

    def handle(self, person: str = "bob") -> str:
        """Give a person's handle."""
        return f"@{person}@{httpx.URL(self.origin).netloc.decode('ascii')}"

    def call(self, path: str, **wish: object) -> dict[str, Any]:
        """Let a person do something: ``call("reply", to=…, content=…)``. Fails when it cannot."""
        answer = self._client.post(self._control(path), json=wish)
        assert answer.is_success, f"{path} {wish}: {answer.text}\n{self.log}"
        told: dict[str, Any] = answer.json()
        return told

    def ask(self, path: str) -> Any:
        """Ask what it knows: received, refused, followers, state."""
        return self._client.get(self._control(path)).raise_for_status().json()

    def _control(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/control/{path}"

    def received(self) -> list[Received]:
        """All activities that it took for proved, the oldest first."""
        told: list[Received] = self.ask("received")
        return told

    def wait_for(
        self,
        type: str,
        predicate: Callable[[Received], bool] = lambda _: True,
        timeout: float = SETTLED_WITHIN,
    ) -> Received:
        """Wait for an activity of that type, and give the first that the predicate is true of."""

        def look() -> Received:
            received = self.received()
            fitting = [got for got in received if got["type"] == type and predicate(got)]
            assert fitting, f"no such {type} among {[(got['type'], got['id']) for got in received]}"
            return fitting[0]

        return eventually(look, timeout)


def is_about(id: str) -> Callable[[Received], bool]:
    """Make a predicate for ``wait_for``: the activity holds the object with this id."""

    def looks(received: Received) -> bool:
        inner = received["document"]["object"]
        return isinstance(inner, dict) and inner["id"] == id

    return looks


def _first_line(stream: IO[bytes]) -> bytes:
    """Read the first line; nothing when the process ends before it, or is too slow."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return stream.readline() if selector.select(READY_WITHIN) else b""
