"""The real programme under test, started as an operator starts it, and how to wait for it."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import httpx

from fedreview.app import build_parts
from fedreview.settings import Settings
from tests.databases import migrate
from tests.nursery import NOTHING, Forked

READY_WITHIN = 60.0
STOPPED_WITHIN = 30.0
SETTLED_WITHIN = 20.0
LOOK_EVERY = 0.05
LOG_SHOWN = 40_000

AUTHOR = "anna"
PASSWORD = "correct horse battery staple"

T = TypeVar("T")


def eventually(look: Callable[[], T], timeout: float = SETTLED_WITHIN) -> T:
    """Look again and again until there is something, and give it.

    look: gives a false value, or fails an assertion, for as long as it is too early.
    timeout: seconds; then the last failure is shown.
    """
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while True:
        failure: AssertionError | None = None
        found: T | None = None
        try:
            found = look()
        except AssertionError as error:
            failure = error
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {failure or found!r}") from failure
        pause.wait(LOOK_EVERY)


def free_port() -> int:
    """Give a port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def log_tail(path: Path) -> str:
    """Give the end of a log, as much as one wants to read under a failed test."""
    return path.read_text(errors="replace")[-LOG_SHOWN:] if path.exists() else ""


class FedreviewProcess:
    """One site: a data folder, and the processes that serve it.

    folder: an empty one; the log and what is published are kept beside the data.
    environment: settings that differ from these: SQLite, plain http, loopback is allowed, and
    some free port.
    arguments: for ``fedreview serve``.
    author: who writes there.

    starts_anew: whether each process imports the programme for itself, as whoever measures it
    wants; the tests do without.
    """

    starts_anew: ClassVar[bool] = True

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        author: str = AUTHOR,
    ) -> None:
        self.folder = folder
        self.author = author
        self.port = int((environment or {}).get("FEDREVIEW_PORT", free_port()))
        self.own_url = f"http://127.0.0.1:{self.port}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("FEDREVIEW_")}
        self.environment = {
            **inherited,
            "FEDREVIEW_BASE_URL": self.own_url,
            "FEDREVIEW_PORT": str(self.port),
            "FEDREVIEW_DATA_DIR": str(folder / "data"),
            "FEDREVIEW_ALLOW_PRIVATE_NETWORK": "1",
            **(environment or {}),
        }
        self.base_url = self.environment["FEDREVIEW_BASE_URL"]
        self._arguments = arguments
        self._published = 0
        self._process: subprocess.Popen[bytes] | Forked | None = None

    def __enter__(self) -> Self:
        self.prepare()
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def handle(self) -> str:
        """What one types into Mastodon's search to find the author."""
        return f"@{self.author}@{httpx.URL(self.base_url).netloc.decode('ascii')}"

    @property
    def actor_id(self) -> str:
        """The author's ActivityPub id."""
        return f"{self.base_url}/users/{self.author}"

    @property
    def trust(self) -> ssl.SSLContext:
        """What a reader trusts who knows the site's FEDREVIEW_CA_FILE."""
        return ssl.create_default_context(cafile=self.environment.get("FEDREVIEW_CA_FILE"))

    @property
    def pid(self) -> int:
        """The process that serves."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What the site wrote, over all its restarts."""
        return log_tail(self.folder / "serve.log")

    def prepare(self) -> None:
        """Set the site up and give it its author.

        What `fedreview init` and `fedreview user create` do, without starting Python twice and
        making the tables of SQLite each time: tests/stories/test_commands.py runs the commands.
        """
        settings = Settings.load(self.environment)
        settings.media_dir.mkdir(parents=True, exist_ok=True)
        if settings.database_url.startswith("sqlite"):
            migrate(settings.database_url)
        parts = build_parts(settings)
        try:
            parts.site.maintaining.migrate()
            parts.site.accounts.initialise()
            parts.site.accounts.create(username=self.author, name=self.author, password=PASSWORD)
        finally:
            asyncio.run(parts.aclose())

    def run(self, *arguments: str, typed: str = "", status: int = 0) -> str:
        """Run one command to its end, and give what it printed.

        status: with which it must end.
        """
        told, said = self.folder / "stdout", self.folder / "stderr"
        given = self.folder / "stdin"
        given.write_text(typed)
        for path in (told, said):
            path.write_text("")
        process = self._process_of(*arguments, typed=given, stdout=told, stderr=said)
        try:
            ended = process.wait(READY_WITHIN)
        finally:
            process.kill()
        everything = f"{told.read_text()}{said.read_text()}{self.log}"
        assert ended == status, f"fedreview {' '.join(arguments)}: {everything}"
        return told.read_text()

    def _process_of(
        self, *arguments: str, stdout: Path, stderr: Path, typed: Path = NOTHING
    ) -> "subprocess.Popen[bytes] | Forked":
        if not self.starts_anew:
            return Forked(
                *arguments,
                environment=self.environment,
                folder=self.folder,
                stdout=stdout,
                stderr=stderr,
                typed=typed,
            )
        with typed.open("rb") as given, stdout.open("ab") as told, stderr.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "fedreview", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=given,
                stdout=told,
                stderr=said,
            )

    def start(self) -> None:
        """Serve, and come back when the site is healthy."""
        log = self.folder / "serve.log"
        self._process = self._process_of("serve", *self._arguments, stdout=log, stderr=log)
        with httpx.Client() as client:
            eventually(lambda: self._is_healthy(client), READY_WITHIN)

    def _is_healthy(self, client: httpx.Client) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"fedreview serve ended: {self.log}")
        try:
            return client.get(f"{self.own_url}/healthz").is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Ask it to end, as systemd does. Fails when it does not."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does: nothing is finished, nothing is said."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Serve again, on the same port, whether or not it still runs."""
        self.stop()
        self.start()

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"fedreview serve did not end: {self.log}") from None

    def publish(self, markdown: str) -> dict[str, Any]:
        """Publish a file through the command line, and give what the command says of it."""
        self._published += 1
        path = self.folder / f"review-{self._published}.md"
        path.write_text(markdown)
        told = self.run("publish", str(path), "--author", self.author, "--json")
        said: dict[str, Any] = json.loads(told)
        return said

    def login(self) -> httpx.Client:
        """Sign the author in through the form, and give an unopened client with the session."""
        trust, headers = self.trust, {"Origin": self.base_url}
        with httpx.Client(base_url=self.base_url, headers=headers, verify=trust) as client:
            form = {"username": self.author, "password": PASSWORD}
            answer = client.post("/login", data=form)
            said = f"{answer.status_code} {answer.text[:500]} {self.log}"
            assert answer.status_code == 303, said
            assert client.cookies, said
            return httpx.Client(
                base_url=self.base_url,
                headers=client.headers,
                cookies=client.cookies,
                verify=trust,
            )
