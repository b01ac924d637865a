"""Every kind of document that leaves this site, compared with the examples in docs/wire/.

To add one: let a chapter give it, or write one more and put it at the end of CHAPTERS. After a
change that is meant: ``FEDREVIEW_TEST_RENEW=1 pytest tests/stories/test_documents.py``, and read
what `git diff docs/wire` says.
"""

import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, PUBLIC
from fedreview.storage import hosts
from fedreview.storage.database import Database
from fedreview.storage.tables import KeyRow
from tests.clock import Clock, Ids
from tests.fediverse import Document, Neighbourhood, PretendActor
from tests.protocol.material import vectors
from tests.stories.site import Prepared, Published, Site, running, settings_of
from tests.stories.test_forms import a_photo

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).parents[2] / "docs" / "wire"
RENEW = "FEDREVIEW_TEST_RENEW"
# RFC 9421's own test keys: with them the examples stay the same from run to run.
TEST_KEYS = {"main-key": "test-key-rsa", "ed25519-key": "test-key-ed25519"}

REVIEW = {
    "kind": "film",
    "title": "BLAME!",
    "original_title": "ブラム",
    "year": "2017",
    "creators": "Hiroyuki Seshita, Tsutomu Nihei",
    "length": "105 min",
    "publisher": "Polygon Pictures",
    "platform": "Netflix",
    "links": "https://www.imdb.com/title/tt6574146/",
    "cover_alt": "A lone figure before an endless wall",
    "review_title": "BLAME! A Netflix Original",
    "rating": "8.5",
    "synopsis": "A loner guides a remnant of humanity through a city without end.",
    "synopsis_source": "Netflix",
    "synopsis_url": "https://www.netflix.com/title/80116922",
    "body": "It is **definitely** worth watching. >!He finds the gene.!<",
    "verdict": "Worth every minute.",
    "teaser": "A city without end, and who is left in it.",
    "spoilers": "some",
    "tags": "anime, Netflix",
    "language": "en",
}

BOOK = {
    "kind": "book",
    "title": "The Long Corridor",
    "original_title": "",
    "year": "1998",
    "creators": "Ida Storm",
    "length": "312 pages",
    "publisher": "North Light",
    "platform": "",
    "links": "https://openlibrary.org/books/OL7353617M/The_Long_Corridor\n"
    "https://openlibrary.org/isbn/9780140328721\nhttps://www.wikidata.org/wiki/Q190192",
    "cover_alt": "A door at the end of a hall",
    "review_title": "Nobody walks it twice",
    "body": "A house that >!forgets!< whoever leaves it.",
    "spoilers": "full",
}
PUBLIC_ACTIVITIES = (
    "add",
    "bookwyrm_create",
    "create",
    "create_note",
    "delete",
    "delete_note",
    "remove",
    "update",
    "update_actor",
)
PROFILE = {
    "site_title": "Reviews",
    "tagline": "",
    "name": "A Critic",
    "summary": "Films, *mostly*.",
    "shows_network": "yes",
}
KINDS = {
    "film": "work_movie",
    "series": "work_tvshow",
    "game": "work_game",
    "music": "work_album",
}


@pytest.fixture
async def steady_site(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    """A site whose keys and ids are the same in each run."""
    folder = tmp_path / "steady"
    shutil.copytree(prepared.path, folder)
    database = Database(settings_of(prepared.base_url, folder).database_url)
    with database.transaction() as tx:
        for name, key in TEST_KEYS.items():
            pem = vectors("rfc9421")["keys"][key]["private_pem"]
            tx.execute(update(KeyRow).where(KeyRow.id.endswith(f"#{name}")).values(private_pem=pem))
    database.close()
    steady = replace(prepared, path=folder)
    async with running(
        steady, tmp_path / "site", neighbourhood=neighbourhood, make_id=Ids()
    ) as site:
        yield site


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A steady site, and who speaks with it. alice's server follows what is published."""

    site: Site
    now: Clock
    alice: PretendActor
    bob: PretendActor
    mouse: PretendActor

    async def publish(self, **fields: str) -> Published:
        self.now.advance(timedelta(minutes=5))
        form = {**REVIEW, **fields, "do": "publish"}
        published = await self.site.author.post(
            "/studio/write", data=form, files={"cover": a_photo()}
        )
        await self.site.settle()
        return await self.site.published_at(published)


async def _a_review_and_its_thread(stage: Stage) -> dict[str, Document]:
    site, now, alice, bob = stage.site, stage.now, stage.alice, stage.bob
    server = alice.server
    await alice.send(site.author_inbox, alice.activity("Follow", site.actor_id))
    await site.settle()
    await site.author.post("/studio/following", data={"handle": alice.handle})
    await site.settle()
    review = await stage.publish()

    now.advance(timedelta(minutes=5))
    note = alice.note("And the wall?", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await bob.send(site.inbox, bob.activity("Like", review.uri))
    await bob.send(site.inbox, bob.activity("Announce", review.uri))
    await site.settle()
    article = await site.document(review.uri)

    now.advance(timedelta(minutes=5))
    answer = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert answer is not None
    await site.author.post(str(answer["action"]), data={"text": "It *goes on*."})
    await site.settle()
    [_, own_note] = [each["object"] for each in server.activities("Create")]

    now.advance(timedelta(minutes=5))
    edit = {**REVIEW, "rating": "9", "do": "update"}
    await site.author.post(f"/studio/reviews/{review.id}", data=edit)
    await site.settle()
    await site.author.post(f"/studio/reviews/{review.id}/pin")
    lists = {
        "context": await site.document(f"{review.uri}/context"),
        "context_page": await site.document(f"{review.uri}/context?page=1"),
        "featured": await site.document(f"{site.actor_id}/featured"),
        "featured_tags": await site.document(f"{site.actor_id}/featuredTags"),
        "followers": await site.document(f"{site.actor_id}/followers"),
        "replies": await site.document(f"{review.uri}/replies"),
    }
    await site.settle()
    await site.delete(review.id)
    await site.settle()
    tombstone = await site.reader.get(review.uri, headers={"Accept": ACTIVITY_JSON})

    return {
        **lists,
        "add": server.activities("Add")[0],
        "accept": server.activities("Accept")[0],
        "actor": await site.document(site.actor_id),
        "article": article,
        "create": server.activities("Create")[0],
        "delete": server.activities("Delete")[0],
        "follow": server.activities("Follow")[0],
        "instance_actor": await site.document("/actor"),
        "nodeinfo": await site.document("/nodeinfo/2.1"),
        "note": await site.document(own_note["id"]),
        "tombstone": tombstone.json(),
        "update": server.activities("Update")[0],
        "webfinger": await site.document(
            "/.well-known/webfinger?resource=acct:critic@reviews.example"
        ),
    }


async def _a_book_in_bookwyrm(stage: Stage) -> dict[str, Document]:
    site, mouse = stage.site, stage.mouse
    await mouse.send(site.author_inbox, mouse.activity("Follow", site.actor_id))
    await site.settle()
    with site.parts.database.transaction() as tx:
        hosts.keep_software(tx, mouse.server.host, "bookwyrm", now=stage.now())
    await stage.publish(**BOOK)
    [create] = mouse.server.activities("Create")
    book = create["object"]["inReplyToBook"]
    return {
        "bookwyrm_create": create,
        "bookwyrm_review": {"@context": create["@context"], **create["object"]},
        "bookwyrm_work": await site.document(f"{book}/work"),
        "work_edition": await site.document(book),
    }


async def _works_of_other_kinds(stage: Stage) -> dict[str, Document]:
    documents = {}
    for kind, name in KINDS.items():
        review = await stage.publish(
            kind=kind,
            title=f"A {kind}",
            review_title=f"On a {kind}",
            links="https://www.imdb.com/title/tt0081505/",
        )
        article = await stage.site.document(review.uri)
        documents[name] = await stage.site.document(article["itemReviewed"]["id"])
    return documents


async def _a_quote(stage: Stage) -> dict[str, Document]:
    site, alice = stage.site, stage.alice
    review = await stage.publish(kind="game", title="Fez", review_title="Fez, again")
    quoting = alice.note("Look at this.", quote=review.uri)
    request = alice.activity("QuoteRequest", review.uri, instrument=quoting)
    await alice.send(site.author_inbox, request)
    await site.settle()
    accept = alice.server.activities("Accept")[-1]
    return {
        "quote_accept": accept,
        "quote_authorization": await site.document(accept["result"]),
    }


async def _a_reply_that_asks_first(stage: Stage) -> dict[str, Document]:
    site, alice = stage.site, stage.alice
    review = await stage.publish(kind="game", title="Gris", review_title="Gris, in colours")
    note = alice.note("May I?", in_reply_to=review.uri)
    await alice.send(site.author_inbox, alice.activity("ReplyRequest", review.uri, instrument=note))
    await site.settle()
    accept = alice.server.activities("Accept")[-1]
    return {
        "reply_accept": accept,
        "reply_authorization": await site.document(accept["result"]),
    }


async def _an_end_of_following(stage: Stage) -> dict[str, Document]:
    site, alice = stage.site, stage.alice
    await site.author.post("/studio/following/remove", data={"actor": alice.id})
    await site.settle()
    return {"undo": alice.server.activities("Undo")[0]}


async def _what_followers_hear_besides(stage: Stage) -> dict[str, Document]:
    site, now, alice = stage.site, stage.now, stage.alice
    server = alice.server
    review = await stage.publish(
        kind="film",
        title="Stalker",
        review_title="Into the Zone",
        links="https://www.imdb.com/title/tt0079944/",
    )
    note = alice.note("And the room?", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await site.settle()
    answer = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert answer is not None
    await site.author.post(str(answer["action"]), data={"text": "Not yet."})
    await site.settle()
    create = server.activities("Create")[-1]

    now.advance(timedelta(minutes=5))
    own = str(create["object"]["id"]).rpartition("/")[2]
    await site.author.post(f"/studio/replies/{own}/delete")
    await site.author.post(f"/studio/reviews/{review.id}/pin")
    await site.author.post(f"/studio/reviews/{review.id}/unpin")
    await site.settle()
    await site.author.post("/studio/settings", data=PROFILE)
    await site.settle()
    return {
        "create_note": create,
        "delete_note": server.activities("Delete")[-1],
        "remove": server.activities("Remove")[0],
        "update_actor": server.activities("Update")[-1],
    }


async def _lists_and_names(stage: Stage) -> dict[str, Document]:
    site, alice, bob = stage.site, stage.alice, stage.bob
    await site.author.post("/studio/following", data={"handle": bob.handle})
    await site.settle()
    [follow] = bob.server.activities("Follow")
    await bob.send(site.author_inbox, bob.activity("Accept", follow))
    review = await stage.publish(kind="music", title="Blue", review_title="Blue, fifty years on")
    await alice.send(site.inbox, alice.activity("Like", review.uri))
    await bob.send(site.inbox, bob.activity("Announce", review.uri))
    await alice.send(site.inbox, alice.create(alice.note("Yes.", in_reply_to=review.uri)))
    await site.settle()
    outbox = await site.document(f"{site.actor_id}/outbox")
    page = await site.document(outbox["first"])
    finger = "/.well-known/webfinger?resource="
    return {
        "following": await site.document(f"{site.actor_id}/following"),
        "following_page": await site.document(f"{site.actor_id}/following?page=1"),
        "host_meta": await site.document("/.well-known/host-meta.json"),
        "likes": await site.document(f"{review.uri}/likes"),
        "likes_page": await site.document(f"{review.uri}/likes?page=1"),
        "nodeinfo_2_0": await site.document("/nodeinfo/2.0"),
        "nodeinfo_links": await site.document("/.well-known/nodeinfo"),
        "outbox": outbox,
        # Its activities are those that were sent, and have examples of their own.
        "outbox_page": {**page, "orderedItems": [each["id"] for each in page["orderedItems"]]},
        "replies_page": await site.document(f"{review.uri}/replies?page=1"),
        "shares": await site.document(f"{review.uri}/shares"),
        "shares_page": await site.document(f"{review.uri}/shares?page=1"),
        "webfinger_review": await site.document(f"{finger}{review.uri}"),
        "webfinger_site": await site.document(f"{finger}{site.base_url}/"),
    }


async def _a_take(stage: Stage) -> dict[str, Document]:
    site, now, server = stage.site, stage.now, stage.alice.server
    now.advance(timedelta(minutes=5))
    take = {
        "text": "Twice now. #Anime",
        "kind": "film",
        "title": "Blue Hour",
        "year": "2023",
        "rating": "9.5",
        "warning": "Tells how it begins",
        "do": "publish",
    }
    await site.author.post("/studio/takes", data=take)
    await site.settle()
    create = server.activities("Create")[-1]
    assert create["object"]["content"].startswith("<p>★ ")
    return {"take": await site.document(create["object"]["id"])}


CHAPTERS: tuple[Callable[[Stage], Awaitable[dict[str, Document]]], ...] = (
    _a_review_and_its_thread,
    _a_book_in_bookwyrm,
    _works_of_other_kinds,
    _a_quote,
    _an_end_of_following,
    _what_followers_hear_besides,
    _lists_and_names,
    _a_take,
    _a_reply_that_asks_first,
)
"""What happens, in this order: a new chapter at the end changes no id in those before it."""


@pytest.fixture
async def documents(
    steady_site: Site,
    neighbourhood: Neighbourhood,
    alice: PretendActor,
    bob: PretendActor,
    now: Clock,
) -> dict[str, Document]:
    """One of each kind: fetched, or as a follower gets it."""
    mouse = neighbourhood.server("bookwyrm.example").person("mouse")
    stage = Stage(site=steady_site, now=now, alice=alice, bob=bob, mouse=mouse)
    found: dict[str, Document] = {}
    for chapter in CHAPTERS:
        found.update(await chapter(stage))
    return found


def example_of(document: Document) -> str:
    """Write a document as an example.

    The name of a picture is the hash of its bytes, which the JPEG library decides; and a proof
    over it changes with it.
    """
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    text = re.sub(r"/media/[0-9a-f]{32}", "/media/0123456789abcdef0123456789abcdef", text)
    if "/media/" in text:
        text = re.sub(r'"proofValue": "z[^"]+"', '"proofValue": "z…"', text)
    return text


async def test_every_document_is_as_its_example_says(documents: dict[str, Document]) -> None:
    if os.environ.get(RENEW):
        EXAMPLES.mkdir(parents=True, exist_ok=True)
        for name, document in documents.items():
            (EXAMPLES / f"{name}.json").write_text(example_of(document), encoding="utf-8")

    for name, document in documents.items():
        example = (EXAMPLES / f"{name}.json").read_text(encoding="utf-8")

        assert example_of(document) == example, f"if this is meant, renew it with {RENEW}=1"

    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(documents)


async def test_an_article_reads_well_wherever_only_a_part_of_it_is_shown(
    documents: dict[str, Document],
) -> None:
    article = documents["article"]

    assert article["type"] == "Article"
    assert article["name"] == "BLAME! A Netflix Original – 8.5/10"
    assert article["summary"].startswith("8.5/10 – ")
    for unwanted in ("<", "http", "gene"):
        assert unwanted not in article["summary"]
    assert article["content"].startswith(
        "<p><strong>BLAME!</strong> (film, 2017, 105 min) – 8.5/10"
    )
    assert article["contentMap"] == {"en": article["content"]}
    assert article["source"] == {"content": REVIEW["body"], "mediaType": "text/markdown"}
    assert article["preview"]["type"] == "Note"
    assert article["preview"]["content"].startswith(f"<p><strong>{article['name']}</strong></p>")


async def test_an_article_keeps_its_card_and_its_place_in_timelines(
    documents: dict[str, Document],
) -> None:
    article = documents["article"]
    page = "https://reviews.example/reviews/blame-a-netflix-original"

    assert article["url"] == page
    assert article["attachment"] == [{"type": "Link", "mediaType": "text/html", "href": page}]
    assert article["image"]["type"] == "Image"
    assert article["image"]["name"] == REVIEW["cover_alt"]
    assert "inReplyTo" not in article
    assert "updated" not in article
    assert "updated" not in documents["create"]["object"]
    assert article["to"] == [PUBLIC]
    assert article["cc"] == ["https://reviews.example/users/critic/followers"]
    assert article["context"] == article["conversation"] == f"{article['id']}/context"
    counted = {name: article[name]["totalItems"] for name in ("replies", "likes", "shares")}
    assert counted == {"replies": 1, "likes": 1, "shares": 1}


async def test_a_rating_travels_exactly_and_in_the_words_of_others(
    documents: dict[str, Document],
) -> None:
    article = documents["article"]
    work = article["itemReviewed"]["id"]
    rating = article["reviewRating"]
    related = {each["type"]: each for each in article["relatedWith"]}
    tags = [tag for tag in article["tag"] if tag["type"] != "Hashtag"]

    assert Decimal(str(rating["ratingValue"])) == Decimal("8.5")
    assert (rating["bestRating"], rating["worstRating"]) == (10, 0)
    assert set(related) == {"Status", "Rating", "Review"}
    assert (related["Rating"]["value"], related["Rating"]["best"]) == (9, 10)
    assert related["Rating"]["worst"] == 1
    assert all(each["withRegardTo"] == work for each in related.values())
    assert [(tag["type"], tag["href"]) for tag in tags] == [("Movie", work)]
    assert [tag["name"] for tag in article["tag"] if tag["type"] == "Hashtag"] == [
        "#anime",
        "#Netflix",
    ]


async def test_no_two_terms_of_a_context_mean_the_same(documents: dict[str, Document]) -> None:
    for name in ("article", "actor", "create"):
        terms = next(each for each in documents[name]["@context"] if isinstance(each, dict))
        meanings = [each if isinstance(each, str) else each["@id"] for each in terms.values()]

        assert len(meanings) == len(set(meanings)), name


async def test_public_activities_are_proved_and_answers_to_one_server_are_not(
    documents: dict[str, Document],
) -> None:
    for name in PUBLIC_ACTIVITIES:
        proof = documents[name]["proof"]
        assert proof["cryptosuite"] == "eddsa-jcs-2022"
        assert proof["verificationMethod"] == f"{documents[name]['actor']}#ed25519-key"
    for name in ("accept", "follow", "quote_accept", "undo"):
        assert "proof" not in documents[name]


async def test_everybody_may_answer_quote_and_find_reviews_and_answers(
    documents: dict[str, Document],
) -> None:
    for document in (documents["article"], documents["note"]):
        rule = {"automaticApproval": [PUBLIC]}
        assert document["interactionPolicy"] == {"canReply": rule, "canQuote": rule}
        assert document["searchableBy"] == [PUBLIC]


async def test_an_answer_names_whom_it_answers(documents: dict[str, Document]) -> None:
    note = documents["note"]

    assert note["inReplyTo"].startswith("https://social.example/users/alice/notes/")
    assert note["tag"] == [
        {
            "type": "Mention",
            "href": "https://social.example/users/alice",
            "name": "@alice@social.example",
        }
    ]
    assert "https://social.example/users/alice" in note["cc"]
    assert "<em>goes on</em>" in note["content"]
