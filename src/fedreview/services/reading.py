"""Read typed fields one by one, and note what is wrong with each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from fedreview.content.sanitize import safe_link
from fedreview.domain.identifiers import Identifier
from fedreview.domain.kinds import WorkKind
from fedreview.domain.rating import Rating, Scale
from fedreview.domain.relations import Relation
from fedreview.domain.review import Aspect, Spoilers, tags_from_text
from fedreview.errors import InvalidInput

LONGEST_LINE = 300
MOST_LINKS = 20
MOST_TAGS = 30
MOST_RELATIONS = 20
MOST_ASPECTS = 12
LONGEST_ASPECT = 40

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_YEAR = re.compile(r"[12]\d{3}")

# PostgreSQL keeps no zero, and no encoding has halves of a surrogate pair.
_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")

T = TypeVar("T", WorkKind, Spoilers)
L = TypeVar("L", Identifier, Relation)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads fields and notes every problem instead of stopping at the first."""

    fields: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def line(self, name: str, *, limit: int = LONGEST_LINE, needed: str = "") -> str:
        """Read one line of plain text; `needed` says what to type when it is empty."""
        text = " ".join(self.fields.get(name, "").split())
        return self._checked(name, text, limit, needed)

    def text(self, name: str, *, limit: int, needed: str = "") -> str:
        """Read a text of several lines."""
        text = self.fields.get(name, "").replace("\r\n", "\n").strip()
        return self._checked(name, text, limit, needed)

    def _checked(self, name: str, text: str, limit: int, needed: str) -> str:
        if len(text) > limit:
            self.problems[name] = f"Use at most {limit:,} characters; these are {len(text):,}."
        elif _UNSTORABLE.search(text):
            self.problems[name] = "There is a character in it that cannot be stored."
        elif needed and not text:
            self.problems[name] = needed
        return text

    def choice(self, name: str, kinds: type[T], default: T) -> T:
        """Read one of several words."""
        text = self.line(name).lower()
        if text and text not in {kind.value for kind in kinds}:
            self.problems[name] = f"Choose one of {', '.join(kind.value for kind in kinds)}."
            return default
        return kinds(text) if text else default

    def year(self, name: str) -> int | None:
        """Read a year, or nothing."""
        text = self.line(name)
        if text and not _YEAR.fullmatch(text):
            self.problems[name] = "Type a year of four digits, or leave it empty."
            return None
        return int(text) if text else None

    def link(self, name: str) -> str:
        """Read one web address, or nothing."""
        text = self.line(name, limit=2_000)
        if text and safe_link(text) is None:
            self.problems[name] = "Type an address that begins with https://, or leave it empty."
        return text

    def links(self, name: str) -> tuple[str, ...]:
        """Read web addresses, one on each line."""
        items = tuple(line.strip() for line in self.fields.get(name, "").split() if line.strip())
        wrong = next((item for item in items if safe_link(item) is None), None)
        if wrong:
            self.problems[name] = f"{wrong[:80]} is no web address; they begin with https://."
        elif len(items) > MOST_LINKS:
            self.problems[name] = f"Use at most {MOST_LINKS} addresses."
        return items

    def names(self, name: str) -> tuple[str, ...]:
        """Read names divided by commas."""
        items = (" ".join(item.split()) for item in self.line(name, limit=1_000).split(","))
        return tuple(dict.fromkeys(item for item in items if item))

    def tags(self, name: str) -> tuple[str, ...]:
        """Read tags."""
        tags = tags_from_text(self.line(name, limit=1_000))
        if len(tags) > MOST_TAGS:
            self.problems[name] = f"Use at most {MOST_TAGS} tags; these are {len(tags)}."
        return tags

    def language(self, name: str) -> str:
        """Read a language tag; nothing is English."""
        text = self.line(name) or "en"
        if not _LANGUAGE.fullmatch(text):
            self.problems[name] = "Type a language tag such as en or pt-BR."
        return text

    def day(self, name: str) -> date | None:
        """Read a day, or nothing."""
        text = self.line(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.problems[name] = "Type a day such as 2026-11-25, or leave it empty."
            return None

    def switch(self, name: str) -> bool:
        """Read whether a box is ticked."""
        return self.line(name).lower() in {"yes", "true", "on", "1"}

    def identifiers(self, name: str) -> tuple[Identifier, ...]:
        """Read what catalogues call the work, one on each line."""
        return self._parsed(name, Identifier.parse, most=MOST_LINKS)

    def relations(self, name: str) -> tuple[Relation, ...]:
        """Read other works that this one belongs to, one on each line."""
        return self._parsed(name, Relation.parse, most=MOST_RELATIONS)

    def _parsed(self, name: str, parse: Callable[[str], L], *, most: int) -> tuple[L, ...]:
        text = self.text(name, limit=most * LONGEST_LINE)
        if name in self.problems:
            return ()
        items: dict[L, None] = {}
        for line in filter(str.strip, text.splitlines()):
            try:
                items[parse(" ".join(line.split()))] = None
            except InvalidInput as error:
                self.problems[name] = f"{line.strip()[:60]}: {' '.join(error.problems.values())}"
                return ()
        if len(items) > most:
            self.problems[name] = f"Use at most {most} lines."
        return tuple(items)

    def aspects(self, name: str, scale: Scale) -> tuple[Aspect, ...]:
        """Read scores with their names, such as ``Story: 8.5``, one on each line."""
        items: dict[str, Aspect] = {}
        text = self.text(name, limit=MOST_ASPECTS * LONGEST_LINE)
        for line in filter(str.strip, text.splitlines()):
            label, _, score = (" ".join(part.split()) for part in line.rpartition(":"))
            if not label or len(label) > LONGEST_ASPECT:
                self.problems[name] = (
                    f"{line.strip()[:60]}: Write a name of at most {LONGEST_ASPECT} characters, "
                    "a colon, and a score."
                )
                continue
            try:
                items[label.casefold()] = Aspect(name=label, rating=Rating.parse(score, scale))
            except InvalidInput as error:
                self.problems[name] = f"{label}: {' '.join(error.problems.values())}"
        if len(items) > MOST_ASPECTS:
            self.problems[name] = f"Score at most {MOST_ASPECTS} aspects."
        return tuple(items.values())

    def rating(self, name: str, scale: Scale) -> Rating | None:
        """Read a score on the author's scale, or nothing."""
        text = self.line(name)
        if not text:
            return None
        try:
            return Rating.parse(text, scale)
        except InvalidInput as error:
            self.problems[name] = " ".join(error.problems.values())
            return None
