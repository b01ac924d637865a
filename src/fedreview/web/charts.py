"""Numbers as bars with their labels, in the language of the page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, get_month_names

from fedreview.domain.tally import BEST_LEVEL, Tally
from fedreview.domain.work import WorkKind
from fedreview.web.tongues import Language, later

KINDS = {
    WorkKind.FILM: later("film"),
    WorkKind.SERIES: later("series"),
    WorkKind.ANIME: later("anime"),
    WorkKind.MANGA: later("manga"),
    WorkKind.BOOK: later("book"),
    WorkKind.GAME: later("game"),
    WorkKind.MUSIC: later("music"),
}
"""What the kinds of works are called."""

_LEVEL = later("%(low)s to below %(high)s")
_DECADE = later("%(year)ss")
_UNKNOWN = later("Year unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One number of a chart. short: the label where room is scarce. url: of what it counts.

    share: of the largest number of the chart, in percent.
    """

    label: str
    short: str
    number: int
    share: float
    url: str = ""


@dataclass(frozen=True, slots=True)
class Charts:
    """Makes the bars of charts."""

    language: Language

    def level_name(self, level: int) -> str:
        """Say from where to where a level reaches."""
        low = self.language.number(str(level))
        if level == BEST_LEVEL:
            return low
        return self.language.say(_LEVEL) % {
            "low": low,
            "high": self.language.number(str(level + 1)),
        }

    def month_name(self, month: int) -> str:
        """Name a month as it stands alone."""
        return str(self._months("wide")[month])

    def month_of(self, year: int, month: int) -> str:
        """Name a month with its year."""
        return format_date(
            datetime(year, month, 1),  # noqa: DTZ001  (a month, in no zone)
            format="MMMM y",
            locale=self.language.locale,
        )

    def language_name(self, tag: str) -> str:
        """Name the language that a review is in, or give the tag that nobody has a name for."""
        try:
            name = Locale.parse(tag, sep="-").get_display_name(self.language.locale)
        except (UnknownLocaleError, ValueError):
            name = None
        return name or tag

    def _months(self, width: Literal["wide", "narrow"]) -> dict[int, str]:
        return dict(get_month_names(width, context="stand-alone", locale=self.language.locale))

    def levels(self, tally: Tally) -> tuple[Bar, ...]:
        """Show how many ratings there are at each level."""
        return _bars(
            (self.level_name(level), self.language.number(str(level)), number, f"/ratings/{level}")
            for level, number in enumerate(tally.levels)
        )

    def kinds(self, tally: Tally) -> tuple[Bar, ...]:
        """Show how many reviews there are of each kind."""
        said = ((self.language.say(KINDS[kind]), kind, number) for kind, number in tally.kinds)
        return _bars((name, name, number, f"/kinds/{kind.value}") for name, kind, number in said)

    def years(self, tally: Tally) -> tuple[Bar, ...]:
        """Show how many reviews there are of each year."""
        return _bars(
            (str(year), str(year), number, f"/archive/{year}" if number else "")
            for year, number in tally.years
        )

    def months(self, tally: Tally, year: int | None) -> tuple[Bar, ...]:
        """Show how many reviews there are of each month. year: when they are of one."""
        short = self._months("narrow")
        return _bars(
            (
                self.month_name(month),
                str(short[month]),
                number,
                f"/archive/{year}/{month}" if year and number else "",
            )
            for month, number in enumerate(tally.months, start=1)
        )

    def decades(self, tally: Tally) -> tuple[Bar, ...]:
        """Show how many reviews there are of works of each decade."""
        unknown = self.language.say(_UNKNOWN)
        names = (
            (unknown if year is None else self.language.say(_DECADE) % {"year": year}, number)
            for year, number in tally.decades
        )
        return _bars((name, name, number, "") for name, number in names)

    def tags(self, counted: Iterable[tuple[str, int]]) -> tuple[Bar, ...]:
        """Show how many reviews there are with each tag."""
        return _bars(
            (tag, tag, number, f"/tags/{quote(tag.casefold())}") for tag, number in counted
        )


def _bars(rows: Iterable[tuple[str, str, int, str]]) -> tuple[Bar, ...]:
    found = list(rows)
    most = max((number for _, _, number, _ in found), default=0) or 1
    return tuple(
        Bar(label=label, short=short, number=number, share=round(100 * number / most, 2), url=url)
        for label, short, number, url in found
    )
