"""What an author hears of, by which way, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

FRESH = timedelta(days=8)
"""How old a note may be to be news: servers try for a week to deliver, and more is fetched."""

DIGEST_HOUR = 8
"""When a digest leaves, on the clock of an author who has not chosen."""


class NoticeKind(StrEnum):
    """What has happened.

    MESSAGE is private. HELD waits for a decision. DELIVERY is trouble with another server, or
    with our own mail.
    """

    REPLY = "reply"
    HELD = "held"
    MENTION = "mention"
    MESSAGE = "message"
    QUOTE = "quote"
    FOLLOW = "follow"
    LIKE = "like"
    BOOST = "boost"
    REPORT = "report"
    DELIVERY = "delivery"


class MailChoice(StrEnum):
    """Whether something of a kind is told by mail: not, with others once a day, or at once."""

    OFF = "off"
    DIGEST = "digest"
    ONCE = "once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """By which ways beside the desk an author hears of a kind. push: to their browsers."""

    mail: MailChoice
    push: bool


_AT_ONCE = Choice(mail=MailChoice.ONCE, push=True)
_DAILY = Choice(mail=MailChoice.DIGEST, push=False)
_QUIET = Choice(mail=MailChoice.OFF, push=False)

DEFAULTS: Mapping[NoticeKind, Choice] = {
    NoticeKind.REPLY: _AT_ONCE,
    NoticeKind.HELD: _AT_ONCE,
    NoticeKind.MENTION: _AT_ONCE,
    NoticeKind.MESSAGE: _AT_ONCE,
    NoticeKind.QUOTE: _DAILY,
    NoticeKind.FOLLOW: _DAILY,
    NoticeKind.LIKE: _QUIET,
    NoticeKind.BOOST: _QUIET,
    NoticeKind.REPORT: _AT_ONCE,
    NoticeKind.DELIVERY: _DAILY,
}
"""What holds for an author who has not chosen."""

CROWDS = frozenset({NoticeKind.FOLLOW, NoticeKind.LIKE, NoticeKind.BOOST, NoticeKind.DELIVERY})
"""Kinds of which many together are one piece of news: who they all are is on another page."""


def names_of_crowd(names: tuple[str, ...], total: int) -> tuple[tuple[str, ...], int]:
    """Choose whom to name of many, and how many others to count.

    names: the newest first, without one twice. total: how many there are, at least len(names).

    "and 1 other" would take as much room as the name.
    """
    shown = names[:3] if total <= 3 else names[:2]
    return shown, total - len(shown)


def latest_digest(now: datetime, zone: tzinfo, hour: int) -> datetime:
    """Give the last moment, up to now, at which a digest was due.

    hour: 0 to 23, on clocks in `zone`. An hour that clocks jump over is the one after it; of
    one that comes twice the first counts.
    """
    today = now.astimezone(zone).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    due = _instant(today)
    return due if due <= now else _instant(today - timedelta(days=1))


def _instant(local: datetime) -> datetime:
    """Give the instant of what a clock shows; days are counted on the clock, not in hours."""
    return local.astimezone(UTC)
