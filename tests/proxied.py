"""A real reverse proxy, run with the files of deploy/, before a server that echoes requests."""

import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

DEPLOY = Path(__file__).parents[1] / "deploy"
START_SECONDS = 20


def free_port() -> int:
    """A port of the loopback address that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: bytes) -> None:
        """Tell what arrived, as ActivityStreams that depends on Accept."""
        document = {
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body_bytes": len(body),
            "padding": " " * 2000,
        }
        content = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/activity+json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Vary", "Accept")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest's output is for failures."""


@contextmanager
def echo_server() -> Iterator[int]:
    """Run the server behind the proxy; gives its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def running(
    command: Sequence[str], *, port: int, log: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """Run a proxy for as long as the block lasts, from when its port answers."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
        ) as process,
    ):
        try:
            _wait_for(process, port, log)
            yield
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        assert time.monotonic() < deadline, log.read_text()
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(log.read_text())


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def caddy_with_own_authority(folder: Path, upstreams: Mapping[int, int]) -> Iterator[Path]:
    """Run Caddy with deploy/Caddyfile before several servers, each as https://localhost:port.

    folder: where it keeps everything; its log is "log".
    upstreams: for each port that Caddy listens on, the port of the server behind it.

    Gives the certificate of its authority, which nobody trusts but who is told to.
    """
    config: dict[str, Any] = {
        "admin": {"disabled": True, "config": {"persist": False}},
        "apps": {
            "http": {
                "servers": {
                    str(port): _behind_caddy(folder, port, upstream)
                    for port, upstream in upstreams.items()
                }
            },
            "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
        },
    }
    path = folder / "caddy.json"
    path.write_text(json.dumps(config))
    command = ["caddy", "run", "--config", str(path)]
    authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    log, first = folder / "log", next(iter(upstreams))
    with running(command, port=first, log=log, environment=_homes(folder)):
        for port in upstreams:
            _wait_for_certificate(port, authority, log)
        yield authority


def _behind_caddy(folder: Path, port: int, upstream: int) -> dict[str, Any]:
    """Give the part of Caddy's configuration that deploy/Caddyfile makes for one server."""
    names = {
        "SITE_ADDRESS": f"https://localhost:{port}",
        "UPSTREAMS": f"127.0.0.1:{upstream}",
    }
    adapted = subprocess.run(
        ["caddy", "adapt", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **_homes(folder), **names},
    )
    (server,) = json.loads(adapted.stdout)["apps"]["http"]["servers"].values()
    # The redirects from http would need port 80, which is not the tests' to take.
    return {
        **server,
        "listen": [f"127.0.0.1:{port}"],
        "automatic_https": {"disable_redirects": True},
    }


def _homes(folder: Path) -> dict[str, str]:
    return dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))


def _wait_for_certificate(port: int, authority: Path, log: Path) -> None:
    """Caddy listens before it has issued its certificates."""
    deadline = time.monotonic() + START_SECONDS
    pause = Event()
    while not _is_vouched_for(port, authority):
        assert time.monotonic() < deadline, log.read_text()
        pause.wait(0.05)


def _is_vouched_for(port: int, authority: Path) -> bool:
    try:
        context = ssl.create_default_context(cafile=authority)
        with (
            socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname="localhost"),
        ):
            return True
    except OSError:
        return False
