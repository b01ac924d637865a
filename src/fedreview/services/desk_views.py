"""What a page of the desk shows, as values: overseeing and others make them."""

from dataclasses import dataclass
from datetime import datetime

from fedreview.domain.actor import RemoteActor
from fedreview.domain.review import Review
from fedreview.domain.thread import NoteState, Reply
from fedreview.domain.upcoming import Upcoming
from fedreview.services.conversation_views import Parent
from fedreview.services.views import Account, Given, ReviewCard
from fedreview.storage.actors import FollowingState
from fedreview.storage.threads import StoredNote


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnUpcoming:
    """What an author has announced, as they see it.

    source_id, source_title: of the review or draft that says so, or "". is_public: whether
    others can read of it. draft_id: of the review that was begun from it, or "".
    """

    upcoming: Upcoming
    source_id: str
    source_title: str
    is_public: bool
    draft_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationItem:
    """Something somebody wrote to us; review_title and review_url may be "".

    parent: what it answers, None for a review or what is not here.
    """

    reply: Reply
    review_title: str
    review_url: str
    private: bool
    given: Given
    parent: Parent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """How deliveries go.

    waiting, delivered: how many. failing: how many servers did not take one and are tried
    again. given_up: how many servers never took one, which will not be tried again.
    """

    waiting: int
    failing: int
    given_up: int
    delivered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledItem:
    """A draft that will be published by itself. at: in words, by the author's clock."""

    review: Review
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashedItem:
    """What can still be brought back, and for how many minutes at least; 0 is the last one."""

    review: Review
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an author sees first. published: the pinned ones, then the newest.

    drafts: without those that are scheduled.
    """

    drafts: tuple[ReviewCard, ...]
    scheduled: tuple[ScheduledItem, ...]
    trashed: tuple[TrashedItem, ...]
    published: tuple[ReviewCard, ...]
    conversations: tuple[ConversationItem, ...]
    followers: int
    deliveries: DeliverySummary
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingItem:
    """Somebody an author follows, or has asked to. moved_from: their handle before, or ""."""

    actor: RemoteActor
    handle: str
    state: FollowingState
    moved_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """A post of somebody whom an author follows; title is "" but for articles."""

    note: Reply
    title: str
    given: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who follows an author, whom they follow, and what those wrote.

    followers: the newest. follower_count: all of them. followed_count: those who accepted.
    blocked: those of them whom we still know.
    """

    followers: tuple[RemoteActor, ...]
    follower_count: int
    following: tuple[FollowingItem, ...]
    followed_count: int
    timeline: tuple[TimelineItem, ...]
    blocked: tuple[RemoteActor, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedThing:
    """One thing that is reported.

    kind: "author", "review", "answer", "reply", or "gone" for what is here no more.
    label: a name or title; of what is gone its id. url: where it is to be seen, or "".
    note: of a reply, the note itself, so that it can be read and acted upon. handle, host: of
    its writer, "" when nobody knows them any more.
    """

    kind: str
    label: str
    url: str
    note: StoredNote | None = None
    handle: str = ""
    host: str = ""

    @property
    def is_hidden(self) -> bool:
        """Whether an author has hidden the reply already."""
        return self.note is not None and self.note.state is NoteState.HIDDEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportItem:
    """A report as its readers see it. host: of the server that reports."""

    id: str
    host: str
    content: str
    things: tuple[ReportedThing, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The reports that wait for somebody, and the last that were done with."""

    waiting: tuple[ReportItem, ...]
    resolved: tuple[ReportItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteItem:
    """A post elsewhere that quotes something of an author.

    person: who wrote it, None when nobody here knows them any more. quoting_url: http(s).
    title, url: of what is quoted; title is "" for an answer, url when it is gone.
    """

    id: str
    person: RemoteActor | None
    quoting_url: str
    title: str
    url: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAccounts:
    """An author's accounts elsewhere. moved_to: where they have gone, or None."""

    aliases: tuple[Account, ...]
    moved_to: Account | None
    followers: int
