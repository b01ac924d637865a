"""Read what waits for an author, what was set aside, and what was done."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.content.excerpt import excerpt
from fedreview.content.sanitize import clean_text
from fedreview.domain.actor import Author
from fedreview.domain.moderation import KEEP_SET_ASIDE, Act
from fedreview.domain.thread import NoteState, Reply
from fedreview.services.assembling import Assembling, cursor_from_text, cursor_text, page_of
from fedreview.services.moderating import HERE_ONLY, version_of
from fedreview.services.moderation_views import (
    DeskCounts,
    HeldPage,
    HeldReply,
    LogItem,
    LogPage,
    Stroke,
)
from fedreview.storage import (
    accounts,
    actors,
    moderation,
    moderation_log,
    reports,
    reviews,
    takes,
    trust,
)
from fedreview.storage.database import Database, Transaction
from fedreview.storage.moderation_log import LogEntry
from fedreview.storage.threads import StoredNote
from fedreview.storage.trust import Acquaintance

HELD_PER_PAGE = 40
LOG_PER_PAGE = 50
ANSWERED_LENGTH = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What is known around several replies, read at once."""

    titles: dict[str, tuple[str, str]]
    takes: dict[str, StoredNote]
    parents: dict[str, StoredNote]
    writers: dict[str, Reply]
    people: dict[str, Acquaintance]
    known: set[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspecting:
    """Reads the pages of moderation; the number of statements never grows with their rows."""

    database: Database
    urls: Urls
    assembling: Assembling
    now: Callable[[], datetime]

    def counts(self, author: Author) -> DeskCounts:
        """Count what waits for an author."""
        with self.database.snapshot() as tx:
            return DeskCounts(
                waiting=moderation.count_waiting(tx, author.id),
                set_aside=moderation.count_set_aside(tx, author.id),
                reports=reports.count_open(tx),
            )

    def waiting(self, author: Author, *, after: str | None) -> HeldPage:
        """Give what waits, the first arrival first."""
        with self.database.snapshot() as tx:
            found = moderation.list_waiting(
                tx, author.id, limit=HELD_PER_PAGE + 1, after=cursor_from_text(after)
            )
            notes, has_more = page_of(found, HELD_PER_PAGE)
            return HeldPage(
                items=self._items(tx, author, notes),
                total=moderation.count_waiting(tx, author.id),
                further=cursor_text(notes[-1].arrived_at, notes[-1].id) if has_more else "",
            )

    def set_aside(self, author: Author, *, before: str | None) -> HeldPage:
        """Give spam and what was removed, the latest decision first."""
        with self.database.snapshot() as tx:
            found = moderation.list_set_aside(
                tx, author.id, limit=HELD_PER_PAGE + 1, before=cursor_from_text(before)
            )
            notes, has_more = page_of(found, HELD_PER_PAGE)
            last = notes[-1] if has_more else None
            return HeldPage(
                items=self._items(tx, author, notes),
                total=moderation.count_set_aside(tx, author.id),
                further=cursor_text(last.moderated_at or last.arrived_at, last.id) if last else "",
            )

    def _items(
        self, tx: Transaction, author: Author, notes: tuple[StoredNote, ...]
    ) -> tuple[HeldReply, ...]:
        around = self._around(tx, author, notes)
        replies = self.assembling.replies(tx, notes, None)
        return tuple(
            self._item(note, reply, around) for note, reply in zip(notes, replies, strict=True)
        )

    def _around(self, tx: Transaction, author: Author, notes: tuple[StoredNote, ...]) -> _Around:
        above = moderation.takes_above(tx, [note.id for note in notes])
        parents = moderation.list_by_uri(tx, {note.in_reply_to for note in notes})
        under_takes = moderation.list_by_uri(tx, set(above.values()))
        answered = tuple(parents.values())
        writers = zip(answered, self.assembling.replies(tx, answered, None), strict=True)
        people = {note.actor for note in notes}
        return _Around(
            titles=reviews.titles(tx, {note.review_id for note in notes if note.review_id}),
            takes={note_id: under_takes[uri] for note_id, uri in above.items()},
            parents=parents,
            writers={note.uri: reply for note, reply in writers},
            people=trust.acquaintances(tx, author.id, people),
            known=set(actors.find_many(tx, people)),
        )

    def _item(self, note: StoredNote, reply: Reply, around: _Around) -> HeldReply:
        person = around.people[note.actor]
        title, url = _place(note, around)
        parent = around.parents.get(note.in_reply_to)
        is_answer = parent is not None and not takes.is_take(parent)
        kept_until = note.moderated_at + KEEP_SET_ASIDE if note.moderated_at else None
        return HeldReply(
            reply=reply,
            pick=f"{note.id}.{version_of(note)}",
            reason=note.held_for,
            detail=note.held_detail,
            title=title,
            url=url,
            answers_name=around.writers[parent.uri].writer.name if is_answer and parent else "",
            answers=clean_text(parent.html, ANSWERED_LENGTH) if is_answer and parent else "",
            is_followed=person.is_followed,
            is_follower=person.is_follower,
            is_trusted=person.is_trusted,
            replies=person.replies,
            host=note.host,
            can_block=note.actor in around.known,
            is_private=note.audience != "public",
            kept_until=kept_until if note.state is not NoteState.HELD else None,
        )

    def stroke(self, author: Author, batch: str) -> Stroke | None:
        """Say what was done at one stroke of this author, None when there is none."""
        with self.database.snapshot() as tx:
            found = moderation_log.list_batch(tx, batch)
        entries = [entry for entry in found if entry.author_id == author.id]
        if not entries:
            return None
        notes = [entry for entry in entries if entry.target_kind == "note"]
        other = next((entry for entry in entries if entry.target_kind != "note"), None)
        by_hand = other if other and other.action != Act.TRUST else None
        main = by_hand or (notes[-1] if notes else other) or entries[0]
        return Stroke(
            batch=batch,
            act=main.action,
            count=len(notes),
            label=other.label if other else "",
            here_only=sum(entry.detail == HERE_ONLY for entry in notes),
            is_undone=all(entry.undone_at for entry in entries),
            can_undo=any(_can_undo(author, entry) for entry in entries),
        )

    def log(self, author: Author, *, about: str, before: str | None) -> LogPage:
        """Give what was done on this site, the latest first.

        about: a handle or a server, or a part of one; "" for all.
        """
        cursor = cursor_from_text(before)
        # No number of an entry has more digits, and PostgreSQL refuses what has.
        number = int(cursor[1]) if cursor and re.fullmatch("[0-9]{1,18}", cursor[1]) else 0
        with self.database.snapshot() as tx:
            found = moderation_log.list_(
                tx,
                limit=LOG_PER_PAGE + 1,
                before=(cursor[0], number) if cursor else None,
                about=about.strip().removeprefix("@"),
            )
            names = {each.id: each.name for each in accounts.list_authors(tx)}
        entries, has_more = page_of(found, LOG_PER_PAGE)
        items = tuple(
            LogItem(
                id=entry.id,
                batch=entry.batch,
                who=names.get(entry.author_id, "") if entry.author_id else "",
                act=entry.action,
                kind=entry.target_kind,
                label=entry.label,
                detail=entry.detail,
                at=entry.at,
                undone_at=entry.undone_at,
                can_undo=_can_undo(author, entry),
            )
            for entry in entries
        )
        last = entries[-1] if has_more else None
        return LogPage(items=items, older=cursor_text(last.at, str(last.id)) if last else "")


def _can_undo(author: Author, entry: LogEntry) -> bool:
    return entry.author_id == author.id and not entry.undone_at and bool(entry.before)


def _place(note: StoredNote, around: _Around) -> tuple[str, str]:
    """Give title and path of what a note stands under."""
    if note.review_id and note.review_id in around.titles:
        title, slug = around.titles[note.review_id]
        return title, f"/reviews/{quote(slug)}"
    take = around.takes.get(note.id)
    return (excerpt(take.source, 80) or "a take", take.url) if take else ("", "")
