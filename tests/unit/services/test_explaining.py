"""Failures and durations in words."""

from datetime import timedelta

import pytest

from fedreview.services.explaining import answer_in_words, explain, in_words


@pytest.mark.parametrize(
    ("status", "error", "reason", "answer"),
    [
        (503, "answered 503", "It has a fault of its own.", "503 Service Unavailable"),
        (422, "", "It refused it and will not take it another time.", "422 Unprocessable Entity"),
        (None, "a.example: New: odd", "Something went wrong: a.example: New: odd", "No answer"),
        (799, "", "Something went wrong: 799", "799"),
        (None, "", "", ""),
    ],
)
def test_a_failure_is_explained_and_what_is_new_is_given_as_it_is(
    status: int | None, error: str, reason: str, answer: str
) -> None:
    assert explain(status, error) == reason
    assert answer_in_words(status, error) == answer


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(milliseconds=400), "less than a second"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=119), "1 minute"),
        (timedelta(hours=5, minutes=59), "5 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_duration_is_said_in_its_largest_unit(duration: timedelta, said: str) -> None:
    assert in_words(duration) == said
