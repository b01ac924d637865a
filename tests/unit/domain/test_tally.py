"""Numbers add up, and say what they are made of."""

import pytest

from fedreview.domain.kinds import WorkKind
from fedreview.domain.tally import Heap, level_of, tally


def heap(
    *,
    year: int = 2024,
    month: int = 5,
    kind: WorkKind = WorkKind.FILM,
    work_year: int | None = 1995,
    rating: tuple[int, int] | None = (8_500, 10_000),
    is_repeat: bool = False,
    number: int = 1,
) -> Heap:
    return Heap(
        year=year,
        month=month,
        kind=kind,
        work_year=work_year,
        value=rating[0] if rating else None,
        best=rating[1] if rating else None,
        is_repeat=is_repeat,
        number=number,
    )


def test_nothing_counts_as_nothing() -> None:
    found = tally([])

    assert (found.total, found.rated, found.average) == (0, 0, "")
    assert found.levels == (0,) * 11
    assert found.months == (0,) * 12
    assert found.kinds == ()
    assert found.years == found.decades == ()


@pytest.mark.parametrize(
    ("value", "best", "level"),
    [(0, 10, 0), (85, 100, 8), (8_999, 10_000, 8), (9, 10, 9), (5, 5, 10), (4, 5, 8), (2, 3, 6)],
)
def test_a_level_is_reached_in_proportion(value: int, best: int, level: int) -> None:
    assert level_of(value, best) == level


def test_an_average_is_made_of_what_is_rated_on_any_scale() -> None:
    found = tally(
        [
            heap(rating=(8_500, 10_000), number=2),
            heap(rating=(4_000, 5_000)),
            heap(rating=None, number=3),
        ]
    )

    assert (found.total, found.rated, found.unrated) == (6, 3, 3)
    assert found.average == "8.3"
    assert found.levels[8] == 3


def test_kinds_come_by_number_and_then_by_name() -> None:
    kinds = (WorkKind.SERIES, WorkKind.BOOK, WorkKind.GAME, WorkKind.GAME)

    found = tally([heap(kind=kind) for kind in kinds])

    assert found.kinds == ((WorkKind.GAME, 2), (WorkKind.BOOK, 1), (WorkKind.SERIES, 1))


def test_years_and_months_without_a_review_are_shown_too() -> None:
    found = tally([heap(year=2021, month=1, is_repeat=True), heap(year=2023, month=12)])

    assert found.years == ((2021, 1), (2022, 0), (2023, 1))
    assert (found.months[0], found.months[5], found.months[11]) == (1, 0, 1)
    assert found.repeats == 1


def decades(*years: int | None) -> list[tuple[int | None, int]]:
    return list(tally([heap(work_year=year) for year in years]).decades)


def test_decades_lie_side_by_side_and_what_nobody_knows_comes_last() -> None:
    assert decades(1999, 1995, None, 2011) == [(1990, 2), (2000, 0), (2010, 1), (None, 1)]
    assert decades(1987) == [(1980, 1)]
    assert decades(None) == [(None, 1)]


def test_old_works_do_not_make_a_chart_of_empty_decades() -> None:
    assert decades(1200, 2001) == [(1200, 1), (2000, 1)]
