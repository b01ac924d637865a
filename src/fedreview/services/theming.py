"""The site's own looks: a small stylesheet in the data folder, after ours."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import structlog

FILE_NAME = "theme.css"
LARGEST_BYTES = 256 * 1024

_log = structlog.get_logger(__name__)

_Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme as it is now. version: another one as soon as the file is another."""

    version: str
    css: bytes


@dataclass(slots=True, kw_only=True)
class Theming:
    """Reads the theme again whenever its file changes; no restart is needed."""

    data_dir: Path
    _stamp: _Stamp | None = None
    _theme: Theme | None = field(default=None)

    def find(self) -> Theme | None:
        """Give the theme, or None when there is no file that can be used as one."""
        # Asked for by every page: as plain text, this takes a third of the time.
        path = f"{self.data_dir}/{FILE_NAME}"
        try:
            status = os.stat(path)  # noqa: PTH116
        except FileNotFoundError:
            self._stamp = self._theme = None
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._theme, self._stamp = _read(Path(path), status.st_size), stamp
        return self._theme


def _read(path: Path, size: int) -> Theme | None:
    if size > LARGEST_BYTES:
        _log.warning("theme too large", path=str(path), bytes=size, limit=LARGEST_BYTES)
        return None
    try:
        css = path.read_bytes()
        css.decode()
    except (OSError, UnicodeDecodeError) as error:
        # A reader must see the page, with or without the theme.
        _log.warning("theme cannot be read", path=str(path), error=str(error))
        return None
    return Theme(version=hashlib.sha256(css).hexdigest()[:10], css=css)
