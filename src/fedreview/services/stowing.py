"""Keep small pictures in a folder, under the hashes of their content."""

import hashlib
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fedreview.errors import NotFound
from fedreview.storage.disk import Disk

SPARE_FOR = timedelta(hours=1)
"""How long a file may belong to nobody: whose it is, is written down after it."""

_NAME = re.compile(r"[0-9a-f]{32}\.webp")


@dataclass(frozen=True, slots=True)
class Stow:
    """A folder of WebP pictures; it is there as soon as the first picture is."""

    folder: Path
    disk: Disk

    def find(self, name: str) -> Path:
        """Give where a picture lies. Raises NotFound, also for any other kind of name."""
        path = self.folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise NotFound("no such picture")
        return path

    def files(self) -> tuple[Path, ...]:
        """Give all that lie there."""
        return tuple(self.folder.iterdir()) if self.folder.is_dir() else ()

    def measured(self) -> list[tuple[Path, os.stat_result]]:
        """Give all that lie there, each with its size and age."""
        return [(path, path.stat()) for path in self.files()]

    def put(self, data: bytes, *, now: datetime) -> str:
        """Write so that nobody ever sees half a picture; gives its name."""
        name = f"{hashlib.sha256(data).hexdigest()[:32]}.webp"
        # As new as today, also where the same picture lay before: tidying looks at the age.
        self.disk.write(self.folder / name, data, dated=now)
        return name

    def remove_spare(self, *, known: Collection[str], now: datetime) -> None:
        """Remove what belongs to nobody, but for what is so new that this may be yet to come."""
        young = (now - SPARE_FOR).timestamp()
        for path in self.files():
            if path.name not in known and path.stat().st_mtime < young:
                path.unlink(missing_ok=True)
