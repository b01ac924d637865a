"""Leave to quote, and the end of things, as other servers are told."""

from fedreview.activitypub import acts, build
from fedreview.activitypub.quotes import quote_authorization
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.domain.actor import ActorId
from tests.factories import NOON, SITE, an_author

URLS = Urls(SITE)
QUOTING, QUOTED = "https://social.example/notes/1", f"{SITE}/ap/reviews/review1"


def test_leave_names_whose_it_is_and_both_posts_and_embeds_neither() -> None:
    leave = quote_authorization(
        URLS.quote("q1"), ActorId(URLS.actor("ana")), quoting=QUOTING, quoted=QUOTED
    )

    assert leave["type"] == "QuoteAuthorization"
    assert leave["attributedTo"] == URLS.actor("ana")
    assert (leave["interactingObject"], leave["interactionTarget"]) == (QUOTING, QUOTED)


def test_everybody_who_follows_is_told_what_is_gone() -> None:
    gone = build.tombstone(QUOTED, deleted_at=NOON, former_type="Article")

    told = acts.deletion(URLS.activity("a1"), an_author(), gone, URLS)

    assert (told["type"], told["object"]) == ("Delete", gone)
    assert (told["to"], told["cc"]) == ([PUBLIC], [URLS.followers("ana")])
