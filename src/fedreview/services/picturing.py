"""Take a picture from the author, and keep it in several widths."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

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

AT_ONCE = 2
"""Pictures in work; unpacked, the largest takes some 200 MB."""


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
