"""Look after the pictures."""

# What a command alone needs is imported in it, as in cli/__init__.py.
# ruff: noqa: PLC0415

import click

from fedreview.cli.speaking import err, good, load_settings, opened_site


@click.group()
def media() -> None:
    """Look after the pictures in the media folder."""


@media.command("widths")
def media_widths() -> None:
    """Make the smaller widths of pictures from before there were any. Safe to repeat."""
    with opened_site(load_settings()) as parts:
        from rich.progress import Progress  # see the top

        picturing, made = parts.site.picturing, 0
        waiting = picturing.without_widths()
        with Progress(console=err) as progress:
            task = progress.add_task("Making widths", total=len(waiting))
            for picture in waiting:
                made += len(tuple(picturing.add_widths([picture])))
                progress.advance(task)
    left = len(waiting) - made
    good(f"Pictures that have several widths now: {made}.")
    if left:
        err.print(f"Files that are missing or broken: {left}. Their pages stay as they are.")
