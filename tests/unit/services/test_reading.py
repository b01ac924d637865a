from datetime import date

import pytest

from fedreview.domain.rating import TEN_WITH_HALVES
from fedreview.services.reading import MOST_ASPECTS, MOST_LINKS, Reader


def read(**fields: str) -> Reader:
    return Reader(fields)


def test_aspects_are_read_one_on_a_line_with_the_last_colon_between() -> None:
    reader = read(x="Story: 8,5\n\nSound: the mix: 7/10")

    aspects = reader.aspects("x", TEN_WITH_HALVES)

    assert [(each.name, each.rating.text) for each in aspects] == [
        ("Story", "8.5/10"),
        ("Sound: the mix", "7/10"),
    ]
    assert reader.problems == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("8.5", "8.5: Write a name"),
        (f"{'a' * 41}: 8", "Write a name of at most 40 characters"),
        ("Story: 11", "Story: The rating must lie between 0 and 10."),
        ("Story: eight", "Story: Type a number"),
        ("\n".join(f"A{n}: 5" for n in range(MOST_ASPECTS + 1)), "Score at most 12 aspects."),
    ],
)
def test_what_is_wrong_with_aspects_names_the_aspect(typed: str, said: str) -> None:
    reader = read(x=typed)

    reader.aspects("x", TEN_WITH_HALVES)

    assert reader.problems["x"].startswith(said) or said in reader.problems["x"]


def test_a_day_is_read_or_asked_for_again() -> None:
    reader = read(good="2026-11-25", empty="", bad="25.11.2026")

    assert reader.day("good") == date(2026, 11, 25)
    assert reader.day("empty") is None
    assert reader.day("bad") is None
    assert list(reader.problems) == ["bad"]


@pytest.mark.parametrize(("typed", "is_on"), [("yes", True), ("TRUE", True), ("", False)])
def test_a_box_is_ticked_or_not(typed: str, *, is_on: bool) -> None:
    assert read(x=typed).switch("x") is is_on


def test_lines_of_identifiers_and_relations_are_read_once_each() -> None:
    reader = read(
        i="imdb: tt6574146\n\nhttps://www.imdb.com/title/tt6574146/",
        r="based on:   BLAME! (manga, 1998)",
    )

    assert [each.text for each in reader.identifiers("i")] == ["imdb: tt6574146"]
    assert [each.text for each in reader.relations("r")] == ["based on: BLAME! (manga, 1998)"]


def test_a_wrong_line_is_named_and_too_many_lines_are_said() -> None:
    reader = read(
        wrong="imdb: nonsense",
        many="\n".join(f"steam: {n}" for n in range(1, MOST_LINKS + 2)),
        endless="x" * 100_000,
    )

    reader.identifiers("wrong")
    reader.identifiers("many")
    reader.identifiers("endless")

    assert reader.problems["wrong"].startswith("imdb: nonsense: ")
    assert reader.problems["many"] == "Use at most 20 lines."
    assert "at most" in reader.problems["endless"]
