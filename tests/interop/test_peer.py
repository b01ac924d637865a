"""The foreign server by itself: two of them, which get on with each other."""

import pytest

from tests.interop.peer_process import Peer
from tests.servers import eventually

pytestmark = [pytest.mark.interop]


@pytest.fixture
def post(other: Peer) -> str:
    """Something of bob's on the other server that can be answered."""
    return str(other.call("reply", content="Has anyone seen it?")["id"])


def test_a_person_is_found_by_handle(peer: Peer, other: Peer) -> None:
    found = peer.call("lookup", handle=other.handle("carol"))

    assert found["type"] == "Person"
    assert found["document"]["id"] == other.actor("carol")


def test_a_follow_is_accepted_and_can_be_taken_back(peer: Peer, other: Peer) -> None:
    follow = peer.call("follow", actor=other.actor(), **{"as": "carol"})
    peer.wait_for("Accept", lambda got: got["document"]["object"]["id"] == follow["id"])
    assert peer.ask("state")["following"]["carol"] == {other.actor(): {"accepted": True}}
    assert other.ask("followers")["bob"] == [peer.actor("carol")]

    undo = peer.call("unfollow", actor=other.actor(), **{"as": "carol"})
    other.wait_for("Undo", lambda got: got["id"] == undo["id"])

    assert other.ask("followers")["bob"] == []


def test_followers_get_what_a_person_writes(peer: Peer, other: Peer) -> None:
    peer.call("follow", actor=other.actor("carol"))
    eventually(lambda: other.ask("followers")["carol"])

    note = other.call("reply", content="News", **{"as": "carol"})
    create = peer.wait_for("Create", lambda got: got["document"]["object"]["id"] == note["id"])

    assert create["actor"] == other.actor("carol")


def test_a_reply_arrives_proved_in_both_ways(peer: Peer, other: Peer, post: str) -> None:
    reply = peer.call("reply", to=post, content="Twice.")

    create = other.wait_for("Create", lambda got: got["document"]["object"]["id"] == reply["id"])
    note = create["document"]["object"]
    assert create["signature"]["valid"]
    assert create["proof"] == "valid"
    assert note["inReplyTo"] == post
    assert note["tag"]["href"] == other.actor()
    assert "Twice." in note["content"]


def test_a_reply_is_edited_and_deleted(peer: Peer, other: Peer, post: str) -> None:
    reply = peer.call("reply", to=post, content="Twise.")
    edit = peer.call("edit", note=reply["id"], content="Twice.")
    update = other.wait_for("Update", lambda got: got["id"] == edit["id"])
    assert "Twice." in update["document"]["object"]["content"]
    assert peer.call("fetch", url=reply["id"])["type"] == "Note"

    removal = peer.call("delete", note=reply["id"])

    delete = other.wait_for("Delete", lambda got: got["id"] == removal["id"])
    assert delete["document"]["object"]["id"] == reply["id"]
    assert peer.ask("state")["undelivered"] == []


@pytest.mark.parametrize(("deed", "type"), [("like", "Like"), ("boost", "Announce")])
def test_a_reaction_is_taken_back(peer: Peer, other: Peer, post: str, deed: str, type: str) -> None:
    reaction = peer.call(deed, object=post)
    got = other.wait_for(type, lambda got: got["id"] == reaction["id"])
    assert got["document"]["object"] == post

    undo = peer.call(f"undo-{deed}", object=post)

    undone = other.wait_for("Undo", lambda got: got["id"] == undo["id"])
    assert undone["document"]["object"]["id"] == reaction["id"]


@pytest.mark.parametrize("claim", ["bob", "carol"])
def test_a_forged_reply_is_refused(peer: Peer, other: Peer, post: str, claim: str) -> None:
    forged = peer.call("forge", to=post, content="Not bob.", signer="carol", claim=claim)

    assert forged["status"] == 401
    assert all(got["id"] != f"{forged['id']}#create" for got in other.received())


def test_the_first_knock_is_rfc_9421(peer: Peer, other: Peer, post: str) -> None:
    like = peer.call("like", object=post)

    got = other.wait_for("Like", lambda got: got["id"] == like["id"])

    assert got["signature"]["scheme"] == "rfc9421"
    assert peer.call("spec", origin=other.origin)["spec"] == "rfc9421"
