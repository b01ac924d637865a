"""What an author answers: the words, and what stands over them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it was typed.

    text: Markdown. warning: what it is folded under, or "". language: "" for that of what is
    answered.
    """

    text: str
    warning: str = ""
    language: str = ""
