"""Do again what the database undid for somebody else, or could not do while it was away."""

import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog

from fedreview.errors import Collision, DatabaseAway
from fedreview.storage.database import afresh

TRIES = 4

PAUSES_SECONDS = (0.2, 0.4, 0.8, 1.6, 3.2, 3.2)
"""Between tries while the database is away: a restart takes some seconds."""

P = ParamSpec("P")
T = TypeVar("T")

_log = structlog.get_logger(__name__)


def repeated(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do some work on the database, and again when it was undone by a collision.

    Only for as long as nothing of it was kept. Raises Collision when it is too much for it, or
    when the last try fails too.
    """
    for _ in range(TRIES - 1):
        try:
            return afresh(work, *args, **kwargs)
        except Collision as error:
            if not error.is_first:
                raise
            _log.info("collided, and does it again", reason=str(error))
    return afresh(work, *args, **kwargs)


class Insistence:
    """Does work of the background again while the database is away, until it has to end."""

    def __init__(self) -> None:
        self._is_over = threading.Event()

    def end(self) -> None:
        """Wait for the database no more: whoever works is to stop."""
        self._is_over.set()

    def insist(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do some work, and again when the database was away.

        Only for what is safe to do twice: whether a lost commit was kept, nobody knows. Raises
        DatabaseAway when it stays away.
        """
        for pause in PAUSES_SECONDS:
            try:
                return repeated(work, *args, **kwargs)
            except DatabaseAway as error:
                if self._is_over.is_set():
                    raise
                _log.info("waits for the database", reason=str(error))
                self._is_over.wait(pause)
        return repeated(work, *args, **kwargs)
