"""Speak to whoever sits at the terminal: short when it works, one line when it does not."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from rich.console import Console
from rich.markup import escape

from fedreview.errors import ConfigurationError, FedreviewError, InvalidInput
from fedreview.settings import Settings

if TYPE_CHECKING:
    from fedreview.app import Parts

LONGEST_LINE = 500

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def plain(text: str) -> str:
    """Put a text into one line that a terminal prints as it is, whoever wrote it."""
    line = " ".join(text.split())[:LONGEST_LINE]
    return escape("".join(letter if letter.isprintable() else "�" for letter in line))


def good(line: str) -> None:
    """Say what works."""
    out.print("[green]✓[/]", plain(line))


def bad(line: str) -> None:
    """Say what does not, as a finding."""
    out.print("[red]✗[/]", plain(line))


def fail(*lines: str) -> NoReturn:
    """Say what is wrong, a line each, and end with status 1."""
    for line in lines:
        err.print("[red]✗[/]", plain(line))
    sys.exit(1)


class Commands(click.Group):
    """Commands that end in one line for every failure that is not our bug."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        for stream in (sys.stdout, sys.stderr):
            # A terminal in Latin-1 or ASCII has no tick; it must not end the command.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except InvalidInput as error:
            fail(*(f"{field}: {text}" for field, text in error.problems.items()))
        except ConfigurationError as error:
            fail(*error.problems)
        except FedreviewError as error:
            fail(str(error))
        except BrokenPipeError:
            raise  # `fedreview … | head` is no failure worth a word; click ends quietly
        except OSError as error:
            said = error.strerror or str(error)
            fail(f"{error.filename}: {said}." if error.filename else f"{said}.")


def load_settings() -> Settings:
    """Read the settings, or end with every problem named."""
    return Settings.load(os.environ)


@contextmanager
def opened_site(
    settings: Settings, *, current: bool = True, new: bool = False
) -> Iterator["Parts"]:
    """Give the parts of the site.

    current: whether the database must be up to date, and set up under the same base URL.
    new: whether there need be nothing yet; else nothing is made where nothing is.

    Raises ConfigurationError for everything that is wrong with folder, settings or database.
    """
    # Late: they take a second, and neither --help nor a wrong setting needs them.
    from fedreview.app import build_parts  # noqa: PLC0415
    from fedreview.storage.troubles import explained  # noqa: PLC0415  (as above)

    if not new and settings.is_within_folder and not os.path.lexists(settings.data_dir):
        raise ConfigurationError([_none_yet(settings)])
    _make_folder(settings)
    with explained():
        parts = build_parts(settings)
        # Whoever sits here reads the error, and not the log.
        parts.database.disk.is_quiet = True
        try:
            if current and not parts.site.maintaining.is_current():
                raise ConfigurationError([not_ready(settings, parts)])
            if current:
                parts.site.accounts.initialise()
            yield parts
        finally:
            parts.database.close()


def not_ready(settings: Settings, parts: "Parts") -> str:
    """Say what is to be done about a database that is not up to date."""
    from fedreview.storage.schema import current as revision  # noqa: PLC0415  (as above)

    if revision(parts.database):
        return "The database is not ready for this version. Run: fedreview migrate"
    return _none_yet(settings)


def _none_yet(settings: Settings) -> str:
    where = (
        f"FEDREVIEW_DATA_DIR is {settings.data_dir}"
        if settings.is_within_folder
        else "FEDREVIEW_DATABASE_URL names an empty database"
    )
    return f"There is no site here yet. {where}: if that is right, run: fedreview init"


def _make_folder(settings: Settings) -> None:
    folder = settings.data_dir
    try:
        # The database holds the site's private keys: nobody else on the machine may read it.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        problem = ""
    except FileExistsError:
        problem = "it is no folder."
    except OSError as error:
        problem = _remedy(folder) if error.errno == errno.EROFS else f"{error.strerror or error}."
    problem = problem or _problem_with(folder)
    if problem:
        raise ConfigurationError(
            [f"FEDREVIEW_DATA_DIR is {folder}, where nothing can be written: {problem}"]
        )
    within = [settings.media_dir, *folder.glob("*.sqlite3*")]
    locked = [path for path in within if path.exists() and _problem_with(path)]
    if locked:
        raise ConfigurationError(
            [f"{path} cannot be written: {_problem_with(path)}" for path in locked]
        )


def _problem_with(path: Path) -> str:
    """Say why a file or folder cannot be written, and what to do; "" when it can be."""
    needed = os.W_OK | (os.X_OK if path.is_dir() else os.R_OK)
    return "" if os.access(path, needed) else _remedy(path)


def _remedy(path: Path) -> str:
    there = next(each for each in (path, *path.parents) if each.exists())
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        return "the disk is mounted read-only. Mount it to be written, or choose another."
    return f"Permission denied. Run as root: chown --recursive {os.geteuid()} {there}"
