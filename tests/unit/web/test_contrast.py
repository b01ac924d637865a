"""Our colours, and those of the example themes, can be told apart.

Source: WCAG 2.2, success criteria 1.4.3 and 1.4.11.
"""

import re
from pathlib import Path

import pytest

from fedreview.web.templating import STATIC_DIR

THEMES = Path(__file__).parents[3] / "docs" / "themes"
SITE = (STATIC_DIR / "site.css").read_text()

TEXT, BORDER = 4.5, 3.0
PAIRS = (
    ("--ink", "--paper", TEXT),
    ("--ink", "--band", TEXT),
    ("--soft", "--paper", TEXT),
    ("--soft", "--band", TEXT),
    ("--accent", "--paper", TEXT),
    ("--accent", "--band", TEXT),
    ("--on-accent", "--accent", TEXT),
    ("--alarm", "--paper", TEXT),
    ("--edge", "--paper", BORDER),
    ("--edge", "--band", BORDER),
)


def colours(css: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read the custom properties that are colours: those for light, and those for dark."""
    light, _, dark = css.partition("@media (prefers-color-scheme: dark)")
    found = re.compile(r"(--[a-z-]+): (#[0-9a-f]{3,6});")
    return dict(found.findall(light)), dict(found.findall(dark.partition("\n}\n")[0]))


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_has_the_greatest_contrast_there_is() -> None:
    assert round(contrast("#000", "#ffffff"), 6) == 21


@pytest.mark.parametrize("theme", ["", *sorted(path.name for path in THEMES.glob("*.css"))])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: str, scheme: str) -> None:
    ours_light, ours_dark = colours(SITE)
    its_light, its_dark = colours((THEMES / theme).read_text()) if theme else ({}, {})
    found = ours_light | its_light
    if scheme == "dark":
        # What the theme says of any light comes after what we say of the dark.
        found = ours_light | ours_dark | its_light | its_dark

    faint = {
        f"{front} on {back}": round(contrast(found[front], found[back]), 2)
        for front, back, least in PAIRS
        if contrast(found[front], found[back]) < least
    }

    assert faint == {}


def test_what_the_description_of_themes_names_is_what_there_is() -> None:
    described = (THEMES.parent / "themes.md").read_text()

    named = set(re.findall(r"`(--[a-z-]+)`", described))

    assert named <= set(re.findall(r"(--[a-z-]+):", SITE))
    assert set(colours(SITE)[0]) <= named


def test_the_dark_changes_nothing_but_colours() -> None:
    """What axe looks for beside colours need not be looked for in the dark."""
    everything = "\n".join(path.read_text() for path in sorted(STATIC_DIR.glob("*.css")))
    light, dark = colours(SITE)
    block = SITE.partition("@media (prefers-color-scheme: dark)")[2].partition("\n}\n")[0]
    rest = re.sub(r"--[a-z-]+: #[0-9a-f]{3,6};", "", block)

    assert everything.count("prefers-color-scheme") == 1
    assert "".join(rest.split()) == "{:root{}"
    assert dark.keys() <= light.keys()
