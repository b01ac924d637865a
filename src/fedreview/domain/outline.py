"""Where every reply of a thread stands, told without reading what any of them says."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from fedreview.domain.thread import (
    READABLE_DEPTH,
    Answered,
    Entry,
    Gap,
    NoteId,
    NoteState,
    Reply,
    Thread,
)

PAGE = 200
"""Places on a page, more or less: conversations are kept together where that can be done."""
ROOM = 50
"""How many places more a page may hold so that no conversation is torn."""

_GAPS = {
    NoteState.DELETED: Gap.DELETED,
    NoteState.HELD: Gap.HELD,
    NoteState.SPAM: Gap.REMOVED,
    NoteState.REMOVED: Gap.REMOVED,
}
"""What stands in the place of a note that cannot be read; of all others HIDDEN."""


class Brief(NamedTuple):
    """A note without its words: all that its place depends on.

    A tuple, for there are thousands of them, and only those of one page are read in full.

    is_removed: whether its end was decided here, and not by its writer.
    """

    id: NoteId
    uri: str
    in_reply_to: str
    state: NoteState
    veiled: bool = False
    is_removed: bool = False

    @property
    def gap(self) -> Gap | None:
        """Why it cannot be read, or None when it can be."""
        if self.state is NoteState.SHOWN and not self.veiled:
            return None
        if self.is_removed and self.state is NoteState.DELETED:
            return Gap.REMOVED
        return _GAPS.get(self.state, Gap.HIDDEN)


class Place(NamedTuple):
    """One place of a thread.

    depth: 0 for answers to the review itself; without a limit.
    note: None where it is missing. gap: None where there is something to read.
    """

    depth: int
    note: Brief | None
    gap: Gap | None


class Page(NamedTuple):
    """Some of the places. number: from 1; of: how many pages there are."""

    number: int
    of: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """All places of a thread in reading order."""

    places: tuple[Place, ...]

    def page(self, number: int) -> Page:
        """Give a page; the last one when there are not so many."""
        pages = _pages(self.places)
        number = min(max(number, 1), len(pages))
        return Page(number=number, of=len(pages), places=pages[number - 1])

    def number_of(self, id: NoteId) -> int:
        """Tell on which page a note can be read, 0 when it cannot be."""
        for number, places in enumerate(_pages(self.places), start=1):
            if any(place.note and place.note.id == id and not place.gap for place in places):
                return number
        return 0

    def wanted(self, page: Page) -> list[NoteId]:
        """Tell which notes are to be read in full: those of the page, and what they answer."""
        shown = [place.note for place in page.places if place.note and not place.gap]
        answered = {note.in_reply_to for note in shown}
        above = [
            place.note
            for place in self.places
            if place.note and not place.gap and place.note.uri in answered
        ]
        return list(dict.fromkeys(note.id for note in (*shown, *above)))

    def thread(self, page: Page, replies: Iterable[Reply]) -> Thread:
        """Put what is wanted into the places of a page."""
        by_uri = {reply.uri: reply for reply in replies}
        gaps = Counter(place.gap for place in self.places if place.gap)
        return Thread(
            entries=tuple(_entries(page.places, by_uri)),
            count=len(self.places) - gaps.total(),
            gaps_by_kind=tuple((gap, gaps[gap]) for gap in Gap if gaps[gap]),
            number=page.number,
            pages=page.of,
        )


def outline(roots: Iterable[str], notes: Iterable[Brief]) -> Outline:
    """Put notes into reading order: by time within a parent, children under parents.

    roots: the ids that stand for the review itself (its ActivityPub id, its page).
    notes: the oldest first. One whose parent is not among them is kept, under a gap that says
    so; it stands where its time puts it among the answers to the review.
    """
    everything, starts = tuple(notes), frozenset(roots)
    known = {note.uri for note in everything} | starts
    children: dict[str, list[Brief]] = defaultdict(list)
    for note in everything:
        children[note.in_reply_to].append(note)
    places: list[Place] = []
    seen: set[str] = set()
    for note in everything:
        parent = note.in_reply_to
        if parent in starts:
            places.extend(_walk([note], 0, children, seen))
        elif parent not in known and note.uri not in seen:
            places.append(_MISSING)
            places.extend(_walk(children[parent], 1, children, seen))
    for note in everything:
        # What is unseen by now answers itself in a circle; only hostile servers make those.
        if note.uri not in seen:
            places.append(_MISSING)
            places.extend(_walk([note], 1, children, seen))
    return Outline(_settled(places))


def build_thread(roots: Iterable[str], replies: Iterable[Reply]) -> Thread:
    """Put replies that are all at hand into reading order, on one page."""
    everything = sorted(replies, key=attrgetter("published_at", "uri"))
    briefs = (
        Brief(reply.id, reply.uri, reply.in_reply_to, reply.state, reply.veiled)
        for reply in everything
    )
    found = outline(roots, briefs)
    return found.thread(Page(number=1, of=1, places=found.places), everything)


_MISSING = Place(0, None, Gap.MISSING)


def _walk(
    start: Iterable[Brief], depth: int, children: Mapping[str, list[Brief]], seen: set[str]
) -> Iterator[Place]:
    """Go through a branch depth first, without recursion: a thread may be 2,000 deep."""
    stack = [(note, depth) for note in reversed(list(start))]
    while stack:
        note, level = stack.pop()
        if note.uri in seen:
            continue
        seen.add(note.uri)
        yield Place(level, note, note.gap)
        stack.extend((child, level + 1) for child in reversed(children.get(note.uri, ())))


def _settled(places: list[Place]) -> tuple[Place, ...]:
    """Drop gaps with nothing to read under them, from the leaves up."""
    kept: list[Place] = []
    for place in reversed(places):
        if place.gap is None or (kept and kept[-1].depth > place.depth):
            kept.append(place)
    return tuple(reversed(kept))


def _pages(places: tuple[Place, ...]) -> list[tuple[Place, ...]]:
    """Divide a thread between its branches; what is longer than a page is torn."""
    pages: list[tuple[Place, ...]] = []
    current: tuple[Place, ...] = ()
    for branch in _branches(places):
        if len(current) + len(branch) > PAGE + ROOM and len(current) >= PAGE // 2:
            pages.append(current)
            current = ()
        current += branch
        while len(current) > PAGE + ROOM:
            cut = _cut(current)
            pages.append(current[:cut])
            current = current[cut:]
        if len(current) >= PAGE:
            pages.append(current)
            current = ()
    if pages and len(pages[-1]) + len(current) <= PAGE + ROOM:
        # Nobody should have to turn the page for a few.
        current = pages.pop() + current
    return [*pages, current]


def _branches(places: tuple[Place, ...]) -> Iterator[tuple[Place, ...]]:
    """Divide a thread into the answers to the review, each with all that is below it."""
    starts = [index for index, place in enumerate(places) if place.depth == 0]
    for start, end in pairwise([*starts, len(places)]):
        yield places[start:end]


def _cut(places: tuple[Place, ...]) -> int:
    """Tell where to tear: not between a gap and what stands under it, if that can be helped."""
    readable = (index for index in range(PAGE, PAGE // 2, -1) if places[index - 1].gap is None)
    return next(readable, PAGE)


def _entries(places: tuple[Place, ...], replies: Mapping[str, Reply]) -> Iterator[Entry]:
    here = {place.note.uri for place in places if place.note}
    above = ""
    for depth, note, gap in places:
        reply = replies[note.uri] if note and gap is None else None
        yield Entry(
            depth=min(depth, READABLE_DEPTH),
            is_folded=depth > READABLE_DEPTH,
            reply=reply,
            gap=gap,
            answers=_answered(reply.in_reply_to, replies, above, here) if reply and depth else None,
        )
        above = note.uri if note else ""


def _answered(
    parent: str, replies: Mapping[str, Reply], above: str, here: set[str]
) -> Answered | None:
    reply = replies.get(parent)
    if reply is None or not reply.is_in_sight:
        return None
    return Answered(reply=reply, is_above=parent == above, is_here=parent in here)
