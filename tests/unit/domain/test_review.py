"""Titles become addresses and typed words become tags, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.domain.review import SLUG_LENGTH, slug_from_title, tags_from_text
from tests.factories import a_review


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("BLAME! A Netflix Original", "blame-a-netflix-original"),
        ("Amélie à l’été", "amelie-a-l-ete"),
        ("Ame\N{COMBINING ACUTE ACCENT}lie", "amelie"),
        ("STRASSE / Straße", "strasse-strasse"),
        ("snake_case -- and   spaces", "snake-case-and-spaces"),
        ("ブラム! 弐瓶勉", "ブラム-弐瓶勉"),
        ("ガンダム", "ガンダム"),
        ("한국 영화", "한국-영화"),
        ("हिन्दी फ़िल्म", "हिन्दी-फ़िल्म"),
        ("Сталкер", "сталкер"),
        ("𝔇une", "dune"),
        ("2001: A Space Odyssey", "2001-a-space-odyssey"),
        ("../../etc/passwd?x=1#y%20", "etc-passwd-x-1-y-20"),
        ("…!?", ""),
        ("🎬", ""),
        ("", ""),
    ],
)
def test_a_slug_is_the_readable_part_of_a_title(title: str, slug: str) -> None:
    assert slug_from_title(title) == slug


def test_a_long_slug_ends_without_a_dash() -> None:
    slug = slug_from_title("a" * (SLUG_LENGTH - 1) + " b")

    assert slug == "a" * (SLUG_LENGTH - 1)


@given(st.text())
def test_a_slug_can_stand_in_an_address_whatever_the_title(title: str) -> None:
    slug = slug_from_title(title)

    assert len(slug) <= SLUG_LENGTH
    assert not set(slug) & set("/?#%&. \t\n\\_")
    assert not slug.startswith("-")
    assert not slug.endswith("-")


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("anime Netflix  scifi", ("anime", "Netflix", "scifi")),
        ("slow cinema, anime,Studio 4°C", ("SlowCinema", "anime", "Studio4C")),
        ("#slow, #cinema", ("slow", "cinema")),
        ("#anime#Netflix", ("anime", "Netflix")),
        ("Anime anime ANIME Straße STRASSE", ("Anime", "Straße")),
        ("sci-fi, foo_bar", ("scifi", "foo_bar")),
        ("2017 2017er", ("2017er",)),
        ("映画, हिन्दी", ("映画", "हिन्दी")),
        ("cafe\N{COMBINING ACUTE ACCENT}", ("café",)),
        ("cafe!\N{COMBINING ACUTE ACCENT}", ("café",)),
        ("_ ! , #", ()),
        ("", ()),
    ],
)
def test_tags_are_read_however_they_are_divided(text: str, tags: tuple[str, ...]) -> None:
    assert tags_from_text(text) == tags


def test_the_heading_of_a_review_ends_in_its_rating() -> None:
    assert a_review(title="BLAME!").heading == "BLAME! \N{EN DASH} 8.5/10"
    assert a_review(title="BLAME!", rating=None).heading == "BLAME!"
