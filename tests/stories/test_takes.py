"""Short posts and bare ratings: written, sent, answered, changed and taken away."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.clock import Clock
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, follow, problems_of, soup
from tests.stories.studio_forms import attribute, one

pytestmark = pytest.mark.anyio

RATED = {"kind": "film", "title": "BLAME!", "year": "2017", "rating": "8.5"}


async def post_take(site: Site, **fields: str) -> str:
    """Send a take through the form and give its path."""
    answer = await site.author.post("/studio/takes", data={**fields, "do": "publish"})
    assert answer.status_code == 303, problems_of(answer)
    await site.settle()
    return str(answer.headers["location"]).partition("?")[0]


def uri_of(site: Site, path: str) -> str:
    return f"{site.base_url}/ap{path}"


async def test_a_take_reaches_followers_as_a_note_and_stands_on_its_pages(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)

    path = await post_take(site, text="Saw it *twice*. #Anime and >!#Secret!<", **RATED)

    note = alice.server.activities("Create")[-1]["object"]
    assert note["type"] == "Note"
    assert "inReplyTo" not in note
    assert note["id"] == uri_of(site, path)
    assert note["content"].startswith(
        '<p>★ <a href="https://reviews.example/works/blame">BLAME!</a> (film, 2017): 8.5/10</p>'
        "<p>Saw it <em>twice</em>."
    )
    assert [tag["name"] for tag in note["tag"]] == ["#Anime", "BLAME!"]
    assert note["reviewRating"]["ratingValue"] == 8.5
    assert [part["type"] for part in note["relatedWith"]] == ["Status", "Rating", "Comment"]
    assert note["relatedWith"][1]["value"] == 9
    for page in (path, "/takes", "/@critic", "/works/blame", "/tags/anime"):
        assert "Saw it twice" in (await site.page(page)).get_text(), page
    assert (await site.reader.get("/tags/secret")).status_code == 404
    outbox = await site.document(f"{site.actor_id}/outbox?page=1")
    assert outbox["orderedItems"][0]["object"]["id"] == note["id"]
    assert (await site.document(note["tag"][1]["href"]))["type"] == "Movie"
    assert (await site.document(note["id"]))["content"] == note["content"]


async def test_a_rating_alone_is_a_post_that_can_be_read(site: Site, alice: PretendActor) -> None:
    await follow(site, alice)

    path = await post_take(site, announces="yes", **{**RATED, "rating": "10"})

    note = alice.server.activities("Create")[-1]["object"]
    assert note["content"].endswith("(film, 2017): 10/10</p>")
    assert [part["type"] for part in note["relatedWith"]] == ["Status", "Rating"]
    page = await site.page(path)
    assert one(page, ".p-rating[value='10']")
    assert attribute(page, "meta[property='og:description']", "content") == (
        "BLAME! (film, 2017): 10/10"
    )
    form = await site.desk(f"/studio{path.replace('notes', 'takes')}")
    assert one(form, "[name=announces][checked]")


async def test_a_take_without_work_or_rating_says_nothing_as_data(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)

    await post_take(site, text="Back from the cinema.")

    note = alice.server.activities("Create")[-1]["object"]
    assert not {"relatedWith", "itemReviewed", "reviewRating", "summary"} & note.keys()
    assert note["sensitive"] is False


async def test_a_warned_take_is_folded_and_its_words_stay_in(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)

    path = await post_take(site, text="He finds the gene.", warning="Spoilers for BLAME!")

    note = alice.server.activities("Create")[-1]["object"]
    assert (note["sensitive"], note["summary"]) == (True, "Spoilers for BLAME!")
    page = await site.page(path)
    assert "gene" in one(page, "details.warned").get_text()
    assert "the gene" not in str(page.head)


@pytest.mark.parametrize(
    ("fields", "warning"),
    [({}, "Spoilers"), (RATED, "Spoilers for BLAME!"), ({"warning": "Genes"}, "Genes")],
)
async def test_covered_words_fold_the_post_where_words_cannot_be_covered(
    site: Site, alice: PretendActor, fields: dict[str, str], warning: str
) -> None:
    await follow(site, alice)

    path = await post_take(site, text="He finds >!the gene!<.", **fields)

    note = alice.server.activities("Create")[-1]["object"]
    assert (note["sensitive"], note["summary"]) == (True, warning)
    form = await site.desk(f"/studio{path.replace('notes', 'takes')}")
    assert attribute(form, "[name=warning]", "value") == fields.get("warning", "")


async def test_replies_to_a_take_stand_under_it_however_deep(
    site: Site, alice: PretendActor, bob: PretendActor, now: Clock
) -> None:
    path = await post_take(site, text="A thought.")
    uri = uri_of(site, path)
    first = alice.note("I disagree.", in_reply_to=uri)
    await alice.send(site.inbox, alice.create(first))
    await site.settle()
    await bob.send(site.inbox, bob.create(bob.note("I do not.", in_reply_to=first["id"])))
    await alice.send(site.inbox, alice.activity("Like", uri))
    await site.settle()
    conversation = (await site.desk("/studio/conversation")).get_text()
    now.advance(timedelta(days=400))
    await asyncio.to_thread(site.parts.worker.maintaining.tidy)

    page = await site.page(path)

    words = [entry.get_text(" ", strip=True) for entry in page.select(".thread .entry")]
    assert len(words) == 2
    assert "I disagree." in words[0]
    assert "I do not." in words[1]
    assert "2 replies" in one(page, "#thoughts").get_text()
    assert "1 like" in one(page, ".reactions").get_text()
    assert "2 replies" in one((await site.page("/takes")), ".take footer").get_text()
    assert "I disagree." in conversation
    assert "I do not." in conversation
    assert (await site.document(f"{uri}/replies"))["totalItems"] == 1


async def test_the_author_answers_and_hides_under_a_take(site: Site, alice: PretendActor) -> None:
    path = await post_take(site, text="A thought.")
    reply = alice.note("I disagree.", in_reply_to=uri_of(site, path))
    await alice.send(site.inbox, alice.create(reply))
    await site.settle()
    page = await site.desk(path)
    reply_id = attribute(page, ".thread .reply", "id").removeprefix("reply-")

    answer = await site.author.post(
        f"/studio/replies/{reply_id}/answer", data={"text": "So be it.", "return_to": path}
    )
    await site.settle()

    assert answer.status_code == 303
    answered = alice.server.activities("Create")[-1]["object"]
    assert answered["url"].startswith(f"{site.base_url}{path}#reply-")
    assert "So be it." in one((await site.page(path)), ".thread").get_text()
    await site.author.post(f"/studio/replies/{reply_id}/hide", data={"return_to": path})
    assert "I disagree." not in (await site.page(path)).get_text()


async def test_an_edited_take_is_told_again_and_keeps_its_work(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await follow(site, alice)
    path = await post_take(site, text="Good.", **{**RATED, "title": "BLAME"})
    work = alice.server.activities("Create")[-1]["object"]["itemReviewed"]["id"]
    now.advance(timedelta(minutes=1))

    form = path.replace("/notes/", "/studio/takes/")
    changed = {**RATED, "rating": "9", "text": "Better.", "do": "publish"}
    answer = await site.author.post(form, data=changed)
    await site.settle()

    assert answer.status_code == 303, problems_of(answer)
    note = alice.server.activities("Update")[-1]["object"]
    assert note["updated"] > note["published"]
    assert note["itemReviewed"] == {**note["itemReviewed"], "id": work, "name": "BLAME!"}
    assert note["reviewRating"]["ratingValue"] == 9
    assert "Better." in (await site.page(path)).get_text()


async def test_a_deleted_take_leaves_a_tombstone_and_no_work(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)
    path = await post_take(site, announces="yes", **RATED)

    await site.author.post(f"{path.replace('/notes/', '/studio/takes/')}/delete")
    await site.settle()

    assert alice.server.activities("Delete")[-1]["object"]["type"] == "Tombstone"
    assert (await site.reader.get(path)).status_code == 404
    gone = await site.reader.get(f"/ap{path}", headers={"Accept": "application/activity+json"})
    assert gone.status_code == 410
    assert site.rows()["works"] == site.rows()["upcoming"] == 0
    assert "Nothing published yet." in (await site.page("/takes")).get_text()


async def test_a_take_joins_the_work_that_has_a_review_and_outlives_it(
    site: Site, review: Published
) -> None:
    path = await post_take(site, text="Once more.", **RATED)
    assert site.rows()["works"] == 1
    await site.author.post(f"/studio/reviews/{review.id}/delete")

    page = await site.page("/works/blame")

    assert "Once more." in page.get_text()
    assert "Ratings from the fediverse" not in page.get_text()
    assert "8.5" in (await site.page(path)).get_text()


async def test_a_form_that_is_sent_twice_makes_one_take(site: Site) -> None:
    new_id = attribute((await site.desk("/studio/takes")), "[name=new_id]", "value")

    paths = {await post_take(site, text="Once.", new_id=str(new_id)) for _ in range(2)}

    assert len(paths) == 1
    assert paths != {await post_take(site, text="Twice.", new_id=str(new_id))}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "text"),
        ({"rating": "8"}, "title"),
        ({"text": "To come.", "announces": "yes"}, "title"),
        ({"text": "x" * 5_001}, "text"),
        ({"title": "BLAME!", "rating": "11"}, "rating"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    site: Site, fields: dict[str, str], field: str
) -> None:
    answer = await site.author.post("/studio/takes", data={**fields, "do": "publish"})

    assert answer.status_code == 422
    form = soup(answer)
    assert one(form, f"#problem-{field}")
    for name, text in fields.items():
        again = one(form, f"#field-{name}")
        assert text in f"{again.get('value')}{again.get_text()}"


async def test_a_preview_shows_what_would_be_sent_and_sends_nothing(
    site: Site, alice: PretendActor
) -> None:
    await follow(site, alice)
    fields = {"text": "Saw it. #Anime", "warning": "The ending", **RATED}

    shown = soup(await site.author.post("/studio/takes", data={**fields, "do": "preview"}))

    assert alice.server.activities("Create") == []
    words = one(shown, ".seen .seen-words").get_text(" ", strip=True)
    assert words.startswith("★ BLAME! (film, 2017): 8.5/10 Saw it.")
    assert one(shown, ".seen-fold summary").get_text().startswith("The ending")


async def test_nobody_changes_another_ones_take_or_what_is_none(
    site: Site, review: Published, alice: PretendActor
) -> None:
    await alice.send(site.inbox, alice.create(alice.note("Yes.", in_reply_to=review.uri)))
    await site.settle()
    reply_id = attribute((await site.page(review.path)), ".reply", "id").removeprefix("reply-")

    answers: list[httpx.Response] = [
        await site.author.get(f"/studio/takes/{reply_id}"),
        await site.author.post(f"/studio/takes/{reply_id}", data={"text": "No."}),
        await site.author.post(f"/studio/takes/{reply_id}/delete"),
        await site.reader.get("/studio/takes"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 303]
