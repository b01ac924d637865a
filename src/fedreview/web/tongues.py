"""The languages of pages: which there are, and which one a reader gets.

English stands in the templates and in the code. Every other language is a catalogue,
``locale/XX/LC_MESSAGES/fedreview.po``, with the ``.mo`` made of it beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

LOCALE_DIR = Path(__file__).parent / "locale"
DOMAIN = "fedreview"


def later(text: str) -> str:
    """Mark words that are translated where they are shown; gives them as they are."""
    return text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """A language that pages can be in.

    tag: as in HTML, such as de or pt-BR. name: what its speakers call it.
    """

    tag: str
    name: str
    locale: Locale
    words: NullTranslations

    def say(self, text: str) -> str:
        """Translate words that were marked with `later`, or nothing at all."""
        # The empty text is the name that a catalogue keeps its own description under.
        return self.words.gettext(text) if text else ""

    def date(self, day: date) -> str:
        """Write a date with the name of its month."""
        return format_date(day, format="long", locale=self.locale)

    def number(self, plain: str) -> str:
        """Write a decimal number, given as ``8.5``, the way it is read aloud: ``8,5``."""
        return format_decimal(Decimal(plain), locale=self.locale)

    def percent(self, hundredths: int) -> str:
        """Write how many of a hundred: ``45%``, ``45 %``."""
        return format_percent(Decimal(hundredths) / 100, locale=self.locale)

    @property
    def direction(self) -> str:
        """Which way it is written: ltr or rtl."""
        return self.locale.text_direction


# As Britain writes dates: the day first, as most of the world does.
ENGLISH = Language(tag="en", name="English", locale=Locale("en", "GB"), words=NullTranslations())


@dataclass(frozen=True)
class Tongues:
    """The languages that there is a catalogue for; each is read once. folder: of catalogues."""

    folder: Path = field(default=LOCALE_DIR)

    @cached_property
    def _by_tag(self) -> dict[str, Language]:
        paths = sorted(self.folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
        found = [ENGLISH, *map(_read, paths)]
        return {language.tag.lower(): language for language in found}

    @property
    def languages(self) -> tuple[Language, ...]:
        """All of them, English first."""
        return tuple(self._by_tag.values())

    def find(self, tag: str) -> Language | None:
        """Look a language up, or else the one it is a variety of: de for de-AT.

        Source: RFC 4647 section 3.4, lookup.
        """
        parts = tag.lower().split("-")
        starts = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self._by_tag[start] for start in starts if start in self._by_tag), None)

    def choose(self, setting: str, wanted: Iterable[str]) -> Language:
        """Choose the language of a page.

        setting: the one of the site, or "" for the reader's own. wanted: by the reader, best first.
        """
        if setting:
            return self.find(setting) or ENGLISH
        found = (self.find(tag) for tag in wanted)
        return next((language for language in found if language), ENGLISH)


@cache
def _read(path: Path) -> Language:
    locale = Locale.parse(path.parents[1].name)
    name = locale.get_display_name() or str(locale)
    with path.open("rb") as file:
        words = GNUTranslations(file)
    return Language(
        tag=str(locale).replace("_", "-"),
        name=name[0].upper() + name[1:],
        locale=locale,
        words=words,
    )
