"""Who may reply and quote, in the words of other servers."""

from datetime import timedelta

import pytest

from fedreview.activitypub.policy import OPEN, Policy, interaction_policy, policy_of
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import PUBLIC, Json
from fedreview.domain.moderation import Conduct, RepliesMode, Who
from tests.factories import NOON, SITE

ME = f"{SITE}/users/ana"
FOLLOWERS, FOLLOWING = f"{ME}/followers", f"{ME}/following"


def rule(policy: Policy, name: str) -> Json:
    return interaction_policy(policy, "ana", Urls(SITE))[name]


@pytest.mark.parametrize(
    ("conduct", "expected"),
    [
        (Conduct(), {"automaticApproval": [PUBLIC]}),
        (Conduct(who=Who.FOLLOWERS), {"automaticApproval": [ME, FOLLOWERS]}),
        (Conduct(who=Who.FOLLOWING), {"automaticApproval": [ME, FOLLOWING]}),
        (Conduct(who=Who.NOBODY), {"automaticApproval": [ME]}),
        (Conduct(mode=RepliesMode.CLOSED), {"automaticApproval": [ME]}),
        (Conduct(closes_at=NOON), {"automaticApproval": [ME]}),
        (Conduct(closes_at=NOON + timedelta(seconds=1)), {"automaticApproval": [PUBLIC]}),
        (
            Conduct(mode=RepliesMode.ALL),
            {"automaticApproval": [ME], "manualApproval": [PUBLIC]},
        ),
        (
            Conduct(mode=RepliesMode.FIRST, who=Who.FOLLOWERS),
            {"automaticApproval": [ME], "manualApproval": [FOLLOWERS]},
        ),
        (Conduct(mode=RepliesMode.ALL, who=Who.NOBODY), {"automaticApproval": [ME]}),
    ],
)
def test_who_may_reply_is_said_without_a_promise_that_is_not_kept(
    conduct: Conduct, expected: Json
) -> None:
    assert rule(policy_of(conduct, now=NOON), "canReply") == expected


@pytest.mark.parametrize(
    ("who", "named"),
    [
        (Who.EVERYONE, PUBLIC),
        (Who.FOLLOWERS, FOLLOWERS),
        (Who.FOLLOWING, FOLLOWING),
        (Who.NOBODY, ME),
    ],
)
def test_who_may_quote_does_not_depend_on_how_replies_are_looked_at(who: Who, named: str) -> None:
    policy = policy_of(Conduct(mode=RepliesMode.CLOSED, who_quotes=who), now=NOON)

    assert rule(policy, "canQuote") == {"automaticApproval": [named]}


def test_nothing_is_said_of_likes_and_boosts_which_nobody_need_ask_for() -> None:
    assert set(interaction_policy(OPEN, "ana", Urls(SITE))) == {"canReply", "canQuote"}


def test_a_policy_is_open_when_nobody_has_to_wait() -> None:
    assert OPEN.is_open
    assert not Policy(is_moderated=True).is_open
    assert not Policy(replies=Who.FOLLOWERS).is_open
