"""The command: set up, serve, work, publish, look after the site."""

import asyncio
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import click
import structlog
import uvicorn
from rich.console import Console
from rich.progress import Progress

from fedreview import __version__
from fedreview.app import Parts, build_parts, create_app, use_threads
from fedreview.domain.actor import Author
from fedreview.domain.rating import Scale
from fedreview.errors import ConfigurationError, FedreviewError, InvalidInput, RemoteFailure
from fedreview.services.demonstrating import EXAMPLES, Demonstrating
from fedreview.services.drafting import draft_from_fields, fields_from_file
from fedreview.settings import Settings

LOW_DISK_BYTES = 500 * 1024**2
GRACE_SECONDS = 10

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(*lines: str) -> NoReturn:
    """Say what is wrong, a line each, and end with status 1."""
    for line in lines:
        err.print("[red]✗[/]", line, markup=True)
    sys.exit(1)


def load_settings() -> Settings:
    """Read the settings, or end with every problem named."""
    try:
        return Settings.load(os.environ)
    except ConfigurationError as error:
        fail(*error.problems)


def configure_logs(settings: Settings) -> None:
    """Send our log and the libraries' to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                last,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for chatty in ("uvicorn.error", "alembic", "httpcore", "httpx", "PIL", "markdown_it"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def opened_site(settings: Settings, *, current: bool = True) -> Iterator[Parts]:
    """Give the parts of the site, and end in one line when something is wrong with it.

    current: whether the schema must be up to date.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        parts = build_parts(settings)
        try:
            if current and not parts.site.maintaining.is_current():
                fail("The database is not ready for this version. Run: fedreview migrate")
            yield parts
        finally:
            parts.database.close()
    except InvalidInput as error:
        fail(*(f"{field}: {text}" for field, text in error.problems.items()))
    except ConfigurationError as error:
        fail(*error.problems)
    except FedreviewError as error:
        fail(str(error))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fedreview")
def main() -> None:
    """Publish reviews, and be followed, liked and answered from the fediverse."""


@main.command()
def init() -> None:
    """Make the data folder, the database and the site's keys. Safe to repeat."""
    settings = load_settings()
    with opened_site(settings, current=False) as parts:
        parts.site.maintaining.migrate()
        parts.site.accounts.initialise()
    settings.media_dir.mkdir(parents=True, exist_ok=True)
    out.print(f"[green]✓[/] Ready in {settings.data_dir}, for {settings.base_url}")


@main.command()
def migrate() -> None:
    """Bring the database up to date with this version."""
    with opened_site(load_settings(), current=False) as parts:
        parts.site.maintaining.migrate()
        parts.site.accounts.initialise()
    out.print("[green]✓[/] The database is up to date.")


@main.command()
@click.option("--host", help="Address to listen on, instead of FEDREVIEW_HOST.")
@click.option("--port", type=int, help="Port to listen on, instead of FEDREVIEW_PORT.")
@click.option("--no-worker", is_flag=True, help="Leave deliveries to `fedreview work`.")
def serve(host: str | None, port: int | None, no_worker: bool) -> None:
    """Serve the site, and deliver and apply in the background."""
    settings = load_settings()
    configure_logs(settings)
    host, port = host or settings.host, port or settings.port
    with opened_site(settings) as parts:
        parts.site.accounts.initialise()
        token = parts.site.accounts.offer_setup()
    err.print(f"Serving [bold]{settings.base_url}[/] on {host}:{port}. Stop with Ctrl+C.")
    _warn_about_port(settings, port)
    if token:
        err.print("No author yet. Open this link once to make the first:")
        err.print(f"  [bold]{settings.base_url}/setup?token={token}[/]")
    uvicorn.run(
        create_app(settings, with_worker=not no_worker),
        host=host,
        port=port,
        # Proxies are believed by our own middleware, from FEDREVIEW_TRUSTED_PROXIES only.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _warn_about_port(settings: Settings, port: int) -> None:
    base = urlsplit(settings.base_url)
    if base.hostname in {"localhost", "127.0.0.1"} and base.port != port and not settings.is_https:
        err.print(
            f"[yellow]![/] The site calls itself {settings.base_url}, but listens on port {port}: "
            f"set FEDREVIEW_BASE_URL=http://localhost:{port} or links will not work."
        )


@main.command()
def work() -> None:
    """Deliver and apply, without serving pages: beside `fedreview serve --no-worker`."""
    settings = load_settings()
    configure_logs(settings)
    with opened_site(settings):
        pass
    err.print("Working. Stop with Ctrl+C.")
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    use_threads()
    parts = await asyncio.to_thread(build_parts, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, parts.worker.stop)
    try:
        await parts.worker.run()
    finally:
        await parts.aclose()


@main.group()
def user() -> None:
    """Make authors, and help them back in."""


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@user.command("create")
@click.argument("username")
@click.option("--name", default="", help="As readers see it; else the user name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_create(username: str, name: str, password_stdin: bool) -> None:
    """Make an author. USERNAME is the first half of their handle, and stays for ever."""
    password = _password(from_stdin=password_stdin)
    with opened_site(load_settings()) as parts:
        parts.site.accounts.initialise()
        author = parts.site.accounts.create(username=username, name=name, password=password)
        handle = parts.site.urls.handle(author.username)
    out.print(f"[green]✓[/] @{handle} can sign in.")


@user.command("password")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_password(username: str, password_stdin: bool) -> None:
    """Give an author another password, and end all their sessions."""
    password = _password(from_stdin=password_stdin)
    with opened_site(load_settings()) as parts:
        parts.site.accounts.reset_password(username, password)
    out.print(f"[green]✓[/] {username} can sign in with the new password.")


def _author(parts: Parts, username: str | None) -> Author:
    authors = parts.site.accounts.authors()
    if username:
        wanted = username.removeprefix("@").lower()
        found = next((author for author in authors if author.username == wanted), None)
        return found or fail(f"There is no author {username}.")
    if len(authors) == 1:
        return authors[0]
    if not authors:
        fail("There is no author yet. Run: fedreview user create NAME")
    fail(f"Say who writes, with --author: {', '.join(author.username for author in authors)}.")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--author", help="Who writes; needed only when there are several authors.")
@click.option("--json", "as_json", is_flag=True, help="Print page and id as JSON.")
def publish(file: Path, author: str | None, as_json: bool) -> None:
    """Publish FILE: Markdown after YAML front matter with the fields of the form.

    What the fields are: docs/publishing-files.md.
    """
    with opened_site(load_settings()) as parts:
        writer, site = _author(parts, author), parts.site
        fields, cover_path = fields_from_file(file.read_text(encoding="utf-8"))
        draft = draft_from_fields(fields, scale=Scale())
        cover = None
        if cover_path:
            picture = file.parent / cover_path
            if not picture.is_file():
                fail(f"cover: there is no file {picture}")
            cover = site.picturing.keep(picture.read_bytes())
        review = site.publishing.publish(writer, draft, cover=cover)
        page, uri = site.urls.review_page(review.slug), site.urls.review(review.id)
    if as_json:
        click.echo(json.dumps({"url": page, "id": uri}))
    else:
        out.print(f"[green]✓[/] {page}")


@main.command()
@click.option("--author", help="Who writes; needed only when there are several authors.")
def demo(author: str | None) -> None:
    """Fill an empty site with a few reviews and a conversation, to look around in."""
    with opened_site(load_settings()) as parts:
        writer = _author(parts, author)
        demonstrating = Demonstrating(
            database=parts.database,
            urls=parts.site.urls,
            publishing=parts.site.publishing,
            picturing=parts.site.picturing,
            now=parts.site.now,
            new_id=parts.site.publishing.new_id,
        )
        demonstrating.refuse_unless_empty()
        with Progress(console=err) as progress:
            task = progress.add_task("Writing reviews", total=len(EXAMPLES))
            for _ in demonstrating.fill(writer):
                progress.advance(task)
    out.print(f"[green]✓[/] Look at {load_settings().base_url}")


@main.command()
def doctor() -> None:
    """Look for what is wrong, and say what to do about it."""
    settings = load_settings()
    out.print("[green]✓[/] The settings can be used.")
    with opened_site(settings, current=False) as parts:
        problems = [*_examine(settings, parts), *asyncio.run(_examine_outside(parts))]
    if problems:
        sys.exit(1)
    out.print("[green]✓[/] All is well.")


def _report(problems: list[str], *, good: bool, yes: str, no: str) -> None:
    out.print(f"[green]✓[/] {yes}" if good else f"[red]✗[/] {no}")
    if not good:
        problems.append(no)


def _examine(settings: Settings, parts: Parts) -> list[str]:
    """Check what can be checked without the network."""
    problems: list[str] = []
    site = parts.site
    _report(
        problems,
        good=os.access(settings.data_dir, os.W_OK),
        yes=f"{settings.data_dir} can be written.",
        no=f"{settings.data_dir} cannot be written by this user.",
    )
    _report(
        problems,
        good=shutil.disk_usage(settings.data_dir).free > LOW_DISK_BYTES,
        yes="There is room on the disk.",
        no="Less than 500 MB are free on the disk.",
    )
    is_current = site.maintaining.is_current()
    _report(
        problems,
        good=is_current,
        yes="The database is up to date.",
        no="The database is not up to date. Run: fedreview migrate",
    )
    if not is_current:
        return problems
    _report(
        problems,
        good=site.accounts.is_set_up(),
        yes="There is an author.",
        no="There is no author. Run: fedreview user create NAME",
    )
    _report(
        problems,
        good=settings.is_https or settings.allow_private_network,
        yes=f"The site calls itself {settings.base_url}.",
        no="FEDREVIEW_BASE_URL is not https: other servers will not talk to it.",
    )
    report = site.maintaining.queues()
    out.print(f"  Deliveries: {_counts(report.deliveries)}. Arrivals: {_counts(report.arrivals)}.")
    return problems


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "none"


async def _examine_outside(parts: Parts) -> list[str]:
    """Check that the site can be reached by the name that other servers use."""
    problems: list[str] = []
    address = f"{parts.site.urls.base}/.well-known/nodeinfo"
    try:
        await parts.client.get_json(address, accept=("application/json",))
        reason = ""
    except RemoteFailure as error:
        reason = str(error)
    await parts.client.aclose()
    _report(
        problems,
        good=not reason,
        yes=f"{address} answers.",
        no=f"{address} does not answer ({reason}). Is the server running, and the proxy right?",
    )
    return problems
