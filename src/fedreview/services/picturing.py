"""Take a picture from the author, and keep it in several widths."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from PIL import Image

from fedreview.domain.work import Cover, Variant
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.developing import (
    Written,
    hash_of,
    open_picture,
    squared,
    written_main,
    written_variants,
)
from fedreview.storage import media
from fedreview.storage.database import Database

PORTRAIT_SIDE = 400
"""Pixels; what Mastodon keeps of a profile's picture."""

SPARE_FOR = timedelta(days=1)
"""How long a file may have no row: that is written after it."""

AT_ONCE = 2
"""Pictures in work; unpacked, the largest takes some 200 MB."""

_NAME = re.compile(r"\.?[0-9a-f]{32}\.(?:jpg|png|webp)(?:\.[0-9]+\.[0-9]+)?")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picturing:
    """Keeps pictures in the media folder under the hash of their content."""

    media_dir: Path
    database: Database
    now: Callable[[], datetime]
    _room: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(AT_ONCE)
    )

    def keep(self, data: bytes) -> Cover:
        """Write the picture anew, turned upright and without EXIF, in several widths.

        Raises InvalidInput for field "cover" when it is no picture that can be used.
        """
        with self._room:
            return self._keep(open_picture(data))

    def keep_portrait(self, data: bytes) -> Cover:
        """Keep the middle of a picture as a square, for an author's profile.

        Raises InvalidInput for field "cover" when it is no picture that can be used.
        """
        with self._room:
            return self._keep(squared(open_picture(data), PORTRAIT_SIDE))

    def find(self, picture: Cover | Variant) -> Path:
        """Give where a picture lies. Raises NotFound when its file is gone."""
        path = self.media_dir / picture.name
        if not path.is_file():
            raise NotFound(f"{path} is missing from the media folder")
        return path

    def without_widths(self) -> tuple[Cover, ...]:
        """Give the pictures that came before there were several widths of each."""
        with self.database.snapshot() as tx:
            return media.list_without_variants(tx)

    def add_widths(self, pictures: Iterable[Cover]) -> Iterator[Cover]:
        """Make what they lack, one after the other; gives each that it could be made of."""
        for picture in pictures:
            try:
                with self._room:
                    opened = open_picture(self.find(picture).read_bytes())
                    yield self._complete(picture, opened)
            except (NotFound, InvalidInput):
                # Its file is gone or broken; pages show what there is, as before.
                continue

    def tidy(self) -> int:
        """Remove files that no row names, as a power cut leaves them; gives how many.

        What is younger than SPARE_FOR may be about to get its row.
        """
        young = (self.now() - SPARE_FOR).timestamp()
        old = {path.name: path for path in self._files() if path.stat().st_mtime < young}
        with self.database.snapshot() as tx:
            known = media.list_files(tx)
        spare = [path for name, path in old.items() if name not in known]
        for path in spare:
            path.unlink(missing_ok=True)
        if spare:
            _log.info("files without a row removed", number=len(spare))
        return len(spare)

    def missing(self) -> int:
        """Count the files that rows name and that are not there."""
        with self.database.snapshot() as tx:
            known = media.list_files(tx)
        return len(known - {path.name for path in self._files()})

    def _files(self) -> list[Path]:
        """Give the files that are named as we name them; there are folders beside them."""
        there = self.media_dir.iterdir() if self.media_dir.is_dir() else ()
        return [path for path in there if _NAME.fullmatch(path.name) and path.is_file()]

    def _keep(self, picture: Image.Image) -> Cover:
        main = written_main(picture)
        self._write(main)
        facts = main.facts
        cover = Cover(
            name=facts.name,
            media_type=facts.media_type,
            width=facts.width,
            height=facts.height,
            bytes=facts.bytes,
        )
        return self._complete(cover, picture)

    def _complete(self, cover: Cover, picture: Image.Image) -> Cover:
        variants = written_variants(picture, cover.name)
        for variant in variants:
            self._write(variant)
        complete = Cover(
            name=cover.name,
            media_type=cover.media_type,
            width=cover.width,
            height=cover.height,
            bytes=cover.bytes,
            blurhash=hash_of(picture),
            variants=tuple(variant.facts for variant in variants),
        )
        with self.database.transaction() as tx:
            media.add(tx, complete, now=self.now())
        return complete

    def _write(self, written: Written) -> None:
        """Write so that nobody ever sees half a picture, not even after a power cut."""
        target = self.media_dir / written.facts.name
        if not target.exists():
            self.database.disk.write(target, written.data, is_precious=True)
