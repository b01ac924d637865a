"""Make of bytes that may be anything a picture with nothing but its pixels, and write it."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from fedreview.content.blurhash import blurhash
from fedreview.domain.work import Variant
from fedreview.errors import InvalidInput

LONGEST_SIDE = 1600
"""Pixels; enough for a sharp cover on any screen and for a link card."""

WIDTHS = (320, 640, 960)
"""Pixels; of the smaller ones beside each picture."""

PLAIN_WIDTHS = (320, 640)
"""Pixels; of those in the old format as well, for the few who read no WebP."""

MOST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_QUALITY = 86
_SMALL_QUALITY = 80
_HASHED_SIDE = 32

_TOO_LARGE = {"cover": f"The picture has more than {MOST_PIXELS // 10**6} megapixels."}
_HEIC = {
    "cover": "That is a HEIC picture, which browsers do not show. Save it as JPEG and try again: "
    "an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible."
}
_UNKNOWN = {
    "cover": "That is no JPEG, PNG, WebP, GIF or AVIF picture. Save it as one and try again."
}
_DAMAGED = {"cover": "The picture is damaged. Save it again and retry."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file as it is to be kept, and what is known of it."""

    data: bytes
    facts: Variant


def open_picture(data: bytes, *, longest_side: int = LONGEST_SIDE) -> Image.Image:
    """Read a picture: upright, in sRGB, no larger than asked for. Of an animation the first.

    Raises InvalidInput for field "cover" when it is none that can be used.
    """
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise InvalidInput(_HEIC)
    try:
        return _read(data, longest_side)
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidInput(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise InvalidInput(_UNKNOWN) from error
    except Exception as error:
        # Whatever it is that the decoder stumbles over: the file is at fault.
        raise InvalidInput(_DAMAGED) from error


def _read(data: bytes, longest_side: int) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        # So far only the header has been read.
        if picture.width * picture.height > MOST_PIXELS:
            raise InvalidInput(_TOO_LARGE)
        # A JPEG is unpacked no larger than needed: 50 megapixels would take 150 MB.
        picture.draft("RGB", (longest_side, longest_side))
        picture.load()
        profile = picture.info.get("icc_profile")
        plain = _plain(picture)
        plain.thumbnail((longest_side, longest_side))
        return _in_srgb(ImageOps.exif_transpose(plain), profile)


def _plain(picture: Image.Image) -> Image.Image:
    """Turn whatever mode it has into RGB or RGBA, or leave CMYK for its profile."""
    if picture.mode.startswith("I"):
        # Sixteen bits: Pillow would cut off what is above 255.
        grey = picture.convert("I").point(lambda value: value * (1 / 256))
        return _with_orientation(grey.convert("L").convert("RGB"), picture)
    has_alpha = picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"}
    if has_alpha or "transparency" in picture.info:
        return _with_orientation(picture.convert("RGBA"), picture)
    if picture.mode == "CMYK":
        return picture
    return _with_orientation(picture.convert("RGB"), picture)


def _with_orientation(made: Image.Image, origin: Image.Image) -> Image.Image:
    exif = origin.getexif()
    if 0x0112 in exif:
        made.getexif()[0x0112] = exif[0x0112]
    return made


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Take the colours that the profile means; it is left out of what is written."""
    plain = picture.convert("RGB") if picture.mode == "CMYK" else picture
    if not profile:
        return plain
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        meant = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode=plain.mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A broken profile, or one for another kind of picture: the colours as they stand.
        return plain
    return meant or plain


def squared(picture: Image.Image, side: int) -> Image.Image:
    """Cut the middle out."""
    return ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)


def written_main(picture: Image.Image) -> Written:
    """Write the picture itself: JPEG, or PNG where it is see-through.

    Link cards show no AVIF or WebP.
    """
    return _written(picture, _plain_format(picture), _QUALITY, salt="")


def written_variants(picture: Image.Image, main_name: str) -> tuple[Written, ...]:
    """Write smaller ones, and WebP of each width, by width and then by format.

    main_name: of the picture that they belong to; two that look the same do not share them.
    """
    made: list[Written] = []
    for width in (*(each for each in WIDTHS if each < picture.width), picture.width):
        small = picture.resize(
            (width, max(1, round(picture.height * width / picture.width))),
            Image.Resampling.LANCZOS,
        )
        formats = ["WEBP"]
        if width in PLAIN_WIDTHS and width < picture.width:
            formats.insert(0, _plain_format(picture))
        made += [_written(small, each, _SMALL_QUALITY, salt=main_name) for each in formats]
    return tuple(made)


def hash_of(picture: Image.Image) -> str:
    """Describe the picture in a few letters, with white behind what is see-through."""
    small = picture.resize((_HASHED_SIDE, _HASHED_SIDE), Image.Resampling.BOX)
    if small.mode == "RGBA":
        behind = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(behind, small)
    data = small.convert("RGB").tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    return blurhash(
        [pixels[start : start + _HASHED_SIDE] for start in range(0, len(pixels), _HASHED_SIDE)]
    )


def _plain_format(picture: Image.Image) -> str:
    return "PNG" if picture.mode == "RGBA" else "JPEG"


_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


def _written(picture: Image.Image, format_name: str, quality: int, *, salt: str) -> Written:
    buffer = io.BytesIO()
    # Nothing but pixels: a picture carries along what it was opened with.
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    clean.save(buffer, format_name, quality=quality, optimize=True)
    data = buffer.getvalue()
    digest = hashlib.sha256(salt.encode() + data).hexdigest()[:32]
    facts = Variant(
        name=f"{digest}.{_ENDINGS[format_name]}",
        media_type=f"image/{format_name.lower()}",
        width=picture.width,
        height=picture.height,
        bytes=len(data),
    )
    return Written(data=data, facts=facts)
