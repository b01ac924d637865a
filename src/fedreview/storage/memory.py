"""Remember within one unit of work what was read, where many pieces of it ask for the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from fedreview.storage.database import Transaction

P = ParamSpec("P")
T = TypeVar("T")

_KEPT = "fedreview.read"


@contextmanager
def remembering(tx: Transaction) -> Iterator[None]:
    """Let `read_once` remember until the block ends: nothing in it may change what is read so."""
    tx.info[_KEPT] = {}
    try:
        yield
    finally:
        del tx.info[_KEPT]


def read_once(
    read: Callable[Concatenate[Transaction, P], T],
) -> Callable[Concatenate[Transaction, P], T]:
    """Make a function read once for the same arguments in a unit that is `remembering`.

    For what is applied in groups and only read by that: reviews, authors, settings, rules. Not
    for blocks, which must hold at once, nor for what gives anything that can be changed.
    """

    @wraps(read)
    def remembered(tx: Transaction, /, *args: P.args, **kwargs: P.kwargs) -> T:
        kept: dict[object, T] | None = tx.info.get(_KEPT)
        if kept is None:
            return read(tx, *args, **kwargs)
        asked = (read, args, tuple(sorted(kwargs.items())))
        if asked not in kept:
            kept[asked] = read(tx, *args, **kwargs)
        return kept[asked]

    return remembered
