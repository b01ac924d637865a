"""Following, replying and liking from one's own server."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.clock import Clock
from tests.fediverse import PretendActor, PretendServer
from tests.stories.site import Published, Site, said, soup
from tests.stories.test_inbox_thread import reply

pytestmark = pytest.mark.anyio

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
OLD = {"rel": SUBSCRIBE, "template": "https://social.example/authorize_interaction?uri={uri}"}
INTENT = "https://w3id.org/fep/3b86/"
ALICE = "@alice@social.example"


def intent(name: str, template: str) -> dict[str, str]:
    return {"rel": f"{INTENT}{name}", "template": template}


def offer(server: PretendServer, *links: Any) -> None:
    document = {"subject": f"acct:alice@{server.host}", "links": list(links)}
    path = f"/.well-known/webfinger?resource=acct:alice@{server.host}"
    server.pages[path] = lambda _: httpx.Response(200, json=document)


async def ask(site: Site, do: str, handle: str = ALICE, **about: str) -> httpx.Response:
    """Open the form, type the handle, and send it."""
    page = await site.page(f"/interact?do={do}&{'&'.join(f'{k}={v}' for k, v in about.items())}")
    fields = {
        str(field["name"]): str(field.get("value", ""))
        for field in page.select("main form input[name]")
    }
    return await site.reader.post("/interact", data={**fields, "handle": handle})


def problem(answer: httpx.Response) -> str:
    assert answer.status_code == 422
    return said(soup(answer).select_one("#problem-handle"))


async def test_an_author_is_followed_through_the_old_template(
    site: Site, social: PretendServer
) -> None:
    offer(social, OLD)
    answer = await ask(site, "follow", person="critic")
    assert answer.status_code == 303
    where = "https://social.example/authorize_interaction?uri=critic%40reviews.example"
    assert answer.headers["location"] == where
    assert "set-cookie" not in answer.headers


async def test_a_review_is_replied_to_and_liked_through_the_old_template(
    site: Site, social: PretendServer, review: Published
) -> None:
    offer(social, OLD)
    for do in ("reply", "like"):
        answer = await ask(site, do, review=review.id)
        uri = quote(review.uri, safe="")
        assert answer.headers["location"].endswith(f"authorize_interaction?uri={uri}")


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("follow", "/f?o=https%3A%2F%2Freviews.example%2Fusers%2Fcritic&then="),
        ("like", "/l?o=URI"),
        ("reply", "/c?text=&to=URI"),
    ],
)
async def test_intents_come_first(
    site: Site, social: PretendServer, review: Published, do: str, expected: str
) -> None:
    offer(
        social,
        OLD,
        intent("follow", "https://social.example/f?o={object}&then={on-success}"),
        intent("Like", "https://social.example/l?o={object}"),
        intent("Create", "https://social.example/c?text={content}&to={inReplyTo}"),
        intent("Object", "https://social.example/o?o={object}"),
    )
    about = {"person": "critic"} if do == "follow" else {"review": review.id}
    answer = await ask(site, do, **about)
    expected = expected.replace("URI", quote(review.uri, safe=""))
    assert answer.headers["location"] == f"https://social.example{expected}"


async def test_a_create_that_takes_no_parent_is_no_way_to_reply(
    site: Site, social: PretendServer, review: Published
) -> None:
    offer(
        social,
        intent("Create", "https://social.example/share?text={content}"),
        intent("Object", "https://social.example/o?o={object}"),
    )
    answer = await ask(site, "reply", review=review.id)
    assert answer.headers["location"].startswith("https://social.example/o?o=")


async def test_a_reply_can_be_replied_to_and_liked(
    site: Site, social: PretendServer, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, "Yes", under=review.uri)
    offer(social, OLD)
    page = await site.page(review.path)
    links = [str(link["href"]) for link in page.select(".thread footer a[href^='/interact']")]
    assert len(links) == 2
    for link in links:
        form = await site.page(link)
        fields = {str(f["name"]): str(f.get("value", "")) for f in form.select("form input[name]")}
        answer = await site.reader.post("/interact", data={**fields, "handle": ALICE})
        assert answer.headers["location"].endswith(quote(note["id"], safe=""))


async def test_a_take_and_what_stands_under_it_can_be_replied_to_and_liked(
    site: Site, social: PretendServer, alice: PretendActor
) -> None:
    taken = await site.author.post("/studio/takes", data={"text": "Saw it.", "do": "publish"})
    path = taken.headers["location"].partition("?")[0]
    uri = f"{site.base_url}/ap{path}"
    await reply(site, alice, "Me too", under=uri)
    offer(social, OLD)
    page = await site.page(path)
    links = [str(link["href"]) for link in page.select(".conversation [href^='/interact']")]
    assert len(links) == 4
    for link in links:
        form = await site.page(link)
        assert form.select_one(f"[href^='{path}'], [href^='/replies/']"), "the way back"
        fields = {str(f["name"]): str(f.get("value", "")) for f in form.select("form input[name]")}
        answer = await site.reader.post("/interact", data={**fields, "handle": ALICE})
        assert answer.status_code == 303
    assert "A short take by Critic" in said(await site.page(links[0]))

    await site.author.post(f"/studio{path.replace('notes', 'takes')}/delete")
    for link in links:
        assert (await site.reader.get(link)).status_code == 404


async def test_another_host_is_shown_before_anybody_goes_there(
    site: Site, social: PretendServer
) -> None:
    offer(social, {"rel": SUBSCRIBE, "template": "https://evil.example/a?uri={uri}"})
    answer = await ask(site, "follow", person="critic")
    assert answer.status_code == 200
    page = soup(answer)
    assert "evil.example" in said(page.select_one(".notice"))
    link, back = page.select("main a.button")
    assert said(back) == "Back"
    assert link["href"] == "https://evil.example/a?uri=critic%40reviews.example"


async def test_a_host_below_the_one_of_the_handle_is_no_other(
    site: Site, social: PretendServer
) -> None:
    offer(social, {"rel": SUBSCRIBE, "template": "https://www.social.example/a?uri={uri}"})
    assert (await ask(site, "follow", person="critic")).status_code == 303


@pytest.mark.parametrize(
    "link",
    [
        {"rel": SUBSCRIBE, "template": "javascript:alert('{uri}')"},
        {"rel": SUBSCRIBE, "template": "data:text/html,{uri}"},
        {"rel": SUBSCRIBE, "template": "http://social.example/a?uri={uri}"},
        {"rel": SUBSCRIBE, "template": "https://user@social.example/a?uri={uri}"},
        {"rel": SUBSCRIBE, "template": "https://127.0.0.1/a?uri={uri}"},
        {"rel": SUBSCRIBE, "template": "//social.example/a?uri={uri}"},
        {"rel": SUBSCRIBE, "template": "https://social.example/no-place-for-it"},
        {"rel": SUBSCRIBE, "template": f"https://social.example/{'a' * 3000}?uri={{uri}}"},
        {"rel": SUBSCRIBE, "template": ["https://social.example/a?uri={uri}"]},
        {"rel": 5, "template": "https://social.example/a?uri={uri}"},
        "https://social.example/a?uri={uri}",
    ],
    ids=str,
)
async def test_a_template_that_leads_nowhere_good_is_not_followed(
    site: Site, social: PretendServer, link: object
) -> None:
    offer(social, link)
    answer = await ask(site, "follow", person="critic")
    assert problem(answer).startswith("That server does not tell where")
    copied = soup(answer).select_one("#interact-address")
    assert copied is not None
    assert copied["value"] == "@critic@reviews.example"


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        ("", "Type your whole handle"),
        ("alice", "Type your whole handle"),
        ("@social.example", "Type your whole handle"),
        ("alice@127.0.0.1", "Type your whole handle"),
        ("alice@[", "Type your whole handle"),
        ("https://social.example/@alice", "Type your whole handle"),
        ("nobody@social.example", "There is no such account"),
        ("@critic@REVIEWS.example", "That account is on this very site"),
        ("a@down.example", "That server does not answer"),
    ],
)
async def test_what_is_wrong_with_a_handle_is_said_and_the_handle_is_kept(
    site: Site, social: PretendServer, handle: str, words: str
) -> None:
    social.neighbourhood.server("down.example").is_down = True
    answer = await ask(site, "follow", handle, person="critic")
    assert problem(answer).startswith(words)
    field = soup(answer).select_one("#field-handle")
    assert field is not None
    assert field["value"] == handle


@pytest.mark.parametrize(
    "query",
    [
        "",
        "do=follow",
        "do=dance&person=critic",
        "do=follow&person=nobody",
        "do=follow&review=x",
        "do=like&person=critic",
        "do=like&review=nothing",
        "do=reply&note=nothing",
        "do=reply&note=nothing&review=nothing",
        "do=like&uri=https%3A%2F%2Fevil.example",
    ],
)
async def test_nobody_is_led_to_what_is_not_on_this_site(site: Site, query: str) -> None:
    assert (await site.reader.get(f"/interact?{query}")).status_code == 404


async def test_too_many_questions_of_one_address_have_to_wait(
    site: Site, social: PretendServer, now: Clock
) -> None:
    offer(social, OLD)
    answers = [(await ask(site, "follow", person="critic")).status_code for _ in range(12)]
    assert answers == [303] * 10 + [429] * 2


async def test_the_form_is_for_no_search_engine_and_no_cache(site: Site) -> None:
    answer = await site.reader.get("/interact?do=follow&person=critic")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "form-action 'self' https:;" in answer.headers["content-security-policy"]


async def test_a_site_like_this_one_is_led_to_as_any_other(site: Site, neighbour: Site) -> None:
    answer = await ask(site, "follow", neighbour.handle, person="critic")
    assert answer.status_code == 303
    there = await neighbour.author.get(answer.headers["location"])
    assert there.status_code == 200
    [field] = soup(there).select("main input[value*='reviews.example']")
    assert "critic" in str(field["value"])
