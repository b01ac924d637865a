import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.signatures.digest import (
    content_digest_header,
    content_digest_matches,
    digest_header,
    digest_matches,
)

BODY = b'{"hello": "world"}'
RIGHT = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
WRONG = base64.b64encode(bytes(32)).decode()
SHA512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()


def test_digests_are_written_as_the_specifications_print_them() -> None:
    assert digest_header(BODY) == f"SHA-256={RIGHT}"
    assert content_digest_header(BODY) == f"sha-256=:{RIGHT}:"


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_digest_vouches_for_its_own_body_and_no_other(body: bytes, other: bytes) -> None:
    assert digest_matches(digest_header(body), other) is (body == other)
    assert content_digest_matches(content_digest_header(body), other) is (body == other)


@pytest.mark.parametrize(
    "header",
    [
        f"sha-256={RIGHT}",
        f"Sha-256={RIGHT}",
        f"SHA-256={RIGHT},SHA-256={RIGHT}",
        f"unixsum=30637, SHA-256={RIGHT}",
        f"SHA-256={RIGHT}, SHA-512={WRONG}",
    ],
)
def test_a_digest_is_read_in_any_case_and_in_lists(header: str) -> None:
    assert digest_matches(header, BODY)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "SHA-256",
        "SHA-256=",
        RIGHT,
        f"SHA-256={WRONG}",
        f"SHA-256={RIGHT},SHA-256={WRONG}",
        f"sha-256={WRONG},SHA-256={RIGHT}",
        f"SHA-512={SHA512}",
        f"SHA-256={RIGHT[:-1]}",
        "SHA-256=é\udcff",
    ],
)
def test_a_digest_that_is_missing_wrong_or_contradicts_itself_vouches_for_nothing(
    header: str,
) -> None:
    assert not digest_matches(header, BODY)


@pytest.mark.parametrize(
    "header",
    [f"sha-256=:{RIGHT}:, sha-512=:{SHA512}:", f"unixsum=:AAAA:,sha-256=:{RIGHT}:"],
)
def test_a_content_digest_may_hold_others_beside_sha256(header: str) -> None:
    assert content_digest_matches(header, BODY)


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"SHA-256={RIGHT}",
        f"sha-256=:{WRONG}:",
        f'sha-256="{RIGHT}"',
        "sha-256=(:AAAA:)",
        f"sha-512=:{SHA512}:",
        f"sha-256=:{RIGHT}:, sha-512=:{WRONG}:",
        f"sha-256=:{WRONG}:, sha-256=:{RIGHT}:",
    ],
)
def test_a_content_digest_that_is_missing_wrong_or_ambiguous_vouches_for_nothing(
    header: str,
) -> None:
    assert not content_digest_matches(header, BODY)
