from datetime import timedelta

import pytest

from fedreview.errors import TooManyRequests
from fedreview.services.throttling import MOST_SUBJECTS, PERIOD, Throttle, subject_of_address
from tests.clock import Clock


def taken(throttle: Throttle, subject: str, tries: int) -> int:
    """Count how many of so many tries get through."""
    through = 0
    for _ in range(tries):
        try:
            throttle.take(subject)
        except TooManyRequests:
            continue
        through += 1
    return through


def test_a_burst_of_a_minutes_worth_gets_through(now: Clock) -> None:
    throttle = Throttle(what="tries", per_minute=30, now=now)

    assert taken(throttle, "a", 100) == 30
    assert taken(throttle, "b", 100) == 30


def test_after_a_while_as_much_gets_through_as_the_rate_allows(now: Clock) -> None:
    throttle = Throttle(what="tries", per_minute=30, now=now)
    taken(throttle, "a", 100)

    now.advance(timedelta(seconds=20))

    assert taken(throttle, "a", 100) == 10


def test_whoever_is_refused_is_told_when_it_will_work(now: Clock) -> None:
    throttle = Throttle(what="tries", per_minute=30, now=now)
    taken(throttle, "a", 100)

    with pytest.raises(TooManyRequests) as refused:
        throttle.take("a")
    now.advance(refused.value.retry_after)

    assert taken(throttle, "a", 100) == 1


def test_trying_while_it_is_refused_makes_nothing_worse(now: Clock) -> None:
    throttle = Throttle(what="tries", per_minute=60, now=now)
    taken(throttle, "a", 10_000)

    now.advance(timedelta(seconds=1))

    assert taken(throttle, "a", 1) == 1


def test_a_charge_is_over_after_two_minutes_at_most(now: Clock) -> None:
    throttle = Throttle(what="tries", per_minute=30, now=now)
    for _ in range(1_000):
        throttle.charge("a", cost=9)

    before = taken(throttle, "a", 1)
    now.advance(2 * PERIOD)

    assert before == 0
    assert taken(throttle, "a", 100) == 30


def test_only_so_many_senders_are_remembered(now: Clock) -> None:
    throttle = Throttle(what="tries", per_minute=1, now=now)

    for number in range(MOST_SUBJECTS + 500):
        throttle.take(str(number))
        throttle.charge(f"{number} too", cost=1)

    assert len(throttle._due) <= MOST_SUBJECTS


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_address_counts_as_what_one_machine_has(address: str, subject: str) -> None:
    assert subject_of_address(address) == subject


def test_a_clock_that_is_put_back_makes_nobody_wait_for_it(now: Clock) -> None:
    throttle = Throttle(what="tries", per_minute=30, now=now)
    taken(throttle, "a", 100)

    now.advance(-timedelta(hours=1))

    assert taken(throttle, "a", 100) == 30
