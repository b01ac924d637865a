import io
from pathlib import Path

import pytest
from PIL import Image

from fedreview.services.carding import HEIGHT, WIDTH, Card, draw_card
from fedreview.services.lettering import (
    SERIF,
    find_font,
    fitted,
    is_right_to_left,
    open_font,
    setable,
)

NOBODYS = "A \U000107ff"
"""With a letter that nobody has defined."""


def a_card(**more: object) -> Card:
    fields: dict[str, object] = {
        "title": "The Quiet Kiln",
        "about": "Film · 2017",
        "score": "8.5",
        "best": "10",
        "half_ticks": 17,
        "cover": "",
        "site": "reviews.example",
    }
    return Card(**{**fields, **more})  # type: ignore[arg-type]


def drawn(card: Card, cover: Path | None = None) -> Image.Image:
    picture = Image.open(io.BytesIO(draw_card(card, cover)))
    assert picture.size == (WIDTH, HEIGHT)
    return picture.convert("RGB")


@pytest.mark.parametrize("text", ["Stille Glut – ß", "Ночной Дозор", "Ἡ πόλις", "Łódź Ångström"])
def test_our_own_font_has_latin_greek_and_cyrillic(text: str) -> None:
    assert find_font(text, SERIF) == SERIF


def test_a_title_that_no_font_has_is_left_out() -> None:
    assert find_font(NOBODYS, SERIF) is None
    assert drawn(a_card(title=NOBODYS)).tobytes() == drawn(a_card(title="")).tobytes()


def test_emoji_are_left_out_and_the_words_stay() -> None:
    assert setable("  Clay 🎬\n and  fire ") == "Clay and fire"


def test_a_short_title_is_as_large_as_can_be() -> None:
    assert fitted("BLAME!", SERIF, width=600, height=300, sizes=(84, 46)) == (84, ["BLAME!"])


def test_a_long_title_shrinks_then_ends_with_an_ellipsis_within_the_width() -> None:
    size, lines = fitted("never ending " * 20, SERIF, width=600, height=200, sizes=(84, 60, 46))

    assert size == 46
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert max(map(open_font(SERIF, size).getlength, lines)) <= 600


def test_a_word_longer_than_a_line_is_divided() -> None:
    _, lines = fitted("W" * 60, SERIF, width=400, height=400, sizes=(46,))

    assert len(lines) > 1
    assert max(map(open_font(SERIF, 46).getlength, lines)) <= 400


def test_the_first_letter_with_a_direction_says_where_a_title_begins() -> None:
    assert is_right_to_left("1984: مدينة")
    assert not is_right_to_left("1984: city مدينة")
    assert not is_right_to_left("1984")


def test_without_a_rating_there_is_none_on_the_card(tmp_path: Path) -> None:
    cover = tmp_path / "c.png"
    Image.new("RGBA", (400, 600), "teal").save(cover)

    with_rating, without = drawn(a_card()), drawn(a_card(score="", best=""))

    assert with_rating.tobytes() != without.tobytes()
    assert drawn(a_card(), cover).getpixel((100, 300)) == (0, 128, 128)


def test_every_part_that_shows_changes_the_version() -> None:
    versions = {
        a_card(**{name: value}).version
        for name, value in {
            "title": "A",
            "about": "B",
            "score": "1",
            "best": "5",
            "cover": "x.jpg",
            "site": "b",
        }.items()
    }

    assert len(versions | {a_card().version}) == 7
    assert a_card().version == a_card().version
