"""Catalogues of translated words, for tests."""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

Words = dict[str | tuple[str, str], str | tuple[str, ...]]


def write_catalogue(folder: Path, locale: str, words: Words) -> None:
    """Translate some words into a language; a pair is one thing and many of it."""
    catalogue = Catalog(locale=locale)
    for source, translated in words.items():
        catalogue.add(source, translated)
    path = folder / locale / "LC_MESSAGES" / "fedreview.mo"
    path.parent.mkdir(parents=True)
    written = BytesIO()
    write_mo(written, catalogue)
    path.write_bytes(written.getvalue())
