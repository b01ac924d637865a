import random

import pytest

from fedreview.content.blurhash import Pixel, blurhash

chance = random.Random(4)

# What the `blurhash` package 1.1.5 gives, with four waves across and three down.
PICTURES: dict[str, list[list[Pixel]]] = {
    "LxH2cZ2mwtX3l[WAjve?gFflfTfl": [
        [(x * 8, y * 8, x * y % 256) for x in range(32)] for y in range(32)
    ],
    "L5M^0N|wfQ|w|wo1fQo1fQfQfQfQ": [[(200, 10, 30)] * 32] * 32,
    "L00000fQfQfQfQfQfQfQfQfQfQfQ": [[(0, 0, 0)] * 8] * 8,
    "LAHU|QtRM_.7}uy2pE+NoSngS}vq": [
        [(chance.randrange(256), chance.randrange(256), chance.randrange(256)) for _ in range(20)]
        for _ in range(16)
    ],
}


@pytest.mark.parametrize("expected", PICTURES)
def test_the_letters_are_those_of_the_published_algorithm(expected: str) -> None:
    assert blurhash(PICTURES[expected]) == expected


def test_one_pixel_is_enough() -> None:
    assert len(blurhash([[(255, 255, 255)]])) == 28
