"""Which parts there are of what others write to an author."""

from enum import StrEnum


class Part(StrEnum):
    """A part of it. MENTIONS are of the author's name where nothing of theirs is answered."""

    ALL = "all"
    REPLIES = "replies"
    MENTIONS = "mentions"
