"""Match what notes and names have besides words with our copies of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fedreview.domain.actor import RemoteActor
from fedreview.domain.extras import Emoji, Illustrated, Miniature
from fedreview.storage import conduct, copies
from fedreview.storage.copies import Copy, CopyKind
from fedreview.storage.database import Transaction
from fedreview.storage.threads import StoredNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Our copies of several emoji and pictures, by the addresses of the originals."""

    copies: Mapping[str, Copy] = field(default_factory=dict)

    def emojis(self, emojis: Iterable[Emoji]) -> dict[str, Miniature]:
        """Give those of these emoji that can be shown, by their short codes."""
        return {
            emoji.shortcode: _miniature(self.copies[emoji.url])
            for emoji in emojis
            if emoji.url in self.copies
        }

    def illustrated(self, note: StoredNote) -> Illustrated:
        """Give what a note has besides its text, with the copies that there are of it."""
        pictures = (each.url for each in note.extras.pictures)
        return Illustrated(
            extras=note.extras,
            emojis=self.emojis(note.extras.emojis),
            pictures={
                url: _miniature(self.copies[url])
                for url in pictures
                if url in self.copies and self.copies[url].kind is CopyKind.PICTURE
            },
        )


def _miniature(copy: Copy) -> Miniature:
    return Miniature(path=copy.path, width=copy.width, height=copy.height)


def copied(tx: Transaction, notes: Iterable[StoredNote], people: Iterable[RemoteActor]) -> Copied:
    """Read the copies that pages show of these notes and their writers, in one statement.

    Pictures only when the site shows them.
    """
    wanted = {emoji.url for person in people for emoji in person.emojis}
    pictures: set[str] = set()
    for note in notes:
        wanted |= {emoji.url for emoji in note.extras.emojis}
        pictures |= {each.url for each in note.extras.pictures}
    if pictures and conduct.of_site(tx).shows_pictures:
        wanted |= pictures
    return Copied(copies=copies.find_many(tx, wanted) if wanted else {})
