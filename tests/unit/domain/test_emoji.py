"""One emoji is told from everything else, and spelt in one way."""

import pytest

from fedreview.domain.emoji import emoji, shortcode


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("🔥", "🔥"),
        ("❤", "❤\ufe0f"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("❤\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("👍🏽", "👍🏽"),
        ("☝🏽", "☝🏽"),
        ("🇯🇵", "🇯🇵"),
        ("1\u20e3", "1\ufe0f\u20e3"),
        ("👨\u200d👩\u200d👧\u200d👦", "👨\u200d👩\u200d👧\u200d👦"),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",) * 2,
    ],
)
def test_an_emoji_is_spelt_in_one_way(sent: str, kept: str) -> None:
    assert emoji(sent) == kept


NOT_ONE = ("", "🔥🔥", "🔥 ", "🔥\u200d", "<b>", ":blob:", "🔥" * 5_000, "👨" + "\u200d👨" * 20)


@pytest.mark.parametrize("text", [*" a1#🇯🏽\u200d\u200b\ufe0f﷽é", *NOT_ONE])
def test_anything_else_is_none(text: str) -> None:
    assert emoji(text) == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (":blob_cat:", "blob_cat"),
        (":blob_cat@misskey.example:", "blob_cat"),
        (":blob_cat@.:", "blob_cat"),
        (":<b>:", ""),
        ("::", ""),
        ("blob", ""),
        (":" + "a" * 5_000 + ":", ""),
    ],
)
def test_a_custom_emoji_is_known_by_its_name(text: str, name: str) -> None:
    assert shortcode(text) == name
