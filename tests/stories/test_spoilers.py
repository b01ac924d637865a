"""What a spoiler hides stands on the review's page, in its Article, and nowhere else."""

import json
import re

import pytest
from starlette.routing import Route

from fedreview.storage import conduct
from fedreview.web.routes import routes
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, follow

pytestmark = pytest.mark.anyio

CANARY = "Qxzcanary"
# Told after a warning: on the page, and by feeds, which carry the warning too.
OPEN = "Qxzopen"
BODY = f"""An open beginning.

He >!{CANARY}inline!< and ||{CANARY}bars|| and [a ||{CANARY}link||](/{CANARY}address).

![what >!{CANARY}alt!< shows](/media/{CANARY}file.jpg) and a note.[^open]

::: spoiler About the >!{CANARY}title!< of it
{CANARY}block, with a note.[^shut]

| {CANARY}head | b |
|---|---|
| {CANARY}cell | ||{CANARY}barred|| |

::: spoiler
{CANARY}nested
:::
:::

> ::: spoiler
> {CANARY}quoted

| a | b |
|---|---|
| open | >!{CANARY}table!< |

[^open]: Open, but ||{CANARY}notebars||.
[^shut]: {CANARY}footnote
"""
LEVELS = {
    # What the author says is without spoilers may be quoted anywhere, but for what is hidden.
    "none": {"body": BODY, "verdict": "Good."},
    "some": {"body": f"{OPEN}\n\n{BODY}", "verdict": "Good."},
    "full": {"body": f"{CANARY}text\n\n{BODY}", "verdict": f"{CANARY}verdict"},
}
MORE = {
    "tags": "Cyberpunk",
    "synopsis": "A loner.",
    "sign_off": f"Bye ||{CANARY}signoff||",
    "postscripts": f"Later >!{CANARY}postscript!<",
}
# The desk is its author's. The review's own page and its documents are told apart below.
OF_AUTHORS = re.compile(r"/studio|/setup|/login|/logout|/authorize_interaction")


def public_paths() -> list[str]:
    found = [
        route.path
        for route in routes(inbox_limit_bytes=1, upload_limit_bytes=1)
        if isinstance(route, Route) and "GET" in (route.methods or ())
    ]
    return [path for path in found if not OF_AUTHORS.match(path)]


def filled(path: str, site: Site, review: Published, work: str, note: str) -> list[str]:
    """Give real addresses for a path of the URL map; raises KeyError for a new kind of place."""
    slug = review.path.rpartition("/")[2]
    values: dict[str, list[str]] = {
        "/reviews/{slug}": [f"/reviews/{slug}"],
        "/works/{slug}": [f"/works/{work}"],
        "/notes/{id}": [],  # an answer elsewhere says nothing of a review
        "/notes/{id}/reactions": [],
        "/replies/{id}": [f"/replies/{note}"],
        "/media/avatars/{name}": [],
        "/mail/stop/{token}": [],  # about mails, and no review
        "/media/copies/{name}": [],
        "/media/{name}": [],
        "/.well-known/webfinger": [
            f"/.well-known/webfinger?resource=acct:{site.handle.removeprefix('@')}",
            f"/.well-known/webfinger?resource={review.uri}",
        ],
        "/interact": [
            "/interact?do=follow&person=critic",
            f"/interact?do=like&review={review.id}",
            f"/interact?do=reply&note={note}",
        ],
        "/users/{username}/{name}": [
            f"/users/{site.username}/{name}{page}"
            for name in ("outbox", "followers", "following", "featured")
            for page in ("", "?page=true", "?page=1")
        ],
        "/actor/outbox": ["/actor/outbox"],
        "/ap/{kind}/{id}": [f"/ap/reviews/{review.id}", f"/ap/notes/{note}"],
        "/ap/{kind}/{id}/{name}": [
            f"/ap/reviews/{review.id}/{name}" for name in ("replies", "likes", "shares", "context")
        ],
        "/sitemaps/{part}.xml": [
            f"/sitemaps/{part}.xml" for part in ("pages", "reviews-1", "works-1")
        ],
        "/static/{name}": ["/static/site.css"],
        "/search": ["/search?q=beginning", f"/search?q={CANARY.lower()}block", "/search"],
    }
    if path in values:
        return values[path]
    names = {
        "username": ["critic"],
        "slug": [review.path.rpartition("/")[2]],
        "tag": ["cyberpunk"],
        "kind": ["film"],
        "format": ["atom", "rss", "json"],
        "version": ["2.1"],
        "year": ["2024"],
        "month": ["5"],
        "level": ["8"],
    }
    addresses = [path]
    for name in re.findall(r"\{(\w+)(?::\w+)?\}", path):
        addresses = [
            re.sub(rf"\{{{name}(:\w+)?\}}", value, address)
            for address in addresses
            for value in names[name]
        ]
    return addresses


@pytest.fixture(params=LEVELS)
async def told(
    request: pytest.FixtureRequest, site: Site, alice: PretendActor
) -> tuple[Site, Published, str, PretendActor]:
    """A review of each level, with a follower and a reply."""
    await follow(site, alice)
    with site.parts.database.transaction() as tx:
        author = site.parts.site.accounts.authors()[0]
        conduct.set_of_author(tx, author.id, conduct.AuthorConduct(welcomes_guests=True))
    level = str(request.param)
    review = await site.publish(**LEVELS[level], **MORE, spoilers=level)
    await site.settle()
    note = alice.note("I liked it", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await site.settle()
    return site, review, level, alice


async def test_no_public_address_but_the_review_itself_tells_what_is_hidden(
    told: tuple[Site, Published, str, PretendActor],
) -> None:
    site, review, _, _ = told
    page = await site.page(review.path)
    work = str(page.select_one("a.p-item, .p-item a, a.h-product, .eyebrow a")["href"])  # type: ignore[index]  # there is one
    note = str(page.select_one(".reply")["id"]).removeprefix("reply-")  # type: ignore[index]
    seen = 0
    for path in public_paths():
        for address in filled(path, site, review, work.rpartition("/")[2], note):
            for accept in ("text/html", "application/activity+json"):
                answer = await site.reader.get(address, headers={"Accept": accept})
                seen += answer.status_code == 200
                assert answer.status_code in {200, 302, 303, 404, 410}, address
                if path == "/reviews/{slug}":
                    continue
                text = answer.text
                if answer.headers.get("content-type", "").startswith("application/activity+json"):
                    text = without_content(answer.json())
                assert CANARY not in text, address
                assert OPEN not in text or "/feed." in address, address
    assert seen > 40


def without_content(document: object) -> str:
    """Write an ActivityStreams document without what is for those who chose to read it."""
    if isinstance(document, dict):
        kept = {
            name: json.loads(without_content(value))
            for name, value in document.items()
            if name not in {"content", "contentMap", "source", "schema:additionalProperty"}
        }
        return json.dumps(kept)
    if isinstance(document, list):
        return json.dumps([json.loads(without_content(value)) for value in document])
    return json.dumps(document)


async def test_the_page_tells_it_in_its_text_and_in_nothing_that_machines_take_from_it(
    told: tuple[Site, Published, str, PretendActor],
) -> None:
    site, review, _, _ = told
    page = await site.page(review.path)
    assert CANARY in page.get_text()
    head = page.select_one("head")
    assert head is not None
    assert "og:description" in str(head)
    assert "application/ld+json" in str(head)
    assert CANARY not in str(head)
    assert OPEN not in str(head)
    for tag in page.select(".review-title, .deck, .eyebrow, .title-score, .conversation, .facts"):
        assert CANARY not in str(tag)


async def test_what_is_sent_tells_it_in_the_content_alone(
    told: tuple[Site, Published, str, PretendActor],
) -> None:
    _, _, level, alice = told
    sent = [each.activity for each in alice.server.received if each.activity["type"] == "Create"]
    assert sent
    for activity in sent:
        assert CANARY in json.dumps(activity)
        assert CANARY not in without_content(activity), level
        assert OPEN not in without_content(activity)
