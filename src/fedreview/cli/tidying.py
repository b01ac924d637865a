"""The command that takes away what nobody needs any more."""

# What a command alone needs is imported in it, as in cli/__init__.py.
# ruff: noqa: PLC0415

import sqlite3

import click

from fedreview.cli.speaking import err, fail, good, load_settings, opened_site


@click.command()
@click.option("--compact", is_flag=True, help="Also give the room back to the disk (SQLite).")
def tidy(compact: bool) -> None:
    """Drop what nobody needs any more, as the worker does every hour. Safe to repeat.

    With --compact nobody can write meanwhile: stop the site before, and have as much room on the
    disk as the database takes.
    """
    with opened_site(load_settings()) as parts:
        from rich.progress import Progress  # see the top

        maintaining, tidying = parts.site.maintaining, parts.site.maintaining.tidying
        dropped: dict[str, int] = {}
        with Progress(console=err) as progress:
            task = progress.add_task("Tidying", total=tidying.kinds)
            for done in tidying.tidy():
                dropped[done.name] = done.number
                progress.update(task, description=done.name, completed=len(dropped))
        number = sum(dropped.values())
        good(f"Dropped what nobody needs any more: {number:,}.")
        for name, of_kind in dropped.items():
            if of_kind:
                good(f"{name}: {of_kind:,}")
        if compact and not parts.database.is_sqlite:
            good("PostgreSQL fills free room again by itself: there is nothing to compact.")
        elif compact:
            before = maintaining.size().total
            try:
                maintaining.compact()
            except sqlite3.OperationalError as error:
                fail(f"The database could not be made smaller: {error}. Stop the site first.")
            after = maintaining.size().total
            good(f"The database takes {after / 1e6:.1f} MB; it took {before / 1e6:.1f} MB.")
