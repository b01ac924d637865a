"""A picture as a few letters, of which a blurred likeness can be made before it is there."""

from collections.abc import Sequence
from math import cos, pi

Pixel = tuple[int, int, int]
_Colour = tuple[float, float, float]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
COLUMNS, ROWS = 4, 3
"""Waves across and down; what Mastodon takes for its own previews, give or take one."""


def blurhash(rows: Sequence[Sequence[Pixel]]) -> str:
    """Describe a picture of at least one pixel; about 32 by 32 of them are enough.

    rows: of red, green and blue, 0 to 255, from the top.

    Source: github.com/woltapp/blurhash, Algorithm.md.
    """
    linear = [[_linear(pixel) for pixel in row] for row in rows]
    across = _waves(COLUMNS, len(rows[0]))
    down = _waves(ROWS, len(rows))
    first, *others = (_strength(linear, x, y) for y in down for x in across)
    # The first wave of each direction is flat; all others count twice.
    waves = [tuple(2 * part for part in each) for each in others]
    largest = max(abs(part) for each in waves for part in each)
    step = max(0, min(82, int(largest * 166 - 0.5)))
    scale = (step + 1) / 166
    return "".join(
        (
            _digits(COLUMNS - 1 + (ROWS - 1) * 9, 1),
            _digits(step, 1),
            _digits(_number([_encoded(part) for part in first], 256), 4),
            *(_digits(_number([_level(part / scale) for part in each], 19), 2) for each in waves),
        )
    )


def _waves(count: int, length: int) -> list[list[float]]:
    return [[cos(pi * wave * place / length) for place in range(length)] for wave in range(count)]


def _strength(rows: list[list[_Colour]], across: list[float], down: list[float]) -> _Colour:
    red = green = blue = 0.0
    for height, row in zip(down, rows, strict=True):
        for width, pixel in zip(across, row, strict=True):
            weight = height * width
            red += weight * pixel[0]
            green += weight * pixel[1]
            blue += weight * pixel[2]
    pixels = len(across) * len(down)
    return red / pixels, green / pixels, blue / pixels


_LINEAR = [
    value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4
    for value in range(256)
]


def _linear(pixel: Pixel) -> _Colour:
    return _LINEAR[pixel[0]], _LINEAR[pixel[1]], _LINEAR[pixel[2]]


def _encoded(part: float) -> int:
    bounded = max(0.0, min(1.0, part))
    if bounded <= 0.0031308:
        return int(bounded * 12.92 * 255 + 0.5)
    return int((1.055 * bounded ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _level(part: float) -> int:
    root = abs(part) ** 0.5
    return max(0, min(18, int((root if part >= 0 else -root) * 9 + 9.5)))


def _number(parts: Sequence[int], radix: int) -> int:
    total = 0
    for part in parts:
        total = total * radix + part
    return total


def _digits(number: int, length: int) -> str:
    return "".join(_DIGITS[number // 83**place % 83] for place in range(length - 1, -1, -1))
