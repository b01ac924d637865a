"""What a note has besides its text: emoji, pictures, a poll, what it quotes."""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOption:
    """One answer that a poll offers, and how many have given it; None when nobody says."""

    name: str
    votes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A question with answers. ends_at, as ISO 8601, or ""; is_multiple: several may be chosen."""

    options: tuple[PollOption, ...]
    is_multiple: bool = False
    ends_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """All of these. quote: id of the post that is quoted, or "". sensitive: hide pictures first."""

    emojis: tuple[Emoji, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    poll: Poll | None = None
    quote: str = ""
    sensitive: bool = False


NOTHING = Extras()
