"""Why something did not arrive, and how many did."""

import pytest

from fedreview.domain.delivery import Counts, Stand, Trouble, trouble_of

UNVERIFIED = "a.example: ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (302, Trouble.ELSEWHERE),
        (401, Trouble.NOT_ALLOWED),
        (403, Trouble.NOT_ALLOWED),
        (404, Trouble.GONE),
        (408, Trouble.TOO_SLOW),
        (410, Trouble.GONE),
        (413, Trouble.TOO_LARGE),
        (422, Trouble.REFUSED),
        (429, Trouble.SLOW_DOWN),
        (503, Trouble.FAULT),
        (999, Trouble.UNKNOWN),
    ],
)
def test_what_a_server_answers_says_most(status: int, trouble: Trouble) -> None:
    assert trouble_of(status, "https://a.example/inbox answered: timeout") is trouble


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        ("a.example took longer than 30 seconds", Trouble.TOO_SLOW),
        ("a.example: ConnectTimeout: no connection to a.example:443 in time", Trouble.TOO_SLOW),
        ("a.example: ConnectTimeout: no TLS in time", Trouble.TOO_SLOW),
        ("a.example: ConnectError: no address for a.example", Trouble.NO_NAME),
        ("a.example: ConnectError: All connection attempts failed", Trouble.NO_CONNECTION),
        (
            f"{UNVERIFIED}: certificate has expired (_ssl.c:992)",
            Trouble.EXPIRED,
        ),
        (
            f"{UNVERIFIED}: self-signed certificate (_ssl.c:992)",
            Trouble.CERTIFICATE,
        ),
        ("a.example: RemoteProtocolError: Server disconnected", Trouble.BROKE_OFF),
        ("a.example: ConnectionResetError: ", Trouble.BROKE_OFF),
        ("not a public address: 10.0.0.1", Trouble.NOT_PUBLIC),
        ("timeout.ssl.example: SomethingNew: never seen before", Trouble.UNKNOWN),
    ],
)
def test_without_an_answer_the_kind_of_failure_says_it(error: str, trouble: Trouble) -> None:
    assert trouble_of(None, error) is trouble


@pytest.mark.parametrize("status", [None, 202])
def test_what_went_well_or_was_not_tried_is_no_trouble(status: int | None) -> None:
    assert trouble_of(status, "") is None


def test_what_was_called_off_was_not_meant_to_arrive() -> None:
    counts = Counts(failing=1, given_up=2, on_the_way=3, held_back=4, delivered=5, called_off=6)

    assert (counts.pending, counts.total) == (8, 15)
    assert counts.is_in_trouble
    assert not Counts(delivered=1).is_in_trouble
    assert [counts.of(stand) for stand in Stand] == [1, 2, 3, 4, 5, 6]
