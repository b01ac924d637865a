"""Look for what is wrong with a site."""

import shutil

from fedreview.app import Parts
from fedreview.cli.speaking import bad, good, not_ready, out
from fedreview.errors import ConfigurationError, RemoteFailure
from fedreview.settings import Settings
from fedreview.storage.condition import describe
from fedreview.storage.troubles import explained

LOW_DISK_BYTES = 500 * 1024**2
MUCH_UNUSED_BYTES = 100 * 1024**2
MANY_ERRANDS = 20
"""Fewer that failed may be the fault of others."""


def report(problems: list[str], *, fine: bool, yes: str, no: str) -> None:
    """Say how one thing is, and remember it when it is wrong."""
    if fine:
        good(yes)
    else:
        bad(no)
        problems.append(no)


def examine_inside(settings: Settings, parts: Parts) -> list[str]:
    """Check what can be checked without the network; gives the problems."""
    problems: list[str] = []
    # Else the site would not have been opened.
    good(f"{settings.data_dir} can be written.")
    report(
        problems,
        fine=shutil.disk_usage(settings.data_dir).free > LOW_DISK_BYTES,
        yes="There is room on the disk.",
        no="Less than 500 MB are free on the disk. Make room.",
    )
    if not _examine_database(problems, settings, parts):
        return problems
    report(
        problems,
        fine=parts.site.accounts.is_set_up(),
        yes="There is an author.",
        no="There is no author. Run: fedreview user create NAME",
    )
    report(
        problems,
        fine=settings.is_https or settings.allow_private_network,
        yes=f"The site calls itself {settings.base_url}.",
        no=f"FEDREVIEW_BASE_URL is {settings.base_url}, not https: no other server talks to it.",
    )
    found, published = parts.site.searching.how_many()
    report(
        problems,
        fine=found == published,
        yes="The search finds every review.",
        no=f"The search finds {found} of {published} reviews. Run: fedreview search rebuild",
    )
    _say_database(parts)
    queues = parts.site.maintaining.queues()
    out.print(f"  Deliveries: {_counts(queues.deliveries)}. Arrivals: {_counts(queues.arrivals)}.")
    out.print(f"  To be fetched: {_counts(queues.errands)}.")
    _examine_sizes(problems, settings, parts)
    failed = queues.errands.get("given up", 0)
    if failed >= MANY_ERRANDS and failed > queues.errands.get("done", 0):
        text = f"{failed} things could not be fetched from other servers. Is the way out open?"
        report(problems, fine=False, yes="", no=text)
    return problems


def _examine_sizes(problems: list[str], settings: Settings, parts: Parts) -> None:
    size = parts.site.maintaining.size()
    pictures = sum(path.stat().st_size for path in settings.media_dir.rglob("*") if path.is_file())
    free = f", {size.unused / 1e6:.1f} MB of it free" if size.unused else ""
    out.print(f"  Database: {size.total / 1e6:.1f} MB{free}. Pictures: {pictures / 1e6:.1f} MB.")
    report(
        problems,
        fine=size.unused < MUCH_UNUSED_BYTES or size.unused * 2 < size.total,
        yes="The database is no larger than it needs to be.",
        no="More than half of the database is free room. Stop the site once and run: "
        "fedreview tidy --compact",
    )
    missing = parts.site.picturing.missing()
    report(
        problems,
        fine=not missing,
        yes="Every picture has its files.",
        no=f"{missing} files of pictures are missing from {settings.media_dir}. Are they in a "
        "backup?",
    )


def _examine_database(problems: list[str], settings: Settings, parts: Parts) -> bool:
    """Tell whether it is worth while to ask the database for more."""
    try:
        with explained():
            is_current = parts.site.maintaining.is_current()
            if is_current:
                parts.site.accounts.initialise()
                # Reading works while another program holds the file, or the disk is full.
                _must_write(parts)
    except ConfigurationError as error:
        for problem in error.problems:
            report(problems, fine=False, yes="", no=problem)
        return False
    report(
        problems,
        fine=is_current,
        yes="The database is up to date, and can be written.",
        no="" if is_current else not_ready(settings, parts),
    )
    return is_current


def _must_write(parts: Parts) -> None:
    refusal = parts.database.try_disk()
    if refusal:
        raise ConfigurationError([refusal])


def _say_database(parts: Parts) -> None:
    found = describe(parts.database)
    alive = "" if found.workers is None else f" Workers alive: {found.workers}."
    out.print(f"  The database is {found.version}.{alive}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "none"


async def examine_outside(parts: Parts) -> list[str]:
    """Check that the site can be reached by the name that other servers use."""
    problems: list[str] = []
    address = f"{parts.site.urls.base}/.well-known/nodeinfo"
    try:
        await parts.client.get_json(address, accept=("application/json",))
        reason = ""
    except RemoteFailure as error:
        reason = str(error)
    await parts.client.aclose()
    report(
        problems,
        fine=not reason,
        yes=f"{address} answers.",
        no=f"{address} does not answer ({reason}). Is the server running, and the proxy right?",
    )
    return problems


async def examine_mail(parts: Parts) -> list[str]:
    """Check that the mail server lets the site in, if it has one."""
    carrier, problems = parts.posting.carrier, list[str]()
    if carrier is None:
        return problems
    try:
        await carrier.check()
        reason = ""
    except RemoteFailure as error:
        reason = str(error)
    report(
        problems,
        fine=not reason,
        yes=f"The mail server {carrier.relay.place} lets the site in.",
        no=f"No mail can be sent: {reason}. Look at FEDREVIEW_SMTP_URL.",
    )
    return problems
