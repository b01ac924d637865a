"""A scale has only the scores that its author means."""

from decimal import Decimal

import pytest

from fedreview.domain.rating import Scale
from fedreview.errors import InvalidInput


@pytest.mark.parametrize(
    ("best", "worst", "step"),
    [("ten", "0", "1"), ("10", "", "1"), ("10", "0", "0"), ("5", "5", "1"), ("10", "0", "3")],
)
def test_ends_and_steps_that_do_not_meet_are_refused(best: str, worst: str, step: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Scale.parse(best=best, worst=worst, step=step)

    assert list(refused.value.problems) == ["scale"]


def test_a_scale_as_typed_is_kept_exactly() -> None:
    scale = Scale.parse(best="5", worst="0.5", step="0.25")
    best, worst, step = scale.thousandths

    assert (best, worst, step) == (5000, 500, 250)
    assert Scale.from_thousandths(best=best, worst=worst, step=step) == scale
    assert scale.step == Decimal("0.25")
    assert Scale.text_of(Decimal("8.50")) == "8.5"
