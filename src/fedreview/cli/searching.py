"""The command that looks after what reviews are found by."""

import click

from fedreview.cli.speaking import Commands, err, good, load_settings, opened_site


@click.group(cls=Commands)
def search() -> None:
    """Look after the search of the site."""


@search.command("rebuild")
def rebuild() -> None:
    """Make anew what reviews are found by. Safe at any time; a search finds less meanwhile."""
    with opened_site(load_settings()) as parts:
        from rich.progress import Progress  # noqa: PLC0415  (late, as all that --help does not need)

        searching = parts.site.searching
        _, published = searching.how_many()
        with Progress(console=err) as progress:
            task = progress.add_task("Reading reviews", total=published)
            for done in searching.rebuild():
                progress.update(task, completed=done)
        found, published = searching.how_many()
    good(f"{found} of {published} reviews can be found.")
