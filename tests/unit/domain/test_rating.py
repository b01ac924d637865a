"""A rating is exactly what the author gave."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.domain.rating import Rating, Scale, average_of_ten
from fedreview.errors import InvalidInput
from tests.factories import a_rating

TEN = Scale()
STARS = Scale(best=Decimal(5), worst=Decimal(1), step=Decimal("0.25"))


@pytest.mark.parametrize(
    "text", ["8.5", "8,5", " 8.50 ", "8.5/10", "8.5 /10", "8,5 / 10.0", "8.5 out of 10", "08.5"]
)
def test_a_rating_is_read_as_reviewers_type_it(text: str) -> None:
    assert Rating.parse(text, TEN) == a_rating("8.5")


@pytest.mark.parametrize(
    "text", ["", "good", "8.5.5", "-1", "+8", "1e1", "8.5/", "/10", "8.5555", "8 5", "٨", "NaN"]
)
def test_what_is_no_rating_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Rating.parse(text, TEN)

    assert refusal.value.problems == {
        "rating": "Type a number such as 8.5 (0 to 10, in steps of 0.5)."
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10.5", "The rating must lie between 0 and 10."),
        ("8.4", "Ratings go in steps of 0.5 here."),
        ("4/5", "Your scale ends at 10, not 5."),
    ],
)
def test_a_rating_that_the_scale_does_not_have_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Rating.parse(text, TEN)

    assert refusal.value.problems == {"rating": message}


def test_a_rating_may_not_lie_below_the_scale() -> None:
    with pytest.raises(InvalidInput, match="between 1 and 5"):
        Rating.parse("0.75", STARS)


def test_steps_are_counted_from_the_worst_score() -> None:
    scale = Scale(best=Decimal(10), worst=Decimal(1), step=Decimal(3))

    assert Rating.parse("4", scale).value == 4
    with pytest.raises(InvalidInput, match="steps of 3"):
        Rating.parse("3", scale)


@pytest.mark.parametrize(
    ("best", "worst", "step", "message"),
    [
        ("1", "1", "1", "above the worst"),
        ("1", "5", "1", "above the worst"),
        ("10", "0", "0", "steps must lead"),
        ("10", "0", "-1", "steps must lead"),
        ("10", "0", "3", "steps must lead"),
    ],
)
def test_a_scale_must_lead_from_worst_to_best(
    best: str, worst: str, step: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        Scale(best=Decimal(best), worst=Decimal(worst), step=Decimal(step))


@pytest.mark.parametrize(
    ("value", "number"),
    [("8.5", "8.5"), ("8.50", "8.5"), ("10.0", "10"), ("0", "0"), ("1E+1", "10")],
)
def test_a_rating_is_written_without_needless_zeros(value: str, number: str) -> None:
    rating = a_rating(value)

    assert rating.number == number
    assert rating.text == f"{number}/10"
    assert rating.words == f"{number} out of 10"


@given(halves=st.integers(0, 20))
def test_every_rating_is_read_back_from_what_is_written(halves: int) -> None:
    rating = Rating(value=Decimal(halves) / 2, scale=TEN)

    assert Rating.parse(rating.number, TEN) == rating
    assert Rating.parse(rating.text, TEN) == rating
    assert Rating.parse(rating.words, TEN) == rating


@given(
    data=st.data(),
    worst=st.integers(0, 10_000),
    step=st.integers(1, 5_000),
    steps=st.integers(1, 200),
)
def test_a_rating_is_stored_exactly(data: st.DataObject, worst: int, step: int, steps: int) -> None:
    best = worst + step * steps
    value = worst + step * data.draw(st.integers(0, steps))

    rating = Rating.from_thousandths(value, best=best, worst=worst, step=step)

    assert rating.thousandths == value
    assert rating.value * 1000 == value
    assert rating.scale.best * 1000 == best
    assert 0 <= rating.share <= 1


@pytest.mark.parametrize(
    ("value", "whole"), [("8.5", 9), ("8", 8), ("0.5", 1), ("0", 1), ("9.5", 10), ("10", 10)]
)
def test_halves_go_up_where_only_whole_scores_exist(value: str, whole: int) -> None:
    assert a_rating(value).rounded(best=10, worst=1) == whole


def test_a_score_keeps_its_proportion_on_another_scale() -> None:
    assert a_rating("8.5").rescaled(best=5) == Decimal("4.25")
    assert a_rating("8.5").rounded(best=5, worst=1) == 4
    assert a_rating("4.25", STARS).rescaled(best=10) == Decimal("8.5")
    assert a_rating("4.25", STARS).rounded(best=10, worst=1) == 9


def test_the_share_says_how_far_up_the_scale_a_score_lies() -> None:
    assert a_rating("8.5").share == Decimal("0.85")
    assert a_rating("1", STARS).share == 0
    assert a_rating("5", STARS).share == 1


@pytest.mark.parametrize(
    ("value", "best", "of_ten"),
    [("8.5", "10", "8.5"), ("4.5", "5", "9"), ("85", "100", "8.5"), ("2", "3", "6.7")],
)
def test_somebody_elses_score_is_told_in_proportion(value: str, best: str, of_ten: str) -> None:
    rating = Rating.given_elsewhere(Decimal(value), best=Decimal(best), worst=Decimal(1))

    assert rating.of_ten == of_ten
    assert rating.words == f"{value} out of {best}"


def test_an_average_is_exact_and_rounded_once() -> None:
    of_five = Rating.given_elsewhere(Decimal("4.5"), best=Decimal(5), worst=Decimal("0.5"))

    assert average_of_ten([a_rating("8.5"), of_five]) == "8.8"
    assert average_of_ten([a_rating("10")] * 3) == "10"
