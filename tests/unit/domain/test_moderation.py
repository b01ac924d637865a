"""What becomes of a reply depends on who says what under what."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from fedreview.domain.moderation import (
    Conduct,
    HoldReason,
    Judgement,
    RepliesMode,
    Rule,
    Said,
    Standing,
    Verdict,
    Who,
    judge,
    judge_edit,
    judge_message,
)
from fedreview.domain.thread import NoteState
from tests.factories import NOON

FRIEND, STRANGER = Standing(is_followed=True), Standing()
OPEN = Conduct()
HOLD = Rule(id="1", phrase="casino", verdict=Verdict.HOLD)
SPAM = Rule(id="2", phrase="cheap pills", verdict=Verdict.SPAM)
SHOWN = (NoteState.SHOWN, "", "")


def outcome(judgement: Judgement) -> tuple[NoteState, str, str]:
    return judgement.state, judgement.reason, judgement.detail


def judged(
    text: str = "A fine film.",
    writer: Standing = STRANGER,
    conduct: Conduct = OPEN,
    *,
    links: int = 0,
    most_links: int = 3,
) -> tuple[NoteState, str, str]:
    said = Said(text=text, links=links)
    return outcome(
        judge(said, writer, replace(conduct, most_links=most_links), [HOLD, SPAM], now=NOON)
    )


def edited(
    text: str = "A fine film.",
    writer: Standing = STRANGER,
    mode: RepliesMode = RepliesMode.OPEN,
    *,
    links: int = 0,
    most_links: int = 3,
) -> tuple[NoteState, str, str]:
    said, conduct = Said(text=text, links=links), Conduct(mode=mode)
    return outcome(judge_edit(said, writer, replace(conduct, most_links=most_links), [HOLD, SPAM]))


def held(reason: HoldReason, detail: str = "") -> tuple[NoteState, str, str]:
    return NoteState.HELD, reason, detail


def meets(phrase: str, text: str) -> bool:
    rule = Rule(id="1", phrase=phrase, verdict=Verdict.SPAM)
    return judge_message(Said(text=text), STRANGER, [rule]).state is NoteState.SPAM


def test_nothing_waits_where_everything_is_open() -> None:
    assert judged() == SHOWN


@pytest.mark.parametrize(
    ("writer", "expected"),
    [
        (STRANGER, held(HoldReason.FIRST)),
        (Standing(is_trusted=True), SHOWN),
        (FRIEND, SHOWN),
        (Standing(is_follower=True), held(HoldReason.FIRST)),
    ],
)
def test_only_the_first_words_of_a_stranger_wait_in_that_mode(
    writer: Standing, expected: tuple[NoteState, str, str]
) -> None:
    assert judged(writer=writer, conduct=Conduct(mode=RepliesMode.FIRST)) == expected


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(RepliesMode.ALL, HoldReason.ALL), (RepliesMode.CLOSED, HoldReason.CLOSED)],
)
def test_where_all_wait_or_nothing_is_wanted_that_holds_for_friends(
    mode: RepliesMode, reason: HoldReason
) -> None:
    assert judged(writer=FRIEND, conduct=Conduct(mode=mode)) == held(reason)


def test_a_conversation_closes_at_its_time() -> None:
    soon = Conduct(closes_at=NOON + timedelta(seconds=1))

    assert judged(conduct=soon) == SHOWN
    assert judged(conduct=replace(soon, closes_at=NOON)) == held(HoldReason.CLOSED)


@pytest.mark.parametrize(
    ("who", "invited"),
    [
        (Who.EVERYONE, [STRANGER]),
        (Who.FOLLOWERS, [Standing(is_follower=True)]),
        (Who.FOLLOWING, [FRIEND]),
        (Who.NOBODY, []),
    ],
)
def test_who_is_not_among_the_invited_waits(who: Who, invited: list[Standing]) -> None:
    conduct = Conduct(who=who)

    assert [judged(writer=each, conduct=conduct) for each in invited] == [SHOWN] * len(invited)
    if who is not Who.EVERYONE:
        outside = Standing(is_trusted=True)
        assert judged(writer=outside, conduct=conduct) == held(HoldReason.UNINVITED, who)


def test_a_silenced_server_is_heard_through_those_who_are_known() -> None:
    assert judged(writer=Standing(is_silenced=True)) == held(HoldReason.SILENCED)
    assert judged(writer=Standing(is_silenced=True, is_trusted=True)) == SHOWN


def test_more_links_than_allowed_wait_unless_any_number_is() -> None:
    assert judged(links=3) == SHOWN
    assert judged(links=4) == held(HoldReason.LINKS, "4")
    assert judged(links=4, most_links=0) == SHOWN
    assert judged(links=4, writer=FRIEND) == SHOWN


def test_words_hold_what_anybody_says_and_name_themselves() -> None:
    assert judged("The CASINO scene!") == held(HoldReason.WORDS, "casino")
    assert judged("The casino scene!", FRIEND) == held(HoldReason.WORDS, "casino")


def test_words_of_spam_count_first_and_only_hold_what_friends_say() -> None:
    both = "A casino with cheap\npills"

    assert judged(both) == (NoteState.SPAM, HoldReason.WORDS, "cheap pills")
    assert judged(both, FRIEND) == held(HoldReason.WORDS, "cheap pills")


def test_an_edit_is_judged_by_its_words() -> None:
    assert edited() == SHOWN
    assert edited("Casino") == held(HoldReason.WORDS, "casino")
    assert edited("Cheap pills") == (NoteState.SPAM, HoldReason.WORDS, "cheap pills")
    assert edited("Cheap pills", FRIEND) == held(HoldReason.WORDS, "cheap pills")
    assert edited(links=4) == held(HoldReason.LINKS, "4")
    assert edited(links=4, most_links=0) == SHOWN
    assert edited(links=4, writer=FRIEND) == SHOWN
    assert edited(links=2) == SHOWN


def test_what_was_looked_at_is_looked_at_again_where_all_are() -> None:
    assert edited(mode=RepliesMode.ALL) == held(HoldReason.ALL)
    assert edited(mode=RepliesMode.CLOSED) == SHOWN
    assert edited(mode=RepliesMode.FIRST) == SHOWN


def test_a_message_is_spam_or_arrives() -> None:
    rules = [HOLD, SPAM]

    assert outcome(judge_message(Said(text="casino"), STRANGER, rules)) == SHOWN
    assert outcome(judge_message(Said(text="cheap pills"), FRIEND, rules)) == SHOWN
    assert outcome(judge_message(Said(text="cheap pills"), STRANGER, [HOLD])) == SHOWN
    spam = judge_message(Said(text="cheap pills"), STRANGER, rules)
    assert outcome(spam) == (NoteState.SPAM, HoldReason.WORDS, "cheap pills")


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("casino", "casino"),
        ("Straße", "STRASSE"),
        ("casino", "ｃａｓｉｎｏ"),
        ("casino", "ca\u00adsi\u200bno"),
        ("casino", "(casino)_casino_"),
        ("buy now!", "Oh, BUY\n\n  NOW!!"),
        ("カジノ", "無料カジノです"),
        ("カジノ", "ｶｼﾞﾉ"),
        ("赌场", "最好的赌场在这里"),
        ("कि", "वह कि यह"),
        ("$$$", "for $$$$$ only"),
        ("😀", "ha😀ha"),
        ("zażółć", "ZAŻÓŁĆ gęślą"),
    ],
)
def test_words_are_found_however_they_are_written(phrase: str, text: str) -> None:
    assert meets(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("sex", "Essex and Sussex"),
        ("casino", "casinos"),
        ("casino", "casino\u0308"),
        ("ass", "class"),
        ("कि", "किताब"),
        ("क", "कि"),
        ("casino", ""),
        ("buy now", "buy it now"),
    ],
)
def test_words_are_no_parts_of_other_words(phrase: str, text: str) -> None:
    assert not meets(phrase, text)


def test_endless_words_cost_next_to_nothing() -> None:
    rules = [Rule(id=str(n), phrase=f"{'a' * n}b", verdict=Verdict.SPAM) for n in range(1, 300)]

    started = time.process_time()
    judge_message(Said(text="a" * 20_000), STRANGER, rules)

    assert time.process_time() - started < 2
