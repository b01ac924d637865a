"""A review: what one author thinks of one work."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NewType, Self

from fedreview.domain.actor import Author
from fedreview.domain.rating import Rating
from fedreview.domain.work import Work, WorkFacts

ReviewId = NewType("ReviewId", str)

SLUG_LENGTH = 80


class ReviewState(StrEnum):
    """Who can see it: the author, everybody, nobody but it can be brought back, nobody."""

    DRAFT = "draft"
    PUBLISHED = "published"
    TRASHED = "trashed"
    DELETED = "deleted"


class Spoilers(StrEnum):
    """How much the text gives away."""

    NONE = "none"
    SOME = "some"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Synopsis:
    """Somebody else's summary of the work, quoted.

    source: who wrote it; "" when the author does not say.
    url: where it stands, http(s), or "".
    """

    text: str
    source: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """A score for one side of the work, such as its story or its sound; the author names it."""

    name: str
    rating: Rating


@dataclass(frozen=True, slots=True, kw_only=True)
class Postscript:
    """A paragraph after the end. text: Markdown.

    added_at: when it was added to what was published already; None when it was there before.
    """

    text: str
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A work that the author is going to review, told at the end of this review.

    work: at least kind and title.
    rating: when it is known before the review is written.
    note: one plain line about it, or "".
    """

    work: WorkFacts
    rating: Rating | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an author wrote, checked, before it has an id.

    title: of the review; the rating is not repeated in it.
    body: Markdown.
    verdict: one plain line.
    teaser: plain, without spoilers or links; "" lets us make one.
    tags: as typed, without the #.
    language: BCP 47, such as "en" or "pt-BR".
    aspects: in the author's order.
    finished_on: the day on which the author had seen, read, played or heard it.
    is_repeat: whether that was not the first time.
    sign_off: Markdown that ends the text, such as "Thanks for reading."; or "".
    announces: what they are going to review, or None.
    """

    work: WorkFacts
    title: str
    body: str
    rating: Rating | None = None
    synopsis: Synopsis | None = None
    verdict: str = ""
    teaser: str = ""
    spoilers: Spoilers = Spoilers.NONE
    tags: tuple[str, ...] = ()
    language: str = "en"
    aspects: tuple[Aspect, ...] = ()
    finished_on: date | None = None
    is_repeat: bool = False
    sign_off: str = ""
    postscripts: tuple[Postscript, ...] = ()
    announces: Announcement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review as it is kept.

    slug: its place in page addresses, fixed when it is first published.
    updated_at: of the last edit after publication; None before the first.
    featured_at: since when it is pinned to the author's profile; None when it is not.
    scheduled_at: when the draft is to be published by itself; None for most.
    trashed_at: since when it waits in the trash for its end.
    boosted_at: when its author last sent it to all followers again.
    former_ids: ids that it was published under before it was taken back, the last first.
    """

    id: ReviewId
    slug: str
    author: Author
    work: Work
    state: ReviewState
    title: str
    body: str
    created_at: datetime
    rating: Rating | None = None
    synopsis: Synopsis | None = None
    verdict: str = ""
    teaser: str = ""
    spoilers: Spoilers = Spoilers.NONE
    tags: tuple[str, ...] = ()
    language: str = "en"
    published_at: datetime | None = None
    aspects: tuple[Aspect, ...] = ()
    finished_on: date | None = None
    is_repeat: bool = False
    sign_off: str = ""
    postscripts: tuple[Postscript, ...] = ()
    updated_at: datetime | None = None
    featured_at: datetime | None = None
    scheduled_at: datetime | None = None
    trashed_at: datetime | None = None
    boosted_at: datetime | None = None
    former_ids: tuple[ReviewId, ...] = ()

    @classmethod
    def of(
        cls,
        draft: Draft,
        *,
        id: ReviewId,
        slug: str,
        author: Author,
        work: Work,
        state: ReviewState,
        created_at: datetime,
        published_at: datetime | None = None,
        updated_at: datetime | None = None,
    ) -> Self:
        """Make a review of what was written."""
        return cls(
            id=id,
            slug=slug,
            author=author,
            work=work,
            state=state,
            title=draft.title,
            body=draft.body,
            created_at=created_at,
            rating=draft.rating,
            synopsis=draft.synopsis,
            verdict=draft.verdict,
            teaser=draft.teaser,
            spoilers=draft.spoilers,
            tags=draft.tags,
            language=draft.language,
            aspects=draft.aspects,
            finished_on=draft.finished_on,
            is_repeat=draft.is_repeat,
            sign_off=draft.sign_off,
            postscripts=draft.postscripts,
            published_at=published_at,
            updated_at=updated_at,
        )

    def emptied(self, *, now: datetime) -> Self:
        """Give what stays of a deleted review: that there was one."""
        return replace(
            self,
            state=ReviewState.DELETED,
            title="",
            body="",
            rating=None,
            synopsis=None,
            verdict="",
            teaser="",
            tags=(),
            aspects=(),
            finished_on=None,
            is_repeat=False,
            sign_off="",
            postscripts=(),
            updated_at=now,
            featured_at=None,
            scheduled_at=None,
            trashed_at=None,
        )

    @property
    def level(self) -> str:
        """What the author calls this score, or ""."""
        author = self.author
        return author.legend.name_of(self.rating, author.scale) if self.rating else ""

    @property
    def heading(self) -> str:
        """The title with the rating, for places that have no field for a rating."""
        return f"{self.title} – {self.rating.text}" if self.rating else self.title  # noqa: RUF001


def slug_from_title(title: str) -> str:
    """Make the readable part of an address; "" when nothing of the title can stand in one.

    Accents are dropped from Latin letters; other scripts stay as they are.
    """
    # Small letters last: the capitals of mathematics become plain ones on the way.
    plain = unicodedata.normalize("NFC", _without_accents(title).casefold())
    words = "".join(c if _is_letter(c) else " " for c in plain).split()
    return "-".join(words)[:SLUG_LENGTH].rstrip("-")


def _without_accents(text: str) -> str:
    """Take marks off Latin letters only: without them ブ would be フ, another letter."""
    kept: list[str] = []
    is_latin = False
    for character in unicodedata.normalize("NFKD", text):
        is_mark = unicodedata.combining(character) > 0
        if not is_mark:
            is_latin = character.isascii()
        if not (is_mark and is_latin):
            kept.append(character)
    return "".join(kept)


def _is_letter(character: str) -> bool:
    """Tell whether it can stand in a word; vowel signs, as in Hindi, are marks and can."""
    return character.isalnum() or unicodedata.category(character).startswith("M")


def tags_from_text(text: str) -> tuple[str, ...]:
    """Read tags divided by commas or #, or else by spaces; the first spelling of each stays.

    Several words between commas become one: ``slow cinema`` is SlowCinema, which a screen
    reader can take apart again.
    Source: FEP-eb48 for the letters, with Unicode ones as Mastodon has them.
    """
    plain = unicodedata.normalize("NFC", text)
    items = re.split(r"[,#]+", plain) if "," in plain else re.split(r"[\s#]+", plain)
    seen: dict[str, str] = {}
    for item in items:
        tag = _one_word(item.split())
        if any(c.isalpha() for c in tag):
            seen.setdefault(tag.casefold(), tag)
    return tuple(seen.values())


def _one_word(words: list[str]) -> str:
    kept = ["".join(c for c in word if c == "_" or _is_letter(c)) for word in words]
    kept = [word for word in kept if word]
    if len(kept) > 1:
        kept = [word[0].upper() + word[1:] for word in kept]
    # Once more: what stood between a letter and its accent may be gone.
    return unicodedata.normalize("NFC", "".join(kept))
