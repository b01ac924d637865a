import pytest

from fedreview.content.difference import CONTEXT, MOST_PARTS, Fate, Piece, differences

STAYED, REMOVED, ADDED = Fate.STAYED, Fate.REMOVED, Fate.ADDED


def test_equal_texts_have_no_differences() -> None:
    assert differences("Same.", "Same.") == ()


def test_a_changed_word_is_one_that_went_and_one_that_came() -> None:
    assert differences("It is good.\n", "It is bad.\n") == (
        Piece(STAYED, "It is "),
        Piece(REMOVED, "good"),
        Piece(ADDED, "bad"),
        Piece(STAYED, ".\n"),
    )


def test_what_stayed_before_a_change_is_one_piece() -> None:
    first, *_ = differences("One.\nIt is good.\n", "One.\nIt is bad.\n")

    assert first == Piece(STAYED, "One.\nIt is ")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "New.", (Piece(ADDED, "New."),)),
        ("Old.", "", (Piece(REMOVED, "Old."),)),
        ("One.\n", "One.\nTwo.\n", (Piece(STAYED, "One.\n"), Piece(ADDED, "Two.\n"))),
    ],
)
def test_whole_paragraphs_come_and_go(before: str, after: str, expected: tuple[Piece, ...]) -> None:
    assert differences(before, after) == expected


def test_only_the_words_beside_a_change_are_given() -> None:
    long = "word " * 200

    found = differences(f"{long}| old | {long}", f"{long}| new | {long}")

    first, removed, added, last = found

    assert (removed.text, added.text) == ("old ", "new ")
    assert first.text.startswith(" … ")
    assert last.text.endswith(" … ")
    assert max(len(first.text), len(last.text)) == CONTEXT + 3


def test_between_two_changes_both_ends_stay() -> None:
    long = "word " * 200

    middle = differences(f"a | {long} | b", f"c | {long} | d")[2]

    assert middle.fate is STAYED
    assert " … " in middle.text.strip()
    assert len(middle.text) == 2 * CONTEXT + 3


def test_what_is_too_long_to_compare_is_replaced_as_a_whole() -> None:
    before, after = "a\n" * (MOST_PARTS + 1), "b\n" * 3

    assert differences(before, after) == (Piece(REMOVED, before), Piece(ADDED, after))
