"""Say in words what an activity of ours was, for the delivery board."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import AuthorId, RemoteActor
from fedreview.domain.thread import NoteState
from fedreview.services.telling import Phrase
from fedreview.storage import actors, moderation, reviews, takes
from fedreview.storage.board import SentActivity
from fedreview.storage.database import Transaction
from fedreview.storage.threads import StoredNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What something was. path: where it can be read, "" for nowhere."""

    phrases: tuple[Phrase, ...]
    path: str = ""

    @property
    def line(self) -> str:
        """It as plain text."""
        return "".join(phrase.text for phrase in self.phrases)


_OF_ANOTHER = Caption(phrases=(Phrase("Something of another author"),))

_REVIEW: Mapping[str, str] = {
    "Create": "Review published: ",
    "Update": "Review changed: ",
    "Delete": "Review deleted",
    "Announce": "Review sent once more: ",
    "Undo": "Taken back before it was sent once more: ",
    "Add": "Review pinned: ",
    "Remove": "Review unpinned: ",
}
_FATE: Mapping[str, str] = {"Create": "", "Update": ", changed", "Delete": ", deleted"}
_THEIRS: Mapping[str, str] = {
    "Like": "Like of a post",
    "EmojiReact": "Reaction to a post",
    "Announce": "Boost of a post",
    "Undo Like": "Like taken back, of a post",
    "Undo EmojiReact": "Reaction taken back, to a post",
    "Undo Announce": "Boost taken back, of a post",
    "Flag": "Report about a post",
}
_PEOPLE: Mapping[str, str] = {
    "Follow": "Follow of",
    "Undo Follow": "No longer followed:",
    "Accept Follow": "Answer to the follow of",
    "Reject Follow": "Followers no more:",
    "Block": "Block of",
    "Undo Block": "No longer blocked:",
}
_REST: Mapping[str, str] = {
    "Move": "Move to another account",
    "Undo Move": "Return to this account",
    "Accept QuoteRequest": "Leave to quote",
    "Reject QuoteRequest": "Quote refused",
    "Accept ReplyRequest": "Leave to reply",
    "Reject ReplyRequest": "Reply refused",
    "Flag": "Report",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """An activity with what it is about. kind: its type, with that of what is in it."""

    activity: SentActivity
    kind: str
    thing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What is known of the things and people that some activities are about."""

    titles: Mapping[str, tuple[str, str]]
    notes: Mapping[str, StoredNote]
    people: Mapping[str, RemoteActor]

    def name(self, actor: str) -> tuple[Phrase, ...]:
        """Give somebody's handle; nothing when they are unknown."""
        person = self.people.get(actor)
        return (Phrase(f"@{person.handle}", foreign=True),) if person else ()


@dataclass(frozen=True, slots=True)
class Captioning:
    """Puts activities into words, however many in the same number of statements."""

    urls: Urls

    def captions(
        self, tx: Transaction, author_id: AuthorId, activities: Iterable[SentActivity]
    ) -> dict[str, Caption]:
        """Give what each of these was, by its id; of what others sent no more than that."""
        found = [_sent(each) for each in activities]
        mine = [each for each in found if each.activity.author_id in {None, author_id}]
        around = self._around(tx, mine)
        others = dict.fromkeys((each.activity.id for each in found), _OF_ANOTHER)
        return {**others, **{each.activity.id: self._caption(each, around) for each in mine}}

    def _around(self, tx: Transaction, sent: list[_Sent]) -> _Around:
        things = {each.thing for each in sent}
        notes = moderation.list_by_uri(tx, things)
        above = moderation.list_by_uri(tx, {note.in_reply_to for note in notes.values()})
        notes = {**above, **notes}
        ids = {self.urls.review_id(thing) for thing in things}
        ids |= {note.review_id for note in notes.values()}
        return _Around(
            titles=reviews.titles(tx, filter(None, ids)),
            notes=notes,
            people=actors.find_many(tx, things | {note.actor for note in notes.values()}),
        )

    def _caption(self, sent: _Sent, around: _Around) -> Caption:
        type_, note = sent.activity.type, around.notes.get(sent.thing)
        review_id = self.urls.review_id(sent.thing)
        if review_id and type_ in _REVIEW:
            return _of_review(type_, around.titles.get(review_id))
        if self.urls.note_id(sent.thing) and type_ in _FATE:
            return _of_own_note(type_, note, around)
        if type_ in _FATE and not self.urls.is_ours(sent.thing):
            return _passed_on(note, around)
        if note or sent.kind in _THEIRS:
            return _of_their_note(sent, note, around)
        if sent.kind in _PEOPLE:
            return _of_person(sent, around)
        return self._plain(sent)

    def _plain(self, sent: _Sent) -> Caption:
        if self.urls.username(sent.thing) and sent.kind == "Update":
            return Caption(phrases=(Phrase("Profile changed"),), path="/studio/settings")
        return Caption(phrases=(Phrase(_REST.get(sent.kind, sent.kind)),))


def _sent(activity: SentActivity) -> _Sent:
    """Look into what is about another activity: for whom that was stands there alone."""
    document: Any = json.loads(activity.body) if activity.body else {}
    inner = document.get("object") if isinstance(document, dict) else None
    if activity.type not in {"Undo", "Accept", "Reject"} or not isinstance(inner, dict):
        return _Sent(activity=activity, kind=activity.type, thing=activity.object)
    is_theirs = activity.type != "Undo"
    thing = inner.get("actor" if is_theirs else "object")
    return _Sent(
        activity=activity,
        kind=f"{activity.type} {inner.get('type')}",
        thing=thing if isinstance(thing, str) else activity.object,
    )


def _of_review(type_: str, known: tuple[str, str] | None) -> Caption:
    title, slug = known or ("", "")
    if type_ == "Delete" or not title:
        return Caption(phrases=(Phrase(_REVIEW[type_].rstrip(": ")),))
    phrases = (Phrase(_REVIEW[type_]), Phrase(title, foreign=True))
    return Caption(phrases=phrases, path=f"/reviews/{quote(slug)}")


def _of_own_note(type_: str, note: StoredNote | None, around: _Around) -> Caption:
    """Say whom an author answered."""
    fate = (Phrase(_FATE[type_]),) if _FATE[type_] else ()
    if note is None:
        return Caption(phrases=(Phrase("Answer"), *fate))
    if takes.is_take(note):
        return Caption(phrases=(Phrase("Take"), *fate), path=_path(note))
    parent = around.notes.get(note.in_reply_to)
    named = around.name(parent.actor) if parent else ()
    what = "Answer" if note.audience == "public" else "Private message"
    title, _ = around.titles.get(note.review_id or "", ("", ""))
    if named:
        phrases: tuple[Phrase, ...] = (Phrase(f"{what} to "), *named)
    elif title and note.audience == "public":
        phrases = (Phrase("Answer under "), Phrase(title, foreign=True))
    else:
        phrases = (Phrase(what),)
    return Caption(phrases=(*phrases, *fate), path=_path(note))


def _of_their_note(sent: _Sent, note: StoredNote | None, around: _Around) -> Caption:
    named = around.name(note.actor) if note else ()
    of_whom = (Phrase(" of "), *named) if named else ()
    what = _THEIRS.get(sent.kind, sent.kind)
    return Caption(phrases=(Phrase(what), *of_whom), path=_path(note) if note else "")


def _of_person(sent: _Sent, around: _Around) -> Caption:
    named = around.name(sent.thing) or (Phrase("somebody"),)
    return Caption(phrases=(Phrase(f"{_PEOPLE[sent.kind]} "), *named), path="/studio/people")


def _passed_on(note: StoredNote | None, around: _Around) -> Caption:
    """Say whose words were passed on to those who follow the review."""
    named = around.name(note.actor) if note else ()
    phrases = (Phrase("Reply of "), *named) if named else (Phrase("A reply"),)
    return Caption(phrases=(*phrases, Phrase(", passed on")), path=_path(note) if note else "")


def _path(note: StoredNote) -> str:
    if note.state is NoteState.DELETED:
        return ""
    if note.audience != "public":
        return "/studio/messages"
    return f"/replies/{note.id}" if note.review_id else f"/notes/{note.id}"
