"""The commands that exchange lists of servers to keep away."""

# ruff: noqa: PLC0415  (late, as all that --help does not need)

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedreview.cli.speaking import Commands, bad, err, good, load_settings, opened_site

if TYPE_CHECKING:
    from fedreview.services.weighing import Plan

MOST_NAMED = 20
"""Lines that cannot be used, and are named one by one."""


@click.group(cls=Commands)
def blocks() -> None:
    """Exchange lists of servers that are kept at a distance."""


@blocks.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def import_(file: Path, dry_run: bool) -> None:
    """Take over FILE: CSV as Mastodon exports it, or a text with a server on each line.

    No block gets weaker by it: where yours goes further, it stays.
    """
    from fedreview.activitypub.blocklists import LARGEST_LIST  # see the top

    with file.open("rb") as opened:
        data = opened.read(LARGEST_LIST + 1)
    with opened_site(load_settings()) as parts, err.status("Reading the list") as status:
        plan = parts.site.distancing.plan(data)
        if not dry_run:
            status.update("Taking it over")
            parts.site.distancing.import_(None, data)
    _say(plan, "would be" if dry_run else "were")


def _say(plan: "Plan", verb: str) -> None:
    from fedreview.services.weighing import Effect  # see the top

    wrong = plan.of(Effect.WRONG)
    for each in wrong[:MOST_NAMED]:
        bad(f"Line {each.line.number}, {each.line.name or 'without a name'}: {each.remark}")
    if len(wrong) > MOST_NAMED:
        bad(f"And {len(wrong) - MOST_NAMED} more lines that cannot be used.")
    numbers = {effect: len(plan.of(effect)) for effect in Effect}
    good(
        f"{numbers[Effect.NEW]} servers {verb} added, {numbers[Effect.CHANGED]} changed; "
        f"{numbers[Effect.SAME]} stood so already, {numbers[Effect.WRONG]} left out."
    )


@blocks.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export(file: Path) -> None:
    """Write the list to FILE as Mastodon reads it; - is standard output.

    Comments that are for you alone are not in it.
    """
    with opened_site(load_settings()) as parts:
        data = parts.site.distancing.export()
    if str(file) == "-":
        click.echo(data, nl=False)
        return
    file.write_bytes(data)
    good(f"{len(data.splitlines()) - 1} servers are in {file}.")
