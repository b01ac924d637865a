"""Answers that are kept until what they show is another."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fedreview import __version__
from fedreview.web.ready import Ready

MOST_BYTES = 32 * 1024 * 1024
LARGEST_SHARE = 8
"""One answer may take the eighth part of the room; a larger one is not kept."""

_PARTS = ("templates", "static", "locale")


@dataclass(slots=True)
class Kept:
    """Answers by their ETag; the longest unused are dropped when they grow too many.

    An ETag names one version of one answer, so what is found is never out of date. To be used
    in the event loop only: there are no locks.
    """

    most_bytes: int = MOST_BYTES
    size: int = 0
    _answers: OrderedDict[str, Ready] = field(default_factory=OrderedDict)

    def find(self, etag: str) -> Ready | None:
        """Look the answer with this ETag up."""
        ready = self._answers.get(etag)
        if ready is not None:
            self._answers.move_to_end(etag)
        return ready

    def keep(self, ready: Ready) -> None:
        """Keep an answer, under the ETag of its plain form."""
        etag = ready.etag
        if etag in self._answers or ready.size > self.most_bytes // LARGEST_SHARE:
            return
        self._answers[etag] = ready
        self.size += ready.size
        while self.size > self.most_bytes:
            _, dropped = self._answers.popitem(last=False)
            self.size -= dropped.size

    def drop(self, etag: str) -> None:
        """Keep the answer with this ETag no longer."""
        dropped = self._answers.pop(etag, None)
        if dropped is not None:
            self.size -= dropped.size


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
