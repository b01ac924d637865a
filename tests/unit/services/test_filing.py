"""A review out of a file, as its documentation says."""

import re
from pathlib import Path

import pytest

from fedreview.domain.rating import TEN_WITH_HALVES
from fedreview.errors import InvalidInput
from fedreview.services.drafting import FIELDS, POSTSCRIPTS, draft_from_fields
from fedreview.services.filing import fields_from_file

DESCRIBED = (Path(__file__).parents[3] / "docs" / "publishing-files.md").read_text()


def example() -> str:
    found = re.search(r"^````markdown\n(.*?)^````$", DESCRIBED, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_the_documented_example_can_be_published_and_uses_every_field() -> None:
    fields, cover = fields_from_file(example())

    draft = draft_from_fields(fields, scale=TEN_WITH_HALVES)

    assert cover == "blame.jpg"
    assert {name for name in FIELDS if fields.get(name)} == {*FIELDS} - {*POSTSCRIPTS[1:]}
    assert [each.rating.text for each in draft.aspects] == ["7.5/10", "9/10"]
    assert [each.text for each in draft.postscripts] == ["I have read the manga since."]
    assert draft.announces is not None


def test_every_field_stands_in_the_table() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", DESCRIBED, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\w+", row)}

    assert {*FIELDS} - {*POSTSCRIPTS, "body"} | {"postscripts", "cover"} <= named


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("postscripts: [a, b, c, d, e, f]", "postscripts"),
        ("verdict: {a: b}", "verdict"),
        ("rhythm: slow", "rhythm"),
    ],
)
def test_what_a_file_cannot_say_is_named(head: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        fields_from_file(f"---\ntitle: A\n{head}\n---\nGood.")

    assert list(caught.value.problems) == [field]


def test_one_postscript_needs_no_list() -> None:
    fields, _ = fields_from_file("---\ntitle: A\npostscripts: More.\n---\nGood.")

    assert fields["postscript_1"] == "More."
