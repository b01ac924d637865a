import io
from typing import Any

import pytest
from PIL import Image, ImageCms

from fedreview.errors import InvalidInput
from fedreview.services.developing import (
    hash_of,
    open_picture,
    squared,
    written_main,
    written_variants,
)

RED = (220, 30, 40)


def saved(picture: Image.Image, format_name: str, **more: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **more)
    return buffer.getvalue()


def near(found: Any, wanted: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


def problem(data: bytes) -> str:
    with pytest.raises(InvalidInput) as caught:
        open_picture(data)
    return caught.value.problems["cover"]


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_every_usual_format_is_read(format_name: str) -> None:
    opened = open_picture(saved(Image.new("RGB", (40, 30), RED), format_name))

    assert opened.size == (40, 30)
    assert near(opened.convert("RGB").getpixel((5, 5)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_mode_of_png_becomes_colours(mode: str) -> None:
    white = 0xFFFF if mode == "I;16" else "white"

    opened = open_picture(saved(Image.new(mode, (8, 8), white), "PNG"))

    assert opened.mode in {"RGB", "RGBA"}
    assert near(opened.convert("RGB").getpixel((2, 2)), (255, 255, 255), 1)


def test_sixteen_bits_are_not_cut_off_at_eight() -> None:
    opened = open_picture(saved(Image.new("I;16", (8, 8), 0x8000), "PNG"))

    assert near(opened.getpixel((2, 2)), (128, 128, 128), 2)


def test_printing_colours_become_those_of_a_screen() -> None:
    opened = open_picture(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))

    assert opened.mode == "RGB"
    assert near(opened.getpixel((2, 2)), (255, 0, 0), 20)


def test_a_broken_profile_is_left_aside() -> None:
    data = saved(Image.new("RGB", (8, 8), RED), "JPEG", icc_profile=b"nonsense" * 9000)

    assert near(open_picture(data).getpixel((2, 2)), RED)


def test_a_profile_is_applied_and_left_out() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(Image.new("RGB", (8, 8), RED), "JPEG", icc_profile=profile)

    written = written_main(open_picture(data))

    assert near(open_picture(data).getpixel((2, 2)), RED)
    assert "icc_profile" not in Image.open(io.BytesIO(written.data)).info


def test_of_an_animation_the_first_picture_is_taken() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, "blue", "green")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])

    written = written_main(open_picture(data))

    kept = Image.open(io.BytesIO(written.data))
    assert getattr(kept, "n_frames", 1) == 1
    assert near(kept.convert("RGB").getpixel((2, 2)), RED)


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"hevc"])
def test_heic_is_refused_with_what_to_do(brand: bytes) -> None:
    assert "Save it as JPEG" in problem(b"\0\0\0\x18ftyp" + brand + bytes(40))


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_half_a_picture_is_said_to_be_damaged(format_name: str) -> None:
    whole = saved(Image.effect_noise((64, 64), 90).convert("RGB"), format_name)

    assert "picture" in problem(whole[: len(whole) // 2])


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"%PDF-1.7", b"BM" + bytes(60)])
def test_what_is_no_picture_of_the_known_formats_is_refused(data: bytes) -> None:
    assert "That is no JPEG" in problem(data)


def test_what_hides_behind_a_picture_is_gone() -> None:
    data = saved(Image.new("RGB", (8, 8), RED), "PNG") + b"<script>alert(1)</script>PK\x03\x04"

    picture = open_picture(data)

    assert b"script" not in written_main(picture).data


def test_a_huge_exif_block_with_a_place_is_gone_and_the_picture_upright() -> None:
    picture = Image.new("RGB", (60, 40), RED)
    exif = picture.getexif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera" * 4000
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.0)})

    opened = open_picture(saved(picture, "JPEG", exif=exif))

    assert opened.size == (40, 60)
    for written in (written_main(opened), *written_variants(opened, "main")):
        assert b"Secret" not in written.data
        assert dict(Image.open(io.BytesIO(written.data)).getexif()) == {}


@pytest.mark.parametrize(("mode", "orientation"), [("RGBA", 6), ("L", 8), ("I;16", 6)])
def test_every_mode_is_turned_upright(mode: str, orientation: int) -> None:
    picture = Image.new(mode, (30, 10))
    exif = picture.getexif()
    exif[0x0112] = orientation

    assert open_picture(saved(picture, "PNG", exif=exif)).size == (10, 30)


def test_widths_go_up_to_the_picture_itself_and_never_above() -> None:
    opened = open_picture(saved(Image.new("RGB", (700, 350), RED), "JPEG"))

    made = [written.facts for written in written_variants(opened, "main")]

    assert [(each.width, each.height, each.media_type) for each in made] == [
        (320, 160, "image/jpeg"),
        (320, 160, "image/webp"),
        (640, 320, "image/jpeg"),
        (640, 320, "image/webp"),
        (700, 350, "image/webp"),
    ]


def test_what_is_see_through_stays_so() -> None:
    opened = open_picture(saved(Image.new("RGBA", (400, 400), (0, 0, 0, 0)), "WEBP"))

    media_types = {each.facts.media_type for each in written_variants(opened, "main")}

    assert written_main(opened).facts.media_type == "image/png"
    assert media_types == {"image/png", "image/webp"}
    assert near(opened.getpixel((1, 1)), (0, 0, 0, 0), 0)
    assert hash_of(opened) == hash_of(Image.new("RGB", (4, 4), "white"))


def test_two_pictures_that_look_the_same_when_small_do_not_share_a_file() -> None:
    one, two = (Image.new("RGB", (side, side), RED) for side in (700, 701))

    first = {each.facts.name for each in written_variants(one, written_main(one).facts.name)}
    second = {each.facts.name for each in written_variants(two, written_main(two).facts.name)}

    assert not first & second


def test_a_portrait_is_the_middle() -> None:
    picture = Image.new("RGB", (300, 100), "blue")
    picture.paste(RED, (100, 0, 200, 100))

    assert near(squared(picture, 40).getpixel((20, 20)), RED)
