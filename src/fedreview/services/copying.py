"""Keep small copies of others' emoji and pictures, so that no reader asks other servers.

`want` is for whoever keeps something that shows a picture of another server: it asks for a copy
unless there is one, and notes that the copy is still used. The copy is there some moments later;
then `storage.copies.find_many` gives it by the address of the original, and the version of every
page is another. `storage.copies.doubt` is for whoever takes such a thing away.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from fedreview.activitypub.origin import host
from fedreview.domain.moderation import Severity
from fedreview.domain.thread import NoteState
from fedreview.errors import NotFound
from fedreview.services.shrinking import Bounds, shrink
from fedreview.services.stowing import Stow
from fedreview.storage import blocks, conduct, copies, domains, errands
from fedreview.storage.copies import Copy, CopyKind
from fedreview.storage.database import Database, Transaction
from fedreview.storage.domains import DomainBlock
from fedreview.storage.errands import ErrandKind
from fedreview.storage.threads import StoredNote

BOUNDS = {
    CopyKind.EMOJI: Bounds(most_bytes=1_000_000, most_pixels=4_000_000, width=256, height=64),
    CopyKind.PICTURE: Bounds(most_bytes=8_000_000, most_pixels=20_000_000, width=640, height=640),
}
"""An emoji is sharp at the height of a line on any screen, and may be four times as wide."""

MOST_OF_HOST = 2_000
"""Copies of one host; a server that shows us more of its emoji shows the rest as words."""

TRY_AGAIN_AFTER = timedelta(days=7)
"""How long a picture that could not be had is not asked for again."""

SEEN_WITHIN = timedelta(days=1)
"""How exactly it is known when a copy was used last."""

UNSEEN_FOR = timedelta(days=7)
"""How long nobody needs to have used a copy until it is looked at whether anything still does."""

MADE_UP_FOR = timedelta(days=30)
MOST_MADE_UP_FOR = 500
"""Notes that are looked at again: some came into sight, or pictures were allowed, later."""

_FOLDER = "copies"

_log = structlog.get_logger(__name__)


def want(
    tx: Transaction, urls: Iterable[str], *, kind: CopyKind = CopyKind.EMOJI, now: datetime
) -> None:
    """Ask for copies of what is at these addresses, where there are none.

    No server is asked whose pictures are refused. After a failure it is heard again after
    TRY_AGAIN_AFTER.
    """
    wanted = sorted({url for url in urls if host(url)})
    known = copies.find_known(tx, wanted)
    stale = [url for url, each in known.items() if now - each.used_at >= SEEN_WITHIN]
    copies.touch(tx, stale, now=now)
    for url in wanted:
        if _is_worth_asking(tx, url, known.get(url), now=now) and errands.add(
            tx, ErrandKind.COPY, url, now=now
        ):
            copies.ask(tx, url, kind, host=host(url), now=now)


def _is_worth_asking(tx: Transaction, url: str, known: Copy | None, *, now: datetime) -> bool:
    if known and (known.file or now - known.created_at < TRY_AGAIN_AFTER):
        return False
    place = host(url)
    has_room = known or copies.count_of_host(tx, place) < MOST_OF_HOST
    return bool(has_room) and not is_refused(tx, place)


def is_refused(tx: Transaction, place: str) -> bool:
    """Tell whether no pictures of this host are wanted."""
    return any(map(_refuses, domains.covering(tx, place)))


def _refuses(block: DomainBlock) -> bool:
    return block.severity is Severity.SUSPEND or block.reject_media


def want_for(tx: Transaction, *notes: StoredNote, now: datetime) -> None:
    """Ask for what pages show of these notes, as far as somebody may read them.

    Pictures only when the site shows them, and never those of a private message: a copy can be
    read by everybody who knows its address.
    """
    readable = [note for note in notes if _is_readable(note)]
    emojis = {emoji.url for note in readable for emoji in note.extras.emojis}
    if emojis:
        want(tx, emojis, now=now)
    pictures = {each.url for note in readable if note.is_in_sight for each in note.extras.pictures}
    if pictures and conduct.of_site(tx).shows_pictures:
        want(tx, pictures, kind=CopyKind.PICTURE, now=now)


def _is_readable(note: StoredNote) -> bool:
    is_private = note.audience != "public" and note.state is NoteState.SHOWN and not note.veiled
    return note.author_id is None and (note.is_in_sight or is_private)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """A folder of small pictures under the hashes of their content.

    limit_bytes: of all files together; what is above it goes with the next tidying.
    """

    media_dir: Path
    limit_bytes: int
    database: Database
    now: Callable[[], datetime]
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def _stow(self) -> Stow:
        return Stow(self.media_dir / _FOLDER, self.database.disk)

    def find(self, name: str) -> Path:
        """Give where a copy lies. Raises NotFound, also for any other kind of name."""
        path = self._stow.find(name)
        with self.database.snapshot() as tx:
            hosts = copies.list_hosts_of(tx, name)
            if hosts and all(is_refused(tx, place) for place in hosts):
                raise NotFound("a picture from where none are wanted")
        return path

    def wanting(self, url: str) -> Copy | None:
        """Give what is to be copied from this address, if that is still so."""
        with self.database.snapshot() as tx:
            known = copies.find(tx, url)
            is_wanted = known and not known.file and not is_refused(tx, known.host)
            return known if is_wanted else None

    def keep(self, copy: Copy, data: bytes) -> None:
        """Write a picture anew and small, and keep it.

        Raises RemoteRefused when it is no picture that can be used.
        """
        # One at a time: unpacked, the largest picture takes some 80 MB.
        with self._drawing:
            small = shrink(data, BOUNDS[copy.kind])
        name = self._stow.put(small.data, now=self.now())
        with self.database.transaction() as tx:
            copies.keep(tx, copy.url, name, width=small.width, height=small.height, now=self.now())

    def tidy(self) -> None:
        """Drop copies that nothing uses, and those used last while they are too many bytes.

        Also asks for what notes lack that came into sight meanwhile, and drops what came from
        servers whose pictures are refused by now.
        """
        now = self.now()
        with self.database.transaction() as tx:
            _make_up(tx, now=now)
            _drop_refused(tx)
        self._drop_unused(now)
        with self.database.snapshot() as tx:
            known = copies.list_files(tx)
        self._drop_above_limit(known)
        self._stow.remove_spare(known=set(known), now=now)

    def _drop_unused(self, now: datetime) -> None:
        """Look into everything that can show a picture, and only then write."""
        before = now - UNSEEN_FOR
        with self.database.snapshot() as tx:
            doubtful = set(copies.list_doubtful(tx, before=before))
            with_pictures = conduct.of_site(tx).shows_pictures
            used = copies.list_used(tx, with_pictures=with_pictures) if doubtful else set()
        for some in copies.some_at_once(doubtful):
            with self.database.transaction() as tx:
                copies.touch(tx, used.intersection(some), now=now)
                copies.drop(tx, [url for url in some if url not in used], unused_since=before)

    def _drop_above_limit(self, last_used_first: tuple[str, ...]) -> None:
        folder = self._stow.folder
        total, doomed = 0, []
        for name in last_used_first:
            path = folder / name
            total += path.stat().st_size if path.is_file() else 0
            if total > self.limit_bytes:
                doomed.append(name)
        if not doomed:
            return
        with self.database.transaction() as tx:
            copies.drop_files(tx, doomed)
        for name in doomed:
            (folder / name).unlink(missing_ok=True)
        _log.info("copies of pictures dropped", number=len(doomed))


def _make_up(tx: Transaction, *, now: datetime) -> None:
    notes = copies.list_notes(tx, since=now - MADE_UP_FOR, limit=MOST_MADE_UP_FOR)
    want_for(tx, *notes, now=now)


def _drop_refused(tx: Transaction) -> None:
    # A site may keep thousands of servers away, and has pictures of few of them.
    refused = {block.domain for block in domains.list_(tx) if _refuses(block)}
    for place in copies.list_hosts(tx):
        if not refused.isdisjoint(blocks.names_of(place)):
            copies.drop_of(tx, place)
