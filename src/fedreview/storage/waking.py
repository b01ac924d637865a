"""Let workers of other processes know, at the commit, that there is something to do.

PostgreSQL alone can: by NOTIFY, which is part of the transaction, so that nobody is woken for
what is not there yet, or never will be. On SQLite others look every second.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

_CALLS = "calls"

# Another site may have a schema of its own in the same database. Their names may be long, and
# that of a channel has 63 bytes at most.
CHANNEL = func.concat("fedreview_", func.md5(func.current_schema()))


def call(tx: Session) -> None:
    """Wake the workers when this unit is kept; costs one statement, however often it is said."""
    tx.info[_CALLS] = True


def announce(tx: Session) -> None:
    """Do so, as the last thing before the commit, if it was asked for."""
    if tx.info.pop(_CALLS, False):
        tx.flush()
        tx.execute(select(func.pg_notify(CHANNEL, "")))
