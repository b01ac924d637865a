"""Do again what the database undid for the sake of somebody else."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog

from fedreview.errors import Collision
from fedreview.storage.database import afresh

TRIES = 4

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
