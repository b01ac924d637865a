"""How one work belongs to another: the book behind the film, what came before, the series."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from fedreview.domain.kinds import WorkKind
from fedreview.errors import InvalidInput

LONGEST_TITLE = 300


class RelationKind(StrEnum):
    """What the other work is to this one; the values are what an author types."""

    BASED_ON = "based on"
    ADAPTATION = "adaptation"
    PREQUEL = "prequel"
    SEQUEL = "sequel"
    SERIES = "series"

    @property
    def inverse(self) -> "RelationKind":
        """What this work is to the other one."""
        return _INVERSES[self]


_INVERSES = {
    RelationKind.BASED_ON: RelationKind.ADAPTATION,
    RelationKind.ADAPTATION: RelationKind.BASED_ON,
    RelationKind.PREQUEL: RelationKind.SEQUEL,
    RelationKind.SEQUEL: RelationKind.PREQUEL,
    RelationKind.SERIES: RelationKind.SERIES,
}

_LINE = re.compile(r"\s*(?P<kind>[A-Za-z ]+?)\s*:\s*(?P<rest>\S.*?)\s*")
_HINTS = re.compile(r"(?P<title>.*\S)\s*\((?P<hints>[^()]*)\)")
_YEAR = re.compile(r"[12]\d{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Another work, as the author names it.

    work_kind, year: of the other work, None when the author does not say.
    """

    kind: RelationKind
    title: str
    work_kind: WorkKind | None = None
    year: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``based on: BLAME! (manga, 1998)``; what stands in brackets may be left out.

        Brackets that hold neither a kind nor a year belong to the title. Raises InvalidInput
        for field "relations".
        """
        line = _LINE.fullmatch(text)
        kinds = {kind.value for kind in RelationKind}
        if line is None or line["kind"].lower() not in kinds:
            raise _wrong(f"Begin with one of {', '.join(sorted(kinds))}, and a colon.")
        title, work_kind, year = _with_hints(line["rest"])
        if len(title) > LONGEST_TITLE:
            raise _wrong(f"A title has at most {LONGEST_TITLE} characters.")
        return cls(
            kind=RelationKind(line["kind"].lower()), title=title, work_kind=work_kind, year=year
        )

    @property
    def text(self) -> str:
        """The line as it is typed."""
        hints = [hint.value for hint in (self.work_kind,) if hint]
        hints += [str(self.year)] if self.year else []
        return f"{self.kind.value}: {self.title}" + (f" ({', '.join(hints)})" if hints else "")


def _with_hints(text: str) -> tuple[str, WorkKind | None, int | None]:
    found = _HINTS.fullmatch(text)
    if found is None:
        return text, None, None
    work_kind: WorkKind | None = None
    year: int | None = None
    for hint in filter(None, map(str.strip, found["hints"].split(","))):
        if _YEAR.fullmatch(hint):
            year = int(hint)
        elif hint.lower() in {kind.value for kind in WorkKind}:
            work_kind = WorkKind(hint.lower())
        else:
            return text, None, None
    return (found["title"], work_kind, year) if work_kind or year else (text, None, None)


def _wrong(message: str) -> InvalidInput:
    return InvalidInput({"relations": message})
