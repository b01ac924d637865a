"""Take a picture from the author: check it, strip it, make it a size that pages can use."""

import hashlib
import io
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from fedreview.domain.work import Cover
from fedreview.errors import InvalidInput, NotFound
from fedreview.storage import media
from fedreview.storage.database import Database

LONGEST_SIDE = 1600
"""Pixels; enough for a sharp cover on any screen and for a link card."""

MOST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 86
_TOO_LARGE = {"cover": f"The picture has more than {MOST_PIXELS // 10**6} megapixels."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picturing:
    """Keeps pictures in the media folder under the hash of their content."""

    media_dir: Path
    database: Database
    now: Callable[[], datetime]

    def keep(self, data: bytes) -> Cover:
        """Write the picture anew, turned upright and without EXIF, and keep it.

        Always JPEG, or PNG where it is see-through: link cards show no AVIF or WebP.

        Raises InvalidInput for field "cover" when it is no picture that can be used.
        """
        picture = _open(data)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        has_alpha = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
        written, suffix, media_type = (
            (_written(picture.convert("RGBA"), "PNG"), "png", "image/png")
            if has_alpha
            else (_written(picture.convert("RGB"), "JPEG"), "jpg", "image/jpeg")
        )
        name = f"{hashlib.sha256(written).hexdigest()[:32]}.{suffix}"
        self._write(name, written)
        cover = Cover(
            name=name,
            media_type=media_type,
            width=picture.width,
            height=picture.height,
            bytes=len(written),
        )
        with self.database.transaction() as tx:
            media.add(tx, cover, now=self.now())
        return cover

    def find(self, cover: Cover) -> Path:
        """Give where a picture lies. Raises NotFound when its file is gone."""
        path = self.media_dir / cover.name
        if not path.is_file():
            raise NotFound(f"{path} is missing from the media folder")
        return path

    def _write(self, name: str, data: bytes) -> None:
        """Write so that nobody ever sees half a picture, not even after a power cut."""
        self.media_dir.mkdir(parents=True, exist_ok=True)
        target = self.media_dir / name
        if target.exists():
            return
        # A doubled click brings the same picture twice at once, to two threads.
        unfinished = self.media_dir / f".{name}.{os.getpid()}.{threading.get_ident()}"
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)


def _open(data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise InvalidInput(_TOO_LARGE)
        picture.load()
        return ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidInput(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise InvalidInput(
            {"cover": "That is no JPEG, PNG, WebP or GIF picture. Save it as one and try again."}
        ) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise InvalidInput({"cover": "The picture is damaged. Save it again and retry."}) from error


def _written(picture: Image.Image, format_name: str) -> bytes:
    buffer = io.BytesIO()
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    clean.save(buffer, format_name, quality=_QUALITY, optimize=True)
    return buffer.getvalue()
