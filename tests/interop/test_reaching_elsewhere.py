"""What is said under a review reaches those who follow its author on other servers.

In a file, and so with a site, of its own: how much of one server goes on in a minute is bounded.
"""

from collections.abc import Iterator

import pytest

from tests.interop.peer_process import Peer, is_about
from tests.interop.review_page import Page
from tests.interop.tap import Tap
from tests.servers import FedreviewProcess

pytestmark = [pytest.mark.interop]


@pytest.fixture
def elsewhere(site: FedreviewProcess, other: Peer) -> Iterator[Peer]:
    """The second server, where somebody follows the author."""
    follow = other.call("follow", actor=site.actor_id)
    other.wait_for("Accept", is_about(follow["id"]))
    yield other
    other.call("unfollow", actor=site.actor_id)


@pytest.mark.parametrize("is_proved", [True, False])
def test_a_reply_its_change_and_its_end_reach_followers_elsewhere_byte_for_byte(
    *,
    site: FedreviewProcess,
    peer: Peer,
    elsewhere: Peer,
    page: Page,
    to_site: Tap,
    to_other: Tap,
    to_peer: Tap,
    is_proved: bool,
) -> None:
    reply = peer.call("reply", to=page.ap_id, content="It is on a dics.", proved=is_proved)
    page.reply("It is on a dics.")
    create = f"{reply['id']}#create"
    elsewhere.wait_for("Create", lambda got: got["id"] == create)
    update = peer.call("edit", note=reply["id"], content="It is on a disc.")["id"]
    elsewhere.wait_for("Update", lambda got: got["id"] == update)
    delete = peer.call("delete", note=reply["id"])["id"]
    elsewhere.wait_for("Delete", lambda got: got["id"] == delete)

    for activity in (create, update, delete):
        (came,), (went,) = to_site.delivered(activity), to_other.delivered(activity)
        assert ("proof" in came.activity) == is_proved
        assert "signature" in came.activity
        assert went.body == came.body
        assert went.key_id == f"{site.actor_id}#main-key"
        assert to_peer.deliveries(activity) == []
