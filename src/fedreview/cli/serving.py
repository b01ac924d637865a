"""Run the long-lived processes: they end on Ctrl+C and SIGTERM, with what they began done."""

import asyncio
import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from urllib.parse import urlsplit

import click
import uvicorn

from fedreview.app import build_parts, create_app, use_threads
from fedreview.cli.doorstep import Doorstep
from fedreview.cli.ending import Ending
from fedreview.cli.logs import configure_logs
from fedreview.cli.speaking import err, fail, opened_site, plain
from fedreview.cli.tuning import collect_when_quiet, end_loading, use_few_heaps
from fedreview.errors import ConfigurationError
from fedreview.settings import Settings
from fedreview.web.state import Site

MOST_CONNECTIONS = 1_000
"""Open at once; more are told 503, and the memory that their bodies take stays bounded."""

GRACE_SECONDS = 5
"""For requests under way; the worker's own time comes after it."""

BACKLOG = 2048

STOPPED = "Stopped. What was not finished waits in the database."


@contextmanager
def prepared(settings: Settings, *, host: str, port: int) -> Iterator[list[socket.socket]]:
    """Open the port, check the site, and say where it is; gives the open sockets."""
    use_few_heaps()
    # First of all: when the port is taken, the set-up link of whoever has it must stay good.
    with listening(host, port) as sockets:
        with opened_site(settings) as parts:
            token = parts.site.accounts.offer_setup()
        configure_logs(settings)
        _introduce(settings, host=host, port=port, token=token)
        yield sockets


def _introduce(settings: Settings, *, host: str, port: int, token: str | None) -> None:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _announce(settings, f"Serving {settings.base_url} on {where}. Stop with Ctrl+C.")
    _warn_about_port(settings, port)
    if token:
        link = f"{settings.base_url}/setup?token={token}"
        _announce(settings, "No author yet. Open this link once to make the first:", link)


def _announce(settings: Settings, *lines: str) -> None:
    """Say something that no log level may hide, and that a collector of JSON can read."""
    if settings.log_format == "json":
        click.echo(json.dumps({"event": " ".join(lines), "level": "info"}), err=True)
    else:
        err.print("\n  ".join(plain(line) for line in lines))


def serve(
    settings: Settings, ending: Ending, sockets: list[socket.socket], *, with_worker: bool
) -> None:
    """Serve pages and inbox until a signal comes."""
    server = _Server(
        ending,
        uvicorn.Config(
            create_app(settings, with_worker=with_worker),
            http=Doorstep,
            # Nothing here speaks it.
            ws="none",
            # Proxies are believed by our own middleware, from FEDREVIEW_TRUSTED_PROXIES only.
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            lifespan="on",
            timeout_graceful_shutdown=GRACE_SECONDS,
            limit_concurrency=MOST_CONNECTIONS,
        ),
    )
    server.run(sockets=sockets)
    if server.started:
        _announce(settings, STOPPED)
    else:
        fail("The server could not start: the log above says why.")


class _Server(uvicorn.Server):
    def __init__(self, ending: Ending, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            # So it ends when the site could not be built; we say so in our words.
            self.should_exit = True
            return
        # Its own handlers are there by now, and know only of what came since.
        self.should_exit |= self._ending.is_asked
        end_loading()
        site: Site = self.lifespan.state["site"]
        self._collecting = asyncio.create_task(collect_when_quiet(site.precedence))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End in good order however often it is asked: terminals and managers both ask."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._collecting.cancel()
        await super().shutdown(sockets)


@contextmanager
def listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Open a socket for each address of a host.

    Raises ConfigurationError when one is taken or not ours.
    """
    with ExitStack() as opened:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            sockets = [
                opened.enter_context(
                    socket.create_server(address[:2], family=family, backlog=BACKLOG)
                )
                for family, *_, address in dict.fromkeys(found)
            ]
        except (OSError, UnicodeError) as error:
            problem = (
                f"Nobody can listen on port {port} of {host}: {_reason(error)}. "
                "Choose others with FEDREVIEW_HOST and FEDREVIEW_PORT, or --host and --port."
            )
            raise ConfigurationError([problem]) from error
        yield sockets


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "that is no name of a host"
    if isinstance(error, socket.gaierror) or error.errno is None:
        return error.strerror or str(error)
    # The error's own text repeats the address, as Python writes it.
    return os.strerror(error.errno)


def _warn_about_port(settings: Settings, port: int) -> None:
    base = urlsplit(settings.base_url)
    if base.hostname in {"localhost", "127.0.0.1"} and base.port != port and not settings.is_https:
        _announce(
            settings,
            f"The site calls itself {settings.base_url}, but listens on port {port}: "
            f"set FEDREVIEW_BASE_URL=http://localhost:{port} or links will not work.",
        )


def check(settings: Settings) -> None:
    """Refuse to work for a site that is not ready."""
    use_few_heaps()
    with opened_site(settings):
        configure_logs(settings)
        _announce(settings, "Working. Stop with Ctrl+C.")


async def work(settings: Settings, ending: Ending) -> None:
    """Deliver and apply until a signal comes."""
    use_threads()
    parts = await asyncio.to_thread(build_parts, settings)
    parts.worker.precedence.is_apart = True
    end_loading()
    loop = asyncio.get_running_loop()
    # Not the loop's own handlers: it takes them away before the process ends.
    ending.then(lambda: loop.is_closed() or loop.call_soon_threadsafe(parts.worker.stop))
    try:
        with parts.listener.running():
            await parts.worker.run()
    finally:
        await parts.aclose()
        _announce(settings, STOPPED)
