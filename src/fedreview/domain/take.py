"""A take: a short post of an author, without the long form of a review."""

from dataclasses import dataclass

from fedreview.domain.rating import Rating
from fedreview.domain.work import WorkFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """What an author wrote, checked.

    text: Markdown; "" for a rating alone, which names its work.
    work: kind, title and year of what it is about, or None.
    warning: what the text is folded under, such as "Spoilers for the ending"; or "".
    language: BCP 47, such as "en".
    announces: whether a review of the work is to follow.
    """

    text: str
    work: WorkFacts | None = None
    rating: Rating | None = None
    warning: str = ""
    language: str = "en"
    announces: bool = False
