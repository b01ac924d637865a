"""One thing, two forms: a page for people and a document for servers."""

from itertools import product

import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, LD_JSON
from tests.stories.site import HTML, REVIEW, Published, Site

pytestmark = pytest.mark.anyio

AS = (
    ACTIVITY_JSON,
    LD_JSON,
    "application/activity+json, application/ld+json",
    "application/ld+json",
    f"application/activity+json, {LD_JSON}, text/html;q=0.1",
    "APPLICATION/ACTIVITY+JSON",
    "text/html;q=0.8, application/activity+json;q=0.9",
)
PAGES = (
    HTML,
    "text/html",
    "text/html, application/activity+json;q=0.5",
    "application/xhtml+xml",
    "application/activity+json;q=0, text/html",
)
NEITHER = ("*/*", "", "application/json", "text/turtle", "image/webp,*/*;q=0.5", ";;,q=,=;")

DOCUMENTS = (
    "/users/critic",
    "/actor",
    "/users/critic/outbox",
    "/users/critic/outbox?page=1",
    "/users/critic/followers",
    "/users/critic/following",
    "/users/critic/featured",
    "/users/critic/featuredTags",
    "{review}",
    "{review}/replies",
    "{review}/likes",
    "{review}/shares",
    "{review}/context",
    "{review}/replies?page=1",
    "{review}/likes?page=1",
    "{review}/shares?page=1",
    "{review}/context?page=1",
    "/.well-known/host-meta.json",
    "/.well-known/nodeinfo",
    "/nodeinfo/2.1",
    "/.well-known/webfinger?resource=acct:critic@reviews.example",
)


@pytest.fixture
def pairs(site: Site, review: Published) -> list[tuple[str, str]]:
    """Ids of things, each with the path of its page."""
    return [
        (review.uri.removeprefix(site.base_url), review.path),
        ("/users/critic", "/@critic"),
    ]


async def test_a_server_gets_documents(site: Site, pairs: list[tuple[str, str]]) -> None:
    for (id_, page), accept in product(pairs, AS):
        document = await site.reader.get(id_, headers={"Accept": accept})
        sent_on = await site.reader.get(page, headers={"Accept": accept})

        assert document.headers["content-type"] == ACTIVITY_JSON
        assert document.json()["id"] == f"{site.base_url}{id_}"
        assert "Accept" in document.headers["vary"]
        assert (sent_on.status_code, sent_on.headers["location"]) == (302, f"{site.base_url}{id_}")
        assert "Accept" in sent_on.headers["vary"]


async def test_a_browser_gets_pages(site: Site, pairs: list[tuple[str, str]]) -> None:
    for (id_, page), accept in product(pairs, PAGES):
        shown = await site.reader.get(page, headers={"Accept": accept})
        sent_on = await site.reader.get(id_, headers={"Accept": accept})

        assert shown.headers["content-type"].startswith("text/html")
        assert "Accept" in shown.headers["vary"]
        assert (sent_on.status_code, sent_on.headers["location"]) == (302, f"{site.base_url}{page}")
        assert "Accept" in sent_on.headers["vary"]


async def test_who_does_not_say_gets_what_stands_at_the_address(
    site: Site, pairs: list[tuple[str, str]]
) -> None:
    for (id_, page), accept in product(pairs, NEITHER):
        document = await site.reader.get(id_, headers={"Accept": accept})
        shown = await site.reader.get(page, headers={"Accept": accept})

        assert document.headers["content-type"] == ACTIVITY_JSON
        assert shown.headers["content-type"].startswith("text/html")


async def test_each_form_names_the_other(site: Site, pairs: list[tuple[str, str]]) -> None:
    for id_, page in pairs:
        document = await site.reader.get(id_, headers={"Accept": ACTIVITY_JSON})
        shown = await site.page(page)

        link = shown.select_one(f"link[rel=alternate][type='{ACTIVITY_JSON}']")
        assert link is not None
        assert link["href"] == f"{site.base_url}{id_}"
        named = f'<{site.base_url}{page}>; rel="alternate"; type="text/html"'
        assert document.headers["link"] == named


async def test_the_page_of_a_review_names_its_document_before_any_html_is_read(
    site: Site, review: Published
) -> None:
    answer = await site.reader.head(review.path)

    assert answer.headers["link"] == f'<{review.uri}>; rel="alternate"; type="{ACTIVITY_JSON}"'


async def test_an_unchanged_document_is_not_sent_again(site: Site, review: Published) -> None:
    as_json = {"Accept": ACTIVITY_JSON}
    for path in DOCUMENTS:
        url = path.replace("{review}", review.uri)
        first = await site.reader.get(url, headers=as_json)
        etag = first.headers["etag"]

        for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
            again = await site.reader.get(url, headers={**as_json, "If-None-Match": known})

            assert (path, again.status_code, again.content) == (path, 304, b"")
            assert again.headers["etag"] == etag
            assert again.headers["cache-control"] == first.headers["cache-control"]
        assert not etag.startswith("W/")
        assert "max-age" in first.headers["cache-control"]


async def test_an_unchanged_page_is_not_sent_again_until_it_changes(
    site: Site, review: Published
) -> None:
    first = await site.reader.get(review.path)
    known = {"If-None-Match": first.headers["etag"]}

    unchanged = await site.reader.get(review.path, headers=known)
    await site.author.post(
        f"/studio/reviews/{review.id}", data={**REVIEW, "verdict": "New", "do": "update"}
    )
    changed = await site.reader.get(review.path, headers=known)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert "Accept" in unchanged.headers["vary"]
    assert changed.status_code == 200


async def test_the_document_of_a_review_is_sent_again_after_an_edit(
    site: Site, review: Published
) -> None:
    as_json = {"Accept": ACTIVITY_JSON}
    first = await site.reader.get(review.uri, headers=as_json)
    await site.author.post(
        f"/studio/reviews/{review.id}", data={**REVIEW, "rating": "9", "do": "update"}
    )

    known = {**as_json, "If-None-Match": first.headers["etag"]}
    second = await site.reader.get(review.uri, headers=known)

    assert second.status_code == 200


async def test_the_outbox_can_be_read_to_its_end(site: Site) -> None:
    for n in range(23):
        await site.publish(review_title=f"Number {n}")
    outbox = await site.document("/users/critic/outbox")

    ids, url = [], outbox["first"]
    while url:
        page = await site.document(url)
        assert page["id"] == url
        assert page["partOf"] == outbox["id"]
        ids += [item["id"] for item in page["orderedItems"]]
        url = page.get("next")

    assert outbox["totalItems"] == len(ids) == len(set(ids)) == 23
    activity = await site.document(ids[0])
    assert (activity["type"], activity["object"]["name"]) == ("Create", "Number 22 – 8.5/10")
