import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.errors import UntrustedSignature
from fedreview.signatures import multibase


@given(st.binary(max_size=200))
def test_what_is_written_reads_back(data: bytes) -> None:
    assert multibase.decode(multibase.encode(data)) == data


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "z"),
        (b"\0", "z1"),
        (b"\0\0hello", "z11Cn8eVZg"),
        (b"yes mani !", "z7paNL19xttacUY"),
    ],
)
def test_base58_keeps_leading_zeros(data: bytes, text: str) -> None:
    assert multibase.encode(data) == text
    assert multibase.decode(text) == data


@pytest.mark.parametrize("text", ["u-_8", "u-_8=", "u-_8=="])
def test_base64url_reads_with_and_without_padding(text: str) -> None:
    assert multibase.decode(text) == b"\xfb\xff"


@pytest.mark.parametrize(
    "text", ["", "f00", "Zabc", "z0", "zOIl", "zé", "u+/8", "u####", "u-", "ué", "z" + "2" * 2048]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UntrustedSignature, match="multibase"):
        multibase.decode(text)
