"""The author follows people of a foreign server, and its followers hear of every change."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.interop.peer_process import Peer, is_about
from tests.interop.review_page import ACTIVITY_JSON, FIELDS, PUBLIC, form_of, written
from tests.servers import FedreviewProcess, eventually, free_port

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop")]

PEOPLE = "/studio/people"


@pytest.fixture
def follower(site: FedreviewProcess, peer: Peer) -> None:
    """Bob follows the author."""
    follow = peer.call("follow", actor=site.actor_id)
    peer.wait_for("Accept", is_about(follow["id"]))


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def _section(desk: httpx.Client, name: str) -> str:
    """Give one section of the page of people: following, followers or timeline."""
    html = desk.get(PEOPLE).raise_for_status().text
    found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', html, re.DOTALL)
    assert found
    return found[1]


def _entry(desk: httpx.Client, peer: Peer, person: str) -> str:
    """Give the words about somebody whom the author follows; "" when nobody by that handle."""
    entries = re.findall(r"<li>(.*?)</li>", _section(desk, "following"), re.DOTALL)
    return next((text for text in map(_words, entries) if peer.handle(person) in text), "")


def _is_accepted(desk: httpx.Client, peer: Peer, person: str) -> bool:
    entry = _entry(desk, peer, person)
    assert entry
    assert "Has not answered yet" not in entry
    assert "Declined" not in entry
    return True


def _follow(desk: httpx.Client, peer: Peer, person: str, *, handle: str = "") -> None:
    answer = desk.post("/studio/following", data={"handle": handle or peer.handle(person)})
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(PEOPLE)
    eventually(lambda: _is_accepted(desk, peer, person))


def _unfollow(desk: httpx.Client, peer: Peer, person: str) -> None:
    answer = desk.post("/studio/following/remove", data={"actor": peer.actor(person)})
    assert answer.status_code == 303, answer.text


def _following(site: FedreviewProcess, reader: httpx.Client) -> int:
    answer = reader.get(f"{site.actor_id}/following", headers=ACTIVITY_JSON)
    return int(answer.raise_for_status().json()["totalItems"])


@pytest.fixture
def followed(desk: httpx.Client, peer: Peer) -> Iterator[None]:
    """The author follows bob, as long as the test lasts."""
    _follow(desk, peer, "bob")
    yield
    _unfollow(desk, peer, "bob")
    eventually(lambda: not peer.ask("followers")["bob"])


def _timeline_shows(desk: httpx.Client, text: str) -> str:
    def look() -> str:
        section = _section(desk, "timeline")
        entries: list[str] = re.findall(r"<article .*?</article>", section, re.DOTALL)
        fitting = [entry for entry in entries if text in _words(entry)]
        assert fitting, f"{text!r} is not among {[_words(entry) for entry in entries]}"
        return fitting[0]

    return eventually(look)


@pytest.mark.parametrize("typed", ["handle", "address"])
def test_somebody_is_followed_and_unfollowed(
    site: FedreviewProcess, desk: httpx.Client, reader: httpx.Client, peer: Peer, typed: str
) -> None:
    person = {"handle": "bob", "address": "carol"}[typed]
    before, seen = _following(site, reader), {got["id"] for got in peer.received()}

    _follow(desk, peer, person, handle=peer.actor(person) if typed == "address" else "")

    follow = peer.wait_for("Follow", lambda got: got["id"] not in seen)
    assert follow["document"]["object"] == peer.actor(person)
    assert follow["actor"] == site.actor_id
    assert follow["signature"]["valid"]
    assert peer.ask("followers")[person] == [site.actor_id]
    assert _following(site, reader) == before + 1
    assert peer.ask("state")["undelivered"] == []

    _unfollow(desk, peer, person)

    undo = peer.wait_for("Undo", is_about(follow["id"]))
    assert undo["actor"] == site.actor_id
    assert undo["signature"]["valid"]
    assert undo["document"]["object"]["object"] == peer.actor(person)
    assert eventually(lambda: peer.ask("followers")[person] == [])
    assert _entry(desk, peer, person) == ""
    assert _following(site, reader) == before


def test_who_is_not_there_cannot_be_followed(desk: httpx.Client, peer: Peer) -> None:
    nobody = desk.post("/studio/following", data={"handle": peer.handle("nobody")})
    nowhere = desk.post("/studio/following", data={"handle": f"@bob@127.0.0.1:{free_port()}"})

    assert nobody.status_code == nowhere.status_code == 422
    assert "Nobody was found there." in nobody.text
    assert "Their server does not answer." in nowhere.text


@pytest.mark.usefixtures("followed")
def test_what_the_followed_write_is_shown_changed_and_taken_away(
    desk: httpx.Client, peer: Peer
) -> None:
    note = peer.call("reply", content="The kiln is on tonigth.")
    shown = _timeline_shows(desk, "The kiln is on tonigth.")
    assert peer.handle() in _words(shown)
    assert note["id"] in shown

    peer.call("edit", note=note["id"], content="The kiln is on tonight.")
    _timeline_shows(desk, "The kiln is on tonight.")
    assert "tonigth" not in _section(desk, "timeline")

    peer.call("delete", note=note["id"])
    assert eventually(lambda: "The kiln is on" not in _section(desk, "timeline"))


@pytest.mark.usefixtures("followed")
def test_the_author_answers_what_the_followed_write(
    site: FedreviewProcess, desk: httpx.Client, peer: Peer
) -> None:
    note = peer.call("reply", content="Has anybody seen it?")
    shown = _timeline_shows(desk, "Has anybody seen it?")
    action = re.search(r'action="(/studio/notes/[^"]+/answer)"', shown)
    assert action

    answer = desk.post(action[1], data={"text": "I have.", "return_to": PEOPLE})

    assert answer.status_code == 303, answer.text
    create = peer.wait_for(
        "Create", lambda got: got["document"]["object"].get("inReplyTo") == note["id"]
    )
    assert create["actor"] == site.actor_id
    assert create["signature"]["valid"]
    assert create["proof"] == "valid"
    assert "I have." in create["document"]["object"]["content"]
    assert peer.actor() in create["document"]["object"]["cc"]


def test_what_strangers_write_to_their_followers_is_not_shown(
    site: FedreviewProcess, desk: httpx.Client, peer: Peer
) -> None:
    _follow(desk, peer, "bob")
    _unfollow(desk, peer, "bob")
    eventually(lambda: not peer.ask("followers")["bob"])
    _follow(desk, peer, "carol")
    # Sent to the author's inbox all the same, by naming her.
    peer.call("reply", content="Come back!", mention=[site.actor_id])
    eventually(lambda: "Come back!" in desk.get("/studio/conversation").text)

    peer.call("reply", content="Welcome.", **{"as": "carol"})

    _timeline_shows(desk, "Welcome.")
    assert "Come back!" not in _section(desk, "timeline")
    _unfollow(desk, peer, "carol")


@pytest.mark.usefixtures("follower")
def test_a_changed_review_reaches_followers(
    site: FedreviewProcess, desk: httpx.Client, reader: httpx.Client, peer: Peer
) -> None:
    page = written(desk, reader, "Clay, at first")
    first = peer.wait_for("Create", is_about(page.ap_id))["document"]["object"]

    changes = {"review_title": "Clay, again", "rating": "9", "body": "Seen twice.", "do": "update"}
    answer = desk.post(form_of(page), data={**FIELDS, **changes})

    assert answer.status_code == 303, answer.text
    update = peer.wait_for("Update", is_about(page.ap_id))
    article = update["document"]["object"]
    assert update["actor"] == site.actor_id
    assert update["signature"]["valid"]
    assert update["proof"] == "valid"
    assert update["document"]["to"] == [PUBLIC]
    assert article == {k: v for k, v in page.document().items() if k != "@context"}
    assert "updated" not in first
    assert article["updated"] >= article["published"] == first["published"]
    assert article["name"].endswith("– 9/10")
    assert "Seen twice." in article["content"]
    assert peer.call("fetch", url=page.ap_id)["document"]["name"] == article["name"]


@pytest.mark.usefixtures("follower")
def test_a_deleted_review_is_deleted_at_followers(
    site: FedreviewProcess, desk: httpx.Client, reader: httpx.Client, peer: Peer
) -> None:
    page = written(desk, reader, "Clay, regretted")
    peer.wait_for("Create", is_about(page.ap_id))

    answer = desk.post(f"{form_of(page)}/delete")

    assert answer.status_code == 303, answer.text
    delete = peer.wait_for("Delete", is_about(page.ap_id))
    assert delete["actor"] == site.actor_id
    assert delete["signature"]["valid"]
    assert delete["proof"] == "valid"
    assert delete["document"]["to"] == [PUBLIC]
    assert delete["document"]["object"]["type"] == "Tombstone"
    assert delete["document"]["object"]["formerType"] == "Article"
    assert reader.get(page.url).status_code in {404, 410}
    gone = reader.get(page.ap_id, headers=ACTIVITY_JSON)
    assert gone.status_code == 410
    assert gone.json()["type"] == "Tombstone"


@pytest.mark.usefixtures("follower")
def test_a_changed_profile_reaches_followers(
    site: FedreviewProcess, desk: httpx.Client, peer: Peer
) -> None:
    form = {
        "site_title": "Kilns",
        "tagline": "",
        "name": "Anna of the Kilns",
        "summary": "Watches pots.",
    }

    answer = desk.post("/studio/settings", data=form)

    assert answer.status_code == 303, answer.text
    update = peer.wait_for("Update", is_about(site.actor_id))
    person = update["document"]["object"]
    assert update["signature"]["valid"]
    assert update["proof"] == "valid"
    assert person["type"] == "Person"
    assert person["name"] == "Anna of the Kilns"
    assert "Watches pots." in person["summary"]
    fetched = peer.call("fetch", url=site.actor_id)["document"]
    assert {k: v for k, v in fetched.items() if k != "@context"} == person
