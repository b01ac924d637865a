"""The conversation under a review, as a tree that is honest about its holes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import NewType

from fedreview.domain.extras import PLAIN, Illustrated, Miniature
from fedreview.domain.rating import Rating

NoteId = NewType("NoteId", str)

READABLE_DEPTH = 6
"""Replies below this depth are shown at this depth, folded: a phone has no room for more."""


class NoteState(StrEnum):
    """What became of a note.

    HELD waits for somebody to look at it. SPAM and REMOVED lie in a folder for a while, from
    where they can be brought back. DELETED was taken back by its writer, and is empty.
    """

    SHOWN = "shown"
    HIDDEN = "hidden"
    HELD = "held"
    SPAM = "spam"
    REMOVED = "removed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote a reply, as a reader sees it.

    handle: ``user@host``.
    url: http(s) address of their profile, or "".
    is_author: whether they wrote the review.
    username: of somebody who writes on this site, "" for everybody else.
    avatar: the path of our small copy of their picture, or "".
    is_guest: whether they have no account, and a name that nobody has checked.
    emojis: those in the name, by their short codes.
    """

    actor: str
    name: str
    handle: str
    url: str
    is_author: bool = False
    username: str = ""
    avatar: str = ""
    is_guest: bool = False
    emojis: Mapping[str, Miniature] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One note of a thread.

    id: ours, short, for permalinks. uri: its ActivityPub id.
    in_reply_to: the ActivityPub id of what it answers.
    html: sanitised. summary: its content warning, plain, or "".
    rating: the score that its writer gives the work, if any.
    likes, boosts, emoji: how many of each.
    veiled: whether a block keeps it off pages.
    local_only: whether other servers hear nothing of it, so that nobody there can answer it.
    illustrated: what it has besides its text.
    """

    id: NoteId
    uri: str
    in_reply_to: str
    writer: Writer
    html: str
    summary: str
    language: str
    url: str
    published_at: datetime
    updated_at: datetime | None
    state: NoteState
    likes: int = 0
    boosts: int = 0
    emoji: int = 0
    rating: Rating | None = None
    veiled: bool = False
    local_only: bool = False
    illustrated: Illustrated = field(default=PLAIN, hash=False)

    @property
    def is_in_sight(self) -> bool:
        """Whether everybody may read it."""
        return self.state is NoteState.SHOWN and not self.veiled


class Gap(StrEnum):
    """Why a place in the thread shows no text."""

    MISSING = "missing"
    DELETED = "deleted"
    HIDDEN = "hidden"
    HELD = "held"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The reply that another one answers.

    is_above: whether it stands right above. is_here: whether it stands on the same page.
    """

    reply: Reply
    is_above: bool
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One place in the thread, in reading order.

    depth: 0 for answers to the review itself, at most READABLE_DEPTH.
    is_folded: whether it is deeper than that.
    reply: None where there is a gap.
    answers: None for an answer to the review, or to what cannot be shown.
    """

    depth: int
    is_folded: bool = False
    reply: Reply | None = None
    gap: Gap | None = None
    answers: Answered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Places of a thread that are folded away together, or that are not."""

    is_folded: bool
    entries: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """How many replies there are to read."""
        return sum(1 for entry in self.entries if entry.reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One page of a thread in reading order, and what there is on all of its pages.

    count: how many replies can be read: the number in the heading.
    gaps_by_kind: how many places stand for a reply that cannot be shown, each kind once.
    number: of this page, from 1. pages: how many there are, at least 1.
    """

    entries: tuple[Entry, ...] = ()
    count: int = 0
    gaps_by_kind: tuple[tuple[Gap, int], ...] = ()
    number: int = 1
    pages: int = 1

    @property
    def gaps(self) -> int:
        """How many places stand for a reply that cannot be shown."""
        return sum(number for _, number in self.gaps_by_kind)

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The same entries, with those together that are folded away together."""
        runs = groupby(self.entries, key=lambda entry: entry.is_folded)
        return tuple(Stretch(is_folded=folded, entries=tuple(run)) for folded, run in runs)
