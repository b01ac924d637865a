"""How others find out who is here and what runs here."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from fedreview import __version__
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, said
from tests.stories.test_inbox_thread import reply

pytestmark = pytest.mark.anyio

ACTOR = "https://reviews.example/users/critic"

NAMES_OF_THE_AUTHOR = (
    "acct:critic@reviews.example",
    "acct:Critic@Reviews.Example",
    "ACCT:critic@reviews.example",
    "@critic@reviews.example",
    "acct:critic@reviews.example.",
    "critic@reviews.example",
    "acct:@critic@reviews.example",
    ACTOR,
    "https://reviews.example/@critic",
)
NAMES_OF_THE_SITE = (
    "https://reviews.example",
    "https://reviews.example/",
    "https://reviews.example/actor",
    "acct:reviews.example@reviews.example",
)
NAMES_OF_NOBODY = (
    "",
    "acct:nobody@reviews.example",
    "acct:critic@other.example",
    "acct:critic",
    "critic",
    "@reviews.example",
    "https://other.example/users/critic",
    "https://reviews.example/users/nobody",
    "https://reviews.example/ap/reviews/nothing",
    "https://reviews.example/ap/notes/nothing",
    "https://reviews.example.evil.example/users/critic",
    "mailto:critic@elsewhere.example",
    "acct:critic@reviews.example@other.example",
)


async def finger(site: Site, resource: str) -> tuple[int, dict[str, Any]]:
    answer = await site.reader.get(f"/.well-known/webfinger?resource={resource}")
    found = answer.json() if answer.status_code == 200 else {}
    return answer.status_code, found


async def test_an_author_is_found_by_whatever_names_them(site: Site) -> None:
    for resource in NAMES_OF_THE_AUTHOR:
        for written in (resource, quote(resource, safe="")):
            status, found = await finger(site, written)

            assert (written, status) == (written, 200)
            assert found["subject"] == "acct:critic@reviews.example"
            assert found["aliases"] == ["https://reviews.example/@critic", ACTOR]
            link = {"rel": "self", "type": "application/activity+json", "href": ACTOR}
            assert link in found["links"]


async def test_the_site_itself_is_found(site: Site) -> None:
    for resource in NAMES_OF_THE_SITE:
        status, found = await finger(site, resource)

        assert (resource, status) == (resource, 200)
        assert found["subject"] == "acct:reviews.example@reviews.example"
        hrefs = {link["rel"]: link["href"] for link in found["links"]}
        assert hrefs["self"] == "https://reviews.example/actor"
        assert hrefs["https://www.w3.org/ns/activitystreams#Service"] == hrefs["self"]


async def test_webfinger_says_where_to_take_an_address_from_elsewhere(site: Site) -> None:
    _, found = await finger(site, "acct:critic@reviews.example")

    templates = {link["rel"]: link["template"] for link in found["links"] if "template" in link}
    page = "https://reviews.example/authorize_interaction?uri="
    assert templates == {
        "http://ostatus.org/schema/1.0/subscribe": f"{page}{{uri}}",
        "https://w3id.org/fep/3b86/Object": f"{page}{{object}}",
        "https://w3id.org/fep/3b86/Follow": f"{page}{{object}}",
        "https://w3id.org/fep/3b86/Like": f"{page}{{object}}",
        "https://w3id.org/fep/3b86/Announce": f"{page}{{object}}",
    }


async def test_webfinger_gives_only_the_links_that_are_asked_for(site: Site) -> None:
    _, found = await finger(site, "acct:critic@reviews.example&rel=self&rel=nothing")

    assert [link["href"] for link in found["links"]] == [ACTOR]


async def test_a_review_is_found_by_its_id_and_its_page(site: Site, review: Published) -> None:
    for resource in (review.uri, f"{review.uri}/context", f"{site.base_url}{review.path}"):
        status, found = await finger(site, resource)

        assert (resource, status, found["subject"]) == (resource, 200, review.uri)
        hrefs = {link["rel"]: link["href"] for link in found["links"]}
        assert hrefs["self"] == review.uri
        assert hrefs["http://webfinger.net/rel/profile-page"] == f"{site.base_url}{review.path}"


async def test_an_answer_is_found_until_it_is_deleted(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "And?", review.uri)
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None
    await site.author.post(str(form["action"]), data={"text": "So."})
    [_, own] = (await site.document(f"{review.uri}/replies"))["first"]["items"]
    _, found = await finger(site, own)

    await site.author.post(f"/studio/replies/{own.rpartition('/')[2]}/delete")

    assert found["subject"] == own
    assert (await finger(site, own))[0] == 404


async def test_what_the_author_never_published_is_not_found(site: Site) -> None:
    saved = await site.author.post("/studio/write", data={"title": "Draft", "do": "save"})
    draft_id = saved.headers["location"].partition("?")[0].rpartition("/")[2]

    assert (await finger(site, f"{site.base_url}/ap/reviews/{draft_id}"))[0] == 404


async def test_nobody_else_is_found(site: Site, review: Published) -> None:
    for resource in NAMES_OF_NOBODY:
        status, _ = await finger(site, resource)

        assert (resource, status) == (resource, 404)


async def test_webfinger_is_told_in_its_own_media_type_to_everybody(site: Site) -> None:
    answer = await site.reader.get(
        "/.well-known/webfinger", params={"resource": "acct:critic@reviews.example"}
    )
    old_way = await site.reader.get("/.well-known/host-meta")

    assert answer.headers["content-type"] == "application/jrd+json"
    template = "https://reviews.example/.well-known/webfinger?resource={uri}"
    assert f'template="{template}"' in old_way.text
    assert old_way.headers["content-type"] == "application/xrd+xml"
    in_json = await site.reader.get("/.well-known/host-meta.json")
    assert [link["template"] for link in in_json.json()["links"]] == [template]
    for each in (answer, old_way, in_json):
        assert each.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("version", ["2.0", "2.1"])
async def test_nodeinfo_says_what_runs_here(site: Site, review: Published, version: str) -> None:
    links = (await site.document("/.well-known/nodeinfo"))["links"]
    schema = f"http://nodeinfo.diaspora.software/ns/schema/{version}"
    [href] = [link["href"] for link in links if link["rel"] == schema]

    answer = await site.reader.get(href)

    told = answer.json()
    assert answer.headers["content-type"] == f'application/json; profile="{schema}#"'
    assert told["version"] == version
    assert told["software"]["name"] == "fedreview"
    assert told["software"]["version"] == __version__
    assert told["protocols"] == ["activitypub"]
    assert told["services"] == {"inbound": [], "outbound": []}
    assert told["openRegistrations"] is False
    assert told["usage"] == {"users": {"total": 1}, "localPosts": 1, "localComments": 0}
    assert ("repository" in told["software"]) == (version == "2.1")
    assert re.fullmatch("[a-z0-9-]+", told["software"]["name"])
    required = {"version", "software", "protocols", "services", "openRegistrations", "usage"}
    assert told.keys() == {*required, "metadata"}


async def test_nodeinfo_leads_to_the_actor_of_the_site(site: Site) -> None:
    links = (await site.document("/.well-known/nodeinfo"))["links"]
    rel = "https://www.w3.org/ns/activitystreams#Application"

    [href] = [link["href"] for link in links if link["rel"] == rel]

    assert (await site.document(href))["type"] == "Application"
    assert (await site.reader.get("/nodeinfo/1.0")).status_code == 404


async def test_the_actor_says_what_mastodon_needs(site: Site) -> None:
    actor = await site.document(ACTOR)

    assert actor["type"] == "Person"
    assert actor["preferredUsername"] == "critic"
    assert actor["webfinger"] == "critic@reviews.example"
    assert actor["name"] == "Critic"
    assert actor["inbox"] == f"{ACTOR}/inbox"
    assert actor["endpoints"] == {"sharedInbox": "https://reviews.example/inbox"}
    assert actor["url"] == "https://reviews.example/@critic"
    assert actor["attributionDomains"] == ["reviews.example"]
    assert actor["manuallyApprovesFollowers"] is False
    assert actor["discoverable"] is True
    assert actor["indexable"] is True
    assert actor["published"] == "2024-05-01T12:00:00Z"
    key = actor["publicKey"]
    assert (key["id"], key["owner"]) == (f"{ACTOR}#main-key", ACTOR)
    assert key["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    [proof] = actor["assertionMethod"]
    assert (proof["type"], proof["controller"]) == ("Multikey", ACTOR)
    assert proof["publicKeyMultibase"].startswith("z6Mk")
    assert "https://www.w3.org/ns/activitystreams" in actor["@context"]
    assert "https://w3id.org/security/v1" in actor["@context"]
    assert "PRIVATE" not in str(actor)


@pytest.mark.parametrize("actor", [ACTOR, "https://reviews.example/actor"])
async def test_every_address_an_actor_names_answers(site: Site, actor: str) -> None:
    document = await site.document(actor)

    named = {"outbox", "followers", "following", "featured", "featuredTags", "url"}
    names = named & document.keys()

    for name in names:
        answer = await site.reader.get(document[name])
        assert (name, answer.status_code) == (name, 200)
    posted = await site.reader.post(document["inbox"], content=b"{}")
    assert posted.status_code == 415


async def test_a_review_page_says_to_machines_what_it_says_to_people(
    site: Site, review: Published
) -> None:
    page = await site.page(review.path)

    def meta(name: str) -> str:
        found = page.select_one(f"meta[property='{name}'], meta[name='{name}']")
        return str(found["content"]) if found else ""

    canonical = page.select_one("link[rel=canonical]")
    assert canonical is not None
    assert canonical["href"] == f"{site.base_url}{review.path}"
    assert meta("og:title") == "BLAME! A Netflix Original – 8.5/10"
    assert meta("og:type") == "article"
    assert meta("og:url") == f"{site.base_url}{review.path}"
    assert "8.5/10" in meta("og:description")
    assert meta("fediverse:creator") == "@critic@reviews.example"
    assert page.select("link[type*=oembed]") == []
    assert said(page.select_one("h1")) == "BLAME! A Netflix Original"


async def test_a_work_is_described_at_its_own_address(site: Site, review: Published) -> None:
    article = await site.document(review.uri)
    work_id = article["itemReviewed"]["id"]

    work = await site.document(work_id)

    [tag] = [tag for tag in article["tag"] if tag["type"] != "Hashtag"]
    assert tag["href"] == work["id"] == work_id
    assert (work["type"], work["title"], work["year"]) == ("Movie", "BLAME!", 2017)
