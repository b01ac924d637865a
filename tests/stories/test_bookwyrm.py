"""A book's review is a Review to BookWyrm, and an Article to everybody else."""

from dataclasses import dataclass

import httpx
import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, LD_JSON
from fedreview.storage import hosts
from tests.clock import Clock
from tests.fediverse import Document, Neighbourhood, PretendActor
from tests.stories.site import HTML, Published, Site

pytestmark = pytest.mark.anyio

BOOKWYRM = "BookWyrm (BookWyrm/0.9.2; +https://bookwyrm.example)"
OTHERS = "Mastodon/4.5.0 (http.rb/5.1.0; +https://social.example/)"
BOOK = {"kind": "book", "title": "Piranesi", "year": "2020", "review_title": "A house of statues"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """mouse on BookWyrm and alice on Mastodon; both follow the author."""

    site: Site
    mouse: PretendActor
    alice: PretendActor

    def got(self, reader: PretendActor, type: str) -> list[Document]:
        return reader.server.activities(type)


@pytest.fixture
async def readers(
    site: Site, neighbourhood: Neighbourhood, alice: PretendActor, now: Clock
) -> Readers:
    mouse = neighbourhood.server("bookwyrm.example").person("mouse")
    for reader in (mouse, alice):
        await reader.send(site.author_inbox, reader.activity("Follow", site.actor_id))
    await site.settle()
    with site.parts.database.transaction() as tx:
        hosts.keep_software(tx, "bookwyrm.example", "bookwyrm", now=now())
        hosts.keep_software(tx, "social.example", "mastodon", now=now())
    return Readers(site=site, mouse=mouse, alice=alice)


@pytest.fixture
async def book(readers: Readers) -> Published:
    published = await readers.site.publish(**BOOK)
    await readers.site.settle()
    return published


async def fetch(
    site: Site, url: str, agent: str, *, accept: str = LD_JSON, **headers: str
) -> httpx.Response:
    given = {"Accept": accept, "User-Agent": agent}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await site.reader.get(url, headers=given)


async def test_bookwyrm_gets_a_review_and_mastodon_an_article_of_one_id(
    readers: Readers, book: Published
) -> None:
    [theirs] = readers.got(readers.mouse, "Create")
    [article] = readers.got(readers.alice, "Create")

    assert theirs["object"]["type"] == "Review"
    assert theirs["object"]["rating"] == 4.25
    assert article["object"]["type"] == "Article"
    assert theirs["object"]["id"] == article["object"]["id"] == book.uri
    assert theirs["id"] != article["id"]
    assert "proof" in theirs


async def test_the_outbox_says_each_thing_once(readers: Readers, book: Published) -> None:
    outbox = await readers.site.document(f"{readers.site.actor_id}/outbox?page=")

    assert [each["object"]["type"] for each in outbox["orderedItems"]] == ["Article"]


async def test_an_edit_reaches_each_in_its_own_words(readers: Readers, book: Published) -> None:
    form = {**BOOK, "rating": "6", "body": "Colder now.", "language": "en", "spoilers": "none"}
    await readers.site.author.post(f"/studio/reviews/{book.id}", data={**form, "do": "update"})
    await readers.site.settle()

    [theirs] = readers.got(readers.mouse, "Update")
    [article] = readers.got(readers.alice, "Update")
    assert (theirs["object"]["type"], theirs["object"]["rating"]) == ("Review", 3)
    assert theirs["object"]["updated"] == article["object"]["updated"]
    assert article["object"]["type"] == "Article"


async def test_a_server_that_was_not_known_as_bookwyrm_gets_the_review_with_the_edit(
    readers: Readers, now: Clock
) -> None:
    site, mouse = readers.site, readers.mouse
    with site.parts.database.transaction() as tx:
        hosts.keep_software(tx, mouse.server.host, "", now=now())
    published = await site.publish(**BOOK)
    await site.settle()
    with site.parts.database.transaction() as tx:
        hosts.keep_software(tx, mouse.server.host, "bookwyrm", now=now())

    form = {**BOOK, "rating": "6", "body": "Colder now.", "language": "en", "spoilers": "none"}
    for _ in range(2):
        await site.author.post(f"/studio/reviews/{published.id}", data={**form, "do": "update"})
        await site.settle()

    creates = [each["object"]["type"] for each in readers.got(mouse, "Create")]
    updates = [each["object"]["type"] for each in readers.got(mouse, "Update")]
    assert (creates, updates) == (["Article", "Review"], ["Review"])


async def test_a_deletion_is_the_same_for_all(readers: Readers, book: Published) -> None:
    await readers.site.delete(book.id)
    await readers.site.settle()

    assert readers.got(readers.mouse, "Delete") == readers.got(readers.alice, "Delete")
    assert readers.got(readers.mouse, "Delete")[0]["object"]["id"] == book.uri


async def test_a_review_that_never_reached_bookwyrm_does_not_after_its_deletion(
    readers: Readers,
) -> None:
    readers.mouse.server.is_down = True
    published = await readers.site.publish(**BOOK)
    await readers.site.settle()
    await readers.site.delete(published.id)

    waiting = readers.site.queues().deliveries
    readers.mouse.server.is_down = False
    await readers.site.settle()

    assert waiting["waiting"] == 2
    assert readers.got(readers.mouse, "Create") == []


async def test_what_bookwyrm_has_no_word_for_is_an_article_to_it_too(readers: Readers) -> None:
    published = await readers.site.publish()
    await readers.site.settle()

    assert readers.got(readers.mouse, "Create") == readers.got(readers.alice, "Create")
    found = await fetch(readers.site, published.uri, BOOKWYRM)
    assert found.json()["type"] == "Article"
    assert found.headers["vary"] == "Accept, Accept-Encoding"
    assert found.headers["cache-control"].startswith("public")


async def test_a_manga_is_a_book_to_bookwyrm(readers: Readers) -> None:
    await readers.site.publish(kind="manga", title="BLAME!", review_title="Blame, on paper")
    await readers.site.settle()

    [theirs] = readers.got(readers.mouse, "Create")
    edition = await readers.site.document(theirs["object"]["inReplyToBook"])
    assert edition["physicalFormat"] == "GraphicNovel"


async def test_bookwyrm_finds_edition_and_work_from_the_review(
    readers: Readers, book: Published
) -> None:
    review = (await fetch(readers.site, book.uri, BOOKWYRM)).json()
    edition = (await fetch(readers.site, review["inReplyToBook"], BOOKWYRM)).json()
    work = await fetch(readers.site, edition["work"], BOOKWYRM)

    assert (edition["type"], edition["title"]) == ("Edition", "Piranesi")
    assert (work.json()["type"], work.json()["id"]) == ("Work", edition["work"])
    assert work.headers["content-type"] == ACTIVITY_JSON


async def test_a_work_of_another_kind_or_without_reviews_has_no_editions(
    readers: Readers, book: Published
) -> None:
    film = await readers.site.document((await readers.site.publish()).uri)
    of_film = f"{film['itemReviewed']['id']}/work"
    of_book = (await readers.site.document(book.uri))["itemReviewed"]["id"] + "/work"
    await readers.site.delete(book.id)

    for url in (of_film, of_book, f"{readers.site.base_url}/ap/works/nothing/work"):
        assert (await fetch(readers.site, url, BOOKWYRM)).status_code == 404


async def test_a_fetch_is_answered_in_the_words_of_whoever_asks(
    readers: Readers, book: Published
) -> None:
    for agent, type_ in (
        (OTHERS, "Article"),
        (BOOKWYRM, "Review"),
        (BOOKWYRM.lower(), "Review"),
        ("", "Article"),
        (OTHERS, "Article"),
        (BOOKWYRM, "Review"),
    ):
        found = await fetch(readers.site, book.uri, agent)

        assert (found.json()["type"], found.json()["id"]) == (type_, book.uri)
        assert found.headers["vary"] == "Accept, User-Agent, Accept-Encoding"


async def test_no_cache_gives_one_the_document_of_the_other(
    readers: Readers, book: Published
) -> None:
    theirs = await fetch(readers.site, book.uri, BOOKWYRM)
    article = await fetch(readers.site, book.uri, OTHERS)

    assert theirs.headers["etag"] != article.headers["etag"]
    assert theirs.headers["cache-control"].startswith("private")
    assert article.headers["cache-control"].startswith("public")
    for agent, own, other in ((BOOKWYRM, theirs, article), (OTHERS, article, theirs)):
        known = await fetch(readers.site, book.uri, agent, if_none_match=own.headers["etag"])
        wrong = await fetch(readers.site, book.uri, agent, if_none_match=other.headers["etag"])

        assert known.status_code == 304
        assert known.headers["vary"] == "Accept, User-Agent, Accept-Encoding"
        assert known.headers["cache-control"] == own.headers["cache-control"]
        assert wrong.json() == own.json()


async def test_an_edit_makes_both_documents_new(readers: Readers, book: Published) -> None:
    before = {agent: await fetch(readers.site, book.uri, agent) for agent in (BOOKWYRM, OTHERS)}
    form = {**BOOK, "rating": "2", "body": "No.", "language": "en", "spoilers": "none"}
    await readers.site.author.post(f"/studio/reviews/{book.id}", data={**form, "do": "update"})

    for agent, old in before.items():
        found = await fetch(readers.site, book.uri, agent, if_none_match=old.headers["etag"])
        assert found.status_code == 200
    assert (await fetch(readers.site, book.uri, BOOKWYRM)).json()["rating"] == 1


async def test_people_and_the_gone_are_the_same_to_bookwyrm(
    readers: Readers, book: Published
) -> None:
    page = await fetch(readers.site, book.uri, BOOKWYRM, accept=HTML)
    await readers.site.delete(book.id)
    gone = await fetch(readers.site, book.uri, BOOKWYRM)

    assert (page.status_code, page.headers["location"]) == (302, readers.site.base_url + book.path)
    assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")


async def test_likes_and_replies_from_bookwyrm_meet_those_from_mastodon(
    readers: Readers, book: Published
) -> None:
    mouse, alice, site = readers.mouse, readers.alice, readers.site
    await mouse.send(site.inbox, mouse.activity("Like", book.uri))
    await alice.send(site.inbox, alice.activity("Like", book.uri))
    note = mouse.note("The statues!", in_reply_to=book.uri)
    await mouse.send(site.inbox, mouse.create(note))
    await site.settle()

    theirs = (await fetch(site, book.uri, BOOKWYRM)).json()
    article = (await fetch(site, book.uri, OTHERS)).json()
    for document in (theirs, article):
        assert document["likes"]["totalItems"] == 2
        assert document["replies"]["totalItems"] == 1
