"""Put notices into words, for the desk and for mails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from fedreview.content.lines import text_of_html
from fedreview.domain.notice import CROWDS, NoticeKind, names_of_crowd
from fedreview.domain.thread import NoteState, Reply
from fedreview.services.assembling import Assembling
from fedreview.storage import actors, notices, reviews
from fedreview.storage.database import Transaction
from fedreview.storage.notices import Group, Notice
from fedreview.storage.threads import StoredNote

LONGEST_TEXT = 4000
"""Characters of a stranger's note; the rest is on the page."""

ANSWERABLE = frozenset({NoticeKind.REPLY, NoticeKind.MENTION, NoticeKind.MESSAGE})


@dataclass(frozen=True, slots=True)
class Phrase:
    """Part of a sentence. foreign: whether it is a name or title, in any script."""

    text: str
    foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice in words. text: plain; warning: what the text is hidden behind, or "".

    path: where it leads, past marking it as read. answer: where it is answered, or "".
    """

    notice: Notice
    sentence: tuple[Phrase, ...]
    text: str = ""
    warning: str = ""
    path: str
    answer: str = ""

    @property
    def line(self) -> str:
        """The sentence as plain text."""
        return "".join(phrase.text for phrase in self.sentence)

    @property
    def at(self) -> datetime:
        """When it happened, as far as we know."""
        return self.notice.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldGroup:
    """Notices that are shown as one. told: each of them; of a crowd none, for it is one piece."""

    group: Group
    sentence: tuple[Phrase, ...]
    told: tuple[Told, ...]

    @property
    def line(self) -> str:
        """The sentence as plain text."""
        return "".join(phrase.text for phrase in self.sentence)


_ONE: Mapping[NoticeKind, tuple[str, str]] = {
    NoticeKind.REPLY: ("", " replied to "),
    NoticeKind.HELD: ("", " wrote a reply that waits for your decision, to "),
    NoticeKind.MENTION: ("", " mentioned you"),
    NoticeKind.MESSAGE: ("You have a private message from ", ""),
    NoticeKind.QUOTE: ("", " quotes "),
    NoticeKind.FOLLOW: ("", " follows you"),
    NoticeKind.LIKE: ("", " likes "),
    NoticeKind.BOOST: ("", " boosted "),
    NoticeKind.REPORT: ("", " reports something on this site"),
    NoticeKind.DELIVERY: ("", " "),
}
_MANY: Mapping[NoticeKind, tuple[str, str]] = {
    **_ONE,
    NoticeKind.HELD: ("", " wrote replies that wait for your decision, to "),
    NoticeKind.MESSAGE: ("You have private messages from ", ""),
    NoticeKind.QUOTE: ("", " quote "),
    NoticeKind.FOLLOW: ("", " follow you"),
    NoticeKind.LIKE: ("", " like "),
    NoticeKind.REPORT: ("", " report something on this site"),
    NoticeKind.DELIVERY: ("", " do not take what you send"),
}
"""What stands before and after the names."""

_WITH_THING = frozenset(
    {NoticeKind.REPLY, NoticeKind.HELD, NoticeKind.QUOTE, NoticeKind.LIKE, NoticeKind.BOOST}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What is known of the people and things of some notices."""

    names: Mapping[str, str]
    notes: Mapping[str, StoredNote]
    replies: Mapping[str, Reply]
    titles: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Reads what notices are about, within somebody's snapshot."""

    assembling: Assembling

    def groups(self, tx: Transaction, groups: Iterable[Group]) -> tuple[ToldGroup, ...]:
        """Put groups into words."""
        found = tuple(groups)
        around = self._around(tx, [notice for group in found for notice in group.notices])
        return tuple(
            ToldGroup(
                group=group,
                sentence=_sentence(group.notices, group.count, around),
                told=(
                    () if group.kind in CROWDS else tuple(_told(n, around) for n in group.notices)
                ),
            )
            for group in found
        )

    def each(self, tx: Transaction, some: Iterable[Notice]) -> tuple[Told, ...]:
        """Put notices into words, one by one."""
        found = tuple(some)
        around = self._around(tx, found)
        return tuple(_told(notice, around) for notice in found)

    def _around(self, tx: Transaction, told: Iterable[Notice]) -> _Around:
        found = tuple(told)
        notes = notices.notes_of(tx, [each.note_id for each in found if each.note_id])
        replies = self.assembling.replies(tx, tuple(notes.values()), None)
        people = actors.find_many(tx, {notice.actor for notice in found})
        names: dict[str, str] = {
            each.id: each.name or f"@{each.handle}" for each in people.values()
        }
        about = {notice.review_id for notice in found if notice.review_id}
        about |= {note.review_id for note in notes.values() if note.review_id}
        return _Around(
            names=names,
            notes=notes,
            replies={reply.id: reply for reply in replies},
            titles=reviews.titles(tx, about),
        )


def _told(notice: Notice, around: _Around) -> Told:
    reply = around.replies.get(notice.note_id or "")
    has_text = reply is not None and reply.state is not NoteState.DELETED
    is_theirs = notice.kind not in CROWDS
    can_answer = _kind(notice, around) in ANSWERABLE
    return Told(
        notice=notice,
        sentence=_sentence((notice,), 1, around),
        text=text_of_html(reply.html, LONGEST_TEXT) if reply and has_text and is_theirs else "",
        warning=reply.summary if reply and has_text and is_theirs else "",
        path=_path(notice, around),
        answer=f"/studio/replies/{notice.note_id}/answer" if can_answer else "",
    )


def _kind(notice: Notice, around: _Around) -> NoticeKind:
    """Give what a notice tells of now: a reply that waited may have been let in."""
    note = around.notes.get(notice.note_id or "")
    is_let_in = note is not None and note.state is NoteState.SHOWN
    return NoticeKind.REPLY if notice.kind is NoticeKind.HELD and is_let_in else notice.kind


def _sentence(some: tuple[Notice, ...], count: int, around: _Around) -> tuple[Phrase, ...]:
    newest = some[0]
    if newest.kind is NoticeKind.DELIVERY and not newest.actor:
        return (Phrase(newest.detail),)
    names = tuple(dict.fromkeys(_name(notice, around) for notice in some))
    is_whole = count <= len(some)
    total = len(names) if is_whole else max(count, len(names))
    before, after = (_ONE if total == 1 else _MANY)[_kind(newest, around)]
    if newest.kind is NoticeKind.DELIVERY and total == 1:
        after = f" {newest.detail}"
    return (
        *([Phrase(before)] if before else []),
        *_names(names, total),
        *([Phrase(after)] if after else []),
        *_thing(newest, around),
    )


def _names(names: tuple[str, ...], total: int) -> Iterable[Phrase]:
    shown, others = names_of_crowd(names, total)
    last = Phrase(f"{others} others") if others else None
    phrases = [*(Phrase(name, foreign=True) for name in shown), *([last] if last else [])]
    for place, phrase in enumerate(phrases):
        if place:
            yield Phrase(" and " if place == len(phrases) - 1 else ", ")
        yield phrase


def _name(notice: Notice, around: _Around) -> str:
    if notice.kind is NoticeKind.DELIVERY:
        return notice.actor
    if notice.kind is NoticeKind.REPORT:
        return notice.detail.partition("://")[2] or notice.detail
    reply = around.replies.get(notice.note_id or "")
    if reply and reply.writer.actor == notice.actor:
        # Guests have no address that tells one from another.
        return reply.writer.name
    return around.names.get(notice.actor) or "Somebody"


def _thing(notice: Notice, around: _Around) -> Iterable[Phrase]:
    note = around.notes.get(notice.note_id or "")
    review_id = notice.review_id or (note.review_id if note else None)
    title, _ = around.titles.get(review_id or "", ("", ""))
    named = [Phrase("“"), Phrase(title, foreign=True), Phrase("”")] if title else []
    if notice.kind is NoticeKind.MENTION:
        return [Phrase(" under "), *named] if named else []
    if notice.kind not in _WITH_THING:
        return []
    if note and note.author_id:
        # What is liked is the author's own note, and no review.
        return [Phrase("what you wrote under "), *named] if named else [Phrase("a post of yours")]
    return named or [Phrase("you")]


_PATHS: Mapping[NoticeKind, str] = {
    NoticeKind.HELD: "/studio/waiting#reply-{}",
    NoticeKind.QUOTE: "/studio/quotes",
    NoticeKind.FOLLOW: "/studio/people#followers",
    NoticeKind.REPORT: "/studio/reports",
}
"""Where notices lead that are about nothing that everybody can read."""


def _path(notice: Notice, around: _Around) -> str:
    if notice.kind is NoticeKind.DELIVERY:
        server = quote(notice.actor, safe="")
        return f"/studio/deliveries/servers/{server}" if server else "/studio/settings#mail"
    if notice.kind is NoticeKind.MESSAGE:
        return f"/studio/messages/talk?{urlencode({'with': notice.actor})}#reply-{notice.note_id}"
    kind = _kind(notice, around)
    if kind in _PATHS:
        return _PATHS[kind].format(notice.note_id)
    return _page_of(notice, around.notes.get(notice.note_id or ""), around)


def _page_of(notice: Notice, note: StoredNote | None, around: _Around) -> str:
    """Give where everybody can read what it is about."""
    if note and note.review_id:
        return f"/replies/{note.id}"
    if note:
        return f"/notes/{note.id}" if note.author_id else f"/studio/conversation#reply-{note.id}"
    _, slug = around.titles.get(notice.review_id or "", ("", ""))
    return f"/reviews/{quote(slug)}" if slug else "/studio"
