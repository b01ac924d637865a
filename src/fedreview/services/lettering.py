"""Set words into a picture: in a font that has them, in lines that fit."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

from PIL import ImageFont, features

FONTS = Path(__file__).parent / "fonts"
SERIF = FONTS / "NotoSerif-Bold.ttf"
SANS = FONTS / "NotoSans-Regular.ttf"

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
)
"""Where systems keep the fonts of all other scripts."""

MOST_FONTS = 3_000
LONGEST_TEXT = 300
"""Letters; more fit into no picture."""

# No font has this one: what is drawn for it stands for every letter that is missing.
_NOBODYS = "\U0010ffff"
# From Devanagari to Myanmar, and Khmer: without shaping, letters stand in the wrong places.
_SHAPED = ((0x0900, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x17FF))
_PROBE_SIZE = 24
_UNSEEN = frozenset({"Cc", "Cf", "Zs"})

Font = ImageFont.FreeTypeFont


def can_shape() -> bool:
    """Tell whether Pillow can set what runs from right to left, and letters that join."""
    return bool(features.check("raqm") and features.check("fribidi"))


def is_right_to_left(text: str) -> bool:
    """Tell by the first letter that has a direction."""
    sides = (unicodedata.bidirectional(letter) for letter in text)
    return next((side != "L" for side in sides if side in {"L", "R", "AL"}), False)


def setable(text: str) -> str:
    """Give the words without emoji, joined by single spaces, and no longer than can be read."""
    letters = (letter for letter in text if unicodedata.category(letter) not in {"So", "Cs", "Co"})
    return " ".join("".join(letters).split())[:LONGEST_TEXT]


def find_font(text: str, preferred: Path) -> Path | None:
    """Give the first font that has every letter: ours, else one of the system, else None."""
    needs_shaping = any(
        unicodedata.bidirectional(letter) in {"R", "AL"}
        or any(first <= ord(letter) <= last for first, last in _SHAPED)
        for letter in text
    )
    if needs_shaping and not can_shape():
        return None
    letters = frozenset(each for each in text if unicodedata.category(each) not in _UNSEEN)
    candidates = chain((preferred,), _system_fonts())
    return next((path for path in candidates if _has_all(path, letters)), None)


@lru_cache(maxsize=1)
def _system_fonts() -> tuple[Path, ...]:
    """Give the fonts there are, the ones that suit a title first; looked for once."""
    found: list[Path] = []
    for folder in FOLDERS:
        found += [path for path in folder.rglob("*.[to]t[fc]") if "Mono" not in path.name]
    return tuple(sorted(found, key=_suitability)[:MOST_FONTS])


def _suitability(path: Path) -> tuple[bool, bool, bool, str]:
    name = path.name
    is_slanted = "Italic" in name or "Oblique" in name
    return is_slanted, "Bold" not in name, "Noto" not in name, name


@lru_cache(maxsize=4096)
def _has_all(path: Path, letters: frozenset[str]) -> bool:
    try:
        font = ImageFont.truetype(path, _PROBE_SIZE)
        missing = _drawn(font, _NOBODYS)
        return all(_drawn(font, letter) != missing for letter in letters)
    except OSError:
        # A font of fixed sizes, or a broken one.
        return False


def _drawn(font: Font, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


@lru_cache(maxsize=64)
def open_font(path: Path, size: int) -> Font:
    """Open a font in a size in pixels."""
    return ImageFont.truetype(path, size)


def fitted(
    text: str, path: Path, *, width: int, height: int, sizes: tuple[int, ...]
) -> tuple[int, list[str]]:
    """Give the largest size in which the text fits, and its lines.

    In the smallest it ends with an ellipsis where it must. sizes: from the largest down.
    """
    for size in sizes:
        lines = list(_lines(text, open_font(path, size), width))
        if len(lines) <= _room(height, size):
            return size, lines
    size = sizes[-1]
    shown = list(_lines(text, open_font(path, size), width))[: _room(height, size)]
    return size, [*shown[:-1], _ended(shown[-1], open_font(path, size), width)]


def line_height(size: int) -> int:
    """Give the distance of lines, in pixels."""
    return round(size * 1.22)


def _room(height: int, size: int) -> int:
    return max(1, height // line_height(size))


def _ended(line: str, font: Font, width: int) -> str:
    while line and font.getlength(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _lines(text: str, font: Font, width: int) -> Iterator[str]:
    line = ""
    for piece in _pieces(text, font, width):
        joined = line + piece
        if line and font.getlength(joined.rstrip()) > width:
            yield line.rstrip()
            joined = piece.lstrip()
        line = joined
    yield line.rstrip()


def _pieces(text: str, font: Font, width: int) -> Iterator[str]:
    """Divide at spaces, and between all letters of what has none or is too long for a line."""
    for word in text.split(" "):
        wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in word)
        if wide * 2 > len(word) or font.getlength(word) > width:
            yield from word
            yield " "
        else:
            yield f"{word} "
