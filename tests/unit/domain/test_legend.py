from decimal import Decimal

import pytest

from fedreview.domain.legend import MOST_LEVELS, NO_LEGEND, Legend
from fedreview.domain.rating import TEN_WITH_HALVES, Rating, Scale
from fedreview.errors import InvalidInput
from tests.factories import a_rating

TEXT = "10 = masterpiece\n8 = very good\n0 = a waste"
STARS = Scale(best=Decimal(5), worst=Decimal("0.5"), step=Decimal("0.5"))


def test_a_legend_is_read_in_any_order_and_written_from_the_best() -> None:
    legend = Legend.parse("0: a waste\n\n  8,0  =  very good\n10=masterpiece\n", TEN_WITH_HALVES)

    assert legend.text == TEXT
    assert Legend.parse(legend.text, TEN_WITH_HALVES) == legend


@pytest.mark.parametrize(
    ("value", "name"),
    [("10", "masterpiece"), ("9.5", "very good"), ("8", "very good"), ("7.5", "a waste")],
)
def test_a_name_holds_up_to_the_next_score_that_has_one(value: str, name: str) -> None:
    legend = Legend.parse(TEXT, TEN_WITH_HALVES)

    assert legend.name_of(a_rating(value), TEN_WITH_HALVES) == name


def test_a_score_below_all_names_and_one_of_another_scale_have_none() -> None:
    legend = Legend.parse("8 = very good", TEN_WITH_HALVES)
    of_stars = Rating(value=Decimal(5), scale=STARS)

    assert legend.name_of(a_rating("7.5"), TEN_WITH_HALVES) == ""
    assert legend.name_of(of_stars, TEN_WITH_HALVES) == ""
    assert NO_LEGEND.name_of(a_rating("7.5"), TEN_WITH_HALVES) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("masterpiece", "“masterpiece” is no such line"),
        ("11 = more than all", "11 is no score of yours (0 to 10, in steps of 0.5)"),
        ("8.3 = odd", "8.3 is no score"),
        ("8 = good\n8.0 = fine", "8 is named twice"),
        (f"8 = {'a' * 61}", "at most 60 characters"),
    ],
)
def test_what_is_wrong_with_a_legend_is_said(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Legend.parse(text, TEN_WITH_HALVES)

    assert said in caught.value.problems["legend"]


def test_a_legend_has_an_end() -> None:
    hundreds = Scale(best=Decimal(100), worst=Decimal(0), step=Decimal("0.5"))
    text = "\n".join(f"{Decimal(n) / 2} = level {n}" for n in range(MOST_LEVELS + 1))

    with pytest.raises(InvalidInput):
        Legend.parse(text, hundreds)
