from datetime import UTC, datetime

import pytest

from fedreview.federation.knocking import (
    MOST_KNOCKS,
    MOST_REMEMBERED,
    Knocking,
    Manner,
    Memory,
    signature_headers,
)
from fedreview.signatures.keys import PrivateKey, generate_ed25519

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WANTED = 'a=("@method" "@target-uri" "content-digest")'
WANTED_OF_GET = 'a=("@method" "@target-uri" "date");created'
CAVAGE, PATH_ONLY, RFC9421 = Manner


@pytest.fixture(scope="session")
def spare_key() -> PrivateKey:
    return PrivateKey.load("#new", generate_ed25519())


def tries(knocking: Knocking, *answers: int, accept: str = "") -> list[str]:
    """Give what is tried when the answers are these, the last one again and again."""
    knock = knocking.begin()
    said = list(answers)
    made = []
    while knock:
        made.append(f"{knock.manner.value}{' as wanted' if knock.wanted else ''}")
        knock = knocking.go_on(said.pop(0) if len(said) > 1 else said[0], accept)  # type: ignore[assignment]  # ends the loop
    return made


@pytest.mark.parametrize("status", [200, 202, 301, 402, 405, 410, 429, 500, 503])
def test_what_is_no_refusal_is_taken_for_what_it_is(key: PrivateKey, status: int) -> None:
    knocking = Knocking(key=key, has_query=True, has_body=False)

    assert tries(knocking, status, accept=WANTED_OF_GET) == ["cavage"]


@pytest.mark.parametrize(
    ("first", "status", "has_query", "made"),
    [
        (CAVAGE, 401, False, ["cavage", "rfc9421"]),
        (CAVAGE, 404, True, ["cavage", "rfc9421"]),
        (CAVAGE, 400, True, ["cavage", "cavage without the query", "rfc9421"]),
        (CAVAGE, 401, True, ["cavage", "cavage without the query", "rfc9421"]),
        (CAVAGE, 403, True, ["cavage", "cavage without the query", "rfc9421"]),
        (PATH_ONLY, 401, False, ["cavage", "rfc9421"]),
        (PATH_ONLY, 401, True, ["cavage without the query", "cavage", "rfc9421"]),
        (RFC9421, 400, False, ["rfc9421", "cavage"]),
        (RFC9421, 403, True, ["rfc9421", "cavage", "cavage without the query"]),
        (RFC9421, 404, True, ["rfc9421", "cavage"]),
        (RFC9421, 401, True, ["rfc9421", "cavage", "cavage without the query"]),
    ],
)
def test_what_worked_last_time_is_tried_first_and_then_the_rest(
    key: PrivateKey, first: Manner, status: int, has_query: bool, made: list[str]
) -> None:
    knocking = Knocking(key=key, first=first, has_query=has_query, has_body=False)

    assert tries(knocking, status) == made


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_a_server_asks_for_is_tried_next_and_once(key: PrivateKey, status: int) -> None:
    from_cavage = Knocking(key=key, has_query=False, has_body=True)
    from_rfc9421 = Knocking(key=key, first=RFC9421, has_query=False, has_body=True)

    assert tries(from_cavage, status, accept=WANTED) == ["cavage", "rfc9421 as wanted"]
    assert tries(from_rfc9421, status, accept=WANTED) == [
        "rfc9421",
        "rfc9421 as wanted",
        "cavage",
    ]


def test_what_cannot_be_made_is_not_minded(key: PrivateKey) -> None:
    knocking = Knocking(key=key, has_query=False, has_body=True)

    assert tries(knocking, 401, accept='a=("cookie")') == ["cavage", "rfc9421"]


def test_nobody_is_asked_more_than_three_times(key: PrivateKey, spare_key: PrivateKey) -> None:
    knocking = Knocking(key=key, has_query=True, has_body=False, spare_key=spare_key)

    assert len(tries(knocking, 401, accept=WANTED_OF_GET)) == MOST_KNOCKS


def test_another_key_is_tried_last_in_the_manner_of_the_first(
    key: PrivateKey, spare_key: PrivateKey
) -> None:
    knocking = Knocking(key=key, first=RFC9421, has_query=False, has_body=True, spare_key=spare_key)

    assert tries(knocking, 401) == ["rfc9421", "cavage", "rfc9421"]
    assert [knock.key for knock in knocking.made] == [key, key, spare_key]


def test_what_a_host_took_is_remembered_until_it_takes_the_usual_again() -> None:
    memory = Memory()

    memory.keep("a.example", RFC9421)
    memory.keep("b.example", PATH_ONLY)
    memory.keep("c.example", RFC9421)
    memory.keep("c.example", CAVAGE)

    found = [memory.find(f"{name}.example") for name in "abcd"]
    assert found == [RFC9421, PATH_ONLY, CAVAGE, CAVAGE]
    assert len(memory.kept) == 2


def test_only_so_many_hosts_are_remembered() -> None:
    memory = Memory()

    for number in range(MOST_REMEMBERED + 10):
        memory.keep(f"{number}.example", RFC9421)

    assert len(memory.kept) == MOST_REMEMBERED
    assert memory.find("9.example") is CAVAGE
    assert memory.find("10.example") is RFC9421


def test_a_wanted_signature_has_the_label_and_components_that_were_asked_for(
    key: PrivateKey,
) -> None:
    knocking = Knocking(key=key, has_query=False, has_body=False)
    knocking.begin()
    knock = knocking.go_on(401, WANTED_OF_GET)
    assert knock

    headers = signature_headers(knock, method="GET", url="https://a.example/x", now=NOW)

    assert headers["Signature-Input"].startswith('a=("@method" "@target-uri" "date");created=')
    assert headers["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
