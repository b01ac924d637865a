"""Every word of the public pages is collected, and every catalogue is whole."""

import re
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from fedreview.web.errors import ANSWERS
from fedreview.web.templating import FLASHES
from fedreview.web.tongues import LOCALE_DIR
from tests.house.sources import PACKAGE

ROOT = Path(__file__).parents[2]
TEMPLATE = LOCALE_DIR / "fedreview.pot"
CATALOGUES = sorted(LOCALE_DIR.glob("*/LC_MESSAGES/fedreview.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)s|</?\w+")

each_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=None if path == TEMPLATE else path.parents[1].name)


def texts(value: object) -> tuple[str, ...]:
    """Give one text, or one and many, as a row."""
    return (value,) if isinstance(value, str) else tuple(map(str, value or ()))  # type: ignore[call-overload]  # babel: object


def key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    return message.context, texts(message.id)


def messages(path: Path) -> list[Message]:
    return [message for message in read(path) if message.id]


def test_the_template_has_the_words_that_stand_in_the_sources(tmp_path: Path) -> None:
    extracted = tmp_path / "fedreview.pot"
    options = ("--mapping-file", "pyproject.toml", "--keywords", "later", "--no-location")
    layout = ("--omit-header", "--sort-output", "--width", "100")

    subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "babel.messages.frontend",
                "--quiet",
                "extract",
                *options,
                *layout,
            ),
            *("--output-file", extracted, PACKAGE / "web"),
        ],
        cwd=ROOT,
        check=True,
    )

    assert TEMPLATE.read_text() == extracted.read_text(), "run scripts/translate"


def test_no_word_of_the_desk_is_given_to_translators() -> None:
    words = {text for message in messages(TEMPLATE) for text in texts(message.id)}

    assert {"Verdict", "Back to the reviews", "film"} <= words
    assert not {"Settings", "Where you are signed in", FLASHES["settings"]} & words


def test_whatever_a_stranger_reads_when_something_fails_can_be_translated() -> None:
    words = {text for message in messages(TEMPLATE) for text in texts(message.id)}

    for answer in ANSWERS.values():
        assert {answer.heading, answer.text} <= words


@each_catalogue
def test_a_catalogue_has_every_word_and_no_other(path: Path) -> None:
    assert set(map(key, messages(path))) == set(map(key, messages(TEMPLATE)))


@each_catalogue
def test_a_catalogue_is_whole_and_nothing_in_it_is_a_guess(path: Path) -> None:
    catalogue = read(path)

    for message in messages(path):
        needed = catalogue.num_plurals if message.pluralizable else 1
        assert not message.fuzzy, message.id
        assert len(texts(message.string)) == needed, message.id
        assert all(text.strip() for text in texts(message.string)), message.id


@each_catalogue
def test_a_translation_keeps_placeholders_and_elements(path: Path) -> None:
    for message in messages(path):
        wanted = sorted(PLACEHOLDER.findall(texts(message.id)[-1]))
        for text in texts(message.string):
            found = sorted(PLACEHOLDER.findall(text))
            # Languages say one, and Arabic two, without a number.
            spoken = [item for item in wanted if item != "%(num)s"]
            assert found in (wanted, spoken), message.id
            assert "%" not in re.sub(r"%\(\w+\)s|%%", "", text), message.id


@each_catalogue
def test_what_is_read_was_made_of_what_is_written(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        words = GNUTranslations(file)

    for message in messages(path):
        forms, context = texts(message.id), message.context
        if message.pluralizable:
            kept = tuple(words._catalog[forms[0], n] for n in range(len(texts(message.string))))  # type: ignore[attr-defined]  # of the standard library
            assert kept == texts(message.string), "run scripts/translate"
        elif context:
            assert words.pgettext(context, forms[0]) == message.string, "run scripts/translate"
        else:
            assert words.gettext(forms[0]) == message.string, "run scripts/translate"
