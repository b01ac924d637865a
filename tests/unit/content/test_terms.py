"""What a text is found by, what somebody looks for, and what is shown of it."""

import pytest

from fedreview.content.terms import (
    LONGEST_TERM,
    MOST_WANTED,
    index_text,
    snippet,
    terms,
    wanted_from_text,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BLAME! A Netflix Original", ["blame", "a", "netflix", "original"]),
        ("Amélie, Søren & Łódź", ["amelie", "soren", "lodz"]),
        ("Ame\u0301lie", ["amelie"]),
        ("ΆΛΦΑ", ["αλφα"]),
        ("攻殻機動隊", ["攻殻", "殻機", "機動", "動隊", "隊"]),
        ("ブラム2", ["ブラ", "ラム", "ム", "2"]),
        ("ブフ", ["ブフ", "フ"]),
        ("हिन्दी", ["हिन्दी"]),
        ("snake_case don't", ["snake", "case", "don", "t"]),
        ("Straße ＡＢＣ", ["strasse", "abc"]),
        ("! … —", []),
    ],
)
def test_a_text_is_found_by_its_plain_words(text: str, expected: list[str]) -> None:
    assert list(terms(text)) == expected


def test_what_is_kept_of_a_text_is_bounded() -> None:
    assert index_text("one two three", limit_bytes=8) == "one two"
    assert list(terms("x" * 500)) == ["x" * LONGEST_TERM]


def looked_for(text: str) -> list[tuple[str, bool]]:
    return [(" ".join(each.terms), each.is_prefix) for each in wanted_from_text(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("blame net", [("blame", False), ("net", True)]),
        ("blame ", [("blame", False)]),
        ('"ghost in the shell" film', [("ghost in the shell", False), ("film", True)]),
        ("“Ghost shell”", [("ghost shell", False)]),
        ('half "a quotation', [("half", False), ("a", False), ("quotation", True)]),
        ("攻殻機", [("攻殻", False), ("殻機", False)]),
        ("隊", [("隊", True)]),
        ('"攻殻 film"', [("攻殻", False), ("film", False)]),
        (
            "NOT title:x* OR (a AND",
            [*((w, False) for w in ["not", "title", "x", "or", "a"]), ("and", True)],
        ),
        ('"" \'; DROP', [("drop", True)]),
        ("!!!", []),
        ("", []),
    ],
)
def test_whatever_is_typed_has_a_meaning(text: str, expected: list[tuple[str, bool]]) -> None:
    assert looked_for(text) == expected


def test_only_so_much_is_looked_for() -> None:
    many = " ".join(f"w{number}" for number in range(40))

    assert len(wanted_from_text(many)) == MOST_WANTED


def marked(text: str, query: str, length: int = 60) -> str:
    pieces = snippet(text, wanted_from_text(query), length=length)
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        (
            "Le fabuleux destin d’Amélie Poulain",
            "amelie pou",
            "Le fabuleux destin d’[Amélie] [Poulain]",
        ),
        ("The kilns, and a kiln", "kiln ", "The kilns, and a [kiln]"),
        ("新しい攻殻機動隊です", "攻殻機", "新しい[攻殻機]動隊です"),
        ("Ghost, in the Shell", '"ghost in"', "[Ghost, in] the Shell"),
        ("Nothing of it", "other", "Nothing of it"),
        ("Nothing asked", "", "Nothing asked"),
        ("", "x", ""),
    ],
)
def test_a_snippet_marks_what_was_looked_for(text: str, query: str, expected: str) -> None:
    assert marked(text, query) == expected


def test_a_snippet_is_cut_around_the_first_find() -> None:
    text = f"{'before ' * 30}wanted {'after ' * 30}"

    shown = marked(text, "wanted")

    assert shown.startswith("…before")
    assert shown.endswith("after…")
    assert "[wanted]" in shown
    assert len(shown) < 70


def test_a_snippet_of_a_text_without_spaces_is_cut_too() -> None:
    shown = marked(f"{'あ' * 100}猫{'い' * 100}", "猫")

    assert "[猫]" in shown
    assert len(shown) <= 64


def test_a_mark_on_a_letter_that_needs_none_is_no_other_letter_and_one_that_counts_is() -> None:
    assert list(terms("e\u0301")) == ["e"]
    assert list(terms("\u0301e")) == ["e"]


def test_what_is_found_by_is_no_longer_than_it_may_be() -> None:
    assert index_text("one two three", limit_bytes=8) == "one two"


def test_matches_that_overlap_are_marked_once() -> None:
    found = snippet("abc abcd", wanted_from_text("abc abcd ab"), length=40)

    assert "".join(piece.text for piece in found) == "abc abcd"
    assert [piece.text for piece in found if piece.is_match] == ["abc", "abcd"]


def test_what_is_found_behind_the_cut_is_not_shown() -> None:
    found = snippet(f"abc {'x ' * 100}abc", wanted_from_text("abc"), length=20)

    assert [piece.text for piece in found if piece.is_match] == ["abc"]
    assert found[-1].text == "…"
