"""Words as a search compares them: without case and accents, and parted where no spaces are."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

MOST_CHARACTERS = 200
"""Of what somebody looks for; the rest does not count."""

MOST_WANTED = 12
LONGEST_TERM = 60

# Scripts that put no spaces between words: they are compared by pairs of characters.
_UNPARTED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"[{_UNPARTED}]+|[^{_UNPARTED}]+")
_IS_UNPARTED = re.compile(f"[{_UNPARTED}]")
_STRETCHES = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
_NO_MARK = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}

# Letters whose marks many people leave out when they type: Latin, Greek, Hebrew, Arabic.
# Not so kana, where ブ is another letter than フ, nor the scripts of India.
_MARKS_ARE_OPTIONAL = re.compile("[\u0000-\u024f\u0370-\u03ff\u0590-\u06ff\u1e00-\u1fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One thing that has to stand in a text.

    terms: that follow one another. is_prefix: whether the last may go on.
    pattern: a regular expression for it in a folded text.
    """

    terms: tuple[str, ...]
    is_prefix: bool
    pattern: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet; is_match: whether it is what was looked for."""

    text: str
    is_match: bool


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).casefold()
    parts = unicodedata.normalize("NFD", plain)
    if parts and _MARKS_ARE_OPTIONAL.match(parts):
        plain = "".join(part for part in parts if not unicodedata.combining(part))
    return "".join(_NO_MARK.get(letter, letter) for letter in plain)


def _folded(text: str) -> Iterator[Sequence[str]]:
    """Give for each character what is compared of it; nothing for a mark that may be left out.

    In stretches, of which those of plain letters, as most texts have, cost nearly nothing.
    """
    before = "x"
    for stretch in _STRETCHES.findall(text):
        yield stretch.lower() if stretch.isascii() else _folded_each(stretch, before)
        before = stretch[-1]


def _folded_each(stretch: str, before: str) -> list[str]:
    parts = []
    for character in stretch:
        if unicodedata.combining(character) and _MARKS_ARE_OPTIONAL.match(before):
            parts.append("")
        else:
            before = character
            parts.append(_fold(character))
    return parts


def _words(text: str) -> list[str]:
    stretches = _folded(unicodedata.normalize("NFC", text))
    folded = "".join(chain.from_iterable(stretches))
    return "".join(c if _is_of_word(c) else " " for c in folded).split()


def _is_of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _terms_of_run(run: str) -> list[str]:
    """Part a run of characters without spaces into pairs, and its last alone.

    So that one character is found by the beginning of a pair wherever it stands.
    """
    return [run[at : at + 2] for at in range(len(run))]


def terms(text: str) -> Iterator[str]:
    """Give what a text is found by, in its order."""
    for word in _words(text):
        for run in _RUNS.findall(word):
            if _IS_UNPARTED.match(run):
                yield from _terms_of_run(run)
            else:
                yield run[:LONGEST_TERM]


def index_text(text: str, *, limit_bytes: int) -> str:
    """Join the terms of a text with spaces, as many as fit into so many bytes of UTF-8."""
    kept: list[str] = []
    size = 0
    for term in terms(text):
        size += len(term.encode()) + 1
        if size > limit_bytes:
            break
        kept.append(term)
    return " ".join(kept)


def wanted_from_text(text: str) -> tuple[Wanted, ...]:
    """Read what somebody typed: words, of which the last may be unfinished, and "quotations".

    Nothing else has a meaning, so nothing can be wrong.
    """
    plain = text[:MOST_CHARACTERS].translate(_QUOTES)
    found: list[Wanted] = []
    parts = plain.split('"')
    for number, part in enumerate(parts):
        is_quoted = number % 2 == 1 and number < len(parts) - 1
        is_last = number == len(parts) - 1 and not part[-1:].isspace()
        found += _phrase(part) if is_quoted else _each(part, is_last=is_last)
    return tuple(dict.fromkeys(found))[:MOST_WANTED]


def _each(text: str, *, is_last: bool) -> list[Wanted]:
    words = _words(text)
    return [
        wanted
        for number, word in enumerate(words, start=1)
        for wanted in _word(word, is_prefix=is_last and number == len(words))
    ]


def _word(word: str, *, is_prefix: bool) -> Iterator[Wanted]:
    runs = _RUNS.findall(word)
    for number, run in enumerate(runs, start=1):
        if _IS_UNPARTED.match(run):
            pairs = _terms_of_run(run)[:-1] or [run]
            for pair in pairs:
                yield Wanted(terms=(pair,), is_prefix=len(run) == 1, pattern=re.escape(run))
        else:
            yield _plain((run[:LONGEST_TERM],), is_prefix=is_prefix and number == len(runs))


def _phrase(text: str) -> list[Wanted]:
    words = _words(text)
    if any(map(_IS_UNPARTED.search, words)):
        return _each(text, is_last=False)
    shortened = tuple(word[:LONGEST_TERM] for word in words)
    return [_plain(shortened, is_prefix=False)] if shortened else []


def _plain(words: tuple[str, ...], *, is_prefix: bool) -> Wanted:
    inner = r"[\W_]+".join(map(re.escape, words))
    end = r"\w*" if is_prefix else r"(?!\w)"
    return Wanted(terms=words, is_prefix=is_prefix, pattern=rf"(?<![^\W_]){inner}{end}")


def snippet(text: str, wanted: tuple[Wanted, ...], *, length: int) -> tuple[Piece, ...]:
    """Cut out where a text says first what was looked for, with what was found marked.

    text: plain, without spoilers. length: of the snippet in characters.
    Begins at the start of the text when nothing of it stands there.
    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    spans = _spans(line, wanted)
    start = _start(line, spans[0][0] if spans else 0, length)
    end = _end(line, start + length)
    return tuple(_pieces(line, spans, start, end))


def _spans(line: str, wanted: tuple[Wanted, ...]) -> list[tuple[int, int]]:
    """Find what was looked for; from and to are places in the text as it is shown."""
    if not wanted:
        return []
    folded: list[str] = []
    places: list[int] = []
    place = 0
    for stretch in _folded(line):
        folded.extend(stretch)
        if isinstance(stretch, str):
            places.extend(range(place, place + len(stretch)))
        else:
            for number, part in enumerate(stretch, start=place):
                places += [number] * len(part)
        place += len(stretch)
    pattern = re.compile("|".join(dict.fromkeys(each.pattern for each in wanted)))
    found = pattern.finditer("".join(folded))
    return [(places[each.start()], places[each.end() - 1] + 1) for each in found]


def _start(line: str, first: int, length: int) -> int:
    begin = max(0, first - length // 3)
    if not begin or len(line) <= length:
        return 0
    space = line.find(" ", begin, first)
    return space + 1 if space >= 0 else begin


def _end(line: str, end: int) -> int:
    if end >= len(line):
        return len(line)
    space = line.rfind(" ", end - 20, end)
    return space if space > 0 else end


def _pieces(line: str, spans: list[tuple[int, int]], start: int, end: int) -> Iterator[Piece]:
    if start:
        yield Piece("…", is_match=False)
    place = start
    for begin, stop in spans:
        if begin < place or stop > end:
            continue
        if begin > place:
            yield Piece(line[place:begin], is_match=False)
        yield Piece(line[begin:stop], is_match=True)
        place = stop
    if place < end:
        yield Piece(line[place:end], is_match=False)
    if end < len(line):
        yield Piece("…", is_match=False)
