"""The commands that show and rotate keys."""

from typing import TYPE_CHECKING, TypeAlias

import click

from fedreview.cli.speaking import Commands, fail, good, load_settings, opened_site, out, plain

if TYPE_CHECKING:
    from fedreview.app import Parts
    from fedreview.domain.actor import Author
    from fedreview.storage.keys import StoredKey

    Owner: TypeAlias = Author | None

TIME = "%Y-%m-%d %H:%M"


@click.group(cls=Commands)
def keys() -> None:
    """Show the keys that prove who speaks, and replace them."""


@keys.command("list")
def list_() -> None:
    """List the keys of the site and of every author, without their secrets."""
    with opened_site(load_settings()) as parts:
        owners: list[Owner] = [None, *parts.site.accounts.authors()]
        found = [(owner, parts.rotating.list_(owner)) for owner in owners]
    from rich.table import Table  # noqa: PLC0415  (late, as all that --help does not need)

    table = Table("whose", "key", "made", "retired", "what for", box=None, pad_edge=False)
    for owner, stored in found:
        for key in stored:
            fragment = key.id.rpartition("#")[2]
            made = f"{key.created_at:{TIME}}"
            retired = f"{key.retired_at:{TIME}}" if key.retired_at else ""
            table.add_row(plain(_name(owner)), plain(fragment), made, retired, _purpose(key))
    out.print(table)


def _purpose(key: "StoredKey") -> str:
    """Say what a key is good for."""
    if key.retired_at is None:
        return "signs"
    if "#main-key" in key.id and key.private_pem:
        return "signs what waits"
    return "proves old posts" if key.public_pem and "#main-key" not in key.id else "nothing"


@keys.command("rotate")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--site", is_flag=True, help="The site's own keys, which sign what it fetches.")
@click.option("--all", "everybody", is_flag=True, help="The keys of the site and of all authors.")
@click.option(
    "--forget-old",
    is_flag=True,
    help="Somebody else may have the old keys: publish none of them any more.",
)
def rotate(names: tuple[str, ...], site: bool, everybody: bool, forget_old: bool) -> None:
    """Let authors sign with new keys from now on, and tell the servers that follow them.

    A running server notices within seconds, and sends the news. It is signed with the old key,
    or other servers would take the change for an impostor's.
    """
    if not (names or site or everybody):
        raise click.UsageError("Say whose keys: a NAME or several, --site, or --all.")
    with opened_site(load_settings()) as parts:
        for owner in _owners(parts, names, site=site, everybody=everybody):
            rotated = parts.rotating.rotate(owner, forget_old=forget_old)
            news = f"; {_servers(rotated.told)}" if owner else ""
            good(f"{_name(owner)} signs with {rotated.key_id.rpartition('#')[2]}{news}.")
    if forget_old:
        out.print("  The old keys are published no more. A stolen backup still holds them, so")
        out.print("  change the passwords of the authors too: fedreview user password NAME")


def _owners(
    parts: "Parts", names: tuple[str, ...], *, site: bool, everybody: bool
) -> list["Owner"]:
    """Give whose keys are meant, each once; every wrong name is reported before any is used."""
    authors = {author.username: author for author in parts.site.accounts.authors()}
    wanted = dict.fromkeys(name.strip().removeprefix("@").lower() for name in names)
    unknown = [name for name in wanted if name not in authors]
    if unknown:
        there = ", ".join(authors) or "nobody yet"
        fail(*(f"There is no author {name}. There is: {there}." for name in unknown))
    chosen = [*authors.values()] if everybody else [authors[name] for name in wanted]
    return [None, *chosen] if site or everybody else [*chosen]


def _name(owner: "Owner") -> str:
    return owner.username if owner else "the site"


def _servers(told: int) -> str:
    if not told:
        return "nobody needs to be told"
    return "1 inbox is told" if told == 1 else f"{told} inboxes are told"
