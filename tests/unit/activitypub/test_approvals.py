"""What is said to somebody who asks for leave to reply."""

from dataclasses import replace

from fedreview.activitypub.approvals import (
    ReplyAsked,
    reply_accept,
    reply_authorization,
    reply_reject,
)
from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.domain.actor import ActorId

ME, BOB = ActorId("https://r.example/users/ana"), "https://g.example/users/bob"
LEAVE, FOLLOWERS = "https://r.example/ap/approvals/1", f"{ME}/followers"
ASKED = ReplyAsked(
    author=ME,
    asker=BOB,
    reply="https://g.example/notes/1",
    target="https://r.example/ap/reviews/1",
    request="https://g.example/requests/1",
)
UNASKED = replace(ASKED, request="")


def test_a_request_is_answered_with_all_of_it_to_who_asked_alone() -> None:
    yes = reply_accept("a", ASKED, authorization=LEAVE, followers=FOLLOWERS)
    no = reply_reject("a", ASKED)

    assert (yes["type"], yes["result"], yes["to"]) == ("Accept", LEAVE, [BOB])
    assert (no["type"], no["to"]) == ("Reject", [BOB])
    assert not {"cc", "target"} & (set(yes) | set(no))
    assert "result" not in no
    assert yes["object"] == no["object"]
    assert yes["object"] == {
        "id": ASKED.request,
        "type": "ReplyRequest",
        "actor": BOB,
        "object": ASKED.target,
        "instrument": ASKED.reply,
    }


def test_leave_for_a_reply_that_came_by_itself_is_told_to_followers_too() -> None:
    yes = reply_accept("a", UNASKED, authorization=LEAVE, followers=FOLLOWERS)
    no = reply_reject("a", UNASKED)

    assert (yes["object"], yes["target"]) == (ASKED.reply, ASKED.target)
    assert (yes["to"], yes["cc"]) == ([BOB], [PUBLIC, FOLLOWERS])
    assert (no["object"], no["target"], no["to"]) == (ASKED.reply, ASKED.target, [BOB])
    assert "cc" not in no


def test_leave_says_who_gives_it_for_which_reply_to_what() -> None:
    leave = reply_authorization(LEAVE, ME, reply=ASKED.reply, target=ASKED.target)

    assert (leave["id"], leave["type"]) == (LEAVE, "ReplyAuthorization")
    assert leave["attributedTo"] == ME
    assert (leave["interactingObject"], leave["interactionTarget"]) == (ASKED.reply, ASKED.target)
