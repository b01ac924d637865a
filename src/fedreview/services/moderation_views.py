"""What the pages of moderation show, as values: services.inspecting makes them."""

from dataclasses import dataclass
from datetime import datetime

from fedreview.domain.thread import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCounts:
    """What waits for an author, for the menu of the desk."""

    waiting: int
    set_aside: int
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldReply:
    """A reply that waits or was set aside.

    pick: what a form sends for it. reason, detail: why; "" when an author has set it aside.
    title, url: of the review or take that it stands under, "" when it stands under none.
    answers_name, answers: whom and what it answers, in brief; "" when that is the review itself.
    replies: how many of its writer's can be read here. can_block: whether their server knows them.
    host: of their server, "" when there is none. kept_until: None for what waits.
    """

    reply: Reply
    pick: str
    reason: str
    detail: str
    title: str
    url: str
    answers_name: str
    answers: str
    is_followed: bool
    is_follower: bool
    is_trusted: bool
    replies: int
    host: str
    can_block: bool
    is_private: bool
    kept_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPage:
    """A page of such replies. total: of all pages. further: cursor of the next, or ""."""

    items: tuple[HeldReply, ...]
    total: int
    further: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogItem:
    """Something that was done. who: "" for the site itself. url: where it is, or "".

    can_undo: whether this author can undo the batch.
    """

    id: int
    batch: str
    who: str
    act: str
    kind: str
    label: str
    detail: str
    at: datetime
    undone_at: datetime | None
    can_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """A page of the log. older: cursor of the next, or ""."""

    items: tuple[LogItem, ...]
    older: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """What was just done, to be said and undone. count: replies. here_only: not passed on."""

    batch: str
    act: str
    count: int
    label: str
    here_only: int
    is_undone: bool
    can_undo: bool
