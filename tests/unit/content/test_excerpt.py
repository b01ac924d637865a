import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.content.excerpt import excerpt, reading_minutes


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("One two\n three", 20, "One two three"),
        ("One two three", 13, "One two three"),
        ("One two three", 12, "One two…"),
        ("One two three", 8, "One two…"),
        ("One two, three four", 9, "One two…"),
        ("一二三四五六七八九十", 5, "一二三四…"),
        ("a bcdefghijklmnop", 10, "a bcdefgh…"),
        ("ab", 1, "…"),
        ("", 5, ""),
    ],
)
def test_an_excerpt_ends_after_a_whole_word(text: str, limit: int, expected: str) -> None:
    assert excerpt(text, limit) == expected


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_an_excerpt_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("", 1),
        ("word " * 220, 1),
        ("word " * 221, 2),
        ("word " * 2_200, 10),
        ("字" * 500, 1),
        ("字" * 501, 2),
        ("かな。" * 1_000, 9),
        ("한국어 " * 500, 3),
        ("word 字字 " * 220, 2),
    ],
)
def test_reading_takes_as_long_as_its_words_and_characters(text: str, minutes: int) -> None:
    assert reading_minutes(text) == minutes
