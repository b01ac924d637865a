"""Show an author what they should hear of, and remember what they have seen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.domain.actor import Author
from fedreview.domain.notice import CROWDS, NoticeKind
from fedreview.services.assembling import page_of
from fedreview.services.telling import Telling, ToldGroup
from fedreview.storage import notices
from fedreview.storage.database import Database

GROUPS_PER_PAGE = 30
MOST_COUNTED = 100
"""Nobody needs to know how many more there are, and to count them takes time."""

LONGEST_ID = 18
"""Digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage:
    """One page of notices. older: the cursor of the next, or None. newest: id to mark up to."""

    groups: tuple[ToldGroup, ...]
    kind: NoticeKind | None
    older: str | None
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heralding:
    """Keeps the page of notices."""

    database: Database
    telling: Telling
    now: Callable[[], datetime]

    def page(self, author: Author, *, kind: str, before: str | None) -> NoticePage:
        """Give notices in groups, the newest first. kind: "" for all, as is what is no kind."""
        wanted = NoticeKind(kind) if kind in set(NoticeKind) else None
        cursor = int(before) if before and is_id(before) else None
        with self.database.snapshot() as tx:
            found = notices.list_groups(
                tx, author.id, kind=wanted, before=cursor, limit=GROUPS_PER_PAGE + 1
            )
            shown, has_more = page_of(found, GROUPS_PER_PAGE)
            groups = self.telling.groups(tx, shown)
        return NoticePage(
            groups=groups,
            kind=wanted,
            older=str(shown[-1].newest.id) if has_more else None,
            newest=shown[0].newest.id if shown else 0,
        )

    def count_unread(self, author: Author) -> int:
        """Count what the author has not seen; MOST_COUNTED stands for that many and more."""
        with self.database.snapshot() as tx:
            return notices.count_unread(tx, author.id, limit=MOST_COUNTED)

    def open(self, author: Author, id: str) -> str:
        """Note that a notice has been seen, and give the path of what it is about.

        Raises NotFound.
        """
        with self.database.transaction() as tx:
            notice = notices.get(tx, author.id, int(id) if is_id(id) else 0)
            [told] = self.telling.each(tx, [notice])
            if notice.read_at is None:
                whole = notice.kind in CROWDS
                notices.mark_read(tx, notice, with_group=whole, now=self.now())
        return told.path

    def mark_all(self, author: Author, up_to: str) -> datetime | None:
        """Note that all up to this one have been seen; gives what `undo` needs, None for nothing.

        up_to: id of the newest that the author has been shown: what came since is news to them.
        """
        now = self.now()
        with self.database.transaction() as tx:
            number = int(up_to) if is_id(up_to) else 0
            marked = notices.mark_all_read(tx, author.id, up_to=number, now=now)
        return now if marked else None

    def undo(self, author: Author, marked_at: str) -> bool:
        """Have unread again what `mark_all` marked; tells whether that could be read."""
        try:
            moment = datetime.fromisoformat(marked_at)
        except ValueError:
            return False
        if moment.tzinfo is None:
            return False
        with self.database.transaction() as tx:
            notices.mark_unread(tx, author.id, read_at=moment)
        return True


def is_id(text: str) -> bool:
    """Tell whether this can be the id of a notice."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
