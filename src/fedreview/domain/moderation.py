"""What becomes of a reply that arrives: shown at once, held with a reason, or set aside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fedreview.domain.thread import NoteState

KEEP_SET_ASIDE = timedelta(days=30)
"""How long what is spam or was removed stays in its folder, from where it can be brought back."""


class RepliesMode(StrEnum):
    """Which replies are shown without anybody having looked at them."""

    OPEN = "open"
    FIRST = "first"
    ALL = "all"
    CLOSED = "closed"


class Who(StrEnum):
    """Whom an author lets reply, or quote."""

    EVERYONE = "everyone"
    FOLLOWERS = "followers"
    FOLLOWING = "following"
    NOBODY = "nobody"


class HoldReason(StrEnum):
    """Why a reply waits for somebody to look at it, or was set aside."""

    FIRST = "first"
    ALL = "all"
    CLOSED = "closed"
    UNINVITED = "uninvited"
    SILENCED = "silenced"
    WORDS = "words"
    LINKS = "links"
    GUEST = "guest"


class Severity(StrEnum):
    """How far a server is kept away. Source: Mastodon's domain blocks."""

    NOOP = "noop"
    SILENCE = "silence"
    SUSPEND = "suspend"


class Verdict(StrEnum):
    """What a rule does with a reply that it matches."""

    HOLD = "hold"
    SPAM = "spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Words that make a reply wait or set it aside; as words, not as parts of others."""

    id: str
    phrase: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How one conversation is led.

    who, who_quotes: whom it lets reply, and quote.
    closes_at: after which replies only wait; None for never.
    """

    mode: RepliesMode = RepliesMode.OPEN
    who: Who = Who.EVERYONE
    who_quotes: Who = Who.EVERYONE
    closes_at: datetime | None = None

    def is_closed(self, now: datetime) -> bool:
        """Tell whether no more replies are shown by themselves."""
        return self.mode is RepliesMode.CLOSED or bool(self.closes_at and now >= self.closes_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What becomes of a reply. reason, detail: "" for one that is shown."""

    state: NoteState = NoteState.SHOWN
    reason: str = ""
    detail: str = ""


SHOWN = Judgement()
