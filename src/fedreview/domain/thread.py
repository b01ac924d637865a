"""The conversation under a review, as a tree that is honest about its holes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from fedreview.domain.rating import Rating

NoteId = NewType("NoteId", str)

READABLE_DEPTH = 6
"""Replies below this depth are shown at this depth: a phone has no room for more."""


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
    """

    actor: str
    name: str
    handle: str
    url: str
    is_author: bool = False
    username: str = ""
    avatar: str = ""
    is_guest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One note of a thread.

    id: ours, short, for permalinks. uri: its ActivityPub id.
    in_reply_to: the ActivityPub id of what it answers.
    html: sanitised. summary: its content warning, plain, or "".
    rating: the score that its writer gives the work, if any.
    veiled: whether a block keeps it off pages.
    local_only: whether other servers hear nothing of it, so that nobody there can answer it.
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
    rating: Rating | None = None
    veiled: bool = False
    local_only: bool = False

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


_GAPS = {
    NoteState.DELETED: Gap.DELETED,
    NoteState.HELD: Gap.HELD,
    NoteState.SPAM: Gap.REMOVED,
    NoteState.REMOVED: Gap.REMOVED,
}
"""What stands in the place of a note that cannot be read; of all others HIDDEN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One place in the thread, in reading order.

    depth: 0 for answers to the review itself, at most READABLE_DEPTH.
    reply: None where there is a gap.
    """

    depth: int
    reply: Reply | None = None
    gap: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """All places of a thread in reading order, and how many of them can be read."""

    entries: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """How many replies are shown: the number in the heading."""
        return sum(1 for entry in self.entries if entry.reply)

    @property
    def gaps(self) -> int:
        """How many places stand for a reply that cannot be shown."""
        return len(self.entries) - self.count


def _walk(
    start: Iterable[Reply], depth: int, children: dict[str, list[Reply]], seen: set[str]
) -> Iterable[Entry]:
    """Go through a branch depth first, without recursion: a thread may be 2,000 deep."""
    stack = [(reply, depth) for reply in reversed(list(start))]
    while stack:
        reply, level = stack.pop()
        if reply.uri in seen:
            continue
        seen.add(reply.uri)
        if reply.is_in_sight:
            yield Entry(depth=level, reply=reply)
        else:
            yield Entry(depth=level, gap=_GAPS.get(reply.state, Gap.HIDDEN))
        stack.extend((child, level + 1) for child in reversed(children.get(reply.uri, [])))


def _settled(entries: list[Entry]) -> tuple[Entry, ...]:
    """Drop gaps with nothing under them, from the leaves up, and fold what is too deep."""
    kept: list[Entry] = []
    for entry in reversed(entries):
        if entry.reply or (kept and kept[-1].depth > entry.depth):
            kept.append(entry)
    return tuple(replace(entry, depth=min(entry.depth, READABLE_DEPTH)) for entry in reversed(kept))


def build_thread(roots: Iterable[str], replies: Iterable[Reply]) -> Thread:
    """Put replies into reading order: by time within a parent, children under parents.

    roots: the ids that stand for the review itself (its ActivityPub id, its page).
    A reply whose parent is not among `replies` is kept, under a gap that says so.
    """
    starts = set(roots)
    everything = sorted(replies, key=lambda reply: (reply.published_at, reply.id))
    known = {reply.uri for reply in everything} | starts
    children: dict[str, list[Reply]] = defaultdict(list)
    for reply in everything:
        children[reply.in_reply_to].append(reply)
    seen: set[str] = set()
    direct = [reply for reply in everything if reply.in_reply_to in starts]
    entries = list(_walk(direct, 0, children, seen))
    for parent, orphans in children.items():
        if parent not in known:
            entries.append(Entry(depth=0, gap=Gap.MISSING))
            entries.extend(_walk(orphans, 1, children, seen))
    for reply in everything:
        # What is unseen by now answers itself in a circle; only hostile servers make those.
        if reply.uri not in seen:
            entries.append(Entry(depth=0, gap=Gap.MISSING))
            entries.extend(_walk([reply], 1, children, seen))
    return Thread(entries=_settled(entries))
