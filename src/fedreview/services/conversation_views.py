"""What the pages of conversations show, as values, and the beginnings of what was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fedreview.content.excerpt import excerpt
from fedreview.content.markdown import plain_text
from fedreview.content.sanitize import clean_text
from fedreview.domain.circle import Named
from fedreview.domain.thread import Reply
from fedreview.services.assembling import Assembling
from fedreview.services.views import Given
from fedreview.storage import threads
from fedreview.storage.database import Transaction
from fedreview.storage.threads import StoredNote

GIST_LENGTH = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What a reply answers, in short."""

    name: str
    gist: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """What an author is about to answer, and what stands around it.

    reply: None for the review itself. parent: what the reply answers, None for a review or what
    is not here. title: of the review, or "". url: path of where it stands, or "".
    people: whom the answer may name by their name alone. language: that it probably has.
    partner: of a private message the other side.
    """

    reply: Reply | None
    parent: Parent | None
    title: str
    url: str
    people: tuple[Named, ...]
    language: str
    partner: Named | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correctable:
    """An own answer as it was typed. answer: the answer as it stands, and what is around it."""

    text: str
    warning: str
    language: str
    answer: Answerable


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What an author sees beside a thread. given: by the ActivityPub id of a reply."""

    given: Mapping[str, Given]
    people: tuple[Named, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkItem:
    """A private conversation. gist: of the last message. is_ours: whether the author wrote it."""

    person: Named
    count: int
    latest_at: datetime
    gist: str
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The messages of a private conversation, the oldest first.

    is_known: whether the person can be written to. has_more: whether there are older ones.
    given: by the ActivityPub id of a message. language: of the last one, or "".
    """

    person: Named
    is_known: bool
    is_blocked: bool
    messages: tuple[Reply, ...]
    given: Mapping[str, Given]
    has_more: bool
    language: str


def gist(note: StoredNote) -> str:
    """Give how a note begins, in plain words; of one with a warning only that."""
    if note.summary:
        return f"Content warning: {note.summary}"
    if note.source:
        return excerpt(plain_text(note.source), GIST_LENGTH)
    return excerpt(clean_text(note.html, 2 * GIST_LENGTH), GIST_LENGTH)


def parent_of(tx: Transaction, assembling: Assembling, note: StoredNote) -> Parent | None:
    """Give in short what a note answers, when it is here and can be read."""
    return parents_of(tx, assembling, (note,)).get(note.uri)


def parents_of(
    tx: Transaction, assembling: Assembling, notes: tuple[StoredNote, ...]
) -> dict[str, Parent]:
    """Give in short what each of these notes answers, by the ActivityPub id of the note.

    Of a private parent only the name is told, but to a private note.
    """
    found = threads.find_many(tx, {note.in_reply_to for note in notes if note.in_reply_to})
    readable = tuple(
        each for each in found.values() if each.is_in_sight or each.audience != "public"
    )
    named = {reply.uri: reply.writer.name for reply in assembling.replies(tx, readable, None)}
    return {
        note.uri: Parent(
            name=named[note.in_reply_to],
            gist=gist(found[note.in_reply_to])
            if note.audience != "public" or found[note.in_reply_to].audience == "public"
            else "",
        )
        for note in notes
        if note.in_reply_to in named
    }
