"""The command that takes a site to another database."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fedreview.cli.speaking import err, fail, good, load_settings, opened_site, out
from fedreview.errors import ConfigurationError
from fedreview.settings import Settings

if TYPE_CHECKING:
    from fedreview.storage.transfer import Copied


@click.command("migrate-database")
@click.argument("target_url")
def migrate_database(target_url: str) -> None:
    """Copy the whole site to the empty database TARGET_URL, and check the copy.

    From SQLite to PostgreSQL, or back. Stop the server first. The present database is only read,
    and stays as it is. A password is better kept in ~/.pgpass than in TARGET_URL, which others
    on the machine can see.
    """
    settings = load_settings()
    target = _target(target_url)
    if target == settings.database_url:
        fail("TARGET_URL is the database that the site uses already: name another.")
    with opened_site(settings):
        pass  # it is there, of this version, and ours
    try:
        copied = _copy(settings.database_url, target)
    except KeyboardInterrupt:
        fail("Stopped. Nothing was kept of the copy, and the site is as it was.")
    _show(copied)
    if not all(each.is_same for each in copied):
        fail(
            "The copy differs from what was copied, so nothing was kept of it.",
            "The site is as it was: go on with it, and tell the makers of fedreview.",
        )
    out.print()
    good("Everything is there. Nothing was changed in the present database.")
    out.print(
        "  To go on with the new one, set FEDREVIEW_DATABASE_URL to the address that you have "
        "given just now,\n  for every `fedreview serve` and `fedreview work`, and start them. "
        "Pictures stay where they are."
    )


def _target(url: str) -> str:
    """Read the address as the setting would be read that it is to become."""
    try:
        return Settings.load({**os.environ, "FEDREVIEW_DATABASE_URL": url}).database_url
    except ConfigurationError as error:
        problems = [text.replace("FEDREVIEW_DATABASE_URL", "TARGET_URL") for text in error.problems]
        raise ConfigurationError(problems) from error


def _copy(source_url: str, target_url: str) -> "Sequence[Copied]":
    # Late, as all that --help does not need.
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from fedreview.storage import transfer  # noqa: PLC0415
    from fedreview.storage.database import Database  # noqa: PLC0415
    from fedreview.storage.troubles import explained  # noqa: PLC0415

    source, target = Database(source_url), Database(target_url)
    with explained(named="TARGET_URL"):
        try:
            with transfer.held(source, source_url) as here:
                transfer.make_ready(target)
                rows = transfer.measure(here)
                with Progress(
                    TextColumn("Copying"),
                    BarColumn(),
                    MofNCompleteColumn(),
                    TextColumn("rows, {task.fields[size]}"),
                    TimeRemainingColumn(),
                    console=err,
                ) as bar:
                    task = bar.add_task("", total=rows, size="0 kB")
                    done = 0

                    def advance(more: int, size: int) -> None:
                        nonlocal done
                        done += size
                        bar.update(task, advance=more, size=_size(done))

                    return transfer.copy(here, target, progress=advance)
        finally:
            source.close()
            target.close()


def _size(number: int) -> str:
    return f"{number / 1_000_000:,.1f} MB" if number >= 1_000_000 else f"{number // 1000} kB"


def _show(copied: "Sequence[Copied]") -> None:
    from rich.table import Table  # noqa: PLC0415  (as above)

    shown = Table(box=None, pad_edge=False)
    shown.add_column("table")
    shown.add_column("rows", justify="right")
    shown.add_column("size", justify="right")
    shown.add_column("SHA-256, here and there")
    for each in copied:
        verdict = "[green]the same[/]" if each.is_same else f"[red]{each.target[:16]}[/]"
        shown.add_row(
            each.name, f"{each.rows:,}", _size(each.size), f"{each.source[:16]} {verdict}"
        )
    out.print(shown)
    for each in copied:
        for name, count in each.changed.items():
            out.print(
                f"[yellow]![/] PostgreSQL cannot hold {count} values of {name} in {each.name}:"
                " zero bytes were left out, and numbers that are too large made smaller."
            )
