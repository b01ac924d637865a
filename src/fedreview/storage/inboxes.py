"""Which of people's inboxes we send to: a crowd may not aim us at somebody else's server."""

from collections import Counter
from collections.abc import Iterable

from fedreview.activitypub.origin import site

MOST_ELSEWHERE = 20
"""How many inboxes may be on one site that is not that of whose they are.

Some sites leave their inbox to another; but made-up followers could aim every activity of ours
at one server, as often as they are many.
"""


def few_elsewhere(found: Iterable[tuple[str, str]]) -> set[str]:
    """Choose all inboxes that are on their owner's site, and the first MOST_ELSEWHERE of others.

    found: pairs of an actor's id and inbox.
    """
    chosen: set[str] = set()
    elsewhere: Counter[str] = Counter()
    for actor, inbox in found:
        if _authority(inbox) == _authority(actor):
            # Nearly all: to take thousands of addresses apart costs more than to send for them.
            chosen.add(inbox)
            continue
        place = site(inbox)
        is_at_home = place == site(actor)
        elsewhere[place] += not is_at_home
        if is_at_home or elsewhere[place] <= MOST_ELSEWHERE:
            chosen.add(inbox)
    return chosen


def _authority(address: str) -> str:
    """Give an address up to its path, as it is spelled."""
    return "/".join(address.split("/", 3)[:3])
