"""What the delivery board shows, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fedreview.domain.delivery import Counts, Stand
from fedreview.services.captioning import Caption


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far something has come that is being sent. reached, servers: how many have it, of all.

    counts: of its deliveries, of which a server may get several. is_under_way: whether it goes on
    by itself now; what fails is tried again later.
    """

    id: str
    caption: Caption
    reached: int
    servers: int
    counts: Counts
    is_under_way: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SentItem:
    """Something that was sent. took: how long until all had it, in words; "" while some wait."""

    id: str
    caption: Caption
    sent_at: datetime
    counts: Counts
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """What was sent, the newest first. older: the cursor of the next page, or "".

    has_failed: whether anything can be tried again, on whatever page.
    """

    items: tuple[SentItem, ...]
    older: str
    has_failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchItem:
    """One delivery. reason: why it failed, in a sentence. answer: the last one, in words.

    next_try_at: of what waits, and settled_at: of what has ended, else None.
    caption: what it is, where that is not clear. can_resend: whether a person may begin it anew.
    """

    id: int
    activity_id: str
    host: str
    inbox: str
    stand: Stand
    failures: int
    reason: str
    answer: str
    next_try_at: datetime | None
    settled_at: datetime | None
    caption: Caption | None
    can_resend: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDetail:
    """Where one thing goes, by where it stands. further: the cursor of the next page, or ""."""

    item: SentItem
    is_emptied: bool
    groups: Mapping[Stand, tuple[DispatchItem, ...]] = field(default_factory=dict)
    further: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerItem:
    """One server. needs_attention: whether something fails, was given up, or it rests.

    since: when the oldest that fails was queued. software: "" when it is not known.
    """

    host: str
    counts: Counts
    needs_attention: bool
    reason: str
    answer: str
    since: datetime | None
    next_try_at: datetime | None
    resting_until: datetime | None
    software: str
    is_suspended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPage:
    """Servers, those first that need attention. further: the cursor of the next page, or ""."""

    items: tuple[ServerItem, ...]
    further: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDetail:
    """What one server has not taken, by where it stands. further: as above."""

    server: ServerItem
    groups: Mapping[Stand, tuple[DispatchItem, ...]]
    further: str
