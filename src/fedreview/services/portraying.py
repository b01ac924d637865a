"""Keep small copies of people's pictures, so that no reader's browser asks other servers."""

import io
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from PIL import Image, ImageOps

from fedreview.domain.actor import RemoteActor
from fedreview.errors import NotFound, RemoteRefused
from fedreview.services.stowing import Stow
from fedreview.storage import actors, domains, portraits
from fedreview.storage.database import Database

SIDE = 96
"""Pixels; sharp at the 40 of a thread on any screen."""

LARGEST_ORIGINAL = 2_000_000
"""Bytes that are fetched for one picture."""

MOST_PIXELS = 20_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_FOLDER = "avatars"
_QUALITY = 80

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Portraying:
    """A folder of square pictures under the hashes of their content.

    limit_bytes: of all files together; what is above it goes with the next tidying.
    """

    media_dir: Path
    limit_bytes: int
    database: Database
    now: Callable[[], datetime]
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def _stow(self) -> Stow:
        return Stow(self.media_dir / _FOLDER, self.database.disk)

    def find(self, name: str) -> Path:
        """Give where a copy lies.

        Raises NotFound, also for any other kind of name, and while only people of suspended
        servers have this picture.
        """
        path = self._stow.find(name)
        with self.database.snapshot() as tx:
            if domains.is_avatar_kept_away(tx, name):
                raise NotFound("a picture from a server that is suspended")
        return path

    def wanting(self, id: str) -> RemoteActor | None:
        """Give somebody, if pages show them and we have no copy of the picture they have."""
        with self.database.snapshot() as tx:
            known = actors.find(tx, id)
            is_wanted = known and known.has_new_picture and portraits.is_shown(tx, id)
            return known if is_wanted else None

    def keep(self, actor: RemoteActor, data: bytes) -> None:
        """Write a picture anew, square and small, with nothing but its pixels, and keep it.

        Raises RemoteRefused when it is no picture that can be used.
        """
        # One at a time: unpacked, the largest picture takes some 80 MB.
        with self._drawing:
            written = _portrait(data)
        name = self._stow.put(written, now=self.now())
        with self.database.transaction() as tx:
            portraits.set_avatar(tx, actor.id, name, of=actor.icon_url)

    def tidy(self) -> None:
        """Drop copies that belong to nobody, then the oldest while they are too many bytes."""
        with self.database.snapshot() as tx:
            known = portraits.list_avatars(tx)
        self._stow.remove_spare(known=known, now=self.now())
        kept = [(about.st_mtime, about.st_size, path) for path, about in self._stow.measured()]
        self._drop(_too_many(sorted(kept, reverse=True), self.limit_bytes))

    def _drop(self, paths: Iterable[Path]) -> None:
        doomed = tuple(paths)
        if not doomed:
            return
        with self.database.transaction() as tx:
            portraits.drop_avatars(tx, [path.name for path in doomed])
        for path in doomed:
            path.unlink(missing_ok=True)
        _log.info("pictures of people dropped", number=len(doomed))


def _too_many(newest_first: Iterable[tuple[float, int, Path]], limit_bytes: int) -> Iterable[Path]:
    total = 0
    for _, size, path in newest_first:
        total += size
        if total > limit_bytes:
            yield path


def _portrait(data: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            return _drawn(picture)
    except RemoteRefused:
        raise
    except Exception as error:
        # Whatever it is that the decoder stumbles over: the file is at fault.
        raise RemoteRefused(f"no picture that can be read: {error}"[:300]) from error


def _drawn(picture: Image.Image) -> bytes:
    # So far only the header has been read; one that lies about the size ends in an error below.
    if picture.width * picture.height > MOST_PIXELS:
        raise RemoteRefused(f"a picture of {picture.width} by {picture.height} pixels")
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))
    upright = ImageOps.exif_transpose(picture)
    whole = upright if upright.mode in {"RGB", "RGBA"} else upright.convert("RGBA")
    small = ImageOps.fit(whole, (SIDE, SIDE), Image.Resampling.LANCZOS)
    clean = Image.new(small.mode, small.size)
    clean.paste(small)
    buffer = io.BytesIO()
    clean.save(buffer, "WEBP", quality=_QUALITY)
    return buffer.getvalue()
