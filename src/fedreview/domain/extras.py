"""What a note has besides its text: emoji, pictures, a poll, what it quotes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Medium(StrEnum):
    """What an attachment is."""

    PICTURE = "picture"
    FILM = "film"
    SOUND = "sound"
    FILE = "file"


_MEDIA = {"image": Medium.PICTURE, "video": Medium.FILM, "audio": Medium.SOUND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Emoji:
    """A small picture for ``:shortcode:`` in a text or a name; url: of the original."""

    shortcode: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture, sound or film that came with a note.

    media_type: as its server says, perhaps "". alt: plain text, or "". width, height: in pixels,
    0 when unknown.
    """

    url: str
    media_type: str
    alt: str = ""
    width: int = 0
    height: int = 0

    @property
    def medium(self) -> Medium:
        """What it is, as far as its server says."""
        return _MEDIA.get(self.media_type.partition("/")[0].lower(), Medium.FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOption:
    """One answer that a poll offers, and how many have given it; None when nobody says."""

    name: str
    votes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A question with answers.

    is_multiple: several may be chosen. voters: how many people have voted, None when nobody says.
    ends_at: as ISO 8601, or "".
    """

    options: tuple[PollOption, ...]
    is_multiple: bool = False
    voters: int | None = None
    ends_at: str = ""

    @property
    def closes_at(self) -> datetime | None:
        """When voting ends, or ended."""
        return datetime.fromisoformat(self.ends_at) if self.ends_at else None

    @property
    def total(self) -> int:
        """How many there are to compare each answer with: people, or else votes."""
        votes = sum(option.votes or 0 for option in self.options)
        return self.voters if self.is_multiple and self.voters else votes

    def percent(self, option: PollOption) -> int | None:
        """Give how many of a hundred chose this answer; None when nobody says, or has voted."""
        if option.votes is None or not self.total:
            return None
        return min(100, (option.votes * 200 + self.total) // (self.total * 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """All of these. quote: id of the post that is quoted, or "". sensitive: hide pictures first."""

    emojis: tuple[Emoji, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    poll: Poll | None = None
    quote: str = ""
    sensitive: bool = False

    @property
    def pictures(self) -> tuple[Attachment, ...]:
        """The attachments that are pictures."""
        return tuple(each for each in self.attachments if each.medium is Medium.PICTURE)

    @property
    def addresses(self) -> set[str]:
        """Give where everything is of which there may be a copy."""
        return {emoji.url for emoji in self.emojis} | {each.url for each in self.pictures}


NOTHING = Extras()


@dataclass(frozen=True, slots=True, kw_only=True)
class Miniature:
    """Our small copy of a picture elsewhere. path: on this site; width, height: in pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustrated:
    """What a note has besides its text, with our copies of it.

    emojis: by their short codes. pictures: by the addresses of the originals; both hold only
    those of which there is a copy.
    """

    extras: Extras = NOTHING
    emojis: Mapping[str, Miniature] = field(default_factory=dict)
    pictures: Mapping[str, Miniature] = field(default_factory=dict)


PLAIN = Illustrated()
