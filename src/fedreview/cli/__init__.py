"""The command: set up, serve, work, publish, look after the site.

What a command alone needs is imported in it: `fedreview --help` and a wrong setting must not
wait a second for a server that nobody starts.
"""

# ruff: noqa: PLC0415  (see above)

import json
import sys
import warnings
from getpass import GetPassWarning
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedreview import __version__
from fedreview.cli.blocklists import blocks
from fedreview.cli.databases import migrate_database
from fedreview.cli.ending import Ending
from fedreview.cli.keys import keys
from fedreview.cli.mailing import mail
from fedreview.cli.pictures import media
from fedreview.cli.searching import search
from fedreview.cli.speaking import (
    Commands,
    err,
    fail,
    good,
    load_settings,
    opened_site,
)
from fedreview.cli.tidying import tidy
from fedreview.cli.tuning import begin_loading

if TYPE_CHECKING:
    from fedreview.app import Parts
    from fedreview.domain.actor import Author

LARGEST_FILE_BYTES = 2 * 1024**2
"""More than any review may have, and less than a mistake."""

PORT = click.IntRange(1, 65535)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fedreview")
def main() -> None:
    """Publish reviews, and be followed, liked and answered from the fediverse."""


main.add_command(blocks)
main.add_command(keys)
main.add_command(search)
main.add_command(media)
main.add_command(mail)
main.add_command(migrate_database)
main.add_command(tidy)


@main.command()
def init() -> None:
    """Make the data folder, the database and the site's keys. Safe to repeat."""
    settings = load_settings()
    with opened_site(settings, current=False, new=True) as parts:
        parts.site.maintaining.migrate()
        parts.site.accounts.initialise()
        settings.media_dir.mkdir(parents=True, exist_ok=True)
    good(f"Ready in {settings.data_dir}, for {settings.base_url}")


@main.command()
def migrate() -> None:
    """Bring the database up to date with this version."""
    with opened_site(load_settings(), current=False, new=True) as parts:
        parts.site.maintaining.migrate()
        parts.site.accounts.initialise()
    good("The database is up to date.")


@main.command()
@click.option("--host", help="Address to listen on, instead of FEDREVIEW_HOST.")
@click.option("--port", type=PORT, help="Port to listen on, instead of FEDREVIEW_PORT.")
@click.option("--no-worker", is_flag=True, help="Leave deliveries to `fedreview work`.")
def serve(host: str | None, port: int | None, no_worker: bool) -> None:
    """Serve the site, and deliver and apply in the background."""
    ending = Ending()
    ending.listen()
    begin_loading()
    settings = load_settings()
    from fedreview.cli import serving  # see the top

    host, port = host or settings.host, port or settings.port
    with serving.prepared(settings, host=host, port=port) as sockets:
        serving.serve(settings, ending, sockets, with_worker=not no_worker)
    ending.finish()


@main.command()
def work() -> None:
    """Deliver and apply, without serving pages: beside `fedreview serve --no-worker`."""
    ending = Ending()
    ending.listen()
    begin_loading()
    settings = load_settings()
    import asyncio  # see the top

    from fedreview.cli import serving  # see the top

    serving.check(settings)
    asyncio.run(serving.work(settings, ending))
    ending.finish()


@main.group()
def user() -> None:
    """Make authors, and help them back in."""


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        typed = sys.stdin.buffer.readline() if sys.stdin else b""
        try:
            return typed.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            fail("password: It is not UTF-8, and could never be typed into the form.")
    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        try:
            return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
        except GetPassWarning:
            fail("There is no terminal to ask at: pipe the password in, with --password-stdin.")


@user.command("create")
@click.argument("username")
@click.option("--name", default="", help="As readers see it; else the user name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_create(username: str, name: str, password_stdin: bool) -> None:
    """Make an author. USERNAME is the first half of their handle, and stays for ever."""
    with opened_site(load_settings()) as parts:
        password = _password(from_stdin=password_stdin)
        author = parts.site.accounts.create(username=username, name=name, password=password)
        handle = parts.site.urls.handle(author.username)
    good(f"@{handle} can sign in.")


@user.command("password")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_password(username: str, password_stdin: bool) -> None:
    """Give an author another password, and end all their sessions."""
    with opened_site(load_settings()) as parts:
        author = _author(parts, username)
        password = _password(from_stdin=password_stdin)
        parts.site.accounts.reset_password(author.username, password)
    good(f"{author.username} can sign in with the new password.")


def _author(parts: "Parts", username: str | None) -> "Author":
    authors = parts.site.accounts.authors()
    if not authors:
        fail("There is no author yet. Run: fedreview user create NAME")
    names = ", ".join(author.username for author in authors)
    if username is not None:
        wanted = username.strip().removeprefix("@").lower()
        found = next((author for author in authors if author.username == wanted), None)
        return found or fail(f"There is no author {username}. There is: {names}.")
    return authors[0] if len(authors) == 1 else fail(f"Say who writes, with --author: {names}.")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--author", help="Who writes; needed only when there are several authors.")
@click.option("--json", "as_json", is_flag=True, help="Print page and id as JSON.")
def publish(file: Path, author: str | None, as_json: bool) -> None:
    """Publish FILE: Markdown after YAML front matter with the fields of the form.

    What the fields are: docs/publishing-files.md.
    """
    settings = load_settings()
    with opened_site(settings) as parts:
        from fedreview.services.drafting import draft_from_fields  # see the top
        from fedreview.services.filing import fields_from_file  # see the top

        writer, site = _author(parts, author), parts.site
        fields, cover_path = fields_from_file(_text(file))
        draft = draft_from_fields(fields, scale=writer.scale)
        cover = None
        if cover_path:
            picture = _picture(file.parent / cover_path, settings.upload_limit_bytes)
            cover = site.picturing.keep(picture)
        review = site.publishing.publish(writer, draft, cover=cover)
        page, uri = site.urls.review_page(review.slug), site.urls.review(review.id)
    if as_json:
        click.echo(json.dumps({"url": page, "id": uri}))
    else:
        good(page)


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        data = opened.read(LARGEST_FILE_BYTES + 1)
    if len(data) > LARGEST_FILE_BYTES:
        fail(f"{file} has more than {LARGEST_FILE_BYTES // 1024**2} MB: that is no review.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is not text in UTF-8: save it as UTF-8.")


def _picture(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as opened:
            data = opened.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        fail(f"cover: There is no file {path}")
    except OSError as error:
        fail(f"cover: {path} cannot be read: {error.strerror}.")
    if len(data) > limit:
        fail(f"cover: {path} has more than {limit:,} bytes (FEDREVIEW_UPLOAD_LIMIT_BYTES).")
    return data


@main.command()
@click.option("--author", help="Who writes; needed only when there are several authors.")
def demo(author: str | None) -> None:
    """Fill an empty site with a few reviews and a conversation, to look around in."""
    settings = load_settings()
    with opened_site(settings) as parts:
        from rich.progress import Progress  # see the top

        from fedreview.services.demonstrating import EXAMPLES, Demonstrating  # see the top

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
    good(f"Look at {settings.base_url}")


@main.command()
def doctor() -> None:
    """Look for what is wrong, and say what to do about it."""
    settings = load_settings()
    import asyncio  # see the top

    from fedreview.cli.examining import (  # see the top
        examine_inside,
        examine_mail,
        examine_outside,
    )

    good("The settings can be used.")
    with opened_site(settings, current=False) as parts:
        problems = examine_inside(settings, parts)
        if settings.is_https or settings.allow_private_network:
            problems += asyncio.run(examine_outside(parts))
        problems += asyncio.run(examine_mail(parts))
    if problems:
        sys.exit(1)
    good("All is well.")
