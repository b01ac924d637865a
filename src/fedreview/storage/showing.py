"""Tell commits that change what is shown to the public from those that cannot.

The first raise a number that stands in the head of a SQLite file, in their own transaction.
Source: sqlite.org/pragma.html, "PRAGMA user_version": four bytes that are the application's.
"""

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

NEVER_SHOWN = frozenset(
    {
        "arrivals",
        "autosaves",
        "deliveries",
        "errands",
        "hosts",
        "letters",
        "login_failures",
        "push_subscriptions",
        "sessions",
    }
)
"""Tables that no answer is made of that is kept for everybody: queues, and what is one's own.

A table that is missing here costs a little time when it changes; one that should not be here
would leave old pages standing.
"""

VERSION = "PRAGMA user_version"

_LARGEST = 2**31 - 1
_IS_SHOWN = "fedreview.shown"

_NO_WRITE = re.compile(
    r"\s*(SELECT|PRAGMA|BEGIN|SAVEPOINT|RELEASE|ROLLBACK|COMMIT)\b", re.IGNORECASE
)
_WRITE = re.compile(
    r"\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+\"?(\w+)",
    re.IGNORECASE,
)


def listen(engine: Engine) -> None:
    """Note of each connection of a SQLite engine whether it has changed what is shown."""

    def before(
        connection: Connection, _cursor: Any, statement: str, _parameters: Any, *_: Any
    ) -> None:
        if may_show(statement):
            connection.info[_IS_SHOWN] = True

    event.listen(engine, "before_cursor_execute", before)


@lru_cache(maxsize=1024)
def may_show(statement: str) -> bool:
    """Tell whether a statement may change what is shown; when in doubt, it may."""
    if _NO_WRITE.match(statement):
        return False
    written = _WRITE.match(statement)
    return not written or written[1].lower() not in NEVER_SHOWN


def count(connection: Connection) -> None:
    """Raise the number, before a commit, when there is a reason to."""
    if not connection.info.get(_IS_SHOWN):
        return
    following = (_read(connection) + 1) & _LARGEST
    connection.exec_driver_sql(f"{VERSION} = {following:d}")
    # Not before: when it fails, there is still something to count.
    del connection.info[_IS_SHOWN]


def version(session: Session) -> int | None:
    """Give the number as this unit has it: while it stays the same, so does what it counts.

    None where there is none, and after a change that is not counted yet.
    """
    connection = session.connection()
    if connection.dialect.name != "sqlite" or connection.info.get(_IS_SHOWN):
        return None
    return _read(connection)


def _read(connection: Connection) -> int:
    # Past SQLAlchemy: to it, this would be one more statement of the unit.
    cursor = connection.connection.cursor()
    [number] = cursor.execute(VERSION).fetchone() or (0,)
    cursor.close()
    return int(number)
