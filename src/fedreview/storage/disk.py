"""Notice when the disk takes nothing more, say so once, and say so when that is over."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from fedreview.errors import DiskRefuses

FULL = "The disk is full: make room, then try again."
FAILING = "The disk does not read or write: look at the system's log, and for room."
READ_ONLY = (
    "The database cannot be written: this user must be able to write the file and its folder."
)

_OF_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FAILING,
    sqlite3.SQLITE_READONLY: READ_ONLY,
}
# SQLite shares a file among processes, and makes it larger before it writes there.
_NO_ROOM_TO_SHARE = sqlite3.SQLITE_IOERR_SHMSIZE
_DISK_FULL = "53100"
_OF_FILES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: "This user may keep no more on the disk: make room, or raise the quota.",
    errno.EROFS: "The disk is read-only: look at the system's log, and mount it to be written.",
    errno.EIO: FAILING,
}

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Disk:
    """Whether the disk still takes what is written, as the last who wrote have found.

    A full disk fails whatever is tried, many times a second. One line in the log is enough.

    refusal: what is wrong, in a sentence that says what to do; "" when nothing is.
    is_quiet: whether to leave saying so to whoever gets the error.
    """

    refusal: str = ""
    is_quiet: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refuse(self, refusal: str) -> DiskRefuses:
        """Note that something could not be written; gives the error to raise."""
        with self._lock:
            is_news, self.refusal = not self.refusal, refusal
        if is_news and not self.is_quiet:
            _log.error("nothing can be saved", reason=refusal)
        return DiskRefuses(refusal)

    def accept(self) -> None:
        """Note that something has just been written."""
        with self._lock:
            is_news, self.refusal = bool(self.refusal), ""
        if is_news and not self.is_quiet:
            _log.warning("the disk takes again what is written")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write files. Raises DiskRefuses when the disk does not take them."""
        try:
            yield
        except OSError as error:
            if error.errno not in _OF_FILES:
                raise
            raise self.refuse(_OF_FILES[error.errno]) from error

    def write(
        self, path: Path, data: bytes, *, dated: datetime | None = None, is_precious: bool = False
    ) -> None:
        """Write a file so that nobody ever sees half of it, nor finds half of it left behind.

        dated: from when the file shall seem to be. is_precious: it must survive a power cut.

        Raises DiskRefuses.
        """
        # Two threads, or processes, may write the same at once.
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        with self.writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with unfinished.open("wb") as file:
                    file.write(data)
                    if is_precious:
                        file.flush()
                        os.fsync(file.fileno())
                if dated:
                    os.utime(unfinished, (dated.timestamp(), dated.timestamp()))
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)

    def listen(self, engine: Engine) -> None:
        """Have the engine raise DiskRefuses in the place of the driver's errors of that kind."""

        def translate(context: ExceptionContext) -> None:
            refusal = _refusal_in(context.original_exception)
            if refusal:
                raise self.refuse(refusal) from context.original_exception

        event.listen(engine, "handle_error", translate)


def _refusal_in(error: BaseException) -> str:
    """Read a driver's error; "" when the disk is not to blame."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None) or 0
        # The lowest eight bits are the kind; what is above tells apart where it happened.
        return FULL if code == _NO_ROOM_TO_SHARE else _OF_SQLITE.get(code & 0xFF, "")
    return FULL if getattr(error, "sqlstate", None) == _DISK_FULL else ""


def refusal_behind(error: BaseException) -> DiskRefuses | None:
    """Find what an error came of: to clean up after a refusal fails too, and hides it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, DiskRefuses):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
