"""What becomes of a reply that arrives: shown at once, held with a reason, or set aside."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from fedreview.domain.thread import NoteState

KEEP_SET_ASIDE = timedelta(days=30)
"""How long what is spam or was removed stays in its folder, from where it can be brought back."""


MOST_LINKS = 3
"""A reply with more of them waits, where nobody has said otherwise."""


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


class Act(StrEnum):
    """What is done to a reply, a person, a server, a rule or a conversation.

    HOLD is done by the site alone. ERASE cannot be undone.
    """

    HOLD = "hold"
    APPROVE = "approve"
    HIDE = "hide"
    DELETE = "delete"
    SPAM = "spam"
    ERASE = "erase"
    BLOCK = "block"
    BLOCK_SERVER = "block_server"
    TRUST = "trust"
    DISTRUST = "distrust"
    ADD_RULE = "add_rule"
    REMOVE_RULE = "remove_rule"
    CONDUCT = "conduct"


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
    most_links: how many a reply may have; 0 for any number.
    """

    mode: RepliesMode = RepliesMode.OPEN
    who: Who = Who.EVERYONE
    who_quotes: Who = Who.EVERYONE
    closes_at: datetime | None = None
    most_links: int = MOST_LINKS

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a reply says. text: plain, all of it. links: how many lead elsewhere."""

    text: str
    links: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the writer of a reply is to the author who is answered.

    is_trusted: by the author's word, or since the first approval.
    is_silenced: whether the site keeps their server at a distance.
    """

    is_trusted: bool = False
    is_followed: bool = False
    is_follower: bool = False
    is_silenced: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the author has said by some deed that they want to read them."""
        return self.is_trusted or self.is_followed

    def is_invited(self, who: Who) -> bool:
        """Tell whether they are among those whom an author lets reply."""
        invited = {
            Who.EVERYONE: True,
            Who.FOLLOWERS: self.is_follower,
            Who.FOLLOWING: self.is_followed,
            Who.NOBODY: False,
        }
        return invited[who]


def judge(
    said: Said,
    writer: Standing,
    conduct: Conduct,
    rules: Iterable[Rule],
    *,
    now: datetime,
) -> Judgement:
    """Decide what becomes of a new reply under something of ours.

    What is said about everybody comes first, then what is said, then who says it: so the reason
    given is the one that would hold it longest. Known people never wait for FIRST, SILENCED and
    LINKS, and what would be spam from others waits when they say it.
    """
    found = find_rule(said.text, rules)
    if found and found.verdict is Verdict.SPAM and not writer.is_known:
        return Judgement(state=NoteState.SPAM, reason=HoldReason.WORDS, detail=found.phrase)
    if not writer.is_invited(conduct.who):
        return _held(HoldReason.UNINVITED, conduct.who)
    if conduct.is_closed(now):
        return _held(HoldReason.CLOSED)
    if found:
        return _held(HoldReason.WORDS, found.phrase)
    if conduct.mode is RepliesMode.ALL:
        return _held(HoldReason.ALL)
    return SHOWN if writer.is_known else _judge_stranger(said, writer, conduct)


def _judge_stranger(said: Said, writer: Standing, conduct: Conduct) -> Judgement:
    if writer.is_silenced:
        return _held(HoldReason.SILENCED)
    if conduct.mode is RepliesMode.FIRST:
        return _held(HoldReason.FIRST)
    if conduct.most_links and said.links > conduct.most_links:
        return _held(HoldReason.LINKS, str(said.links))
    return SHOWN


def judge_edit(
    said: Said,
    writer: Standing,
    conduct: Conduct,
    rules: Iterable[Rule],
) -> Judgement:
    """Decide what becomes of a reply that is shown, after its words have changed.

    Only the words count, for everything else was decided when it came; but where nothing is
    shown that nobody has looked at, that holds for new words as well.
    """
    found = find_rule(said.text, rules)
    if found and found.verdict is Verdict.SPAM and not writer.is_known:
        return Judgement(state=NoteState.SPAM, reason=HoldReason.WORDS, detail=found.phrase)
    if found:
        return _held(HoldReason.WORDS, found.phrase)
    if conduct.mode is RepliesMode.ALL:
        return _held(HoldReason.ALL)
    if conduct.most_links and said.links > conduct.most_links and not writer.is_known:
        return _held(HoldReason.LINKS, str(said.links))
    return SHOWN


def judge_message(said: Said, writer: Standing, rules: Iterable[Rule]) -> Judgement:
    """Decide what becomes of what stands in no thread of ours, or is for an author alone.

    Nobody but the author would see it, so there is nothing to hold it from; spam is spam.
    """
    found = find_rule(said.text, rules, verdict=Verdict.SPAM)
    if found is None or writer.is_known:
        return SHOWN
    return Judgement(state=NoteState.SPAM, reason=HoldReason.WORDS, detail=found.phrase)


def _held(reason: HoldReason, detail: str = "") -> Judgement:
    return Judgement(state=NoteState.HELD, reason=reason, detail=detail)


def find_rule(text: str, rules: Iterable[Rule], verdict: Verdict | None = None) -> Rule | None:
    """Find the rule that a text meets: one that says spam before one that holds.

    verdict: of the rules that count; None for all.
    """
    wanted = [rule for rule in rules if verdict is None or rule.verdict is verdict]
    if not wanted:
        return None
    folded = fold(text)
    wanted.sort(key=lambda rule: rule.verdict is not Verdict.SPAM)
    return next((rule for rule in wanted if _is_said(rule.phrase, folded)), None)


# Scripts that put no spaces between words: in these a phrase may stand anywhere.
_UNPARTED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTER = f"[^\\W_{_UNPARTED}]"
_IS_UNPARTED = re.compile(f"[{_UNPARTED}]")


def fold(text: str) -> str:
    """Write a text as rules compare it: without case, width, hidden characters and layout."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    return " ".join(seen.split())


@lru_cache(maxsize=1024)
def _pattern(folded: str) -> re.Pattern[str]:
    before = f"(?<!{_LETTER})" if _is_of_word(folded[:1]) else ""
    after = f"(?!{_LETTER})" if _is_of_word(folded[-1:]) else ""
    return re.compile(f"{before}{re.escape(folded)}{after}")


def _is_of_word(character: str) -> bool:
    """Tell whether a word could go on beside this character."""
    return not _IS_UNPARTED.match(character) and (character.isalnum() or _is_mark(character))


def _is_mark(character: str) -> bool:
    return bool(character) and unicodedata.category(character).startswith("M")


def _is_said(phrase: str, folded: str) -> bool:
    """Look for a phrase in a folded text, not as a part of other words."""
    wanted = fold(phrase)
    # Ten times as quick as the expression, which has to look behind itself everywhere.
    if wanted not in folded:
        return False
    ends = (found.end() for found in _pattern(wanted).finditer(folded))
    # A mark belongs to the letter before it, which makes that another letter.
    return any(not _is_mark(folded[end : end + 1]) for end in ends)
