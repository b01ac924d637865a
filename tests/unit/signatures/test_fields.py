from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.errors import UntrustedSignature
from fedreview.signatures.fields import read_dictionary, write_member


def test_a_dictionary_reads_into_values_with_parameters() -> None:
    members = read_dictionary('a=:AAE=:, b=("x" "y";z);c=1, d')

    assert members == {
        "a": (b"\0\x01", {}),
        "b": ([("x", {}), ("y", {"z": True})], {"c": 1}),
        "d": (True, {}),
    }


def test_a_member_is_written_in_canonical_form() -> None:
    [member] = read_dictionary('a=(  "x"   "y" );created=01;keyid="k"').values()

    assert write_member(member) == '("x" "y");created=1;keyid="k"'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a=1, a=2", "'a' is given twice in a structured dictionary"),
        ("a=1;b;b", "'b' is given twice in a structured parameter"),
        ("a=1,", "not a structured dictionary"),
        ("A=1", "not a structured dictionary"),
        ('a="é"', "not a structured dictionary"),
        ("a=@999999999999999", "not a structured dictionary"),
        ('a=%"%ff"', "not a structured dictionary"),
        ("a=" + "1" * 8192, "too long"),
    ],
)
def test_an_ambiguous_or_broken_dictionary_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UntrustedSignature, match=reason):
        read_dictionary(text)


@given(st.text(alphabet='ab1=;,:()"@%?\\- \té\n', max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        members = read_dictionary(text)
    except UntrustedSignature:
        return
    assert all(len(member) == 2 for member in members.values())


def test_dates_are_read_as_instants() -> None:
    assert read_dictionary("a=@0") == {"a": (datetime(1970, 1, 1, tzinfo=UTC), {})}
