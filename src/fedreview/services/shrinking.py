"""Make of bytes that a stranger calls a picture a small one with nothing but its pixels."""

import io
from dataclasses import dataclass

from PIL import Image

from fedreview.errors import InvalidInput, RemoteRefused
from fedreview.services.developing import FORMATS, open_picture

_QUALITY = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How large a picture may come, and how large the copy is.

    most_bytes, most_pixels: of the original. width, height: of the copy, in pixels.
    """

    most_bytes: int
    most_pixels: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """A small picture as WebP."""

    data: bytes
    width: int
    height: int


def shrink(data: bytes, bounds: Bounds) -> Shrunk:
    """Write a picture anew, of an animation the first.

    Raises RemoteRefused when it is none that can be used.
    """
    _check_size(data, bounds.most_pixels)
    try:
        picture = open_picture(data, longest_side=max(bounds.width, bounds.height))
    except InvalidInput as error:
        raise RemoteRefused(f"no picture that can be used: {error}"[:300]) from error
    picture.thumbnail((bounds.width, bounds.height), Image.Resampling.LANCZOS)
    # Nothing but pixels: a picture carries along what it was opened with.
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    buffer = io.BytesIO()
    clean.save(buffer, "WEBP", quality=_QUALITY)
    return Shrunk(data=buffer.getvalue(), width=clean.width, height=clean.height)


def _check_size(data: bytes, most_pixels: int) -> None:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            # So far only the header has been read; one that lies about the size is found later.
            width, height = picture.size
    except Exception as error:
        # Whatever it is that the decoder stumbles over: the file is at fault.
        raise RemoteRefused(f"no picture that can be read: {error}"[:300]) from error
    if width * height > most_pixels:
        raise RemoteRefused(f"a picture of {width} by {height} pixels")
