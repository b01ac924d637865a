from datetime import UTC, datetime

import pytest

from fedreview.errors import InvalidInput
from fedreview.services.scheduling import instant_from_local, local_text, spoken, zone_of

NOW = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
BERLIN = zone_of("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2024-03-02T08:30", datetime(2024, 3, 2, 7, 30, tzinfo=UTC)),
        ("2024-07-02 08:30", datetime(2024, 7, 2, 6, 30, tzinfo=UTC)),
        ("2024-10-27T02:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
    ],
    ids=["winter", "summer", "the hour that comes twice"],
)
def test_a_time_is_read_by_the_authors_clock(typed: str, instant: datetime) -> None:
    assert instant_from_local(typed, BERLIN, now=NOW) == instant


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "on which day"),
        ("soon", "such as"),
        ("9999-12-31T23:59", "within the next"),
        ("0001-01-01T00:00", "such as"),
        ("2024-03-31T02:30", "put forward"),
        ("2024-03-01T12:59", "over already"),
    ],
)
def test_other_times_are_refused_with_what_to_do(typed: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        instant_from_local(typed, BERLIN, now=NOW)

    assert problem in caught.value.problems["publish_on"]


def test_a_time_is_written_as_the_field_holds_it_and_as_people_say_it() -> None:
    instant = datetime(2024, 7, 2, 6, 30, tzinfo=UTC)

    assert local_text(instant, BERLIN) == "2024-07-02T08:30"
    assert local_text(None, BERLIN) == ""
    assert spoken(instant, BERLIN) == "Tuesday 2 July 2024, 08:30 (Europe/Berlin)"


@pytest.mark.parametrize("name", ["", "Nowhere/Else", "../etc/passwd", "a\nb"])
def test_a_zone_that_is_not_known_is_utc(name: str) -> None:
    assert zone_of(name).key == "UTC"
