from fedreview.activitypub import acts
from fedreview.activitypub.contexts import OBJECT_CONTEXT
from fedreview.activitypub.quotes import QuoteAsked, quote_accept, quote_reject
from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.domain.actor import ActorId
from tests.factories import NOON, SITE

ME = ActorId(f"{SITE}/users/ana")
KIM = ActorId("https://social.example/users/kim")
NOTE = "https://social.example/notes/1"
ID = f"{SITE}/ap/activities/1"


def test_a_like_is_for_the_writer_alone() -> None:
    assert acts.like(ID, ME, NOTE, writer=KIM) == {
        "@context": OBJECT_CONTEXT,
        "id": ID,
        "type": "Like",
        "actor": ME,
        "object": NOTE,
        "to": [KIM],
    }


def test_a_boost_is_public_and_names_the_writer() -> None:
    boost = acts.announce(ID, ME, NOTE, followers=f"{ME}/followers", writer=KIM, published_at=NOON)

    assert (boost["type"], boost["object"]) == ("Announce", NOTE)
    assert (boost["to"], boost["cc"]) == ([PUBLIC], [f"{ME}/followers", KIM])
    assert boost["published"] == "2024-05-01T12:00:00Z"


def test_an_undo_has_the_whole_of_what_it_undoes_and_the_same_readers() -> None:
    boost = acts.announce(
        "https://x/1", ME, NOTE, followers=f"{ME}/followers", writer=KIM, published_at=NOON
    )

    undo = acts.undo(ID, {**boost, "proof": {"type": "DataIntegrityProof"}})

    inner = {name: value for name, value in boost.items() if name != "@context"}
    assert undo == {
        "@context": OBJECT_CONTEXT,
        "id": ID,
        "type": "Undo",
        "actor": ME,
        "object": inner,
        "to": [PUBLIC],
        "cc": [f"{ME}/followers", KIM],
    }


def test_an_undo_of_something_for_nobody_is_for_nobody() -> None:
    undo = acts.undo(ID, {"type": "Like", "actor": ME, "object": NOTE})

    assert "to" not in undo
    assert "cc" not in undo


def test_a_refusal_repeats_their_follow_as_mastodon_matches_it() -> None:
    reject = acts.reject_follow(ID, ME, follow_id="https://social.example/1", follower=KIM)

    assert reject["object"] == {
        "id": "https://social.example/1",
        "type": "Follow",
        "actor": KIM,
        "object": ME,
    }
    assert reject["to"] == [KIM]


def test_a_report_names_the_person_first_and_then_the_posts() -> None:
    site = ActorId(f"{SITE}/actor")

    flag = acts.flag(ID, site, reported=KIM, objects=[NOTE], comment="Spam")

    assert (flag["actor"], flag["object"], flag["content"]) == (site, [KIM, NOTE], "Spam")


def test_a_move_is_of_oneself() -> None:
    move = acts.move(ID, ME, KIM, followers=f"{ME}/followers")

    assert (move["actor"], move["object"], move["target"]) == (ME, ME, KIM)


def test_a_follow_a_block_and_a_revocation_name_their_object_by_id() -> None:
    stamp = f"{SITE}/ap/quotes/1"

    assert acts.follow(ID, ME, KIM)["object"] == KIM
    assert acts.block(ID, ME, KIM)["object"] == KIM
    assert acts.revocation(ID, ME, stamp)["object"] == stamp


def test_a_quote_request_is_answered_with_where_the_leave_is_or_with_no() -> None:
    asked = QuoteAsked(request_id="r", author=ME, asker=KIM, quoting=NOTE, quoted="q")
    request = {
        "id": "r",
        "type": "QuoteRequest",
        "actor": KIM,
        "object": "q",
        "instrument": NOTE,
    }

    yes, no = quote_accept(ID, asked, authorization="stamp"), quote_reject(ID, asked)

    assert (yes["type"], yes["object"], yes["result"]) == ("Accept", request, "stamp")
    assert (no["type"], no["object"], "result" in no) == ("Reject", request, False)
