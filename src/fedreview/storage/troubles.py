"""Say in one line what is wrong with a database, and what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from fedreview.errors import ConfigurationError, DatabaseAway, DiskRefuses
from fedreview.storage import disk

LONGEST_QUOTE = 300

_SQLITE = {
    "locked": (
        "The database is locked: another program writes to it and does not let go. "
        "End that program; keep the file on a local disk."
    ),
    "disk is full": disk.FULL,
    "unable to open": (
        "The database file cannot be opened: this user must be able to read and write it "
        "and its folder."
    ),
    "readonly": disk.READ_ONLY,
    "not a database": "The database file is damaged: restore it from a backup.",
    "malformed": "The database file is damaged: restore it from a backup.",
    "disk i/o error": disk.FAILING,
}


@contextmanager
def explained(named: str = "FEDREVIEW_DATABASE_URL") -> Iterator[None]:
    """Turn what a database complains about into a ConfigurationError for whoever runs the site.

    Neither the statement nor its values are in it: among them are keys and passwords.

    named: what says which database it is.
    """
    try:
        yield
    except DiskRefuses as error:
        raise ConfigurationError([str(error)]) from error
    except DBAPIError as error:
        raise ConfigurationError([_explanation(error, named)]) from error
    except DatabaseAway as error:
        cause = error.__cause__
        said = _explanation(cause, named) if isinstance(cause, DBAPIError) else str(error)
        raise ConfigurationError([said]) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError([f"{named} cannot be read."]) from error
    except SQLAlchemyError as error:
        raise ConfigurationError([f"The database does not work: {_quote(error)}"]) from error


def _explanation(error: DBAPIError, named: str) -> str:
    said = _quote(error.orig or error)
    if type(error.orig).__module__.startswith("sqlite3"):
        known = (text for sign, text in _SQLITE.items() if sign in said.lower())
        return next(known, f"The database does not work: {said}")
    if error.connection_invalidated or error.statement is None:
        return f"PostgreSQL cannot be reached: {said} Look at {named}, and whether the server runs."
    return f"PostgreSQL refuses: {said}"


def _quote(error: BaseException) -> str:
    """Give the beginning of a message, in one line that ends like a sentence."""
    said = re.split(r"\n\[|\n\tIs the server", str(error))[0]
    text = " ".join(said.split())[:LONGEST_QUOTE]
    return text if text.endswith((".", "?", "!")) else f"{text}."
