from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.errors import UntrustedSignature
from fedreview.signatures.fields import find_plain_list, read_dictionary, write_member


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


PLAIN = [
    'sig1=("@method" "@target-uri" "content-digest");created=1790000000;keyid="https://a.example/#k"',
    'a=("x");created=0;alg="ed25519";expires=300',
    '*k.e-y_1=("" " !#()[]^~")',
]


@pytest.mark.parametrize("text", PLAIN)
def test_a_list_that_is_canonical_as_it_stands_is_read_as_any_dictionary_is(text: str) -> None:
    [(key, member)] = read_dictionary(text).items()

    assert find_plain_list(text) == (key, member, write_member(member))
    assert text == f"{key}={write_member(member)}"


@pytest.mark.parametrize(
    "text",
    [
        'a=(  "x" );created=1',
        'a=("x");created=01',
        'a=("x");created=1;created=2',
        'a=("x");b',
        'a=("x";req)',
        'a=("x"), b=("y")',
        'a=("\\"")',
        "a=()",
        'a=("x")\n',
        'a=("é")',
        f'a=("{"x" * 8192}")',
    ],
)
def test_what_is_less_plain_is_left_to_who_can_tell(text: str) -> None:
    assert find_plain_list(text) is None


@given(st.text(alphabet='ab10;=()" \\\n', max_size=30))
def test_nothing_passes_for_plain_that_is_not(rest: str) -> None:
    found = find_plain_list(f'a=("x"){rest}')

    if found:
        assert read_dictionary(f'a=("x"){rest}') == {found[0]: found[1]}
        assert write_member(found[1]) == found[2]


@pytest.mark.parametrize(("text", "value"), [("a=:AAE=:", b"\0\x01"), ("a=:AAE:", b"\0\x01")])
def test_bytes_are_read_with_and_without_their_padding(text: str, value: bytes) -> None:
    assert read_dictionary(text) == {"a": (value, {})}


def test_dates_are_read_as_instants() -> None:
    assert read_dictionary("a=@0") == {"a": (datetime(1970, 1, 1, tzinfo=UTC), {})}
