"""An author comes from another site with an address, and follows or answers from here."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.storage import domains
from tests.factories import a_domain_block
from tests.fediverse import Document, Neighbourhood, PretendActor
from tests.stories.site import PASSWORD, Published, Site, problems_of, said, soup
from tests.stories.test_inbox_thread import reply

pytestmark = pytest.mark.anyio

PATH = "/authorize_interaction"


def posted(actor: PretendActor, text: str, **more: Any) -> Document:
    """Let somebody post something that nobody has sent here."""
    return actor.server.publish(actor.note(text, **more))


async def look_up(site: Site, address: str) -> httpx.Response:
    return await site.author.post(PATH, data={"uri": address})


async def looked_up(site: Site, address: str) -> Any:
    answer = await look_up(site, address)
    assert answer.status_code == 303, problems_of(answer)
    return soup(await site.author.get(answer.headers["location"]))


async def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(
    site: Site, alice: PretendActor
) -> None:
    asked = await site.reader.get(PATH, params={"uri": alice.id})
    target = httpx.URL(asked.headers["location"]).params["next"]
    form = {"username": "critic", "password": PASSWORD, "next": target}

    signed_in = await site.reader.post("/login", data=form)

    back = urlsplit(signed_in.headers["location"])
    assert (back.scheme, back.netloc, back.path) == ("", "", PATH)
    assert parse_qs(back.query) == {"uri": [alice.id]}


async def test_nothing_is_fetched_before_the_author_says_so(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    await site.reader.get(PATH, params={"uri": alice.id})
    page = soup(await site.author.get(PATH, params={"uri": alice.id}))
    nobody = await site.reader.post(PATH, data={"uri": alice.id})

    assert neighbourhood.asked == []
    field = page.select_one("input[name=uri]")
    assert field is not None
    assert field["value"] == alice.id
    assert "has not been asked yet" in said(page)
    assert nobody.status_code == 401


async def test_what_was_to_be_looked_up_survives_the_end_of_the_session(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    refused = await site.reader.post(PATH, data={"uri": alice.id})
    kept = {
        str(field["name"]): str(field.get("value", ""))
        for field in soup(refused).select("form[action='/login'] input[type=hidden]")
    }

    again = await site.reader.post(
        "/login", data={**kept, "username": "critic", "password": PASSWORD}
    )

    field = soup(again).select_one("input[name=uri]")
    assert field is not None
    assert field["value"] == alice.id
    assert neighbourhood.asked == []


@pytest.mark.parametrize("form", ["{id}", "acct:{handle}", "@{handle}", "{handle}", " {id} "])
async def test_somebody_is_followed_and_unfollowed(
    site: Site, alice: PretendActor, form: str
) -> None:
    page = await looked_up(site, form.format(id=alice.id, handle=alice.handle))
    follow = page.select_one("form[action='/studio/following']")
    assert follow is not None
    fields = {str(field["name"]): str(field["value"]) for field in follow.select("input")}

    asked = await site.author.post("/studio/following", data=fields)
    await site.settle()
    after = soup(await site.author.get(asked.headers["location"]))
    unfollow = after.select_one("form[action='/studio/following/remove']")

    assert said(page.select_one("main .who")) == "Alice @alice@social.example"
    assert [each["object"] for each in alice.server.activities("Follow")] == [alice.id]
    assert unfollow is not None
    fields = {str(field["name"]): str(field["value"]) for field in unfollow.select("input")}
    undone = await site.author.post("/studio/following/remove", data=fields)
    assert undone.headers["location"].startswith(PATH)
    assert soup(await site.author.get(undone.headers["location"])).select_one(
        "form[action='/studio/following']"
    )


async def test_a_known_handle_is_shown_without_asking(
    site: Site, alice: PretendActor, review: Published, neighbourhood: Neighbourhood
) -> None:
    await reply(site, alice, "Hello", review.uri)
    before = len(neighbourhood.asked)

    page = soup(await site.author.get(PATH, params={"uri": "acct:alice@SOCIAL.example"}))

    assert said(page.select_one("main .who")) == "Alice @alice@social.example"
    assert len(neighbourhood.asked) == before


async def test_a_post_is_read_and_answered(site: Site, alice: PretendActor) -> None:
    note = posted(alice, "<script>alert(1)</script>What do you think?")
    page = await looked_up(site, note["id"])
    form = page.select_one("form[action$='/answer']")
    assert form is not None
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input")}

    answer = await site.author.post(str(form["action"]), data={**fields, "text": "A lot."})
    await site.settle()

    assert said(page.select_one("main .reply-text")) == "What do you think?"
    assert page.select("main script") == []
    assert answer.headers["location"].startswith(PATH)
    [created] = alice.server.activities("Create")
    assert created["object"]["inReplyTo"] == note["id"]
    assert "A lot." in created["object"]["content"]


async def test_a_post_is_fetched_once(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    note = posted(alice, "Hello")
    await looked_up(site, note["id"])
    asked = len(neighbourhood.asked)

    await looked_up(site, note["id"])

    assert len(neighbourhood.asked) == asked
    assert neighbourhood.times_asked(note["id"]) == 1
    assert asked <= 3


async def test_the_page_of_a_post_leads_to_it(site: Site, alice: PretendActor) -> None:
    note = posted(alice, "Hello")
    alice.server.documents["/@alice/1"] = note

    page = await looked_up(site, f"{alice.server.url}/@alice/1")

    assert said(page.select_one("main .reply-text")) == "Hello"


async def test_an_article_is_shown_with_its_title(site: Site, alice: PretendActor) -> None:
    note = posted(alice, "Long text", type="Article", name="On films")

    assert "On films" in said((await looked_up(site, note["id"])).select_one("main .about"))


async def test_a_reply_under_a_review_of_ours_that_never_came_finds_its_place(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = posted(alice, "Lost on the way", in_reply_to=review.uri)

    await looked_up(site, note["id"])

    assert "Lost on the way" in said((await site.page(review.path)).select_one("ol.thread"))


async def test_what_stands_here_is_linked(site: Site, review: Published) -> None:
    places = {
        review.uri: review.path,
        f"{site.base_url}{review.path}": review.path,
        site.actor_id: "/@critic",
        f"acct:critic@{site.host}": "/@critic",
    }

    for address, path in places.items():
        page = soup(await site.author.get(PATH, params={"uri": address}))
        assert page.select_one(f"main a[href='{path}']"), address


async def test_an_own_answer_is_linked(site: Site, alice: PretendActor, review: Published) -> None:
    await reply(site, alice, "And?", review.uri)
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None
    await site.author.post(str(form["action"]), data={"text": "So."})
    [_, own] = (await site.document(f"{review.uri}/replies"))["first"]["items"]

    page = soup(await site.author.get(PATH, params={"uri": own}))

    link = page.select_one("main p > a")
    assert link is not None
    assert str(link["href"]).startswith(f"{review.path}#reply-")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "Type the address"),
        ("x" * 3000, "Type the address"),
        ("nonsense", "Nothing was found"),
        ("javascript://social.example/%0aalert(1)", "Nothing was found"),
        ("https://social.example/nothing", "Nothing was found"),
        ("@nobody@social.example", "Nothing was found"),
        ("https://10.0.0.1/users/x", "Nothing was found"),
        ("https://nowhere.example/users/x", "does not answer"),
        ("https://reviews.example/ap/reviews/nothing", "of this site"),
        ("acct:nobody@reviews.example", "of this site"),
    ],
)
async def test_what_cannot_be_looked_up_says_why_and_stays_in_the_field(
    site: Site, alice: PretendActor, address: str, why: str
) -> None:
    answer = await look_up(site, address)

    assert answer.status_code == 422
    assert why in problems_of(answer)
    field = soup(answer).select_one("input[name=uri]")
    assert field is not None
    assert field["value"] == address[:2048]


async def test_what_is_not_public_or_not_its_writers_is_not_shown(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    private = posted(alice, "Psst", to=[f"{alice.id}/followers"], cc=[])
    forged = posted(alice, "I am Bob", attributedTo=bob.id)

    for note in (private, forged):
        answer = await look_up(site, note["id"])
        assert "Nothing was found" in problems_of(answer)
        shown = await site.author.get(PATH, params={"uri": note["id"]})
        assert "reply-text" not in shown.text


async def test_a_message_to_the_author_alone_is_not_shown_here(
    site: Site, alice: PretendActor
) -> None:
    note = alice.note("Psst", to=[site.actor_id], cc=[])
    await alice.send(site.author_inbox, alice.create(note))
    await site.settle()

    page = await site.author.get(PATH, params={"uri": note["id"]})

    assert "Psst" not in page.text


async def test_a_writer_who_is_said_to_be_somebody_else_is_not_believed(
    site: Site, alice: PretendActor
) -> None:
    mallory = alice.server.person("mallory")
    note = posted(alice, "Hello", attributedTo=f"{alice.server.url}/@m")
    alice.server.documents["/@m"] = mallory.document()

    assert "Nothing was found" in problems_of(await look_up(site, note["id"]))


async def test_nothing_is_asked_of_a_blocked_server(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    with site.parts.database.transaction() as tx:
        host = alice.server.host
        domains.put_block(tx, a_domain_block(host))

    for address in (alice.id, alice.handle):
        assert "Nothing was found" in problems_of(await look_up(site, address))

    assert neighbourhood.asked == []


async def test_a_handle_leads_to_nobody_on_a_blocked_server(
    site: Site, alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": alice.id}
    finger = {"subject": "acct:alice@front.example", "links": [link]}
    front = neighbourhood.server("front.example")
    query = "resource=acct:alice@front.example"
    front.pages[f"/.well-known/webfinger?{query}"] = lambda _: httpx.Response(200, json=finger)
    with site.parts.database.transaction() as tx:
        host = alice.server.host
        domains.put_block(tx, a_domain_block(host))

    assert "Nothing was found" in problems_of(await look_up(site, "@alice@front.example"))

    assert neighbourhood.asked == [f"GET {front.url}/.well-known/webfinger?{query}"]


async def test_a_deleted_post_is_shown_no_more(site: Site, alice: PretendActor) -> None:
    note = posted(alice, "Hello")
    await looked_up(site, note["id"])
    await alice.send(site.inbox, alice.activity("Delete", note["id"]))
    await site.settle()
    del alice.server.documents[urlsplit(note["id"]).path]

    page = await site.author.get(PATH, params={"uri": note["id"]})

    assert "Hello" not in page.text
    assert "Nothing was found" in problems_of(await look_up(site, note["id"]))
