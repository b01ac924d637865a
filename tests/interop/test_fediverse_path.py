"""The whole story of a review, told by a real site and a real foreign server to each other."""

from typing import Any

import httpx
import pytest

from tests.interop.peer_process import Peer, is_about
from tests.interop.review_page import ACTIVITY_JSON, PUBLIC, Page, published
from tests.interop.tap import Tap
from tests.servers import FedreviewProcess, eventually

pytestmark = [pytest.mark.interop]


def _followers(site: FedreviewProcess, reader: httpx.Client) -> int:
    answer = reader.get(f"{site.actor_id}/followers", headers=ACTIVITY_JSON)
    return int(answer.raise_for_status().json()["totalItems"])


def test_the_author_is_found_by_handle(site: FedreviewProcess, peer: Peer) -> None:
    anna = peer.call("lookup", handle=site.handle)

    assert anna["id"] == site.actor_id
    assert anna["type"] == "Person"
    assert anna["compact"]["preferredUsername"] == "anna"
    assert anna["compact"]["inbox"] == f"{site.actor_id}/inbox"
    assert anna["document"]["endpoints"] == {"sharedInbox": f"{site.base_url}/inbox"}
    assert anna["document"]["publicKey"]["id"] == f"{site.actor_id}#main-key"


def test_a_follow_is_accepted_and_an_unfollow_forgets(
    site: FedreviewProcess, peer: Peer, reader: httpx.Client
) -> None:
    before = _followers(site, reader)
    follow = peer.call("follow", actor=site.actor_id, **{"as": "carol"})
    accept = peer.wait_for("Accept", is_about(follow["id"]))
    assert accept["actor"] == site.actor_id
    assert accept["signature"]["valid"]
    assert accept["document"]["object"]["actor"] == peer.actor("carol")
    assert peer.ask("state")["following"]["carol"] == {site.actor_id: {"accepted": True}}
    assert _followers(site, reader) == before + 1

    peer.call("unfollow", actor=site.actor_id, **{"as": "carol"})

    assert eventually(lambda: _followers(site, reader) == before)


@pytest.mark.usefixtures("follower")
def test_a_follower_gets_the_review_as_a_proved_article(
    site: FedreviewProcess, peer: Peer, page: Page
) -> None:
    create = peer.wait_for("Create", is_about(page.ap_id))

    article = create["document"]["object"]
    assert article == {k: v for k, v in page.document().items() if k != "@context"}

    assert create["actor"] == site.actor_id
    assert create["signature"] == {
        "scheme": "cavage",
        "valid": True,
        "key": f"{site.actor_id}#main-key",
    }
    assert create["proof"] == "valid"
    assert create["document"]["to"] == [PUBLIC]
    assert create["document"]["cc"] == [f"{site.actor_id}/followers"]


@pytest.fixture(scope="module")
def quiet(site: FedreviewProcess, reader: httpx.Client) -> Page:
    """A review that nobody touches."""
    return published(site, reader)


@pytest.fixture(scope="module")
def article(quiet: Page, peer: Peer) -> dict[str, Any]:
    """That review as the foreign server fetches it at its id."""
    told: dict[str, Any] = peer.call("fetch", url=quiet.ap_id)
    return told


def test_the_article_reads_well_in_a_timeline(quiet: Page, article: dict[str, Any]) -> None:
    document = article["document"]

    assert article["type"] == "Article"
    assert document["name"].endswith("– 8.5/10")
    assert document["summary"].startswith("8.5/10 ")
    assert "worth every minute" in document["summary"]
    assert "<" not in document["summary"]
    assert "http" not in document["summary"]
    assert document["content"].startswith("<p><strong>The Quiet Kiln</strong>")
    assert "<strong>twenty minutes</strong>" in document["content"]
    assert "The distributor" in document["content"]
    assert document["contentMap"] == {"en": document["content"]}
    assert document["source"]["mediaType"] == "text/markdown"
    assert document["preview"]["type"] == "Note"
    assert document["url"] == quiet.url


def test_the_article_has_what_mastodon_reads(
    site: FedreviewProcess, quiet: Page, article: dict[str, Any]
) -> None:
    document = article["document"]

    assert document["attributedTo"] == site.actor_id
    assert document["to"] == [PUBLIC]
    assert document["cc"] == [f"{site.actor_id}/followers"]
    assert document["attachment"] == [
        {"type": "Link", "mediaType": "text/html", "href": quiet.url},
    ]
    hashtags = {tag["name"] for tag in document["tag"] if tag["type"] == "Hashtag"}
    assert hashtags == {"#slowcinema", "#pottery"}
    assert {key: document["image"][key] for key in ("type", "name", "width", "height")} == {
        "type": "Image",
        "name": "A kiln at night",
        "width": 400,
        "height": 600,
    }
    assert document["context"] == document["conversation"]
    assert document["likes"]["totalItems"] == 0
    assert document["shares"]["totalItems"] == 0
    assert document["replies"]["type"] == "Collection"
    assert document["interactionPolicy"]["canQuote"]["automaticApproval"] == [PUBLIC]
    assert "updated" not in document
    assert "inReplyTo" not in document


def test_the_article_carries_the_rating_as_data(article: dict[str, Any]) -> None:
    document, (expanded,) = article["document"], article["expanded"]

    (rating,) = expanded["https://schema.org/reviewRating"]
    assert rating["https://schema.org/ratingValue"] == [{"@value": 8.5}]
    assert rating["https://schema.org/bestRating"] == [{"@value": 10}]
    (work,) = expanded["https://schema.org/itemReviewed"]
    assert work["@type"] == ["https://schema.org/Movie"]
    assert [tag["name"] for tag in document["tag"] if tag["type"] == "Movie"] == ["The Quiet Kiln"]
    ratings = [each for each in document["relatedWith"] if each["type"] == "Rating"]
    assert [(each["value"], each["best"], each["worst"]) for each in ratings] == [(9, 10, 1)]
    assert {each["type"] for each in document["relatedWith"]} == {"Status", "Rating", "Review"}


def test_the_page_leads_the_foreign_server_to_the_article(quiet: Page, peer: Peer) -> None:
    found = peer.call("fetch", url=quiet.url)

    assert found["id"] == quiet.ap_id


def test_a_reply_is_shown_edited_and_deleted(page: Page, peer: Peer) -> None:
    assert page.heading().startswith("No thoughts yet on")
    reply = peer.call("reply", to=page.ap_id, content="It put me to sleap.")
    page.reply("It put me to sleap.")
    assert page.heading().startswith("1 thought on")

    peer.call("edit", note=reply["id"], content="It put me to sleep.")
    edited = page.reply("It put me to sleep.")
    assert "sleap" not in edited.html
    assert page.heading().startswith("1 thought on")

    peer.call("delete", note=reply["id"])
    assert page.comes_to("No thoughts yet on")
    assert "It put me to sleep." not in page.html()


def test_a_reply_to_the_page_address_counts_too(page: Page, peer: Peer) -> None:
    peer.call("reply", to=page.url, content="By the other address.")

    assert page.reply("By the other address.").depth == 0


def test_replies_nest_and_a_deleted_one_leaves_its_place(
    site: FedreviewProcess, page: Page, peer: Peer
) -> None:
    first = peer.call("reply", to=page.ap_id, content="Too long.")
    page.reply("Too long.")
    both = [peer.actor(), site.actor_id]
    peer.call("reply", to=first["id"], content="Too short!", mention=both, **{"as": "carol"})
    assert page.reply("Too short!").depth == page.reply("Too long.").depth + 1
    assert page.heading().startswith("2 thoughts on")

    peer.call("delete", note=first["id"])

    assert page.comes_to("1 thought on")
    gap, kept = page.places()
    assert (gap.id, gap.depth) == ("", 0)
    assert "deleted by its writer" in gap.html
    assert "Too short!" in kept.html
    assert kept.depth == 1


def test_likes_and_boosts_are_counted_and_taken_back(page: Page, peer: Peer) -> None:
    peer.call("like", object=page.ap_id)
    peer.call("like", object=page.ap_id, **{"as": "carol"})
    peer.call("boost", object=page.ap_id)
    assert page.is_liked("2 likes, 1 boost")
    assert page.document()["likes"]["totalItems"] == 2
    assert page.document()["shares"]["totalItems"] == 1

    peer.call("undo-like", object=page.ap_id)
    assert page.is_liked("1 like, 1 boost")
    peer.call("undo-boost", object=page.ap_id)
    assert page.is_liked("1 like across")
    peer.call("undo-like", object=page.ap_id, **{"as": "carol"})
    assert page.is_liked("No likes or boosts")


def test_the_author_answers_and_the_writer_hears_of_it(
    site: FedreviewProcess, page: Page, peer: Peer
) -> None:
    question = peer.call("reply", to=page.ap_id, content="Is it on a disc?")
    asked = page.reply("Is it on a disc?")

    with site.login() as desk:
        form = {"text": "No, only in cinemas.", "return_to": httpx.URL(page.url).path}
        answer = desk.post(f"/studio/replies/{asked.id}/answer", data=form)
    assert answer.status_code == 303, answer.text

    create = peer.wait_for(
        "Create", lambda got: got["document"]["object"].get("inReplyTo") == question["id"]
    )
    note = create["document"]["object"]
    assert create["signature"]["valid"]
    assert create["proof"] == "valid"
    assert note["type"] == "Note"
    assert note["tag"] == [{"type": "Mention", "href": peer.actor(), "name": peer.handle()}]
    assert peer.actor() in note["cc"]
    assert "only in cinemas" in note["content"]
    answered = page.reply("only in cinemas")
    assert answered.depth == asked.depth + 1
    assert "by-author" in answered.html
    assert page.heading().startswith("2 thoughts on")
    assert peer.call("fetch", url=note["id"])["id"] == note["id"]


def test_a_reply_to_the_author_alone_is_not_on_the_page(page: Page, peer: Peer) -> None:
    peer.call("reply", to=page.ap_id, content="Between us.", private=True)
    peer.call("reply", to=page.ap_id, content="For all.")

    page.reply("For all.")

    assert page.heading().startswith("1 thought on")
    assert "Between us." not in page.html()


@pytest.mark.parametrize("spec", ["rfc9421", "draft-cavage-http-signatures-12"])
def test_a_reply_signed_with_a_key_that_is_not_the_named_one_is_refused(
    page: Page, peer: Peer, to_peer: Tap, spec: str
) -> None:
    forged = peer.call("forge", to=page.ap_id, content="Never said.", signer="carol", spec=spec)
    peer.call("reply", to=page.ap_id, content="Really said.")

    page.reply("Really said.")

    assert forged["status"] == 401
    assert page.heading().startswith("1 thought on")
    assert "Never said." not in page.html()
    assert to_peer.fetches(forged["id"]) == []


@pytest.mark.parametrize("spec", ["rfc9421", "draft-cavage-http-signatures-12"])
def test_a_reply_that_somebody_else_signs_is_asked_about_and_leaves_no_trace(
    page: Page, peer: Peer, to_peer: Tap, spec: str
) -> None:
    forged = peer.call(
        "forge", to=page.ap_id, content="Never said.", signer="carol", claim="carol", spec=spec
    )
    asked = eventually(lambda: to_peer.fetches(forged["id"]))
    peer.call("reply", to=page.ap_id, content="Really said.")

    page.reply("Really said.")

    assert forged["status"] == 202
    assert asked[0].status == 404
    assert page.heading().startswith("1 thought on")
    assert "Never said." not in page.html()


def test_the_site_takes_the_first_knock(site: FedreviewProcess, page: Page, peer: Peer) -> None:
    peer.call("like", object=page.ap_id)
    assert page.is_liked("1 like")

    spec = peer.call("spec", origin=site.base_url)["spec"]

    assert spec == "rfc9421"
    assert peer.ask("state")["undelivered"] == []
