"""Answers that are kept until what they show is another."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fedreview import __version__

MOST_BYTES = 16 * 1024 * 1024
LARGEST_SHARE = 4
"""One answer may take the fourth part of the room; a larger one is not kept."""

_PARTS = ("templates", "static", "locale")


@dataclass(slots=True)
class Kept:
    """Bodies by their ETag; the longest unused are dropped when they grow too many.

    An ETag names one version of one page, so what is found is never out of date. To be used
    in the event loop only: there are no locks.
    """

    most_bytes: int = MOST_BYTES
    size: int = 0
    _bodies: OrderedDict[str, bytes] = field(default_factory=OrderedDict)

    def find(self, etag: str) -> bytes | None:
        """Look the body with this ETag up."""
        body = self._bodies.get(etag)
        if body is not None:
            self._bodies.move_to_end(etag)
        return body

    def keep(self, etag: str, body: bytes) -> None:
        """Keep a body under the ETag it is answered with."""
        if etag in self._bodies or len(body) > self.most_bytes // LARGEST_SHARE:
            return
        self._bodies[etag] = body
        self.size += len(body)
        while self.size > self.most_bytes:
            _, dropped = self._bodies.popitem(last=False)
            self.size -= len(dropped)


def versioned_etag(path: str, tag: str) -> str:
    """Make a strong validator of where an answer stands and which version of it this is."""
    named = f"{_release()}\n{path}\n{tag}"
    return f'"{hashlib.sha256(named.encode()).hexdigest()[:32]}"'


@cache
def _release() -> str:
    """Name what makes pages: after an upgrade, none is as it was."""
    digest = hashlib.sha256(__version__.encode())
    for path in _files(Path(__file__).parent):
        digest.update(path.name.encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for part in _PARTS:
        yield from sorted(path for path in (folder / part).rglob("*") if path.is_file())
