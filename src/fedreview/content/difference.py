"""What was changed between two texts, as words that stayed, went and came."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

MOST_PARTS = 2_000
"""Lines or words to compare one by one; a longer text is replaced as a whole."""

CONTEXT = 120
"""Characters of what stayed, on each side of a change."""

# With the space after it: else words that were all replaced would be told one by one.
_WORDS = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


class Fate(StrEnum):
    """What became of a piece of text."""

    STAYED = "stayed"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words in a row that share their fate."""

    fate: Fate
    text: str


def differences(before: str, after: str) -> tuple[Piece, ...]:
    """Give both texts as one row of pieces; () when they are the same.

    Paragraphs are compared first and the words only within those that differ, so that the
    work stays small. Of what stayed only the words beside a change are given, with … for
    the rest.
    """
    if before == after:
        return ()
    found = list(_joined(_compared(before.splitlines(True), after.splitlines(True), _by_words)))
    return tuple(
        _shortened(piece, is_first=number == 0, is_last=number == len(found) - 1)
        for number, piece in enumerate(found)
    )


def _by_words(before: str, after: str) -> Iterator[Piece]:
    yield from _compared(_WORDS.findall(before), _WORDS.findall(after), _replaced)


def _replaced(before: str, after: str) -> Iterator[Piece]:
    yield from (Piece(Fate.REMOVED, before), Piece(Fate.ADDED, after))


def _compared(
    before: Sequence[str], after: Sequence[str], closer: Callable[[str, str], Iterator[Piece]]
) -> Iterator[Piece]:
    if len(before) > MOST_PARTS or len(after) > MOST_PARTS:
        yield from _replaced("".join(before), "".join(after))
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        old, new = "".join(before[start:end]), "".join(after[other_start:other_end])
        if tag == "equal":
            yield Piece(Fate.STAYED, old)
        elif tag == "replace":
            yield from closer(old, new)
        else:
            yield from _replaced(old, new)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Make one of neighbours that share their fate, and drop empty ones."""
    filled = (piece for piece in pieces if piece.text)
    for fate, group in groupby(filled, key=attrgetter("fate")):
        yield Piece(fate, "".join(piece.text for piece in group))


def _shortened(piece: Piece, *, is_first: bool, is_last: bool) -> Piece:
    if piece.fate is not Fate.STAYED or len(piece.text) <= 2 * CONTEXT:
        return piece
    head = "" if is_first else piece.text[:CONTEXT]
    tail = "" if is_last else piece.text[-CONTEXT:]
    return Piece(Fate.STAYED, f"{head} … {tail}")
