"""Draw what stands beside a link to a review: cover, title and rating, and nothing of its text."""

import hashlib
import io
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

from PIL import Image, ImageDraw, ImageOps

from fedreview.domain.review import Review
from fedreview.services.lettering import (
    SANS,
    SERIF,
    find_font,
    fitted,
    is_right_to_left,
    line_height,
    open_font,
    setable,
)

WIDTH, HEIGHT = 1200, 630
"""Pixels; the shape that every server cuts link cards to."""

_DRAWING = 1
"""Another number whenever the drawing changes: then every card has another address."""

_PAPER, _INK, _FAINT, _ACCENT, _OFF, _BAND = (
    "#fbf9f5",
    "#1d1a1b",
    "#625b58",
    "#a5321d",
    "#d9d2c6",
    "#e9e3d8",
)
_COVER_WIDTH, _MARGIN = 420, 64
_TITLE_SIZES = (84, 76, 68, 60, 52, 46)
_TICKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a share picture shows.

    about: kind, work and year in one line. score, best: bare numbers, or "".
    half_ticks: of twenty, how much of the rating's ten marks is filled.
    cover: the file name of the work's picture, or "".
    """

    title: str
    about: str
    score: str
    best: str
    half_ticks: int
    cover: str
    site: str

    @classmethod
    def of(cls, review: Review, *, site: str) -> Self:
        """Take from a review what may be seen before it is read. site: the name below."""
        facts, rating = review.work.facts, review.rating
        work = facts.title if facts.title != review.title else ""
        parts = (facts.kind.value.capitalize(), work, str(facts.year) if facts.year else "")
        return cls(
            title=review.title or facts.title,
            about=" · ".join(part for part in parts if part),
            score=rating.number if rating else "",
            best=rating.best if rating else "",
            half_ticks=round(rating.rescaled(best=20)) if rating else 0,
            cover=review.work.cover.name if review.work.cover else "",
            site=site,
        )

    @property
    def version(self) -> str:
        """Another one as soon as the picture is another."""
        shown = "\n".join(map(str, (_DRAWING, *astuple(self))))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def draw_card(card: Card, cover: Path | None) -> bytes:
    """Draw the card as PNG. cover: the file of the work's picture, None when there is none."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    left = _MARGIN
    if cover:
        picture.paste(_cover(cover), (0, 0))
        left += _COVER_WIDTH
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0 if not cover else _COVER_WIDTH, 0, WIDTH, 9), fill=_ACCENT)
    width = WIDTH - _MARGIN - left
    _line(pen, card.about, (left, 62), width, size=30, fill=_FAINT)
    height = 290 if card.score else 400
    _title(pen, card.title, (left, 118), width, height)
    if card.score:
        _rating(pen, card, left)
    _line(pen, card.site, (left, HEIGHT - 76), width, size=28, fill=_FAINT)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _cover(path: Path) -> Image.Image:
    """Fill the left side; what is not upright stands whole on a band."""
    band = Image.new("RGB", (_COVER_WIDTH, HEIGHT), _BAND)
    with Image.open(path) as opened:
        opened.draft("RGB", (_COVER_WIDTH, HEIGHT))
        cover = opened.convert("RGBA")
    if cover.width < cover.height * 0.85:
        fitting = ImageOps.fit(cover, band.size, Image.Resampling.LANCZOS)
    else:
        fitting = ImageOps.contain(cover, band.size, Image.Resampling.LANCZOS)
    band.paste(fitting, (0, (HEIGHT - fitting.height) // 2), fitting)
    return band


def _title(
    pen: ImageDraw.ImageDraw, text: str, place: tuple[int, int], width: int, height: int
) -> None:
    words = setable(text)
    font_path = find_font(f"{words}…", SERIF) or find_font(words, SERIF)
    if not words or font_path is None:
        # No font here has the letters: nothing is better than a row of boxes.
        return
    size, lines = fitted(words, font_path, width=width, height=height, sizes=_TITLE_SIZES)
    font = open_font(font_path, size)
    is_rtl = is_right_to_left(words)
    x, y = place
    for number, line in enumerate(lines):
        top = y + number * line_height(size)
        if is_rtl:
            pen.text((x + width, top), line, font=font, fill=_INK, anchor="ra", direction="rtl")
        else:
            pen.text((x, top), line, font=font, fill=_INK, anchor="la")


def _line(
    pen: ImageDraw.ImageDraw,
    text: str,
    place: tuple[int, int],
    width: int,
    *,
    size: int,
    fill: str,
) -> None:
    words = setable(text)
    font_path = find_font(f"{words}…", SANS) or find_font(words, SANS)
    if words and font_path:
        _, (shown,) = fitted(words, font_path, width=width, height=size, sizes=(size,))
        pen.text(place, shown, font=open_font(font_path, size), fill=fill, anchor="la")


def _rating(pen: ImageDraw.ImageDraw, card: Card, left: int) -> None:
    base = HEIGHT - 116
    big, small = open_font(SERIF, 92), open_font(SERIF, 40)
    pen.text((left, base), card.score, font=big, fill=_ACCENT, anchor="ls")
    after = left + round(big.getlength(card.score))
    pen.text((after + 6, base), f"/{card.best}", font=small, fill=_FAINT, anchor="ls")
    start = after + round(small.getlength(f"/{card.best}")) + 40
    for tick in range(_TICKS):
        x, filled = start + tick * 27, card.half_ticks - 2 * tick
        box = (x, base - 44, x + 19, base)
        pen.rounded_rectangle(box, radius=4, fill=_ACCENT if filled >= 2 else _OFF)
        if filled == 1:
            pen.rounded_rectangle((x, base - 44, x + 9, base), radius=4, fill=_ACCENT)
