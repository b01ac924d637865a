import pytest

from fedreview.signatures.passwords import DUMMY_HASH, check_password, hash_password

PARAMETERS = "$argon2id$v=19$m=19456,t=2,p=1$"


def test_a_password_fits_its_own_hash_and_no_other_password_does() -> None:
    hashed = hash_password("correct horse")

    assert check_password("correct horse", hashed)
    assert not check_password("Correct horse", hashed)
    assert not check_password("", hashed)


def test_the_same_password_never_has_the_same_hash_twice() -> None:
    assert hash_password("correct horse") != hash_password("correct horse")


def test_a_hash_says_how_it_was_made() -> None:
    assert hash_password("x").startswith(PARAMETERS)


def test_a_check_for_nobody_costs_what_a_check_for_somebody_costs() -> None:
    hashed = hash_password("x")

    assert DUMMY_HASH.startswith(PARAMETERS)
    assert len(DUMMY_HASH) == len(hashed)
    assert not check_password("x", DUMMY_HASH)


def test_a_letter_may_be_typed_as_one_code_point_or_two() -> None:
    assert check_password("u\u0308ber", hash_password("\u00fcber"))


@pytest.mark.parametrize("password", ["", "пароль 🔑", "\ud800", "x" * 5000])
def test_any_text_can_be_a_password(password: str) -> None:
    assert check_password(password, hash_password(password))


@pytest.mark.parametrize(
    "hashed",
    [
        "",
        "x",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB",
        "$argon2id$v=19$m=99999999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$BBBBBBBBBBBBBBBBBBBBBB",
        "é",
    ],
)
def test_a_broken_hash_fits_no_password(hashed: str) -> None:
    assert not check_password("x", hashed)
