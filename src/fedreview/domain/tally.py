"""Count reviews in every way that a page of numbers shows."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from fedreview.domain.kinds import WorkKind
from fedreview.domain.rating import plain

BEST_LEVEL = 10

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """Reviews that are alike in all that is counted, and how many there are.

    year, month: of publication, in UTC. work_year: None when nobody said.
    value, best: of the rating in thousandths; None when there is none.
    """

    year: int
    month: int
    kind: WorkKind
    work_year: int | None
    value: int | None
    best: int | None
    is_repeat: bool
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many reviews there are of each sort.

    average: of ten, to one decimal; "" when nothing is rated. rated: how many it is made of.
    levels: one number for each whole number from 0 to 10, for ratings at or above it.
    months: one number for each month of the calendar.
    decades: the first year of each; None counts works without a year.
    """

    total: int
    rated: int
    average: str
    levels: tuple[int, ...]
    kinds: tuple[tuple[WorkKind, int], ...]
    years: tuple[tuple[int, int], ...]
    months: tuple[int, ...]
    decades: tuple[tuple[int | None, int], ...]
    repeats: int

    @property
    def unrated(self) -> int:
        """How many have no rating."""
        return self.total - self.rated


def level_of(value: int, best: int) -> int:
    """Give the whole number that a rating is at or above, as ten would be the best.

    value, best: on any scale, in the same unit.
    """
    return min(value * BEST_LEVEL // best, BEST_LEVEL)


def tally(heaps: Sequence[Heap]) -> Tally:
    """Count heaps of reviews."""
    rated = [heap for heap in heaps if heap.value is not None and heap.best is not None]
    levels = _count((level_of(heap.value or 0, heap.best or 1), heap.number) for heap in rated)
    months = _count((heap.month, heap.number) for heap in heaps)
    kinds = _count((heap.kind, heap.number) for heap in heaps)
    decades = _count((_decade(heap.work_year), heap.number) for heap in heaps)
    return Tally(
        total=sum(heap.number for heap in heaps),
        rated=sum(heap.number for heap in rated),
        average=_average(rated),
        levels=tuple(levels[level] for level in range(BEST_LEVEL + 1)),
        kinds=tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
        years=_whole(_count((heap.year, heap.number) for heap in heaps), step=1),
        months=tuple(months[month] for month in range(1, 13)),
        decades=_by_decade(decades),
        repeats=sum(heap.number for heap in heaps if heap.is_repeat),
    )


def _decade(year: int | None) -> int | None:
    return None if year is None else year // 10 * 10


def _by_decade(counted: Counter[int | None]) -> tuple[tuple[int | None, int], ...]:
    known = Counter({year: number for year, number in counted.items() if year is not None})
    # From Gilgamesh on, decades without a review would fill pages.
    whole = _whole(known, step=10) if len(known) > 1 else tuple(known.items())
    if len(whole) > 2 * len(known) + 4:
        whole = tuple(sorted(known.items()))
    unknown = ((None, counted[None]),) if counted[None] else ()
    return (*whole, *unknown)


def _whole(counted: Counter[int], *, step: int) -> tuple[tuple[int, int], ...]:
    """Give all years from the first to the last, those in which nothing was too."""
    if not counted:
        return ()
    return tuple((each, counted[each]) for each in range(min(counted), max(counted) + step, step))


def _count(pairs: Iterable[tuple[T, int]]) -> Counter[T]:
    counted: Counter[T] = Counter()
    for key, number in pairs:
        counted[key] += number
    return counted


def _average(rated: Sequence[Heap]) -> str:
    number = sum(heap.number for heap in rated)
    if not number:
        return ""
    shares = (Decimal(heap.value or 0) * heap.number / (heap.best or 1) for heap in rated)
    average = sum(shares, Decimal(0)) * BEST_LEVEL / number
    return plain(average.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))
