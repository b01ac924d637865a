"""Leave to quote: asked for, given, refused, taken back."""

import pytest

from fedreview.activitypub.vocabulary import PUBLIC
from tests.fediverse import Document, PretendActor
from tests.stories.site import REVIEW, Published, Site, said
from tests.stories.studio_forms import answer_newest, press, told
from tests.stories.test_inbox_thread import reply, send

pytestmark = pytest.mark.anyio

QUOTES = "/studio/quotes"


def request(actor: PretendActor, thing: str, **instrument: object) -> Document:
    quoting = {
        "id": f"{actor.id}/notes/q1",
        "type": "Note",
        "attributedTo": actor.id,
        "quote": thing,
        **instrument,
    }
    return actor.activity("QuoteRequest", thing, instrument=quoting)


async def test_who_quotes_a_review_is_listed_with_the_post(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, request(alice, review.uri))

    page = await site.desk(QUOTES)

    links = [str(link["href"]) for link in page.select("ul.notes a")]
    assert "Alice @alice@social.example quotes BLAME!" in said(page)
    assert links == [review.path, f"{alice.id}/notes/q1"]


async def test_a_revoked_leave_is_gone_told_and_not_given_again(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, request(alice, review.uri))
    [accept] = alice.server.activities("Accept")
    stamp = accept["result"]
    await site.document(stamp)

    answer = await press(site, QUOTES, "Revoke")
    await site.settle()
    await send(site, alice, request(alice, review.uri))

    [delete], [reject] = alice.server.activities("Delete"), alice.server.activities("Reject")
    assert (await told(site, answer)).startswith("Taken back.")
    assert (delete["actor"], delete["object"], delete["to"]) == (site.actor_id, stamp, [PUBLIC])
    assert "proof" in delete
    assert (await site.reader.get(stamp)).status_code == 404
    assert reject["object"]["type"] == "QuoteRequest"
    assert "result" not in reject
    assert "Nobody quotes you yet" in said(await site.desk(QUOTES))


async def test_a_leave_is_revoked_once_and_only_by_its_author(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, request(alice, review.uri))
    await press(site, QUOTES, "Revoke")
    [accept] = alice.server.activities("Accept")
    quote_id = accept["result"].rpartition("/")[2]

    again = await site.author.post(f"{QUOTES}/{quote_id}/revoke")

    assert again.status_code == 404


async def test_an_answer_that_is_quoted_is_listed_too(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Hm", review.uri)
    own = await answer_newest(site, "Ha.")

    await send(site, alice, request(alice, own))

    assert "quotes your answer" in said(await site.desk(QUOTES))


async def test_the_leave_for_what_is_deleted_cannot_be_fetched(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "Hm", review.uri)
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None
    answered = await site.author.post(str(form["action"]), data={"text": "Ha."})
    own = answered.headers["location"].rpartition("#reply-")[2]
    await send(site, alice, request(alice, f"{site.base_url}/ap/notes/{own}"))
    await send(site, alice, request(alice, review.uri, id=f"{alice.id}/notes/q2"))
    stamps = [accept["result"] for accept in alice.server.activities("Accept")]
    before = [(await site.reader.get(stamp)).status_code for stamp in stamps]

    await site.author.post(f"/studio/replies/{own}/delete")
    await site.delete(review.id)

    assert before == [200, 200]
    assert [(await site.reader.get(stamp)).status_code for stamp in stamps] == [404, 404]


async def test_who_quotes_a_review_is_told_of_its_changes_and_its_end_without_following(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, request(alice, review.uri))

    await site.author.post(f"/studio/reviews/{review.id}", data={**REVIEW, "do": "update"})
    await site.settle()
    await site.delete(review.id)
    await site.settle()

    [_, update, delete] = (each.activity for each in alice.server.received)
    assert (update["type"], update["object"]["id"]) == ("Update", review.uri)
    assert (delete["type"], delete["object"]["id"]) == ("Delete", review.uri)


async def test_a_blocked_person_gets_no_leave(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, alice.activity("Like", review.uri))
    await site.author.post("/studio/blocks", data={"actor": alice.id})

    await send(site, alice, request(alice, review.uri))

    assert len(alice.server.activities("Reject")) == 1
    assert site.rows()["quotes"] == 0


async def test_a_post_of_somebody_else_gets_no_answer(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await send(
        site,
        alice,
        request(alice, review.uri, attributedTo=bob.id),
        request(alice, review.uri, id=f"{bob.id}/notes/1"),
    )

    assert alice.server.received == []
    assert site.rows()["quotes"] == 0


async def test_a_request_about_a_draft_tells_nothing(site: Site, alice: PretendActor) -> None:
    answer = await site.author.post("/studio/write", data={"title": "Secret", "do": "save"})
    draft = answer.headers["location"].partition("?")[0].rpartition("/")[2]

    await send(site, alice, request(alice, f"{site.base_url}/ap/reviews/{draft}"))

    assert alice.server.received == []
