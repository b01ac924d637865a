"""Covers for the examples: drawn here, so that no picture of a real work has to be shipped."""

import io
from collections.abc import Callable, Iterator
from math import cos, pi, sin, sqrt, tau

from PIL import Image, ImageDraw, ImageFilter, ImageOps

WIDTH, HEIGHT = 1600, 2400
"""Twice as large as they are kept: made smaller, edges are smooth."""

_SIDE = 1600
_GOLDEN = 0.618_034

Point = tuple[float, float]


def draw_cover(name: str) -> bytes:
    """Draw the cover of this name, always the same, as PNG. Raises KeyError for another name."""
    picture = COVERS[name]()
    small = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


def _shaded(size: tuple[int, int], top: str, bottom: str, middle: str | None = None) -> Image.Image:
    """Make a picture that goes from one colour to another, downwards."""
    grey = Image.linear_gradient("L").resize(size)
    return ImageOps.colorize(grey, black=top, white=bottom, mid=middle)


def _glow(picture: Image.Image, centre: Point, radius: int, colour: str) -> None:
    """Lay light over it that fades away from the centre."""
    strength = ImageOps.invert(Image.radial_gradient("L")).resize((2 * radius, 2 * radius))
    # Black well within the square, and squared so that no edge is seen where it begins.
    strength = strength.point([max(0, value - 75) ** 2 // 128 for value in range(256)])
    place = (int(centre[0]) - radius, int(centre[1]) - radius)
    picture.paste(Image.new("RGB", strength.size, colour), place, strength)


def _circle(centre: Point, radius: float) -> tuple[float, float, float, float]:
    x, y = centre
    return (x - radius, y - radius, x + radius, y + radius)


def _scattered(count: int) -> Iterator[Point]:
    """Give points in the unit square, evenly strewn without chance (an R2 sequence)."""
    for n in range(1, count + 1):
        yield (0.754_877 * n) % 1, (0.569_840 * n) % 1


def _doorway() -> Image.Image:
    horizon, centre = 1500, 860
    picture = _shaded((WIDTH, HEIGHT), "#d9c39a", "#a98a5b")
    ground = _shaded((WIDTH, HEIGHT - horizon), "#7a5d38", "#2e2114")
    picture.paste(ground, (0, horizon))
    draw = ImageDraw.Draw(picture)
    for x, lean in ((130, -60), (420, 35), (1180, -25), (1450, 80)):
        foot = (x, horizon + 8)
        tip = (x + lean, horizon - 620 + abs(x - centre) // 4)
        draw.line((foot, tip), fill="#5b4426", width=14)
        draw.line((tip[0] - 70, tip[1] + 60, tip[0] + 70, tip[1] + 48), fill="#5b4426", width=10)
    for side in (-1, 1):
        draw.line((centre + side * 46, horizon, centre + side * 720, HEIGHT), "#1e150c", 26)
    for n in range(14):
        y = horizon + (HEIGHT - horizon) * (n / 13) ** 2.2
        half = 60 + 850 * (y - horizon) / (HEIGHT - horizon)
        draw.line((centre - half, y, centre + half, y), "#1e150c", 4 + n * 2)
    light = Image.new("L", picture.size)
    ImageDraw.Draw(light).polygon(
        (
            (centre - 120, horizon),
            (centre + 120, horizon),
            (centre + 520, 2600),
            (centre - 520, 2600),
        ),
        fill=90,
    )
    light = light.filter(ImageFilter.GaussianBlur(40))
    picture.paste(Image.new("RGB", picture.size, "#7fa35a"), (0, 0), light)
    _glow(picture, (centre, horizon - 230), 620, "#b9cf8a")
    door = _shaded((240, 460), "#a9c77c", "#2f6b3c")
    ImageDraw.Draw(picture).rectangle((centre - 142, 1018, centre + 142, horizon), fill="#3a2a17")
    picture.paste(door, (centre - 120, 1040))
    return picture


def _maze() -> Image.Image:
    picture = _shaded((WIDTH, HEIGHT), "#2b1a15", "#120c0b")
    centre = (WIDTH / 2, HEIGHT / 2 - 60)
    _glow(picture, centre, 1100, "#3a1b12")
    draw = ImageDraw.Draw(picture)
    rings = [150 + 78 * n for n in range(8)]
    for n, radius in enumerate(rings):
        gap = 3_000 / radius
        turn = 360 * (_GOLDEN * (n + 1) % 1)
        draw.arc(_circle(centre, radius), turn + gap, turn + 360 - gap, "#c4552d", 20)
        walls = 2 + n // 2 if n + 1 < len(rings) else 0
        for wall in range(walls):
            angle = tau * ((_GOLDEN * (n + 1.5) + (wall + 0.4) / walls) % 1)
            ends = [
                (centre[0] + r * cos(angle), centre[1] + r * sin(angle))
                for r in (radius - 10, radius + 68)
            ]
            draw.line((*ends[0], *ends[1]), "#c4552d", 20)
    draw.ellipse(_circle(centre, 74), fill="#f0e6d6")
    return picture


def _rails() -> Image.Image:
    horizon, middle = 880, _SIDE / 2
    picture = Image.new("RGB", (_SIDE, _SIDE), "#efe5cf")
    draw = ImageDraw.Draw(picture)
    draw.ellipse(_circle((middle, horizon), 520), fill="#c8321f")
    for n in range(6):
        y = horizon - 40 - 78 * n
        draw.line((0, y, _SIDE, y), "#efe5cf", 34 - 5 * n)
    draw.rectangle((0, horizon, _SIDE, _SIDE), fill="#17161a")
    for n in range(16):
        y = horizon + (_SIDE - horizon) * (n / 15) ** 2.4
        half = 30 + 620 * (y - horizon) / (_SIDE - horizon)
        draw.line((middle - half, y, middle + half, y), "#5c574f", 3 + 2 * n)
    for side in (-1, 1):
        near, far = middle + side * 470, middle + side * 4
        foot = ((near - 26, _SIDE), (near + 26, _SIDE))
        draw.polygon((*foot, (far + 3, horizon), (far - 3, horizon)), fill="#efe5cf")
        draw.polygon(
            ((middle + side * 800, 1180), (middle + side * 800, 1240), (far, horizon)),
            fill="#c8321f",
        )
    return picture


def _arches() -> Image.Image:
    floor = 1620
    colours = ("#33475b", "#4b6379", "#6b8294", "#8fa1a9", "#b5bdb8", "#d8d3c2", "#f3ead4")
    picture = Image.new("RGB", (WIDTH, HEIGHT), "#22313f")
    draw = ImageDraw.Draw(picture)
    for n, colour in enumerate(colours):
        half = 740 * 0.74**n
        top = floor - 1290 * 0.76**n
        draw.pieslice(_circle((WIDTH / 2, top + half), half), 180, 360, fill=colour)
        draw.rectangle((WIDTH / 2 - half, top + half, WIDTH / 2 + half, floor), fill=colour)
    above = picture.crop((0, floor - (HEIGHT - floor), WIDTH, floor))
    water = Image.blend(ImageOps.flip(above), Image.new("RGB", above.size, "#1f5a78"), 0.55)
    picture.paste(water, (0, floor))
    for n in range(1, 15):
        y = floor + int(760 * (n / 14) ** 1.7)
        half = 90 + 52 * n
        x = WIDTH / 2 + 300 * sin(n * 2.4)
        draw.line((x - half, y, x + half, y), "#9cc3cf", 2 + n // 2)
    return picture


def _orbits() -> Image.Image:
    picture = _shaded((WIDTH, HEIGHT), "#0b0d24", "#2a1530", "#141334")
    draw = ImageDraw.Draw(picture)
    for n, (x, y) in enumerate(_scattered(240)):
        size = 2 + n % 5
        draw.ellipse(_circle((x * WIDTH, y * HEIGHT), size), fill="#cfd3f5" if n % 3 else "#6a6fa8")
    sun = (360, 2010)
    planets = (
        ("#d9a25f", 0.045, 46),
        ("#7fb069", 0.147, 74),
        ("#8c6bb1", 0.084, 92),
        ("#4aa3b5", 0.218, 120),
        ("#d7d3c5", 0.166, 54),
        ("#c05a45", 0.208, 84),
    )
    for n in range(len(planets)):
        draw.arc(_circle(sun, 720 + 240 * n), 180, 360, "#565a91", 4)
        draw.arc(_circle(sun, 720 + 240 * n), 0, 90, "#565a91", 4)
    _glow(picture, sun, 1080, "#f2712b")
    draw.ellipse(_circle(sun, 430), fill="#f58a34")
    draw.ellipse(_circle((sun[0] - 26, sun[1] + 26), 372), fill="#f9a94f")
    for n, (colour, turn, size) in enumerate(planets):
        angle = -tau * turn
        radius = 720 + 240 * n
        centre = (sun[0] + radius * cos(angle), sun[1] + radius * sin(angle))
        draw.ellipse(_circle(centre, size + 16), fill="#10112b")
        draw.ellipse(_circle(centre, size), fill=colour)
        # Night on the side that the sun does not reach.
        shadow = Image.new("L", picture.size)
        pen = ImageDraw.Draw(shadow)
        pen.ellipse(_circle(centre, size), fill=150)
        lit = (centre[0] - size * 0.5 * cos(angle), centre[1] - size * 0.5 * sin(angle))
        pen.ellipse(_circle(lit, size * 1.02), fill=0)
        picture.paste("#0a0a1c", (0, 0), shadow)
    return picture


def _feather(centre: Point, length: float, angle: float, bend: float) -> list[list[Point]]:
    """Give the outline of a feather, then its shaft, then its barbs."""

    def place(along: float, aside: float) -> Point:
        x, y = length * (along - 0.5), aside + bend * sin(pi * along)
        return (
            centre[0] + x * cos(angle) - y * sin(angle),
            centre[1] + x * sin(angle) + y * cos(angle),
        )

    def half_width(along: float) -> float:
        return length * 0.15 * sqrt(max(0.0, sin(pi * min(1.0, along * 1.04))))

    steps = [n / 60 for n in range(61)]
    outline = [place(t, half_width(t)) for t in steps]
    outline += [place(t, -0.8 * half_width(t)) for t in reversed(steps)]
    shaft = [place(t, 0) for t in (-0.2, -0.1, *steps[:-4])]
    barbs = [
        [place(t, 0), place(min(t + 0.09, 1), side * 0.8 * half_width(t + 0.09))]
        for t in steps[3:-6:2]
        for side in (1, -1)
    ]
    return [outline, shaft, *barbs]


def _feathers() -> Image.Image:
    picture = _shaded((WIDTH, HEIGHT), "#6f7f86", "#e2c7a0", "#b3b3a4")
    halo = (WIDTH / 2 + 130, 640)
    _glow(picture, halo, 760, "#fbf3d9")
    draw = ImageDraw.Draw(picture)
    box = (halo[0] - 420, halo[1] - 150, halo[0] + 420, halo[1] + 150)
    draw.ellipse(box, outline="#fffbe9", width=26)
    wall = (WIDTH / 2, HEIGHT + 1500)
    draw.ellipse(_circle(wall, 2060), fill="#4d4a47")
    draw.ellipse(_circle((wall[0], wall[1] + 70), 2060), fill="#39373a")
    for n, (x, y) in enumerate(_scattered(11)):
        left, top = 330 + 940 * x, 2060 + 240 * y
        draw.rectangle((left, top, left + 22, top + 30), fill="#f3c871" if n % 4 else "#c98f4a")
    for centre, length, angle, bend, colours in (
        ((560.0, 1010.0), 900.0, 2.15, 70.0, ("#8d8f92", "#6c6e72", "#5a5c60")),
        ((1060.0, 1560.0), 640.0, 0.72, -56.0, ("#a9a8a3", "#868580", "#6b6a67")),
    ):
        outline, shaft, *barbs = _feather(centre, length, angle, bend)
        draw.polygon(outline, fill=colours[0])
        for barb in barbs:
            draw.line(barb, fill=colours[1], width=4)
        draw.line(shaft, fill=colours[2], width=12, joint="curve")
    return picture


COVERS: dict[str, Callable[[], Image.Image]] = {
    "doorway": _doorway,
    "maze": _maze,
    "rails": _rails,
    "arches": _arches,
    "orbits": _orbits,
    "feathers": _feathers,
}
"""A drawing for each name that the examples use."""
