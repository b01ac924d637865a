"""Finding out what is private, and getting at what is the author's alone."""

import re

import httpx
import pytest
from starlette.routing import Route

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.web.routes import routes
from tests.fediverse import PretendActor
from tests.stories.attacks.tricks import create
from tests.stories.site import HTML, REVIEW, Published, Site

pytestmark = pytest.mark.anyio

STUDIO = [
    (method, route.path)
    for route in routes(inbox_limit_bytes=10_000, upload_limit_bytes=10_000)
    if isinstance(route, Route) and route.path.startswith("/studio")
    for method in sorted(route.methods or ())
    if method in {"GET", "POST"}
]


async def ask(site: Site, path: str, accept: str) -> httpx.Response:
    return await site.reader.get(path, headers={"Accept": accept})


def without(answer: httpx.Response, path: str) -> tuple[int, str, dict[str, str]]:
    """Give an answer as it is, but for the address that was asked."""
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return answer.status_code, answer.text.replace(path, ""), headers


async def draft_of(site: Site) -> tuple[str, str]:
    """Save a draft; give its id and the slug that it will have."""
    form = {**REVIEW, "title": "Secret", "review_title": "A secret", "do": "save"}
    answer = await site.author.post("/studio/write", data=form)
    found = re.search(r"/studio/reviews/([0-9a-z]+)", answer.headers["location"])
    assert found is not None
    return found[1], "a-secret"


@pytest.mark.parametrize("accept", [HTML, ACTIVITY_JSON])
async def test_a_draft_cannot_be_told_from_what_never_was(site: Site, accept: str) -> None:
    draft, slug = await draft_of(site)
    never = "0" * len(draft)
    pairs = [
        (f"/ap/reviews/{draft}{end}", f"/ap/reviews/{never}{end}")
        for end in ("", "/replies", "/likes", "/shares", "/context", "/replies?page=1")
    ]
    pairs += [(f"/reviews/{slug}", "/reviews/never-was"), ("/works/secret", "/works/never")]

    for path, other in pairs:
        told = without(await ask(site, path, accept), path)

        assert told[0] == 404
        assert told == without(await ask(site, other, accept), other)


@pytest.mark.parametrize("accept", [HTML, ACTIVITY_JSON])
async def test_a_private_message_cannot_be_told_from_what_never_was(
    site: Site, alice: PretendActor, review: Published, accept: str
) -> None:
    message = alice.note("Between us.", in_reply_to=review.uri, to=[site.actor_id], cc=[])
    await create(alice, site, message)
    article = (await site.desk("/studio/conversation")).select_one("li.private article")
    assert article is not None
    note = str(article["id"]).removeprefix("reply-")
    never = "0" * len(note)

    for start in ("/ap/notes/", "/notes/", "/ap/activities/", "/ap/quotes/"):
        for end in ("", "/replies", "/likes", "/shares"):
            path, other = f"{start}{note}{end}", f"{start}{never}{end}"
            told = without(await ask(site, path, accept), path)

            assert told[0] == 404
            assert told == without(await ask(site, other, accept), other)


async def test_what_was_sent_to_one_cannot_be_read_by_all(site: Site, alice: PretendActor) -> None:
    await alice.send(site.inbox, alice.activity("Follow", site.actor_id))
    await site.settle()
    (accept,) = alice.server.activities("Accept")

    answer = await ask(site, accept["id"].removeprefix(site.base_url), ACTIVITY_JSON)

    assert answer.status_code == 404


async def test_a_reaction_to_a_draft_or_a_message_is_not_kept(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    draft, _ = await draft_of(site)

    for target in (f"{site.base_url}/ap/reviews/{draft}", f"{site.base_url}/ap/reviews/0000"):
        for type_ in ("Like", "Announce"):
            await bob.send(site.inbox, bob.activity(type_, target))
    await site.settle()

    assert site.rows()["reactions"] == 0


async def test_followers_only_words_are_on_no_page_and_in_no_document(
    site: Site, alice: PretendActor, review: Published
) -> None:
    secret = "For those who follow me."
    note = alice.note(secret, in_reply_to=review.uri, to=[f"{alice.id}/followers"], cc=[])

    await create(alice, site, note)

    for path in (review.path, "/", "/@critic", "/works/blame"):
        assert secret not in (await ask(site, path, HTML)).text
    for end in ("", "/replies", "/replies?page=1", "/context"):
        assert note["id"] not in (await ask(site, f"{review.uri}{end}", ACTIVITY_JSON)).text


@pytest.mark.parametrize(("method", "path"), STUDIO)
async def test_the_desk_opens_for_nobody_without_a_session(
    site: Site, review: Published, method: str, path: str
) -> None:
    before = site.rows()
    address = re.sub(r"\{id[^}]*\}", review.id, path)

    answers = [
        await browser.request(method, address, data={"title": "x"} if method == "POST" else None)
        for browser in (site.reader, site.browser(token="a-guess"))
    ]

    assert {answer.status_code for answer in answers} <= {286, 303, 401}
    assert {answer.headers.get("location", "/login").partition("?")[0] for answer in answers} == {
        "/login"
    }
    assert site.rows() == before


@pytest.mark.parametrize(
    "path",
    [
        "/media/..%2F..%2Fetc%2Fpasswd",
        "/media/../../etc/passwd",
        "/media/....//etc/passwd",
        "/media/%2e%2e%2ffedreview.sqlite3",
        "/static/..%2f..%2fapp.py",
        "/static/../settings.py",
        "/media/https:%2F%2Fevil.example%2Fx.png",
        "/media/x?url=https://evil.example/x.png",
    ],
)
async def test_the_pictures_lead_to_no_other_file_or_server(
    site: Site, alice: PretendActor, path: str
) -> None:
    asked = len(alice.server.neighbourhood.asked)

    answer = await site.reader.get(path)

    assert answer.status_code == 404
    assert alice.server.neighbourhood.asked[asked:] == []


async def test_only_our_own_host_is_attributed_to_our_authors(site: Site) -> None:
    actor = await site.document(site.actor_id)

    assert actor["attributionDomains"] == ["reviews.example"]
