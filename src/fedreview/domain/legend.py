"""What an author calls the levels of their scale: "10 = masterpiece"."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from fedreview.domain.rating import Rating, Scale, plain
from fedreview.errors import InvalidInput

LONGEST_NAME = 60
MOST_LEVELS = 101

_LINE = re.compile(r"\s*(?P<value>\d{1,3}(?:[.,]\d{1,3})?)\s*[=:]\s*(?P<name>\S.*?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """Names of levels; a level reaches up to the next.

    levels: pairs of the least score and its name, the best first.
    """

    levels: tuple[tuple[Decimal, str], ...] = ()

    @classmethod
    def parse(cls, text: str, scale: Scale) -> Self:
        """Read lines such as ``10 = masterpiece``; empty lines do not count.

        Raises InvalidInput for field "legend": no such line, a score that the scale does not
        have, or one that is named twice.
        """
        levels: dict[Decimal, str] = {}
        for line in filter(str.strip, text.splitlines()):
            value, name = _level(line)
            try:
                Rating(value=value, scale=scale)
            except InvalidInput as error:
                raise _wrong(f"{plain(value)} is no score of yours ({scale.hint}).") from error
            if value in levels:
                raise _wrong(f"{plain(value)} is named twice.")
            levels[value] = name
        if len(levels) > MOST_LEVELS:
            raise _wrong(f"Name at most {MOST_LEVELS} levels.")
        return cls(levels=tuple(sorted(levels.items(), reverse=True)))

    @property
    def text(self) -> str:
        """The lines as they are typed, the best first."""
        return "\n".join(f"{plain(value)} = {name}" for value, name in self.levels)

    def name_of(self, rating: Rating, scale: Scale) -> str:
        """Give what the author calls this score, or "".

        scale: of the legend. A score on another scale, given before the author changed theirs,
        has no name.
        """
        if rating.scale != scale:
            return ""
        return next((name for value, name in self.levels if value <= rating.value), "")


NO_LEGEND = Legend()
"""Of an author who names no levels."""


def _level(line: str) -> tuple[Decimal, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise _wrong(f"Write a score, =, and its name; “{line.strip()[:40]}” is no such line.")
    if len(found["name"]) > LONGEST_NAME:
        raise _wrong(f"A name has at most {LONGEST_NAME} characters.")
    return Decimal(found["value"].replace(",", ".")), found["name"]


def _wrong(message: str) -> InvalidInput:
    return InvalidInput({"legend": message})
