from fedreview.activitypub import build
from fedreview.activitypub.policy import OPEN
from fedreview.activitypub.private import for_them_alone, private_deletion
from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.domain.actor import ActorId
from tests.unit.activitypub.test_build import URLS, an_answer

KIM = "https://a.example/kim"


def test_a_note_for_somebody_alone_names_nobody_else_and_no_conversation() -> None:
    public = build.note(an_answer(context="https://r.example/ap/reviews/1/context"), URLS, OPEN)

    private = for_them_alone(public, [KIM])

    assert (private["to"], private["cc"]) == ([KIM], [])
    assert PUBLIC not in str(private)
    assert "followers" not in str(private)
    assert public.keys() - private.keys() == {
        "replies",
        "likes",
        "shares",
        "context",
        "conversation",
        "interactionPolicy",
        "searchableBy",
    }


def test_the_end_of_a_message_is_told_to_its_reader_alone() -> None:
    activity = private_deletion("https://r.example/1", ActorId("https://r.example/a"), {}, [KIM])

    assert activity["to"] == [KIM]
    assert "cc" not in activity
