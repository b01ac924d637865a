import io

import pytest
from PIL import Image

from fedreview.errors import RemoteRefused
from fedreview.services.shrinking import Bounds, shrink

BOUNDS = Bounds(most_bytes=0, most_pixels=250_000, width=256, height=64)


def a_picture(mode: str, size: tuple[int, int], kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((128, 128), (64, 64)),
        ((16, 16), (16, 16)),
        ((400, 100), (256, 64)),
        ((400, 10), (256, 6)),
        ((40, 400), (6, 64)),
    ],
)
def test_a_picture_keeps_its_shape_and_never_grows(
    size: tuple[int, int], small: tuple[int, int]
) -> None:
    found = shrink(a_picture("RGB", size), BOUNDS)

    assert (found.width, found.height) == small
    drawn = Image.open(io.BytesIO(found.data))
    assert (drawn.format, drawn.size) == ("WEBP", small)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "CMYK"), ("WEBP", "RGBA"), ("GIF", "P"), ("PNG", "LA"), ("AVIF", "RGB")],
)
def test_every_usual_kind_is_read(kind: str, mode: str) -> None:
    assert shrink(a_picture(mode, (90, 90), kind), BOUNDS).width == 64


def test_what_is_see_through_stays_so() -> None:
    drawn = Image.open(io.BytesIO(shrink(a_picture("RGBA", (90, 90)), BOUNDS).data))

    assert drawn.mode == "RGBA"
    assert drawn.getpixel((5, 5)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<!doctype html><script>alert(1)</script>",
        a_picture("RGB", (501, 500)),
        a_picture("RGB", (300, 300))[:80],
        a_picture("RGB", (90, 90), "BMP"),
        a_picture("RGB", (90, 90), "TIFF"),
    ],
    ids=["empty", "svg", "html", "too many pixels", "cut", "bmp", "tiff"],
)
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteRefused):
        shrink(data, BOUNDS)
