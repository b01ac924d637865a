"""The example reviews: where their texts lie, and how old each of them pretends to be."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from importlib.resources import files

from fedreview.domain.legend import Legend
from fedreview.domain.rating import TEN_WITH_HALVES
from fedreview.domain.review import Draft
from fedreview.services.drafting import draft_from_fields
from fedreview.services.filing import fields_from_file

_TEXTS = files(__package__) / "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One review of the demo.

    name: of its file in texts/, without the suffix.
    age: how long before now it was published, or begun when it is a draft.
    likes, boosts: by how many of the fictional people.
    finished: how long before its age the author had seen or read it.
    """

    name: str
    age: timedelta
    likes: int = 0
    boosts: int = 0
    is_draft: bool = False
    finished: timedelta | None = None

    def read(self) -> tuple[Draft, str]:
        """Give the text with its facts, and the name of the cover to draw or ""."""
        text = (_TEXTS / f"{self.name}.md").read_text(encoding="utf-8")
        fields, cover = fields_from_file(text)
        draft = draft_from_fields(fields, scale=TEN_WITH_HALVES, complete=not self.is_draft)
        return draft, cover


LEGEND = Legend(
    levels=(
        (Decimal(10), "for the pocket of my coat"),
        (Decimal(9), "I tell strangers about it"),
        (Decimal(8), "very good"),
        (Decimal(6), "good, on the right day"),
        (Decimal(4), "it has its moments"),
        (Decimal(0), "I want my evening back"),
    )
)
"""What the author of the examples calls the levels of their scale."""

ASPECTS = ("Story", "Look", "Sound")

DISCUSSED = "haibane-renmei"
"""The example under which there is a conversation."""

EXAMPLES = (
    Example(
        name="stalker",
        age=timedelta(days=158, hours=3),
        likes=4,
        boosts=2,
        finished=timedelta(days=4),
    ),
    Example(name="westworld", age=timedelta(days=121, hours=9), likes=2),
    Example(name="trans-europa-express", age=timedelta(days=87, hours=1), likes=1, boosts=1),
    Example(name="piranesi", age=timedelta(days=52, hours=6), likes=3),
    Example(name="outer-wilds", age=timedelta(days=24, hours=2), likes=4, boosts=1),
    Example(
        name=DISCUSSED,
        age=timedelta(days=6, hours=4),
        likes=5,
        boosts=3,
        finished=timedelta(days=2),
    ),
    Example(name="yokohama", age=timedelta(days=1, hours=2), is_draft=True),
)
"""Oldest first, as they would have been written."""
