"""Who may reply to a post of ours and quote it, as other servers are told.

Source: GoToSocial, docs/federation/interaction_controls.md; FEP-044f for quotes. What was found
there stands in docs/adr/0030-who-may-answer.md.
"""

from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import PUBLIC, Json
from fedreview.domain.moderation import Conduct, RepliesMode, Who


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Whom a post lets reply and be the source of a quote.

    is_moderated: whether somebody looks at a reply before it is shown.
    until: when it becomes another by itself, None for never.
    """

    replies: Who = Who.EVERYONE
    quotes: Who = Who.EVERYONE
    is_moderated: bool = False
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether everybody may reply without being asked to wait for leave."""
        return self.replies is Who.EVERYONE and not self.is_moderated


OPEN = Policy()


def policy_of(conduct: Conduct, *, now: datetime) -> Policy:
    """Say what a conversation's conduct means for those elsewhere.

    That trusted people do not wait cannot be said: it would publish whom an author trusts.
    """
    is_closed = conduct.is_closed(now)
    return Policy(
        replies=Who.NOBODY if is_closed else conduct.who,
        quotes=conduct.who_quotes,
        is_moderated=conduct.mode in {RepliesMode.FIRST, RepliesMode.ALL},
        until=None if is_closed else conduct.closes_at,
    )


def interaction_policy(policy: Policy, username: str, urls: Urls) -> dict[str, Json]:
    """Write a policy down for a post of this author.

    Likes and boosts are not named: who does so promises to answer requests for them, and what
    is not named is open to everybody.
    """
    return {
        "canReply": _can_reply(policy, username, urls),
        "canQuote": {"automaticApproval": [_collection(policy.quotes, username, urls)]},
    }


def _can_reply(policy: Policy, username: str, urls: Urls) -> dict[str, Json]:
    me, let = urls.actor(username), _collection(policy.replies, username, urls)
    if policy.is_open or policy.replies is Who.NOBODY:
        return {"automaticApproval": [let]}
    if policy.is_moderated:
        return {"automaticApproval": [me], "manualApproval": [let]}
    return {"automaticApproval": [me, let]}


def _collection(who: Who, username: str, urls: Urls) -> str:
    """Name those who are let; an author's own id stands for nobody else."""
    named = {
        Who.EVERYONE: PUBLIC,
        Who.FOLLOWERS: urls.followers(username),
        Who.FOLLOWING: urls.following(username),
        Who.NOBODY: urls.actor(username),
    }
    return named[who]
