"""An exact score on a scale that the author chose."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from fedreview.errors import InvalidInput

THOUSAND = 1000

_NUMBER = r"\d{1,3}(?:[.,]\d{1,3})?"
_TYPED = re.compile(
    rf"\s*(?P<value>{_NUMBER})\s*(?:(?:/|out of)\s*(?P<best>{_NUMBER}))?\s*", re.ASCII
)
_NUMBER_ALONE = re.compile(_NUMBER, re.ASCII)


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def plain(value: Decimal) -> str:
    """Write 8.50 as 8.5 and 10.0 as 10."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Which scores there are.

    best, worst: the ends, both of them possible scores.
    step: the distance between neighbouring scores, more than 0.
    """

    best: Decimal = Decimal(10)
    worst: Decimal = Decimal(0)
    step: Decimal = Decimal("0.5")

    def __post_init__(self) -> None:
        if not self.worst < self.best:
            raise InvalidInput({"scale": "The best score must be above the worst."})
        if self.step <= 0 or (self.best - self.worst) % self.step:
            raise InvalidInput({"scale": "The steps must lead from the worst score to the best."})

    @classmethod
    def parse(cls, *, best: str, worst: str, step: str) -> Self:
        """Read the ends and the step as typed. Raises InvalidInput for field "scale"."""
        if not all(map(_NUMBER_ALONE.fullmatch, (best, worst, step))):
            raise InvalidInput({"scale": "Type three numbers, such as 10, 0 and 0.5."})
        return cls(best=_number(best), worst=_number(worst), step=_number(step))

    @property
    def thousandths(self) -> tuple[int, int, int]:
        """Best, worst and step as whole numbers that store exactly."""
        return int(self.best * THOUSAND), int(self.worst * THOUSAND), int(self.step * THOUSAND)

    @classmethod
    def from_thousandths(cls, *, best: int, worst: int, step: int) -> Self:
        """Make again what `thousandths` gave."""
        return cls(
            best=Decimal(best) / THOUSAND,
            worst=Decimal(worst) / THOUSAND,
            step=Decimal(step) / THOUSAND,
        )

    @staticmethod
    def text_of(value: Decimal) -> str:
        """Write a score or a step as it is typed: 8.50 as 8.5."""
        return plain(value)

    @property
    def count(self) -> int:
        """How many scores there are."""
        return int((self.best - self.worst) / self.step) + 1

    @property
    def hint(self) -> str:
        """What may be typed, for the label of a field."""
        return f"{plain(self.worst)} to {plain(self.best)}, in steps of {plain(self.step)}"


TEN_WITH_HALVES = Scale()
"""The scale of an author who has not chosen one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One score, exact: 8.5 of 10 stays 8.5 of 10.

    value: a decimal number on the scale.
    scale: the scale it was given on; kept with it, for an author may change scales later.
    """

    value: Decimal
    scale: Scale

    def __post_init__(self) -> None:
        scale = self.scale
        if not scale.worst <= self.value <= scale.best:
            raise InvalidInput(
                {
                    "rating": f"The rating must lie between {plain(scale.worst)} and "
                    f"{plain(scale.best)}."
                }
            )
        if (self.value - scale.worst) % scale.step:
            raise InvalidInput({"rating": f"Ratings go in steps of {plain(scale.step)} here."})

    @classmethod
    def parse(cls, text: str, scale: Scale) -> Self:
        """Read ``8``, ``8.5``, ``8,5``, ``8.5/10`` or ``8.5 out of 10``.

        Raises InvalidInput when it is no number, or one that the scale does not have.
        """
        found = _TYPED.fullmatch(text)
        if found is None:
            raise InvalidInput({"rating": f"Type a number such as 8.5 ({scale.hint})."})
        if found["best"] and _number(found["best"]) != scale.best:
            raise InvalidInput(
                {"rating": f"Your scale ends at {plain(scale.best)}, not {found['best']}."}
            )
        return cls(value=_number(found["value"]), scale=scale)

    @classmethod
    def from_thousandths(cls, value: int, *, best: int, worst: int, step: int) -> Self:
        """Make again what `thousandths` and its scale were stored as."""
        scale = Scale.from_thousandths(best=best, worst=worst, step=step)
        return cls(value=Decimal(value) / THOUSAND, scale=scale)

    @classmethod
    def given_elsewhere(cls, value: Decimal, *, best: Decimal, worst: Decimal) -> Self:
        """Take somebody else's score, on a scale whose steps nobody knows.

        All three are kept to the thousandth.
        """
        return cls(value=value, scale=Scale(best=best, worst=worst, step=Decimal(1) / THOUSAND))

    @property
    def thousandths(self) -> int:
        """The value as a whole number that sorts and stores exactly."""
        return int(self.value * THOUSAND)

    @property
    def number(self) -> str:
        """The bare score: ``8.5``."""
        return plain(self.value)

    @property
    def best(self) -> str:
        """The best score there is, bare: ``10``."""
        return plain(self.scale.best)

    @property
    def text(self) -> str:
        """The score as reviewers write it: ``8.5/10``."""
        return f"{self.number}/{self.best}"

    @property
    def words(self) -> str:
        """The score as it is read aloud: ``8.5 out of 10``."""
        return f"{self.number} out of {self.best}"

    @property
    def of_ten(self) -> str:
        """The score in proportion, as ten would be the best, to one decimal: ``8.5``."""
        return _to_one_decimal(self.rescaled(best=10))

    @property
    def share(self) -> Decimal:
        """How far up its scale it lies, 0 to 1."""
        return (self.value - self.scale.worst) / (self.scale.best - self.scale.worst)

    def rescaled(self, *, best: int) -> Decimal:
        """Give the score in proportion on a scale that ends at `best`, unrounded."""
        return self.value * best / self.scale.best

    def rounded(self, *, best: int, worst: int) -> int:
        """Give the nearest whole score on another scale, halves upwards.

        For servers that keep whole numbers only: 8.5 of 10 is 9 there, not 8.
        """
        nearest = int(self.rescaled(best=best).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        return max(worst, min(best, nearest))


def average_of_ten(ratings: Sequence[Rating]) -> str:
    """Give the average of at least one score, as ten would be the best, to one decimal."""
    total = sum((rating.rescaled(best=10) for rating in ratings), Decimal(0))
    return _to_one_decimal(total / len(ratings))


def _to_one_decimal(value: Decimal) -> str:
    return plain(value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))
